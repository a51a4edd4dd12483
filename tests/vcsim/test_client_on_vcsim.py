# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vCenter client against a simulator that others wrote, so that our own lab's errors cannot hide ours."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from pyVim.connect import Disconnect, SmartConnect

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import (
    AuthenticationFailed,
    Conflict,
    InvalidRequest,
    NotFound,
    ReplyLost,
    Unreachable,
    UntrustedCertificate,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter import VcenterClient, VcenterSettings

OFF_KINDS = ["VmGuestShutdownEvent", "VmPoweredOffEvent"]


@contextmanager
def administrator(settings: VcenterSettings) -> Iterator[Any]:
    """A sign-in beside the client, to prepare or disturb things."""
    instance = SmartConnect(
        host=settings.hostname,
        port=settings.port,
        user=settings.username,
        pwd=settings.password,
        disableSslCertValidation=True,
    )
    yield instance.RetrieveContent()
    Disconnect(instance)


def end_all_other_sessions(settings: VcenterSettings) -> None:
    with administrator(settings) as content:
        manager = content.sessionManager
        own = manager.currentSession.key
        others = [session.key for session in manager.sessionList if session.key != own]
        assert others
        manager.TerminateSession(others)


# -- signing in --------------------------------------------------------------------------------------------------------


def test_about(client: VcenterClient) -> None:
    about = client.about()
    assert about["api_type"] == "VirtualCenter"
    assert about["version"].startswith("6.")
    assert about["instance_uuid"]


def test_wrong_password(start_vcsim: Any, new_client: Any) -> None:
    with pytest.raises(AuthenticationFailed) as caught:
        new_client(replace(start_vcsim(), password="wrong-pass")).about()
    assert caught.value.code == "InvalidLogin"
    assert "VMWARE_USER" in caught.value.remedy
    assert "wrong-pass" not in str(caught.value)


def test_unknown_authority(start_vcsim: Any, new_client: Any) -> None:
    settings = start_vcsim()
    with pytest.raises(UntrustedCertificate) as caught:
        new_client(replace(settings, vcenter_ca_path="")).about()
    assert "vcenter_ca_path" in caught.value.remedy
    assert new_client(replace(settings, vcenter_ca_path="", validate_certs=False)).about()


def test_nobody_there(start_vcsim: Any, new_client: Any) -> None:
    with pytest.raises(Unreachable):
        new_client(replace(start_vcsim(), port=1)).about()


def test_sign_out_leaves_no_session(start_vcsim: Any, new_client: Any) -> None:
    settings = start_vcsim()
    with new_client(settings) as client:
        client.about()
    with administrator(settings) as content:
        assert len(content.sessionManager.sessionList) == 1


# -- reading -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vms", [1000])
def test_reads_a_thousand_in_a_handful_of_calls(relay: Callable[..., Any], new_client: Any, vms: int) -> None:
    between = relay(vms)
    machines = new_client(between.settings).vms()
    assert len(machines) == vms
    assert len({machine["moid"] for machine in machines}) == vms
    assert Counter(between.operations()) == {
        "RetrieveServiceContent": 2,
        "Login": 1,
        "CreateContainerView": 2,
        "RetrievePropertiesEx": 2,
        "DestroyView": 2,
    }


def test_shape(client: VcenterClient) -> None:
    machine = client.vms()[0]
    nic, disk = machine["nics"][0], machine["disks"][0]
    assert machine["power"] == "on"
    assert machine["connection"] == "connected"
    assert machine["tools"] == "not_installed"
    assert machine["host"].startswith("DC0_C0_H")
    assert machine["folder"] == ""
    assert machine["mark"] is None
    assert (machine["cpu_cores"], machine["memory_mb"], machine["firmware"]) == (1, 32, "bios")
    assert (nic["network"], nic["vlan"], nic["start_connected"]) == ("DC0_DVPG0", 0, True)
    assert (disk["name"], disk["controller"], disk["datastore"]) == ("scsi0:0", "pvscsi", "LocalDS_0")
    assert disk["capacity_bytes"] == 1024**2


def test_one_machine_reads_as_in_the_list(relay: Callable[..., Any], new_client: Any) -> None:
    between = relay()
    client = new_client(between.settings)
    machine = client.vms()[0]
    calls = len(between.operations())
    assert client.vm(machine["moid"]) == machine
    assert between.operations()[calls:] == ["RetrievePropertiesEx"]


def test_one_machine_without_the_list(client: VcenterClient, start_vcsim: Any) -> None:
    first = client.vms()[0]
    client.close()
    assert client.vm(first["moid"]) == first


def test_machine_that_is_not_there(client: VcenterClient) -> None:
    with pytest.raises(NotFound) as caught:
        client.vm("vm-99999")
    assert caught.value.code == "ManagedObjectNotFound"


# -- power -------------------------------------------------------------------------------------------------------------


def test_power(client: VcenterClient) -> None:
    moid = client.vms()[0]["moid"]
    client.power_off(moid, timeout_s=10)
    assert client.vm(moid)["power"] == "off"
    client.power_off(moid, timeout_s=10)  # already so: fine
    client.shutdown_guest(moid)
    client.power_on(moid, timeout_s=10)
    client.power_on(moid, timeout_s=10)
    assert client.vm(moid)["power"] == "on"


def test_shutdown_of_the_guest_and_its_events(client: VcenterClient) -> None:
    first, second, third, *_ = [machine["moid"] for machine in client.vms()]
    before = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=5)
    client.shutdown_guest(first)
    client.power_off(second)
    client.power_off(third)
    assert client.vm(first)["power"] == "off"
    for asked in ([first], [first, second]):
        events = client.events(asked, OFF_KINDS, before)
        kinds = {(event["moid"], event["kind"]) for event in events}
        wanted = {(first, "VmGuestShutdownEvent"), (first, "VmPoweredOffEvent"), (second, "VmPoweredOffEvent")}
        assert kinds == {entry for entry in wanted if entry[0] in asked}
        assert [event["at"] for event in events] == sorted(event["at"] for event in events)
    assert all(event["at"].utcoffset() == dt.timedelta(0) and event["user"] and event["text"] for event in events)
    assert client.events([first], OFF_KINDS, dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)) == []
    assert client.events([], OFF_KINDS, before) == []


# -- marks -------------------------------------------------------------------------------------------------------------


def test_mark(relay: Callable[..., Any], new_client: Any) -> None:
    between = relay()
    client = new_client(between.settings)
    first, second = [machine["moid"] for machine in client.vms()][:2]
    client.set_mark(first, '{"attempt": 1}')
    assert client.vm(first)["mark"] == '{"attempt": 1}'
    assert client.vm(second)["mark"] is None
    client.set_mark(first, '{"attempt": 2, "text": "<&>é"}')
    client.set_mark(second, "x")
    assert client.vm(first)["mark"] == '{"attempt": 2, "text": "<&>é"}'
    client.set_mark(second, "")
    assert client.vm(second)["mark"] is None
    assert between.operations().count("AddCustomFieldDef") == 1
    assert new_client(between.settings).vms()[0]["mark"]


def test_reading_makes_no_attribute(relay: Callable[..., Any], new_client: Any) -> None:
    between = relay()
    client = new_client(between.settings)
    client.vm(client.vms()[0]["moid"])
    assert "AddCustomFieldDef" not in between.operations()


def test_two_controllers_make_the_attribute(start_vcsim: Any, new_client: Any) -> None:
    settings = start_vcsim()
    one, other = new_client(settings), new_client(settings)
    first, second = [machine["moid"] for machine in one.vms()][:2]
    other.vms()  # both have read that there is no such attribute
    one.set_mark(first, "one")
    other.set_mark(second, "other")
    assert one.vm(second)["mark"] == "other"
    assert other.vm(first)["mark"] == "one"


# -- configuration -----------------------------------------------------------------------------------------------------


def test_disconnect_adapters(relay: Callable[..., Any], new_client: Any) -> None:
    between = relay()
    client = new_client(between.settings)
    before = client.vms()[0]
    key = before["nics"][0]["key"]
    client.connect_nics(before["moid"], {key: (False, False)}, timeout_s=10)
    after = client.vm(before["moid"])
    assert after["nics"] == [before["nics"][0] | {"connected": False, "start_connected": False}]
    assert after["disks"] == before["disks"]
    client.connect_nics(before["moid"], {key: (False, False)})
    assert between.operations().count("ReconfigVM_Task") == 1
    client.connect_nics(before["moid"], {key: (True, True)})
    assert client.vm(before["moid"])["nics"][0] | {"connected": None} == before["nics"][0] | {"connected": None}


def test_unknown_adapter_sends_nothing(relay: Callable[..., Any], new_client: Any) -> None:
    between = relay()
    client = new_client(between.settings)
    with pytest.raises(InvalidRequest) as caught:
        client.connect_nics(client.vms()[0]["moid"], {17: (False, False)})
    assert "4000" in caught.value.remedy
    assert "ReconfigVM_Task" not in between.operations()


@pytest.mark.parametrize("name", ["plain", "with/slash", "100% \\ %2f", "<&>é"])
def test_rename(client: VcenterClient, name: str) -> None:
    moid = client.vms()[0]["moid"]
    client.rename(moid, name)
    assert client.vm(moid)["name"] == name


def test_rename_to_a_taken_name(client: VcenterClient) -> None:
    first, second, *_ = client.vms()
    with pytest.raises((Conflict, InvalidRequest)) as caught:  # vCenter says DuplicateName, vcsim InvalidArgument
        client.rename(first["moid"], second["name"])
    assert caught.value.code in ("DuplicateName", "InvalidArgument")
    assert client.vm(first["moid"])["name"] == first["name"]


def test_move(start_vcsim: Any, new_client: Any) -> None:
    settings = start_vcsim()
    client = new_client(settings)
    moid = client.vms()[0]["moid"]
    with administrator(settings) as content:
        root = content.rootFolder.childEntity[0].vmFolder
        root.CreateFolder("Migrated").CreateFolder("Done")
    client.move(moid, "Migrated/Done")
    assert client.vm(moid)["folder"] == "Migrated/Done"
    client.move(moid, "")
    assert client.vm(moid)["folder"] == ""
    with pytest.raises(NotFound) as caught:
        client.move(moid, "Migrated/Nowhere")
    assert "Nowhere" in str(caught.value)


# -- when things break -------------------------------------------------------------------------------------------------


def test_expired_session_is_renewed(start_vcsim: Any, new_client: Any) -> None:
    settings = start_vcsim()
    client = new_client(settings)
    machines = client.vms()
    moid = machines[0]["moid"]
    end_all_other_sessions(settings)
    assert client.vms() == machines
    end_all_other_sessions(settings)
    assert client.vm(moid) == machines[0]
    end_all_other_sessions(settings)
    client.power_off(moid, timeout_s=10)  # refused for want of a session, so surely not done: sent again
    assert client.vm(moid)["power"] == "off"


def test_lost_reply_of_a_read_is_asked_again(relay: Callable[..., Any], new_client: Any) -> None:
    between = relay()
    client = new_client(between.settings)
    machines = client.vms()
    between.breaks = "RetrievePropertiesEx"
    assert client.vms() == machines


@pytest.mark.parametrize("how", ["reset", "cut"])
def test_lost_reply_of_a_change_is_not_sent_again(relay: Callable[..., Any], new_client: Any, how: Any) -> None:
    between = relay()
    client = new_client(between.settings)
    moid = client.vms()[0]["moid"]
    between.breaks, between.how = "PowerOffVM_Task", how
    with pytest.raises(ReplyLost) as caught:
        client.power_off(moid, timeout_s=10)
    assert "look" in caught.value.remedy
    assert between.operations().count("PowerOffVM_Task") == 1
    assert client.vm(moid)["power"] == "off"  # it was done all the same


def test_lost_update_of_a_task_is_waited_for_again(relay: Callable[..., Any], new_client: Any) -> None:
    between = relay()
    client = new_client(between.settings)
    moid = client.vms()[0]["moid"]
    between.breaks = "WaitForUpdatesEx"
    client.power_off(moid, timeout_s=10)
    assert between.operations().count("PowerOffVM_Task") == 1
    assert client.vm(moid)["power"] == "off"
