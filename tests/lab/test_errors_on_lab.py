# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job that fails on the lab reaches the person with code, words, cause, remedy and the job's id."""

from __future__ import annotations

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.index import find
from ansible_collections.azlocal.migrate.plugins.module_utils.services.results import Result
from ansible_collections.azlocal.migrate.plugins.module_utils.services.status import Status
from ansible_collections.azlocal.migrate.tests.support.services_bench import Bench

FAULT = {
    "kind": "job",
    "job": "Planned failover",
    "task": "Prerequisite check",
    "code": "1000037",
    "message": "The address is InUse",
}


@pytest.fixture(scope="module")
def failed(bench: Bench) -> str:
    vm = next(vm.name for vm in bench.lab.world.source.values() if not vm.awkward)
    bench.present(vm)
    bench.until("ready", vm)
    bench.lab.faults.add({**FAULT, "vm": vm})
    bench.tick(vm)
    bench.until("failed_before", vm)
    return vm


def is_told(result: Result) -> None:
    known = find("1000037")
    assert known is not None
    assert (result.phase, result.error_code) == ("failed_before", "1000037")
    assert "The address is InUse (1000037)" in result.msg
    assert result.remedy.startswith(known.remedy)
    assert result.correlation_id


def test_the_items_health_error_is_told(bench: Bench, failed: str) -> None:
    [seen] = Status(bench.look()).look([{"name": failed}])
    is_told(seen)
    held = bench.tick(failed, retry_failed=False)[failed]
    assert held.status == "failed"
    is_told(held)
    assert bench.present(failed)[failed].status == "ok"  # replication did its part


def test_an_item_without_health_errors_has_its_job_asked_once(bench: Bench, failed: str) -> None:
    uuid = bench.records.uuid(failed).lower()
    with bench.lab.world.lock:
        item = next(item for item in bench.azure.items.values() if item.name.lower().endswith(uuid))
        item.health_errors = None
    asked = _job_reads(bench)
    [seen] = Status(bench.look()).look([{"name": failed}])
    is_told(seen)
    assert _job_reads(bench) == asked + 1


def _job_reads(bench: Bench) -> int:
    return sum(request.method == "GET" and "/jobs/" in request.path for request in bench.records.since())
