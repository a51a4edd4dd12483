# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the machines of the lab's estate are called and made of: the catalogue that ``estate`` draws from."""

from __future__ import annotations

import dataclasses
import random

from . import names


@dataclasses.dataclass(frozen=True)
class System:
    """A guest operating system in vSphere's words."""

    guest_id: str
    guest_name: str
    family: str
    firmware: str
    hardware_version: str = "vmx-19"

    @property
    def windows(self) -> bool:
        return self.family == "windowsGuest"


WINDOWS = (
    System("windows2019srv_64Guest", "Microsoft Windows Server 2019 (64-bit)", "windowsGuest", "efi"),
    System("windows2019srvNext_64Guest", "Microsoft Windows Server 2022 (64-bit)", "windowsGuest", "efi", "vmx-20"),
    System("windows9Server64Guest", "Microsoft Windows Server 2016 (64-bit)", "windowsGuest", "bios", "vmx-13"),
    System("windows8Server64Guest", "Microsoft Windows Server 2012 (64-bit)", "windowsGuest", "bios", "vmx-11"),
)
LINUX = (
    System("rhel8_64Guest", "Red Hat Enterprise Linux 8 (64-bit)", "linuxGuest", "bios"),
    System("rhel9_64Guest", "Red Hat Enterprise Linux 9 (64-bit)", "linuxGuest", "efi", "vmx-20"),
    System("ubuntu64Guest", "Ubuntu Linux (64-bit)", "linuxGuest", "efi"),
    System("sles15_64Guest", "SUSE Linux Enterprise 15 (64-bit)", "linuxGuest", "bios", "vmx-15"),
    System("debian11_64Guest", "Debian GNU/Linux 11 (64-bit)", "linuxGuest", "bios"),
)

APPS = ("erp", "crm", "shop", "hr", "bi", "mail", "docs", "pay", "stock", "fleet", "lab", "portal")
OWNERS = (
    "finance",
    "sales",
    "sales",
    "people",
    "finance",
    "it",
    "it",
    "people",
    "logistics",
    "logistics",
    "it",
    "sales",
)
ENVIRONMENTS = ("Production", "Test")


@dataclasses.dataclass(frozen=True)
class Role:
    """What a machine does, which decides what it has."""

    word: str
    windows: bool
    folder: str
    cpu: tuple[int, ...]
    memory_gb: tuple[int, ...]
    data_disks: tuple[int, ...]  # how many beside the system disk
    networks: tuple[tuple[str, ...], ...]


_PROD, _DMZ, _DHCP = "dvPG-Prod-110", "dvPG-DMZ-120", "dvPG-Dhcp-130"
ROLES = (
    Role("db", False, "Databases", (4, 8), (16, 32), (2, 3, 5), ((_PROD,), (_PROD, _PROD))),
    Role("web", False, "Web", (2,), (4,), (0, 0, 1), ((_DMZ,), (_DMZ, _PROD))),
    Role("app", True, "Applications", (2, 4), (8, 16), (0, 1), ((_PROD,), (_PROD, _DHCP))),
    Role("sql", True, "Databases", (4, 8), (16, 32), (2, 3, 4), ((_PROD,), (_PROD, _PROD))),
    Role("file", True, "Files", (2,), (8,), (1, 2, 3), ((_PROD,),)),
    Role("mq", False, "Applications", (2,), (4, 8), (1,), ((_PROD,),)),
    Role("proxy", False, "Web", (2,), (2, 4), (0,), ((_DMZ, _PROD), (_DMZ, _PROD, _DHCP))),
    Role("job", False, "Applications", (1, 2), (2, 4), (0, 1), ((_DHCP,), (_PROD,))),
)


class Addresses:
    """Static addresses, each handed out once, inside the pools of the logical networks that carry the same VLAN."""

    def __init__(self) -> None:
        self._next: dict[str, int] = {}

    def take(self, port_group: str) -> tuple[str, int]:
        """The next free address and its prefix length."""
        base = names.PORT_GROUPS[port_group][0] - 100  # 110 -> 10.10.0.0/16: names.LOGICAL_NETWORKS
        number = self._next.get(port_group, 0)
        self._next[port_group] = number + 1
        number += 50 if base == 30 else 40  # the first ones of a pool are for whoever comes by hand
        return f"10.{base}.{number // 200}.{20 + number % 200}", 16


class Labels:
    """Names as people give them: app-role and a number, never twice."""

    def __init__(self) -> None:
        self._count: dict[str, int] = {}

    def take(self, app: str, role: str) -> str:
        stem = role if app == "" else f"{app}-{role}"
        self._count[stem] = self._count.get(stem, 0) + 1
        return f"{stem}{self._count[stem]:02d}" if app else f"{stem}-{self._count[stem]:02d}"


def uuid(random_: random.Random, first: str) -> str:
    """A UUID that starts as vCenter's do: 50.. for instances, 42.. for BIOS ids."""
    digits = first + "".join(random_.choices("0123456789abcdef", k=32 - len(first)))
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def disk_uuid(random_: random.Random) -> str:
    """As ESXi writes them into a disk's descriptor."""
    return uuid(random_, "6000c29").replace("6000c29", "6000C29", 1)


def mac(number: int) -> str:
    """The range that a vCenter server hands out from; never twice."""
    return f"00:50:56:{0x80 + (number >> 16 & 0x3F):02x}:{number >> 8 & 0xFF:02x}:{number & 0xFF:02x}"
