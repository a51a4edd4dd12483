# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pywinrm itself as a client of the lab's Azure Local hosts, and VMs for it to find there."""

from __future__ import annotations

import winrm

from lab import names
from lab.runtime import Lab
from lab.world import TargetDisk, TargetNic, TargetVm

FIRST_NODE = names.NODES[0]


def target_vm(name: str, node: str = FIRST_NODE, disks: int = 1, volume: str = "") -> TargetVm:
    """A VM of the cluster that is off, with disks on one storage path."""
    folder = volume or names.STORAGE_PATHS["UserStorage1"][0]
    return TargetVm(
        name=name,
        arm_id=f"/subscriptions/{names.SUBSCRIPTION}/.../machines/{name}",
        vm_id=f"id-of-{name}",
        node=node,
        source_uuid=f"uuid-of-{name}",
        generation=2,
        cpu_cores=2,
        memory_mb=4096,
        secure_boot=False,
        tpm=False,
        disks=[
            TargetDisk(
                name=f"{name}-{number}",
                path=f"{folder}\\{name}-{number}.vhdx",
                size_bytes=2**30,
                digest="d",
                source_uuid="u",
                storage_path="s",
            )
            for number in range(disks)
        ],
        nics=[
            TargetNic(
                name=f"{name}-nic",
                mac="00:15:5D:00:00:01",
                logical_network="/x/logicalNetworks/lnet-prod-110",
                address="10.10.0.21",
            )
        ],
    )


def add_target(lab: Lab, name: str, node: str = FIRST_NODE, disks: int = 1, volume: str = "") -> TargetVm:
    vm = target_vm(name, node, disks, volume)
    lab.world.add_target(vm, 0)
    return vm


def session(lab: Lab, node: str = FIRST_NODE, password: str = names.HOST_PASSWORD) -> winrm.Protocol:
    return winrm.Protocol(
        lab.servers[f"host:{node}"].url,
        transport="basic",
        username=names.HOST_USER,
        password=password,
        ca_trust_path=str(lab.tls.ca),
    )


def execute(protocol: winrm.Protocol, line: str, stdin: bytes = b"", piece: int = 200_000) -> tuple[bytes, bytes, int]:
    """stdout, stderr and exit code of a command that is given its input in pieces."""
    opened = protocol.open_shell(codepage=65001)
    try:
        program, *arguments = line.split(" ")
        command = protocol.run_command(opened, program, arguments)
        for start in range(0, len(stdin), piece):
            protocol.send_command_input(opened, command, stdin[start : start + piece], end=start + piece >= len(stdin))
        output: tuple[bytes, bytes, int] = protocol.get_command_output(opened, command)
        protocol.cleanup_command(opened, command)
        return output
    finally:
        protocol.close_shell(opened)
