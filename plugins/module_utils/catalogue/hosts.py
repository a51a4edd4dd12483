# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Codes of Azure Local hosts: PowerShell's error ids and the fault numbers of WinRM, both Windows' own words [D].

PowerShell's id is often longer ("UnauthorizedAccess,Microsoft.HyperV...."): the words here are looked for in it.
"""

from __future__ import annotations

from .entry import Row, table

_ADMINISTER = "Let this user administer Hyper-V and the cluster on the host"
_LISTENS = "Enable PowerShell remoting on the host, and open the port of WinRM between this controller and it"
_FEWER = "Run again later; raise the WinRM quotas of the host, or end what else is signed in there as this user"

_ROWS: dict[str, Row] = {
    "CommandNotFound": (
        "the host does not know a command of the script",
        "Is this an Azure Local host? The Hyper-V and cluster modules are needed",
        "no",
    ),
    "UnauthorizedAccess": ("the user may not do this on the host", _ADMINISTER, "after_repair"),
    "AccessDenied": ("the user may not do this on the host", _ADMINISTER, "after_repair"),
    "ScriptNotRun": (
        "the script did not run on the host",
        "See whether PowerShell starts for this user on the host, and what its execution policy or AppLocker forbids",
        "after_repair",
    ),
    "ScriptAnswer": (
        "the host answered something else than the script's result",
        "See whether a profile or a logon script of the host writes to its output",
        "after_repair",
    ),
    "ScriptInput": (
        "what was sent to the host did not arrive whole",
        "Run again; see what cuts the connection between this controller and the host",
        "later",
    ),
    "2150858770": ("nothing answers WinRM at this address and port", _LISTENS, "after_repair"),
    "2150859046": ("WinRM of the host does not answer: firewall, network or service", _LISTENS, "after_repair"),
    "2150859193": (
        "the name of the host is not known",
        "Correct the host's name or address, or its entry in DNS",
        "no",
    ),
    "2150858793": ("the host did not answer within WinRM's time", "Run again; look at the host's load", "later"),
    "2150858843": ("the host has closed the session", "Run again", "later"),
    "2150859173": ("this user has too many sessions on the host", _FEWER, "later"),
    "2150859174": ("this user runs too many things at once on the host", _FEWER, "later"),
}

HOSTS = table(_ROWS)
