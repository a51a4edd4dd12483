# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine without Ansible: services against the lab over loopback, on a clock that the harness owns.

Each call stands for one module call: clients of its own, that sign in anew. Between the calls goes what the batch
action does (``waiting.follow``), and a person who runs the playbook again where something failed.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.azlocal.migrate.plugins.module_utils.clients import together
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.clock import Clock
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import ClientError
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.governor import Governor
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter import VcenterClient
from ansible_collections.azlocal.migrate.plugins.module_utils.services.cutover import Cutover, Options
from ansible_collections.azlocal.migrate.plugins.module_utils.services.observation import Observatory
from ansible_collections.azlocal.migrate.plugins.module_utils.services.project import Project
from ansible_collections.azlocal.migrate.plugins.module_utils.services.replication import Replication
from ansible_collections.azlocal.migrate.plugins.module_utils.services.results import Result
from ansible_collections.azlocal.migrate.plugins.module_utils.services.status import Status
from ansible_collections.azlocal.migrate.plugins.plugin_utils import waiting
from lab import estate, switches
from lab.assemble import start_lab
from lab.clock import OwnedClock
from lab.weather import SILENT_S, Weather
from lab.world import World

from .invariants import violations
from .lab_settings import azure_of, vcenter_of
from .records import Records
from .services_bench import DEFAULTS, SCOPE, entry, hosts_of

Plain = dict[str, Any]
Verb = Callable[..., list[Plain]]
POLL_S, TIMEOUT_S = 900.0, 2 * 3600.0
TICK_S, TICKING_S = 300.0, 3600.0  # of a cutover
AGAIN_AFTER_S, RUNS = 900.0, 4  # the person who runs it again


@dataclasses.dataclass
class Run:
    """One playbook run: the results of its VMs, or the error of the whole step."""

    results: list[Plain] = dataclasses.field(default_factory=list)
    error: Plain | None = None

    @property
    def failures(self) -> list[Plain]:
        """What failed, and why. A blocked VM has its reason, and another run would say the same."""
        told = [result for result in self.results if result["status"] == "failed"]
        return [{key: one.get(key) for key in ("name", "phase", "error_code")} for one in [*told, self.error] if one]

    @property
    def good(self) -> bool:
        return not self.failures


class Call(NamedTuple):
    """One module call: when it began, and what kept it within limits."""

    began: float
    governor: Governor


class Harness:
    """A lab on its own time, and the wave of that lab.

    ``width``: how many requests go out at a time. ``chance``: the seed by which the lab's switches are thrown.
    """

    def __init__(self, folder: Path, *, seed: int = 1, width: int = 1, chance: int | None = None, **lab: Any) -> None:
        self.time = OwnedClock()
        self.clock = Clock(monotonic=self.time.monotonic, sleep=self.time.sleep, now=self.time.now)
        self.width = width
        self.names: list[str] = []
        filled = lab.pop("estate", twelve)

        def fill(world: World) -> None:
            self.names += filled(world, seed)
            if chance is not None:
                vars(world.switches).update(vars(switches.drawn(chance, self.names)))

        self.lab = start_lab(folder, seed=seed, speed=1, clock=self.time, estate=fill, **lab)
        self.records = Records(self.lab)
        self.calls: list[Call] = []
        self._crew = ExitStack()

    def __enter__(self) -> Harness:
        if self.width > 1:
            self._crew.enter_context(crew(self.time))
        return self

    def __exit__(self, *_exc: object) -> None:
        self._crew.close()
        self.lab.stop()

    @property
    def wave(self) -> list[Plain]:
        return [entry(name) for name in self.names]

    @contextmanager
    def see(self) -> Iterator[Observatory]:
        """What one module call stands on."""
        with (
            ArmClient(
                azure_of(self.lab), environ={}, clock=self.clock, max_concurrency=self.width, jitter=lambda: 0.5
            ) as arm,
            VcenterClient(vcenter_of(self.lab), clock=self.clock) as vcenter,
        ):
            self.calls.append(Call(self.clock.monotonic(), arm.governor))
            yield Observatory(arm, vcenter, Project(arm, SCOPE))

    def violations(self) -> Iterator[str]:
        return violations(self.records, set(self.names))

    def name_of(self, uuid: str) -> str:
        return self.records.first[uuid].name

    def turn_weather(self, times: float) -> None:
        """Fair (0), or as bad as usual (1); who fell silent is heard again in fair weather."""
        assert isinstance(self.lab.faults, Weather)
        self.lab.faults.times = times
        if not times:
            self.clock.sleep(SILENT_S)

    # -- a playbook run ---------------------------------------------------------------------------------------------

    def replicate(self, wave: Sequence[Plain]) -> Run:
        """The role `replicate`: the verb, looks until all is settled, and its last word."""
        return self._run(wave, self.present, self.look)

    def cut_over(self, wave: Sequence[Plain]) -> Run:
        """The role `cutover`: each look is a tick of the verb itself."""
        return self._run(wave, self.tick, None)

    def _run(self, wave: Sequence[Plain], verb: Verb, look: Callable[[Sequence[Plain]], list[Plain]] | None) -> Run:
        try:
            first = verb(wave, retry_failed=True)
        except ClientError as error:
            return Run(error=_told(error))
        pause, timeout = (POLL_S, TIMEOUT_S) if look else (TICK_S, TICKING_S)
        waiter = waiting.Waiter(
            what=verb.__name__, results=first, timeout_s=timeout, shown="off", monotonic=self.clock.monotonic
        )

        def again() -> list[Plain]:
            cleaning = waiter.cleaning
            return [{**wave[index], "retry": cleaning[index]} for index in waiter.open]

        def act() -> list[Plain]:
            return verb(again(), retry_failed=False)

        def seen() -> list[Plain]:
            try:
                return look(again()) if look else act()
            except ClientError as error:
                waiter.stumble(_told(error))
                return []

        try:
            waiting.follow(waiter, look=seen, act=act if look else None, pause_s=pause, sleep=self.clock.sleep)
        except ClientError as error:
            return Run(error=_told(error))
        return Run(results=waiter.results)

    def present(self, wave: Sequence[Plain], *, retry_failed: bool = True) -> list[Plain]:
        with self.see() as seen:
            return _plain(Replication(seen, DEFAULTS, check=False, retry_failed=retry_failed).present(wave))

    def tick(self, wave: Sequence[Plain], *, retry_failed: bool = True) -> list[Plain]:
        with self.see() as seen:
            return _plain(Cutover(seen, Options(retry_failed=retry_failed), hosts_of(self.lab), check=False).tick(wave))

    def look(self, wave: Sequence[Plain]) -> list[Plain]:
        with self.see() as seen:
            return _plain(Status(seen).look(wave))

    def until_settled(self, run: Callable[[Sequence[Plain]], Run], last: Run | None = None) -> list[Run]:
        """The run, and again while something failed that a person would simply try again, and not the same twice.

        ``last``: the run before these.
        """
        runs, before = [run(self.wave)], last
        while not runs[-1].good and len(runs) < RUNS and (before is None or runs[-1].failures != before.failures):
            before = runs[-1]
            self.clock.sleep(AGAIN_AFTER_S)
            runs.append(run(self.wave))
        return runs


def twelve(world: World, seed: int) -> list[str]:
    """A wave of ten VMs that migrate and two that do not, by name, and two bystanders: reads cost by the VM."""
    whole = World(world.journal, world.schedule)
    estate.build(whole, vms=24, seed=seed)
    good = [vm for vm in whole.source.values() if not vm.awkward]
    odd = [vm for vm in whole.source.values() if vm.awkward not in ("", "ipv6", "twin")]
    wave = [*good[:10], *odd[:2]]
    for vm in [*wave, *good[10:12]]:
        world.add_source(vm)
    return [vm.name for vm in wave]


def easy(count: int) -> Callable[[World, int], list[str]]:
    """An estate of so many VMs that all migrate."""

    def fill(world: World, seed: int) -> list[str]:
        whole = World(world.journal, world.schedule)
        estate.build(whole, vms=count + 24, seed=seed)
        wave = [vm for vm in whole.source.values() if not vm.awkward][:count]
        for vm in wave:
            world.add_source(vm)
        return [vm.name for vm in wave]

    return fill


def _plain(results: Sequence[Result]) -> list[Plain]:
    return [result.as_dict() for result in results]


def _told(error: ClientError) -> Plain:
    return {
        "msg": str(error),
        "error_code": error.code or type(error).__name__,
        "remedy": error.remedy,
        "correlation_id": error.correlation_id,
    }


class _Crew(ThreadPoolExecutor):
    """Tells the harness's clock how many of its threads are at work."""

    clock: OwnedClock
    at_once = 1

    def __init__(self, max_workers: int, **more: Any) -> None:
        super().__init__(max_workers, **more)
        self.at_once, self._left, self._counting = max_workers, 0, threading.Lock()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **more: Any) -> Any:
        self._count(1)

        def work() -> Any:
            try:
                return fn(*args, **more)
            finally:
                self._count(-1)

        return super().submit(work)

    def _count(self, change: int) -> None:
        with self._counting:
            self._left += change
            self.clock.crew(min(self.at_once, max(self._left, 1)))


@contextmanager
def crew(clock: OwnedClock) -> Iterator[None]:
    """Requests go out several at a time, and the clock still knows when all of them wait."""
    kept = together.ThreadPoolExecutor
    together.ThreadPoolExecutor = type("Crew", (_Crew,), {"clock": clock})  # type: ignore[misc]
    try:
        yield
    finally:
        together.ThreadPoolExecutor = kept  # type: ignore[misc]
