# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vCenter client on the lab when vCenter refuses, forgets us, or loses an answer."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.clock import Clock
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import (
    AuthenticationFailed,
    BadReply,
    ClientError,
    Conflict,
    PermissionDenied,
    ReplyLost,
    ServiceError,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter import VcenterClient
from ansible_collections.azlocal.migrate.tests.support.vcenter_on_lab import any_vm, client_of, count
from lab.runtime import Lab


def fail(running: Lab, method: str, **what: Any) -> None:
    running.faults.add({"kind": "reply", "system": "vcenter", "method": method} | what)


@pytest.mark.parametrize(
    ("code", "expected"),
    [("NoPermission", PermissionDenied), ("ResourceInUse", Conflict), ("SystemError", ServiceError)],
)
def test_refused(small: Lab, client: VcenterClient, code: str, expected: type[ClientError]) -> None:
    vm = any_vm(small)
    fail(small, "PowerOffVM_Task", code=code)
    with pytest.raises(expected) as caught:
        client.power_off(vm.moid, timeout_s=10)
    assert caught.value.code == code
    assert vm.power == "poweredOn"


def test_session_that_ended_is_renewed(small: Lab, client: VcenterClient) -> None:
    vm = any_vm(small)
    whole = client.vms()
    fail(small, "RetrievePropertiesEx", code="NotAuthenticated")
    assert client.vms() == whole
    fail(small, "PowerOffVM_Task", code="NotAuthenticated")
    client.power_off(vm.moid, timeout_s=10)
    fail(small, "WaitForUpdatesEx", code="NotAuthenticated")
    client.power_on(vm.moid, timeout_s=10)
    assert vm.power == "poweredOn"
    assert count(small, "Login") == 4
    assert count(small, "PowerOnVM_Task") == 1


def test_session_that_does_not_last(small: Lab, client: VcenterClient) -> None:
    client.about()
    fail(small, "RetrievePropertiesEx", code="NotAuthenticated", times=-1)
    with pytest.raises(AuthenticationFailed):
        client.vms()


def test_lost_reply_of_a_change(small: Lab, client: VcenterClient) -> None:
    vm = any_vm(small)
    fail(small, "SetField", status=0)
    with pytest.raises(ReplyLost):
        client.set_mark(vm.moid, "lost?")
    assert client.vm(vm.moid)["mark"] == "lost?"  # so it pays to look
    assert count(small, "SetField") == 1


def test_lost_reply_of_a_read(small: Lab, client: VcenterClient) -> None:
    whole = client.vms()
    fail(small, "RetrievePropertiesEx", status=0)
    assert client.vms() == whole


@pytest.mark.parametrize(("times", "pauses"), [(1, [0.0]), (3, [0.0, 2.0, 10.0]), (-1, [0.0, 2.0, 10.0])])
def test_service_that_is_down(small: Lab, times: int, pauses: list[float]) -> None:
    """For a moment: the read is made again. For good: one sentence, after four tries."""
    slept: list[float] = []
    with client_of(small, Clock(sleep=slept.append)) as client:
        whole = client.vms()
        fail(small, "RetrievePropertiesEx", status=503, message="no healthy upstream", times=times)
        if times > 0:
            assert client.vms() == whole
        else:
            with pytest.raises(ServiceError, match="reading the virtual machines failed: HTTP 503") as caught:
                client.vms()
            assert (caught.value.status, bool(caught.value.remedy)) == (503, True)
    assert slept == pauses


def test_place_in_a_read_that_is_lost_each_time(small: Lab) -> None:
    slept: list[float] = []
    with client_of(small, Clock(sleep=slept.append)) as client:
        fail(small, "ContinueRetrievePropertiesEx", code="InvalidArgument", times=-1)
        with pytest.raises(BadReply, match="lost its place in each of 4 reads"):
            client.vms(page_size=2)
    assert len(slept) == 3
    assert count(small, "ContinueRetrievePropertiesEx") == 4


def test_adapters_changed_by_two(small: Lab, client: VcenterClient) -> None:
    vm = any_vm(small)
    fail(small, "ReconfigVM_Task", code="ConcurrentAccess", times=2)
    client.connect_nics(vm.moid, {vm.nics[0].key: (False, False)}, timeout_s=10)
    assert not vm.nics[0].start_connected
    fail(small, "ReconfigVM_Task", code="ConcurrentAccess", times=3)
    with pytest.raises(Conflict):
        client.connect_nics(vm.moid, {vm.nics[0].key: (True, True)}, timeout_s=10)


def test_server_that_cannot_wait_is_polled(small: Lab, client: VcenterClient) -> None:
    vm = any_vm(small)
    client.about()
    fail(small, "WaitForUpdatesEx", code="NotSupported", times=-1)
    client.power_off(vm.moid, timeout_s=10)
    client.power_on(vm.moid, timeout_s=10)
    assert vm.power == "poweredOn"
    assert count(small, "WaitForUpdatesEx") == 1  # it need not be told twice


@pytest.mark.parametrize("waits", [True, False])
def test_task_that_fails(small: Lab, client: VcenterClient, waits: bool) -> None:
    vm = any_vm(small)
    other = next(one for one in small.world.source.values() if one is not vm)
    other.folder = vm.folder
    if not waits:
        fail(small, "WaitForUpdatesEx", code="NotSupported")
    with pytest.raises(Conflict) as caught:
        client.rename(vm.moid, other.name, timeout_s=10)
    assert caught.value.code == "DuplicateName"
    assert other.name in str(caught.value)
