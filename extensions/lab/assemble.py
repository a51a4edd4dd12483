# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts one lab together, in this process: the world, its records, and the simulators that show it."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from . import handout, pki
from .faults import Faults
from .journal import Journal, Ledger
from .runtime import Lab, RunningServer
from .schedule import Schedule
from .world import World

SIMULATORS = ("vcenter", "host", "azure")  # azure last: it shows what the others hold
_RECORDS = ("ledger.jsonl", "world.jsonl", "world.json")


def start_lab(
    state_dir: str | Path,
    *,
    vms: int = 24,
    seed: int = 1,
    speed: float = 60,
    latency_ms: int = 0,
    faults: Faults | str | Path | Iterable[Mapping[str, Any]] | None = None,
    estate: str | Path | None = None,
    throttle: str = "off",
) -> Lab:
    """Start a lab in this process; ``lab.stop()`` ends it. Every lab starts with a new world and empty records.

    ``faults``: a file, or the list that such a file holds. ``estate``: a file, or the word ``empty``.
    """
    folder = Path(state_dir).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for name in _RECORDS:
        (folder / name).unlink(missing_ok=True)
    given_faults = _faults(faults)
    ledger = Ledger(folder / "ledger.jsonl")
    journal = Journal(folder / "world.jsonl", ledger.started)
    schedule = Schedule(speed)
    world = World(journal, schedule)
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
    )
    try:
        for system in SIMULATORS:
            _start(lab, system)
        handout.write(lab)
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


def _populate(world: World, *, vms: int, seed: int, estate: str | Path | None) -> None:
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
