# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What vCenter keeps back: when it matters, and how it is said."""

from __future__ import annotations

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter_places import ATTRIBUTES
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter_read import VM_PATHS
from ansible_collections.azlocal.migrate.plugins.module_utils.domain import unread
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.problem import Problem
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.source import Unreadable, merge
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.spec import build
from ansible_collections.azlocal.migrate.tests.unit.plugins.module_utils.domain import samples

# What only names or describes a VM, or what something else tells as well.
DESCRIBES = {
    "parent", "config.uuid", "config.guestFullName", "guest.toolsVersionStatus2", "guest.toolsStatus",
    "guest.guestFamily", "guest.hostName",
}  # fmt: skip


def problem(*paths: str, needed: tuple[str, ...] = unread.ACTING, privilege: str = "System.Read") -> Problem | None:
    holes = tuple(Unreadable(path=path, privilege=privilege, fault="SystemError") for path in paths)
    return next(iter(unread.against(samples.machine(unreadable=holes), needed)), None)


def test_every_property_that_is_read_is_needed_or_describes() -> None:
    assert {*VM_PATHS, ATTRIBUTES} - DESCRIBES == set(unread.ACTING)
    assert not [path for path in DESCRIBES if problem(path)]


@pytest.mark.parametrize(
    ("path", "identity", "devices"),
    [
        ("customValue", True, True),
        (ATTRIBUTES, True, True),
        ("runtime.powerState", True, True),
        ("runtime", True, True),
        ("config", True, True),
        ("config.hardware.device", False, True),
        ("config.hardware", False, True),
        ("guest.net", False, False),
        ("snapshot", False, False),
        ("snapshotted", False, False),
    ],
)
def test_what_matters_when(path: str, identity: bool, devices: bool) -> None:
    assert bool(problem(path, needed=unread.IDENTITY)) is identity
    assert bool(problem(path, needed=unread.DEVICES)) is devices


def test_one_sentence_says_it_all() -> None:
    told = problem("guest.net", "customValue", "guest.hostName", "guest.toolsStatus", "snapshot")
    assert told is not None
    assert told.text == (
        "vCenter keeps back customValue, guest.net, guest.hostName, guest.toolsStatus and 1 more of erp-db01 "
        "(the account lacks System.Read), so what is there is not known"
    )
    assert told.remedy == "give the account a role with System.Read on this VM, then run again"


def test_a_fault_that_names_no_privilege() -> None:
    told = problem("snapshot", privilege="")
    assert told is not None
    assert "it answered SystemError" in told.text and "role" not in told.remedy


def test_nothing_is_planned_on_disks_that_were_not_seen() -> None:
    blind = samples.machine(disks=(), unreadable=(Unreadable(path="config.hardware.device"),))
    built = build({}, blind, samples.place(), samples.defaults())
    assert isinstance(built, list)
    assert [one.code for one in built] == ["vcenter_unreadable"]


# -- a VM whose UUID is kept back ---------------------------------------------------------------------------------------

DISCOVERED = {
    "id": samples.MACHINE_ID,
    "properties": {"displayName": "erp-db01", "instanceUuid": samples.UUID},
}
HOLE = {"path": "config.instanceUuid", "privilege": "System.Read", "fault": "NoPermission"}


@pytest.mark.parametrize("name", ["", "erp-db01"])
def test_it_may_be_one_that_azure_migrate_knows(name: str) -> None:
    [found] = merge([{"moid": "vm-7", "name": name, "unreadable": [HOLE]}], [DISCOVERED])
    assert (found.name, found.in_vcenter) == ("erp-db01", False)
    [told] = unread.against(found, unread.IDENTITY)
    assert "a VM that may be erp-db01" in told.text


def test_it_is_not_one_of_another_name() -> None:
    other, found = merge([{"moid": "vm-7", "name": "web", "unreadable": [HOLE]}], [DISCOVERED])
    assert (other.name, found.name, found.unreadable) == ("web", "erp-db01", ())


def test_a_vm_without_a_uuid_is_no_riddle() -> None:
    """An inaccessible one: nothing is kept back, there is nothing."""
    found = merge([{"moid": "vm-7", "name": "erp-db01"}], [DISCOVERED])
    assert [machine.unreadable for machine in found] == [(), ()]
