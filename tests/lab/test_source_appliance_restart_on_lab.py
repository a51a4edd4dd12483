# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The source appliance when runs end in the middle: killed at every request, answers lost, uploads refused or stalled."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import ClientError, Conflict
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter_import import VcenterImport
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.appliance_mark import COMPLETE, IMPORTING, UPLOADED
from ansible_collections.azlocal.migrate.plugins.module_utils.services.source_appliance import MOST_STEPS
from ansible_collections.azlocal.migrate.tests.support.appliance_bench import (
    ApplianceBench,
    Killed,
    killed_before,
    methods,
    writes,
)
from ansible_collections.azlocal.migrate.tests.support.vcenter_on_lab import until
from lab.clock import OwnedClock
from lab.runtime import Lab

# Killed runs leave their sockets to the garbage collector, as a process leaves them to the system.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def bench(lab: Callable[..., Lab], tmp_path: Path) -> ApplianceBench:
    """Its time goes on only while somebody waits: a lease ends when it must, however slow the machine is."""
    return ApplianceBench.make(lab(vms=3, speed=1, clock=OwnedClock()), tmp_path)


@pytest.fixture
def live(lab: Callable[..., Lab], tmp_path: Path) -> ApplianceBench:
    """Time passes by itself, and a lease without progress lives three seconds."""
    return ApplianceBench.make(lab(vms=3, speed=100), tmp_path)


def converges(bench: ApplianceBench) -> list[str]:
    """The next run brings it to its end, whatever is there, and the one after it finds nothing to do."""
    with bench.told() as asked:
        outcome = bench.run()
    assert outcome.machine and outcome.machine.power == "on"
    assert bench.step == COMPLETE and len(bench.machines) == 1
    with bench.told() as again:
        assert bench.run().acts == []
    assert writes(again) == []
    return methods(asked)


# -- killed -------------------------------------------------------------------------------------------------------------


def kills(bench: ApplianceBench, patch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """Runs that end before their first request, their second, ... until one comes to its end: what each had asked."""
    for number in range(1, 200):
        try:
            with bench.told() as asked, killed_before(number, patch):
                bench.run()
            return
        except Killed:
            yield asked


@pytest.mark.slow
@pytest.mark.parametrize("attributes", [False, True])
def test_killed_at_every_request(bench: ApplianceBench, monkeypatch: pytest.MonkeyPatch, attributes: bool) -> None:
    """The next run goes to its end after each kill that leaves something else than the kill before: where only a read came
    between, in no time, it would be the same run again. The one that removes comes after each kill that leaves a machine.
    """
    bench.lab.switches.lease_holds_attributes = attributes
    seen, left, runs = [], None, 0
    for asked in kills(bench, monkeypatch):
        assert len(bench.machines) <= 1
        step, completed = bench.step, "HttpNfcLeaseComplete" in methods(asked)
        seen.append((step, completed))
        before, left = left, (step, writes(asked), asked[-1]["t"] - asked[0]["t"] if asked else 0)
        # nothing there yet is shown by one sweep of the two
        if left != before and not (step == "" and attributes):
            runs += 1
            assert converges(bench).count("PUT") == (0 if completed and step != IMPORTING else 2)
        else:
            bench.lab.clock.sleep(30)  # what the killed run has begun, comes to its end
        if bench.machines:
            bench.run("absent")
        assert bench.machines == []
    assert runs >= 8
    assert len(seen) > 30
    # nothing there, half made, uploaded but not completed, completed but not marked so, all but powered on
    wanted = {("", False), (IMPORTING, False), (UPLOADED, True), (COMPLETE, True)}
    assert {*seen} == wanted | {(IMPORTING, True) if attributes else (UPLOADED, False)}


def test_killed_in_the_middle_of_a_disk(bench: ApplianceBench, monkeypatch: pytest.MonkeyPatch) -> None:
    send, disks = http.client.HTTPConnection.send, [0]

    def dying(connection: Any, data: Any) -> None:
        disks[0] += len(data) > 2**19
        if disks[0] > 4:
            raise Killed
        send(connection, data)

    with monkeypatch.context() as patch:
        patch.setattr(http.client.HTTPConnection, "send", dying)
        with pytest.raises(Killed):
            bench.run()
    assert converges(bench).count("PUT") == 2


def test_what_is_half_made_is_shown_by_a_check_and_removed_by_absent(
    bench: ApplianceBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _asked in kills(bench, monkeypatch):
        if bench.step == IMPORTING:
            break
        bench.run("absent")
    with bench.told() as asked:
        told = bench.run(check=True)
    assert told.acts == ["discard"] and told.before["state"] == "half made" and told.after["state"] == "present"
    assert writes(asked) == [] and "CreateImportSpec" in methods(asked)
    assert bench.run("absent").acts in (["discard"], [])
    assert bench.machines == []


def test_a_machine_that_comes_on_after_it_was_looked_at_is_removed(
    bench: ApplianceBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run is killed while vCenter powers the machine on, and the next one is to remove it, at once."""
    bench.run()
    bench.run("powered_off", force_power_off=True)
    for asked in kills(bench, monkeypatch):
        if "PowerOnVM_Task" in methods(asked):
            break
    assert [vm.power for vm in bench.machines] == ["poweredOff"], "vCenter is at it"
    assert bench.run("absent").acts == ["power_off", "remove"]
    assert bench.machines == []


def test_a_machine_that_contradicts_for_ever_ends_the_run(bench: ApplianceBench) -> None:
    bench.run()
    disturb(bench, "Destroy_Task", code="InvalidPowerState", times=-1)
    with bench.told() as asked, pytest.raises(Conflict) as caught:
        bench.run("absent")
    assert caught.value.code == "appliance_restless" and caught.value.done == ("power_off",)
    assert methods(asked).count("Destroy_Task") == MOST_STEPS - 1


def test_a_machine_that_goes_between_two_reads(bench: ApplianceBench) -> None:
    with VcenterImport(bench.settings) as vcenter:
        assert vcenter._session.read("looking", lambda wire: [*vcenter._described(wire, "vm-99999")]) == []


# -- answers that are lost ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "survives"),
    [
        ("AddCustomFieldDef", False),
        ("ImportVApp", False),
        ("HttpNfcLeaseProgress", True),
        ("SetField", True),
        ("HttpNfcLeaseComplete", True),
        ("ReconfigVM_Task", False),
        ("PowerOnVM_Task", False),
    ],
)
def test_a_lost_answer(bench: ApplianceBench, method: str, survives: bool) -> None:
    bench.lab.faults.add({"kind": "reply", "system": "vcenter", "method": method, "status": 0})
    with bench.told() as asked:
        if survives:
            bench.run()
        else:
            with pytest.raises(ClientError) as caught:
                bench.run()
            assert caught.value.code == "ReplyLost"
    completed = "HttpNfcLeaseComplete" in methods(asked)
    # whether the import had begun is not known to who lost the answer; vCenter or the next run clears up
    assert completed or method == "ImportVApp" or bench.machines == []
    assert converges(bench).count("PUT") == (0 if completed else 2)


def test_an_error_after_the_first_act_tells_of_it(bench: ApplianceBench) -> None:
    bench.lab.faults.add({"kind": "reply", "system": "vcenter", "method": "PowerOnVM_Task", "status": 0})
    with pytest.raises(ClientError) as caught:
        bench.run()
    assert caught.value.done == ("deploy", "finish")
    assert "Done before: deploy; finish." in str(caught.value)
    with pytest.raises(ClientError) as caught:
        bench.run(sha256="0" * 64)
    assert caught.value.done == () and "Done before" not in str(caught.value)


def test_an_order_to_complete_that_never_arrived_is_given_again(bench: ApplianceBench) -> None:
    fault = {"kind": "reply", "system": "vcenter", "method": "HttpNfcLeaseComplete", "status": 503}
    bench.lab.faults.add(fault)
    with bench.told() as asked:
        assert bench.run().acts == ["deploy", "finish", "power_on"]
    assert methods(asked).count("HttpNfcLeaseComplete") == 2


# -- uploads that fail, and leases that end ------------------------------------------------------------------------------


def disturb(bench: ApplianceBench, method: str, **more: Any) -> None:
    bench.lab.faults.add({"kind": "reply", "system": "vcenter", "method": method, **more})


@pytest.mark.parametrize("status", [500, 403, 0])
@pytest.mark.parametrize("disk", [0, 1])
def test_a_refused_upload_leaves_nothing(bench: ApplianceBench, status: int, disk: int) -> None:
    disturb(bench, "PUT", path=f"disk-{disk}", status=status)
    with pytest.raises(ClientError) as caught:
        bench.run()
    assert caught.value.code == "upload_failed" and caught.value.remedy
    assert "Nothing of it is left in vCenter" in str(caught.value)
    assert bench.machines == []
    assert converges(bench).count("PUT") == 2


def test_what_cannot_be_given_up_is_named(bench: ApplianceBench) -> None:
    """Without its lease nobody can remove it, for as long as the lease lives."""
    disturb(bench, "PUT", status=500)
    disturb(bench, "HttpNfcLeaseAbort", status=500)
    with pytest.raises(ClientError, match=r"half-made virtual machine vm-\d+ is left behind; the next run removes it"):
        bench.run()
    assert bench.step == IMPORTING
    assert converges(bench).count("PUT") == 2


def test_a_stalled_upload_keeps_its_lease(live: ApplianceBench) -> None:
    """Three lives of a lease pass while the host takes nothing; some of the reports get lost as well."""
    disturb(live, "PUT", stall_s=9)
    disturb(live, "HttpNfcLeaseProgress", status=0)
    with live.told() as asked:
        assert live.run().acts == ["deploy", "finish", "power_on"]
    assert methods(asked).count("HttpNfcLeaseProgress") >= 6


def test_a_lease_that_ends_ends_the_upload(live: ApplianceBench) -> None:
    disturb(live, "PUT", stall_s=4)
    disturb(live, "HttpNfcLeaseProgress", code="Timedout", times=-1)
    with live.told() as asked, pytest.raises(ClientError) as caught:
        live.run()
    assert caught.value.code in ("Timedout", "upload_failed")
    assert "HttpNfcLeaseComplete" not in methods(asked)
    assert live.machines == []


@pytest.mark.parametrize("refusal", ["TaskInProgress", "InvalidState"])
def test_two_runs_at_once(live: ApplianceBench, refusal: str) -> None:
    """The second one leaves alone what the first one is making."""
    live.lab.switches.lease_refusal = refusal
    disturb(live, "PUT", stall_s=8)
    first: list[Any] = []
    thread = threading.Thread(target=lambda: first.append(live.run()))
    thread.start()
    until(lambda: live.step == IMPORTING)
    with pytest.raises(Conflict) as caught:
        live.run(lease_s=4)
    assert caught.value.code == "appliance_import_running"
    assert caught.value.remedy
    thread.join()
    assert first[0].acts == ["deploy", "finish", "power_on"]
    assert live.run().acts == []
