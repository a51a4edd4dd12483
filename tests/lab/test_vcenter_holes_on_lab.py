# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What vCenter keeps back from the account stops every verb that would act on it, and status says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import PermissionDenied
from ansible_collections.azlocal.migrate.plugins.module_utils.services.replication import Replication
from ansible_collections.azlocal.migrate.plugins.module_utils.services.results import Result
from ansible_collections.azlocal.migrate.plugins.module_utils.services.status import Status
from ansible_collections.azlocal.migrate.tests.support.services_bench import DEFAULTS, Bench, entry, wait_verified

CODE = "vcenter_unreadable"
Verb = Callable[[Bench, str], Result]


@pytest.fixture(scope="module")
def easy(bench: Bench) -> list[str]:
    return [vm.name for vm in bench.lab.world.source.values() if not vm.awkward]


@pytest.fixture(scope="module")
def ready(bench: Bench, easy: list[str]) -> str:
    bench.present(*easy[:2])
    bench.until("ready", *easy[:2])
    return easy[0]


@pytest.fixture(scope="module")
def migrated(bench: Bench, easy: list[str], ready: str) -> str:
    bench.tick(easy[1])
    bench.until("migrated", easy[1])
    bench.tick(easy[1])
    wait_verified(bench, easy[1])
    return easy[1]


@contextmanager
def hidden(bench: Bench, *paths: str, vms: tuple[str, ...] = ()) -> Iterator[None]:
    bench.lab.switches.hidden_properties, bench.lab.switches.hidden_vms = paths, vms
    try:
        yield
    finally:
        bench.lab.switches.hidden_properties = bench.lab.switches.hidden_vms = ()


def absent(bench: Bench, vm: str) -> Result:
    [result] = Replication(bench.look(), DEFAULTS, check=False).absent([entry(vm)])
    return result


VERBS: dict[str, Verb] = {
    "present": lambda bench, vm: bench.present(vm)[vm],
    "absent": absent,
    "tick": lambda bench, vm: bench.tick(vm)[vm],
    "verify": lambda bench, vm: bench.verify(vm)[vm],
    "complete": lambda bench, vm: bench.complete(vm)[vm],
}


def blocked(bench: Bench, verb: str, vm: str, *paths: str) -> None:
    """The verb leaves the VM alone, in one sentence with property, VM and privilege, and writes nothing anywhere."""
    mark, moment = bench.source(vm).custom_values.get("azlocal.migrate"), len(bench.sent(vm))
    with hidden(bench, *paths):
        told = VERBS[verb](bench, vm)
    assert (told.status, told.error_code, told.settled) == ("blocked", CODE, True), told.msg
    assert told.msg.count("vCenter keeps back") == 1
    assert vm in told.msg and paths[0] in told.msg and "System.Read" in told.msg and "System.Read" in told.remedy
    assert (bench.source(vm).custom_values.get("azlocal.migrate"), len(bench.sent(vm))) == (mark, moment)


@pytest.mark.parametrize("path", ["customValue", "guest", "snapshot", "runtime.question", "config.hardware", "runtime"])
def test_nothing_is_replicated_that_is_not_seen_whole(bench: Bench, easy: list[str], path: str) -> None:
    blocked(bench, "present", easy[2], path)


@pytest.mark.parametrize("path", ["customValue", "guest", "snapshot", "runtime.question", "config.hardware", "runtime"])
def test_nothing_is_cut_over_that_is_not_seen_whole(bench: Bench, ready: str, path: str) -> None:
    blocked(bench, "tick", ready, path)
    assert bench.failovers(ready) == 0


@pytest.mark.parametrize("verb", ["present", "absent"])
def test_what_was_done_to_it_must_be_known(bench: Bench, ready: str, verb: str) -> None:
    blocked(bench, verb, ready, "customValue")


@pytest.mark.parametrize("verb", ["tick", "verify", "complete"])
@pytest.mark.parametrize("path", ["customValue", "config.hardware"])
def test_nothing_is_completed_that_is_not_seen_whole(bench: Bench, migrated: str, verb: str, path: str) -> None:
    blocked(bench, verb, migrated, path)


def test_what_a_migrated_vm_no_longer_has_may_be_kept_back(bench: Bench, migrated: str) -> None:
    with hidden(bench, "guest", "snapshot"):
        assert bench.tick(migrated)[migrated].status == "ok"
        wait_verified(bench, migrated)


def test_a_right_that_goes_after_the_lists_were_read_is_noticed(bench: Bench, ready: str) -> None:
    see = bench.look()
    assert see.machines
    with hidden(bench, "customValue"):
        late = bench.tick(ready, see=see)[ready]
    assert (late.status, late.error_code, bench.failovers(ready)) == ("failed", CODE, 0)


def test_status_warns_and_goes_on(bench: Bench, ready: str) -> None:
    with hidden(bench, "guest"):
        [told] = Status(bench.look()).look([{"name": ready}])
    assert (told.status, str(told.phase)) == ("ok", "ready")
    assert any("guest.net" in warning and ready in warning for warning in told.warnings)


@pytest.mark.parametrize("verb", ["present", "tick", "absent"])
def test_a_vm_that_may_not_be_read_at_all(bench: Bench, ready: str, verb: str) -> None:
    moment = len(bench.sent(ready))
    with hidden(bench, vms=(ready,)):
        told = VERBS[verb](bench, ready)
    assert (told.status, told.error_code) == ("blocked", CODE)
    assert f"a VM that may be {ready}" in told.msg and "System.Read" in told.remedy
    assert len(bench.sent(ready)) == moment


def test_adapters_that_may_not_be_read_are_not_taken_for_none(bench: Bench, ready: str) -> None:
    with hidden(bench, "config.hardware"), pytest.raises(PermissionDenied, match=r"System\.Read"):
        bench.vcenter.connect_nics(bench.source(ready).moid, {4000: (False, False)})


def test_what_is_unset_is_not_kept_back(bench: Bench) -> None:
    shapes = bench.vcenter.vms()
    assert {vm["snapshots"] for vm in shapes} == {0, 1}
    assert all(vm["unreadable"] == [] for vm in shapes)


def test_a_conflict_is_told_whatever_is_kept_back(bench: Bench, migrated: str) -> None:
    """The last of this file: afterwards both sides run."""
    bench.lab.world.power_on_source(bench.source(migrated), "somebody", 0)
    for paths in (("config.hardware",), ("customValue",)):
        with hidden(bench, *paths):
            told = bench.tick(migrated)[migrated]
        assert (told.status, told.error_code) == ("failed", "conflict")
        assert any(paths[0] in warning for warning in told.warnings)
