# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts one lab together, in this process: the world, its records, and the simulators that show it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from . import appliances, handout, media, pki
from .appliance_operator import Operator
from .clock import Clock
from .faults import Faults
from .host.cluster import Cluster
from .journal import Journal, Ledger
from .runtime import Lab, RunningServer
from .schedule import Schedule
from .switches import Switches
from .weather import Weather
from .world import World

SIMULATORS = ("vcenter", "host", "azure")  # azure last: it shows what the others hold
STAGES = ("ready", "bare")
Estate = str | Path | Callable[[World], object] | None
_RECORDS = ("ledger.jsonl", "world.jsonl", "world.json")


def start_lab(
    state_dir: str | Path,
    *,
    vms: int = 24,
    seed: int = 1,
    speed: float = 60,
    latency_ms: int = 0,
    faults: Faults | str | Path | Iterable[Mapping[str, Any]] | None = None,
    estate: Estate = None,
    throttle: str = "off",
    weather: int | None = None,
    switches: Switches | None = None,
    clock: Clock | None = None,
    stage: str = "ready",
    operator: bool = False,
) -> Lab:
    """Start a lab in this process; ``lab.stop()`` ends it. Every lab starts with a new world and empty records.

    ``faults``: a file, or the list that such a file holds. ``weather``: the seed of faults that come by chance.
    ``estate``: a file, the word ``empty``, or what fills the world. ``clock``: another time than the machine's.
    ``stage``: ``ready``, where the project stands and both appliances are connected, or ``bare``, where nothing does.
    ``operator``: somebody does at once what only a person can do, as soon as it can be done.
    """
    if stage not in STAGES:
        raise ValueError(f"the lab has no stage {stage!r}: {' or '.join(STAGES)}")
    folder = Path(state_dir).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for name in _RECORDS:
        (folder / name).unlink(missing_ok=True)
    given_faults = _faults(faults) if weather is None else Weather(weather, entries=_faults(faults).entries)
    schedule = Schedule(speed, clock)
    ledger = Ledger(folder / "ledger.jsonl", schedule.clock)
    journal = Journal(folder / "world.jsonl", schedule.clock)
    journal.started = ledger.started
    world = World(journal, schedule, switches)
    _populate(world, vms=vms, seed=seed, estate=estate)
    lab = Lab(
        world=world,
        ledger=ledger,
        journal=journal,
        schedule=schedule,
        state_dir=folder,
        seed=seed,
        tls=pki.make(folder),
        latency_ms=latency_ms,
        faults=given_faults,
        vms=vms,
        throttle=throttle,
        switches=world.switches,
        cluster=Cluster(),
        stage=stage,
    )
    lab.operator = Operator(lab)
    appliances.populate(lab)
    try:
        for system in SIMULATORS:
            _start(lab, system)
        if stage == "bare":
            media.make_all(folder / "media")
        handout.write(lab)
        if isinstance(given_faults, Weather):
            given_faults.begin(lab)
        if operator:
            lab.operator.stay()
    except BaseException:
        lab.stop()
        raise
    return lab


def _faults(given: Faults | str | Path | Iterable[Mapping[str, Any]] | None) -> Faults:
    if isinstance(given, Faults):
        return given
    if isinstance(given, (str, Path)):
        return Faults.load(given)
    return Faults(given or ())


def _populate(world: World, *, vms: int, seed: int, estate: Estate) -> None:
    if callable(estate):
        estate(world)
        return
    if estate == "empty":
        return
    from . import estate as estates

    if estate is None:
        estates.build(world, vms=vms, seed=seed)
        return
    load = getattr(estates, "load", None)
    if load is None:
        raise ValueError("this lab does not read estate files yet: leave --estate out, or say --estate empty")
    load(world, Path(estate))


def _start(lab: Lab, system: str) -> None:
    """A simulator is one server, or one for each of its names (the hosts: one for each node)."""
    module = importlib.import_module(f".{system}.server", __package__)
    started: RunningServer | dict[str, RunningServer] = module.start(lab)
    if isinstance(started, dict):
        lab.servers.update({f"{system}:{name}": server for name, server in started.items()})
    else:
        lab.servers[system] = started
