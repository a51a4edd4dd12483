# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the simulator of Azure Local hosts knows, how sure that is, and the switches for whatever is not sure."""

from __future__ import annotations

import dataclasses

from ..behaviours import Behaviour


def _row(key: str, tag: str, source: str, says: str, *switches: str) -> Behaviour:
    return Behaviour(key=key, says=says, tag=tag, source=source, switches=switches, number=25)


BEHAVIOURS: tuple[Behaviour, ...] = (
    _row(
        "vm_on_any_node",
        "D",
        "failover clustering: Get-VM, cluster groups",
        "a VM is shown by the node that owns it, and by no other; a live migration moves it while it runs",
    ),
    _row(
        "arrays_collapse",
        "D",
        "Windows PowerShell 5.1: pipelines and ConvertTo-Json",
        "a list of one becomes its element and an empty one null, unless the script guarded it",
        "arrays_collapse",
    ),
    _row(
        "clixml_on_stderr",
        "D",
        "Windows PowerShell 5.1 over WinRM",
        "stderr is CLIXML: progress records although all is well, error records where something is wrong",
    ),
    _row(
        "double_hop",
        "D",
        "WinRM without delegation",
        "a script that asks another node from this one is denied access: its logon does not travel on",
    ),
    _row(
        "stdin_cut",
        "D",
        "Windows PowerShell 5.1: ConvertFrom-Json quotes its input in its errors",
        "what does not arrive whole is answered in fixed words by the bootstrap, without a word of the input",
    ),
    _row(
        "two_paths_one_volume",
        "D",
        "Azure Local storage paths",
        "two storage paths may lie on one cluster shared volume, whose free space is there once",
    ),
)


@dataclasses.dataclass(kw_only=True)
class HostSwitches:
    """What the lab's hosts do where real ones may differ."""

    arrays_collapse: bool = True  # whether the JSON of scripts has lost its lists of one and of none
