# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a wave of 200 VMs may cost, counted on the lab's ledger: list pages and a handful, never a request per VM.

A list page is a GET of a collection as a whole, or of the continuation that the page before it named. Sign-in and the
discovery of endpoints stand aside.
"""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.azlocal.migrate.tests.playbooks.conftest import SetStage
from ansible_collections.azlocal.migrate.tests.support.playbook import Run
from ansible_collections.azlocal.migrate.tests.support.records import Request
from ansible_collections.azlocal.migrate.tests.support.stage import Stage

VMS = 207  # 200 that migrate, and one of each awkward kind
pytestmark = pytest.mark.slow


@dataclasses.dataclass
class Cost:
    run: Run
    requests: list[Request]

    @property
    def azure(self) -> list[Request]:
        return [each for each in self.requests if each.system == "azure" and not each.is_discovery]

    @property
    def other(self) -> list[str]:
        """What is neither a list page nor an accepted order for one VM."""
        return [f"{each.method} {each.bare}" for each in self.azure if not (each.is_page or each.is_create)]


@pytest.fixture(scope="module")
def stage(set_stage: SetStage) -> Stage:
    stage = set_stage(vms=VMS)
    # rows of awkward VMs are left out, so that exactly 200 are wanted
    rows = [row for row in stage.rows if row["name"] not in stage.records.awkward][:200]
    stage.inventory("wave", rows=rows)
    return stage


@pytest.fixture(scope="module")
def costs(stage: Stage) -> dict[str, Cost]:
    wave = stage.lab.state_dir / "wave.yml"
    found = {}
    for key, playbook, args in (
        ("enabled", "replicate", ("-e", "azlocal_wait=false")),
        ("told", "status", ()),
    ):
        moment = stage.records.moment()
        found[key] = Cost(stage.run(playbook, *args, inventory=wave), stage.records.since(moment))
        assert found[key].run.rc == 0, found[key].run.text
    return found


def test_200_vms_are_enabled_with_200_puts_and_at_most_40_other_requests(costs: dict[str, Cost], stage: Stage) -> None:
    cost = costs["enabled"]
    creates = [request for request in cost.azure if request.is_create]
    assert len(creates) == 200
    assert len({request.item for request in creates}) == 200
    assert all(request.accepted for request in creates)
    assert len(cost.other) <= 40, cost.other
    assert [each for each in cost.azure if each.write and not each.is_create] == []
    assert len(cost.run.changed) == 200
    stage.check()


def test_a_status_of_200_vms_costs_list_pages_and_four(costs: dict[str, Cost]) -> None:
    cost = costs["told"]
    assert len(cost.run.stats) == 200
    assert len(cost.other) <= 4, cost.other
    assert [each for each in cost.requests if each.write] == []


def test_list_pages_are_read_once_each(costs: dict[str, Cost]) -> None:
    """The number of pages follows from the size of what is listed, and no page is asked for twice in one look."""
    pages = [request.path for request in costs["told"].azure if request.is_page]
    assert len(pages) == len(set(pages)), sorted(pages)
    assert len(pages) <= 15


def test_vcenter_is_read_in_pages_too(costs: dict[str, Cost]) -> None:
    for cost in costs.values():
        reads = [request for request in cost.requests if request.system == "vcenter" and not request.write]
        assert len(reads) <= 40, [request.method for request in reads]
