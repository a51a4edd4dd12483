# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the collection's named PowerShell scripts on the host of an action, through the user's own connection.

The .ps1 files are in the folder "powershell": a folder of this module's own name would hide it from Ansible's loader.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.index import find
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import ClientError
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.powershell import PowerShellClient

_FOLDER = Path(__file__).parent / "powershell"

# what a connection plugin says -> what it means, and whether that is no answer at all, as of a machine that is off,
# starts, or was never set up; the first that fits
_REASONS = (
    (
        r"rejected by the server|\b401\b|access is denied|authentication fail|permission denied",
        "the login was refused",
        False,
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|SSLCertVerification",
        "its certificate is not trusted",
        False,
    ),
    (r"connection refused", "it refuses connections on this port", True),
    (
        r"name or service not known|name resolution|getaddrinfo|nodename nor servname",
        "its name cannot be resolved",
        True,
    ),
    (r"no route to host|network is unreachable", "there is no route to it", True),
    (r"timed?[ -]?out", "it does not answer in time", True),
    (r"connection aborted|connection reset|remote end closed", "it closes the connection", True),
    (
        r"not installed|No module named",
        "the Python library of this connection is not installed on the controller",
        False,
    ),
)
_SILENT_FAULTS = frozenset({"2150858770", "2150858793", "2150858843", "2150859046", "2150859193"})


def script_text(name: str) -> str:
    """The named script, whose first line says its name."""
    text = (_FOLDER / f"{name}.ps1").read_text(encoding="utf-8")
    if not text.startswith(f"# azlocal.migrate script: {name}\n"):
        raise ValueError(f"{name}.ps1 does not begin with its own name")
    return text


def run_script(action: ActionBase, name: str, params: Mapping[str, Any]) -> Any:
    """The script's value; raises ClientError of the script, AnsibleError of the connection.

    The script is always told ``check``, so that one that changes anything can stop before it does. A caller that only
    wants to know sets it; check mode sets it always.
    """
    check = bool(action._task.check_mode or params.get("check"))
    if action._play_context.become or action._task.become:
        raise AnsibleActionFail(
            "become does not work for the scripts of azlocal.migrate: Ansible would ignore it on this connection. "
            "Leave become out (become: false) and connect as a user with the rights."
        )

    def run(command: str, stdin: bytes) -> tuple[int, str, str]:
        done = action._low_level_execute_command(command, in_data=stdin, sudoable=False)
        return done["rc"], done["stdout"], done["stderr"]

    return PowerShellClient(run).call(name, script_text(name), {**params, "check": check})


def said(host: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What ``work`` learnt of a host, or ``error``, one sentence: a host that is lost must not end a wave."""
    try:
        return work()
    except ClientError as failure:
        return {"error": f"{host}: {failure}" + (f" ({failure.remedy})" if failure.remedy else "")}
    except (KeyError, TypeError, AttributeError) as strange:
        return {"error": f"{host} answered in a form that is not understood: {strange!r}"}
    except Exception as failure:  # a connection plugin may raise anything
        return {"error": connection_failure(host, failure)}


def let_go(action: ActionBase) -> None:
    """Close the action's connection. To be called when an action has run its scripts.

    In a loop over hosts Ansible keeps a connection for the next host when the address is the same, whatever the port:
    behind one forwarding address, every host would then be the first one.
    """
    connection = action._connection
    with contextlib.suppress(Exception):
        connection.close()
    # what a machine that has restarted does not know any more cannot be closed, and would be used again
    for name in ("protocol", "shell_id", "runspace"):
        if getattr(connection, name, None) is not None:
            setattr(connection, name, None)
    connection._connected = False


def silent(failure: BaseException | None) -> bool:
    """Whether this failure of a connection says that nobody is there, rather than that somebody says no."""
    said = str(failure)
    if known := {number for number in re.findall(r"\b2150\d{6}\b", said) if find(number)}:
        return bool(known & _SILENT_FAULTS)
    return next((silence for pattern, _meaning, silence in _REASONS if re.search(pattern, said, re.IGNORECASE)), False)


def connection_failure(host: str, failure: Exception) -> str:
    """One clear sentence of a connection plugin's failure."""
    said = " ".join(str(failure).split())
    numbers = map(find, re.findall(r"\b2150\d{6}\b", said))  # faults of WinRM
    fault = next(filter(None, numbers), None)
    if fault:
        return f"{host} could not be asked: {fault.means} ({fault.code}). {fault.remedy}"
    reason = next((meaning for pattern, meaning, _silence in _REASONS if re.search(pattern, said, re.IGNORECASE)), "")
    if reason:
        return f"{host} could not be asked: {reason}"
    verb = "could not be reached" if isinstance(failure, AnsibleConnectionFailure) else "could not be asked"
    return f"{host} {verb}: {said[:300]}"
