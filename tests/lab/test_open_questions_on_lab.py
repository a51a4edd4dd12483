# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our verbs, where the service answers what the facts leave open in the other way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.clock import Clock
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import PermissionDenied
from ansible_collections.azlocal.migrate.plugins.module_utils.services.replication import UNTOLD_NAMES, Replication
from ansible_collections.azlocal.migrate.plugins.module_utils.services.results import Result
from ansible_collections.azlocal.migrate.plugins.module_utils.services.status import Status
from ansible_collections.azlocal.migrate.plugins.module_utils.services.verification import FORCE, Verification
from ansible_collections.azlocal.migrate.tests.support.harness import Harness, easy
from ansible_collections.azlocal.migrate.tests.support.lab_settings import azure_of
from ansible_collections.azlocal.migrate.tests.support.records import Records, Request
from ansible_collections.azlocal.migrate.tests.support.services_bench import DEFAULTS, Bench, entry
from ansible_collections.azlocal.migrate.tests.support.vcenter_on_lab import client_of
from lab.cli import start_lab
from lab.clock import OwnedClock
from lab.switches import Switches
from lab.world import World

STEP_S = 45.0  # between two looks


class Way(Bench):
    """One VM on a lab with these switches, on a clock that stands still between our looks."""

    def __init__(self, folder: Path, **switches: Any) -> None:
        owned = OwnedClock()
        self.clock = Clock(monotonic=owned.monotonic, sleep=owned.sleep, now=owned.now)
        self.lab = start_lab(folder, speed=1, clock=owned, estate=self._fill, switches=Switches(**switches))
        self.records = Records(self.lab)
        self.arm = ArmClient(azure_of(self.lab), environ={}, clock=self.clock)
        self.vcenter = client_of(self.lab, self.clock)

    def _fill(self, world: World) -> None:
        [self.vm] = easy(1)(world, 1)

    @property
    def phase(self) -> str:
        return self.phases(self.vm)[self.vm]

    def passed(self, goal: str, seconds: float = 4 * 3600) -> list[str]:
        """The phases on the way to the goal, which may take so many seconds."""
        seen, end = [self.phase], self.clock.monotonic() + seconds
        while seen[-1] != goal:
            assert self.clock.monotonic() < end, seen
            self.clock.sleep(STEP_S)
            seen.append(self.phase)
        return list(dict.fromkeys(seen))

    def enable(self) -> None:
        assert self.present(self.vm)[self.vm].action == "enable"

    def cut_over(self) -> list[str]:
        """The phases from ready to verified."""
        assert self.tick(self.vm)[self.vm].action == "cutover"
        seen = self.passed("migrated")
        self.clock.sleep(STEP_S)  # a guest needs a moment to answer
        assert self.tick(self.vm)[self.vm].action == "disconnect_source"
        assert self.verify(self.vm)[self.vm].phase == "verified"
        return seen

    def absent(self, *, force: bool = False) -> Result:
        [told] = Replication(self.look(), DEFAULTS, check=False).absent([entry(self.vm)], force=force)
        return told

    def forced(self) -> Result:
        """Complete it by force."""
        service = Verification(self.look(), DEFAULTS, self.hosts(), check_mode=False, force=True)
        [told] = service.complete([entry(self.vm)])
        return told

    def break_(self, job: str, message: str) -> None:
        self.lab.faults.add({"kind": "job", "job": job, "code": "1000001", "message": message})


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Callable[..., Way]]:
    made: list[Way] = []

    def start(**switches: Any) -> Way:
        made.append(Way(tmp_path / "lab", **switches))
        return made[-1]

    yield start
    for one in made:
        one.stop()


# -- a list that leaves out ------------------------------------------------------------------------------------------


def items_asked(harness: Harness, moment: int) -> tuple[int, int]:
    """Lists of protected items, and single ones."""
    asked = [request for request in harness.records.since(moment) if "/protecteditems" in request.path.lower()]
    return sum(not is_single(request) for request in asked), sum(map(is_single, asked))


def is_single(request: Request) -> bool:
    return "/protecteditems/" in request.path.lower()


@pytest.mark.parametrize("shown", ["whole", "trimmed"])
def test_what_a_look_costs(tmp_path: Path, shown: str) -> None:
    """Only the items of the VMs that are asked for are read by themselves, and only where the list is trimmed."""
    with Harness(tmp_path / "lab", estate=easy(5), switches=Switches(items_list=shown)) as harness:
        assert harness.replicate(harness.wave).good
        moment = harness.records.moment()
        with harness.see() as see:
            told = Status(see).look(harness.wave[:2])
            assert items_asked(harness, moment) == (1, 0 if shown == "whole" else 2)
            Status(see).look(harness.wave[:2])  # of one module call: nothing is read twice
            assert items_asked(harness, moment) == (1, 0 if shown == "whole" else 2)
        assert [(one.status, one.phase, one.extra["progress_percent"]) for one in told] == [("ok", "ready", 100.0)] * 2
        moment = harness.records.moment()
        with harness.see() as see:
            assert len(Status(see).look([])) == 5
        assert items_asked(harness, moment) == (1, 0 if shown == "whole" else 5)


def test_nothing_is_decided_by_what_could_not_be_read(tmp_path: Path) -> None:
    with Harness(tmp_path / "lab", estate=easy(2), switches=Switches(items_list="trimmed")) as harness:
        assert harness.replicate(harness.wave).good
        harness.lab.faults.add(
            {
                "kind": "reply",
                "system": "azure",
                "method": "GET",
                "path": "/protectedItems/",
                "status": 403,
                "code": "AuthorizationFailed",
            }
        )
        with harness.see() as see, pytest.raises(PermissionDenied):
            Status(see).look(harness.wave)


def test_target_names_that_the_list_does_not_tell(tmp_path: Path) -> None:
    with Harness(tmp_path / "lab", estate=easy(2), switches=Switches(items_list="trimmed")) as harness:
        first, second = harness.wave
        assert harness.replicate([first]).good
        [told] = harness.present([second])
        assert (told["status"], told["warnings"]) == ("changed", [UNTOLD_NAMES])
        with harness.see() as see:  # asked for together, both names are known
            both = Replication(see, DEFAULTS, check=True).present([first, second])
        assert [UNTOLD_NAMES in one.warnings for one in both] == [False, False]


# -- the whole way ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "thrown",
    [
        {"items_list": "trimmed"},
        {"allowed_in_flight": "null", "guest_agent": "present"},
        {"allowed_in_flight": "as_before", "nic_names": "own"},
        {"items_list": "trimmed", "allowed_in_flight": "null"},
    ],
    ids=lambda thrown: "-".join(map(str, thrown.values())),
)
def test_a_vm_goes_the_whole_way(way: Callable[..., Way], thrown: dict[str, Any]) -> None:
    bench = way(**thrown)
    bench.enable()
    seen = bench.passed("ready")
    assert bench.present(bench.vm)[bench.vm].action == "none"
    seen += bench.cut_over()
    assert bench.complete(bench.vm)[bench.vm].action == "complete"
    seen += bench.passed("completed")
    assert list(dict.fromkeys(seen)) == [
        "enabling", "seeding", "ready", "cutting_over", "migrated", "completing", "completed",
    ]  # fmt: skip
    assert bench.failovers(bench.vm) == 1


def test_a_failed_failover_that_the_list_does_not_explain(way: Callable[..., Way]) -> None:
    bench = way(items_list="trimmed")
    bench.enable()
    bench.passed("ready")
    bench.break_("Planned failover", "It is Tuesday.")
    bench.tick(bench.vm)
    assert bench.passed("failed_before") == ["cutting_over", "failed_before"]
    [told] = Status(bench.look()).look([{"name": bench.vm}])
    assert "It is Tuesday" in told.msg


# -- a resynchronisation -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shown", ["whole", "trimmed"])
def test_a_resynchronisation_is_waited_for(way: Callable[..., Way], shown: str) -> None:
    bench = way(resync="once", items_list=shown)
    bench.enable()
    assert bench.passed("resyncing")[-2:] == ["ready", "resyncing"]
    told = bench.tick(bench.vm)[bench.vm]
    assert (told.status, told.phase, told.error_code) == ("blocked", "resyncing", "not_ready")
    assert bench.failovers(bench.vm) == 0
    assert bench.passed("ready") == ["resyncing", "ready"]
    bench.cut_over()


# -- a seeding that does not end -------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["own_state", "as_before"])
@pytest.mark.parametrize("shown", ["whole", "trimmed"])
def test_a_failed_end_of_seeding_is_told(way: Callable[..., Way], state: str, shown: str) -> None:
    bench = way(failed_jobs=state, items_list=shown)
    bench.break_("Complete initial replication", "No seeds.")
    bench.enable()
    assert bench.passed("failed_seed") == ["enabling", "seeding", "failed_seed"]
    told = bench.present(bench.vm)[bench.vm]
    assert (told.status, told.error_code, told.settled) == ("failed", "1000001", True)
    assert "No seeds" in told.msg and told.remedy


@pytest.mark.parametrize("state", ["own_state", "as_before"])
def test_a_failed_removal_is_told_and_can_be_tried_again(way: Callable[..., Way], state: str) -> None:
    bench = way(failed_jobs=state)
    bench.enable()
    bench.passed("ready")
    bench.break_("Delete protected item", "It clings.")
    assert bench.absent().action == "remove"
    bench.passed("failed_remove" if state == "own_state" else "ready_held")
    [told] = Status(bench.look()).look([{"name": bench.vm}])
    assert "It clings" in told.msg
    assert bench.absent().action == "remove"
    assert bench.passed("discovered") == ["removing", "discovered"]


# -- force is for a person ---------------------------------------------------------------------------------------------


def test_a_completion_that_needs_force(way: Callable[..., Way]) -> None:
    bench = way(delete_after_cutover="needs_force")
    bench.enable()
    bench.passed("ready")
    bench.cut_over()
    mark = bench.mark(bench.vm)
    told = bench.complete(bench.vm)[bench.vm]
    assert (told.status, told.error_code) == ("failed", "OperationNotAllowed")
    assert FORCE in told.remedy
    assert (bench.phase, bench.mark(bench.vm)) == ("migrated", mark)
    assert bench.forced().action == "complete"
    assert bench.passed("completed") == ["completing", "completed"]
    assert [request.status for request in bench.sent(bench.vm) if request.is_delete] == [409, 202]


def test_force_completes_nothing_that_is_not_verified(way: Callable[..., Way]) -> None:
    bench = way()
    bench.enable()
    bench.passed("ready")
    told = bench.forced()
    assert (told.status, told.error_code) == ("blocked", "not_migrated")
    bench.tick(bench.vm)
    bench.passed("migrated")
    bench.lab.world.target[next(iter(bench.lab.world.target))].cpu_cores += 1
    told = bench.forced()
    assert told.status == "failed" and "not completed, because it is not verified" in told.msg
    assert not [request for request in bench.sent(bench.vm) if request.is_delete]


def test_a_removal_by_force_needs_no_leave(way: Callable[..., Way]) -> None:
    bench = way(allowed_in_flight="as_before")
    bench.enable()
    bench.passed("seeding")
    assert bench.absent().error_code == "not_allowed"
    assert bench.absent(force=True).action == "remove"
    assert bench.passed("discovered") == ["removing", "discovered"]
