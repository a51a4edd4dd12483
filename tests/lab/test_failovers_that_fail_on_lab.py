# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failovers of the lab that fail with every doubt thrown against us, and one that hangs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.utils.display import Display

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.job import LONGEST_FAILOVER_S, OVERLONG_S
from ansible_collections.azlocal.migrate.plugins.module_utils.services.cutover import Cutover, Options
from ansible_collections.azlocal.migrate.plugins.module_utils.services.status import Status
from ansible_collections.azlocal.migrate.plugins.plugin_utils import waiting
from ansible_collections.azlocal.migrate.tests.support.harness import Harness, Plain, easy
from ansible_collections.azlocal.migrate.tests.support.services_bench import Bench

FAULT = {"kind": "job", "job": "Planned failover", "code": "1000099", "message": "broken"}


@pytest.fixture
def unprovisioned(bench: Bench) -> Iterator[None]:
    """An item whose failover failed is Failed as a resource too."""
    bench.lab.switches.failed_failover_provisioning = "Failed"
    yield
    bench.lab.switches.failed_failover_provisioning = "Succeeded"


@pytest.mark.usefixtures("unprovisioned")
@pytest.mark.parametrize(
    ("number", "task", "phase"),
    [(0, "Prerequisite check", "failed_before"), (1, "Preparing protected entities", "failed_after")],
)
def test_a_failed_cutover_is_sent_again_whatever_the_resource_is_called(
    bench: Bench, number: int, task: str, phase: str
) -> None:
    vm = [vm.name for vm in bench.lab.world.source.values() if not vm.awkward][number]
    bench.present(vm)
    bench.until("ready", vm)
    bench.lab.faults.add({**FAULT, "vm": vm, "task": task})
    bench.tick(vm)
    bench.until(phase, vm)
    assert bench.look().items[bench.records.uuid(vm).lower()].provisioning_state == "Failed"
    again = bench.tick(vm)[vm]
    assert (again.status, again.action) == ("changed", "cutover"), again.msg
    assert bench.failovers(vm) == 2
    bench.until("migrated", vm)


# -- one that hangs ----------------------------------------------------------------------------------------------------


def cut_over(harness: Harness) -> list[Plain]:
    with harness.see() as see:
        return [result.as_dict() for result in Cutover(see, Options(), [], check=False).tick(harness.wave)]


def looked_at(harness: Harness) -> Plain:
    with harness.see() as see:
        return Status(see).look(harness.wave)[0].as_dict()


@pytest.fixture
def hanging(tmp_path: Path) -> Iterator[Harness]:
    faults = [{**FAULT, "task": "Starting failover", "stuck": True}]
    with Harness(tmp_path / "lab", estate=easy(1), faults=faults) as harness:
        assert harness.replicate(harness.wave).good
        yield harness


def test_a_failover_that_hangs_is_told_while_it_is_waited_for_and_at_the_end(
    hanging: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken: list[str] = []
    monkeypatch.setattr(Display, "warning", lambda self, text, **more: spoken.append(text))
    first = cut_over(hanging)
    clock = hanging.clock
    waiter = waiting.Waiter(
        what="cutover", results=first, timeout_s=3 * OVERLONG_S, shown="off", monotonic=clock.monotonic
    )
    told: list[tuple[float, Plain]] = []
    began = clock.monotonic()

    def look() -> list[Plain]:
        found = cut_over(hanging)
        told.append((clock.monotonic() - began, found[0]))
        return found

    waiting.follow(waiter, look=look, act=None, pause_s=300, sleep=clock.sleep)
    for after_s, result in told:
        assert result["msg"].startswith("planned failover: Starting failover")
        assert_told(result, overlong=after_s > OVERLONG_S)
    assert {after_s > OVERLONG_S for after_s, _result in told} == {True, False}
    [name] = hanging.names
    assert len(spoken) == 1 and spoken[0].startswith(f"{name}: ") and "do not power it on" in spoken[0]
    [late] = waiter.results
    assert (late["status"], late["error_code"]) == ("failed", "timeout")
    assert "run again" in late["remedy"]
    assert_told(late, overlong=True)
    assert_told(looked_at(hanging), overlong=True)


def assert_told(result: dict[str, Any], *, overlong: bool) -> None:
    assert (f"on record took {LONGEST_FAILOVER_S // 60}" in result["msg"]) == overlong
    for part in ("portal", "both appliances", "do not power it on"):
        assert (part in result["remedy"]) == overlong
    assert bool(result["correlation_id"]) == overlong
