# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the runs in weather are judged by: which reasons count for a VM that did not arrive, and what is counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.phase import Phase
from ansible_collections.azlocal.migrate.tests.support.fair_weather import unfinished
from ansible_collections.azlocal.migrate.tests.support.harness import Harness, Run
from ansible_collections.azlocal.migrate.tests.support.records import Request
from ansible_collections.azlocal.migrate.tests.support.weather_table import figures, retries, table
from lab.weather import Weather

ENABLE, SEEDED, FAILOVER = "Create or update protected item", "Complete initial replication", "Planned failover"
STUCK, BROKEN = {"code": "", "stuck": True}, {"code": "572"}


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[Harness]:
    with Harness(tmp_path / "lab", weather=1) as made:
        yield made


class Told:
    """How one VM of the wave ended."""

    def __init__(self, harness: Harness, phase: str = "enabling", code: str = "timeout", msg: str = "why") -> None:
        self.harness, self.name = harness, harness.names[0]
        status = "ok" if phase in ("ready", "migrated") and not code else "failed"
        self.run = Run(results=[{"name": self.name, "phase": phase, "status": status, "error_code": code, "msg": msg}])
        assert isinstance(harness.lab.faults, Weather)
        self.weather = harness.lab.faults

    def drew(self, job: str, fault: dict[str, Any], name: str = "") -> None:
        self.weather.drawn.append((f"{job}, {name or self.name}, a task", fault))

    def excused(self, goal: Phase = Phase.READY) -> bool:
        return not [*unfinished(self.harness, self.run, goal)]


def test_who_arrived(harness: Harness) -> None:
    assert Told(harness, "ready", "").excused()
    assert not Told(harness, "migrated", "").excused()  # that is not where it was to be
    assert not Told(harness, "ready", "drift").excused()


def test_a_wait_without_end_needs_a_job_without_end(harness: Harness) -> None:
    told = Told(harness)
    told.drew(ENABLE, BROKEN)
    told.drew(ENABLE, STUCK, name=harness.names[1])
    told.weather.acts.append(("power_off", harness.records.uuid(told.name)))
    assert not told.excused()
    told.drew(ENABLE, STUCK)
    assert told.excused()


def test_who_is_cleaned_up_waits_for_one_that_is_stuck(harness: Harness) -> None:
    told = Told(harness)
    told.drew(ENABLE, STUCK, name=harness.names[1])
    assert not told.excused()
    harness.lab.switches.storage_firewall = "closed"
    assert told.excused()


@pytest.mark.parametrize(
    ("job", "fault", "goal", "good"),
    [
        (ENABLE, BROKEN, Phase.READY, False),  # the next run removes it and enables it anew
        (SEEDED, BROKEN, Phase.READY, True),
        (FAILOVER, BROKEN, Phase.READY, False),
        (FAILOVER, BROKEN, Phase.MIGRATED, True),
        (SEEDED, {"code": "", "slow": 6}, Phase.READY, False),
    ],
)
def test_what_a_broken_job_explains(harness: Harness, job: str, fault: dict[str, Any], goal: Phase, good: bool) -> None:
    told = Told(harness, "failed_enable", "572")
    told.drew(job, fault)
    assert told.excused(goal) is good


def test_what_a_colleague_did_explains_that_vm_alone(harness: Harness) -> None:
    told = Told(harness, "blocked", "power_off")
    told.weather.acts.append(("power_off", harness.records.uuid(harness.names[1])))
    assert not told.excused()
    told.weather.acts.append(("power_off", harness.records.uuid(told.name)))
    assert told.excused()


def test_a_switch_explains_what_it_says(harness: Harness) -> None:
    told, other = Told(harness, "discovered", "NoPermission"), Told(harness, "discovered", "Forbidden")
    assert not told.excused()
    harness.lab.switches.missing_privileges = ("Global.SetCustomField",)
    assert told.excused()
    assert not other.excused()


def test_some_switches_stop_the_cutover_alone(harness: Harness) -> None:
    harness.lab.switches.silent_agents = ("labsrc",)
    told = Told(harness, "ready_held", "agent_silent")
    assert told.excused(Phase.MIGRATED)
    assert not told.excused(Phase.READY)


def test_who_was_not_ready_before_was_explained_then(harness: Harness) -> None:
    told, before = Told(harness, "discovered", "not_ready"), Told(harness, "discovered", "NoPermission").run
    assert not told.excused(Phase.MIGRATED)
    assert [*unfinished(harness, told.run, Phase.MIGRATED, before)] == []
    was_ready = Told(harness, "ready", "").run
    assert [*unfinished(harness, told.run, Phase.MIGRATED, was_ready)] != []


def test_a_whole_step_that_fails(harness: Harness) -> None:
    run = Run(error={"error_code": "AADSTS7000222", "msg": "the client secret has expired"})
    assert [*unfinished(harness, run, Phase.READY)] != []
    harness.lab.switches.application = "secret_expired"
    assert [*unfinished(harness, run, Phase.READY)] == []


# -- what is counted -----------------------------------------------------------------------------------------------------


def order(method: str, status: int, item: str = "one") -> Request:
    numbers: dict[str, Any] = {"line": 1, "t": 1.0, "ms": 0.0, "request_bytes": 0, "reply_bytes": 0}
    path = f"/vault/protectedItems/site_{item}"
    return Request(system="azure", method=method, path=path, status=status, write=True, principal="p", **numbers)


def test_a_retry_follows_an_order_that_was_not_accepted() -> None:
    first, refused, again = order("PUT", 201), order("DELETE", 409), order("DELETE", 202)
    assert [*retries([first, refused, order("DELETE", 202, "two"), again])] == [again]
    assert [*retries([first, order("PUT", 201)])] == []


def test_the_table_adds_up(harness: Harness) -> None:
    one = figures(harness, [Told(harness, "ready", "").run, Told(harness).run])
    assert (one["runs"], one["arrived"], one["stopped"]) == (2, 0, {"timeout": 1})
    whole = figures(harness, [Run(error={"error_code": "AADSTS1", "msg": ""})])
    lines = [line.split() for line in table([one, one, whole], failed=1)]
    found = {" ".join(words[:-1]): int(words[-1]) for words in lines}
    assert (found["seeds"], found["converged, or stopped with a reason"], found["failed"]) == (4, 3, 1)
    assert (found["playbook runs"], found["timeout"], found["AADSTS1"]) == (5, 2, 1)
