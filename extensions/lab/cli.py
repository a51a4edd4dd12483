# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's command line: ``python extensions/lab serve|stop|status|world|operator --state DIR``, and ``behaviours``."""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from . import behaviours, process, switches
from .assemble import STAGES, start_lab
from .faults import Faults, FaultsFileError
from .process import LabError

__all__ = ["main", "start_lab"]

_ABOUT = """\
The rehearsal lab of azlocal.migrate: Azure, vCenter and Azure Local hosts, simulated on this machine's loopback.

It needs no account and no network, and changes nothing outside its state folder. Its records stay there after 'stop'.
"""
_AFTER = """\
A first walk:
  python extensions/lab serve --state lab-state
  . lab-state/lab.env
  ansible-playbook azlocal.migrate.status -i lab-state/inventory.yml
  python extensions/lab stop --state lab-state

The state folder then holds lab.env (what any client needs), ca.pem, wave.csv, inventory.yml, and the records:
ledger.jsonl (every request), world.jsonl (every change), world.json (the whole world, at 'world' and at the end),
lab.log (what the lab itself has to say). How to make it harder, and what the records hold: docs/lab.md.

A lab of the stage "bare" has no project yet, and a folder media with what the appliances are made of. What only a person
can do there (consoles, portal, the appliances' own pages) is done by 'operator', or by itself with 'serve --operator'.
"""
_SERVED = (
    "vms",
    "seed",
    "speed",
    "latency_ms",
    "throttle",
    "faults",
    "weather",
    "estate",
    "switch",
    "stage",
    "operator",
)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    options.state = options.state.resolve()
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except BrokenPipeError:  # "lab world | head" has read enough
        sys.stderr.close()
        return 0
    except (LabError, FaultsFileError, ValueError, OSError) as problem:
        print(f"lab: {problem}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="lab", description=_ABOUT, epilog=_AFTER, formatter_class=shape)
    commands = parser.add_subparsers(
        title="commands", required=True, metavar="serve | stop | status | world | operator | behaviours"
    )
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument("--state", type=Path, required=True, metavar="DIR", help="the lab's folder, made when missing")

    def add(name: str, command: Callable[[argparse.Namespace], int], about: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, parents=[where], help=about, description=about)
        sub.set_defaults(command=command)
        return sub

    _serve_options(add("serve", _serve, "start a lab in the background; returns when all simulators answer"))
    add("stop", _stop, "stop the lab of this folder; its records stay")
    add("status", _status, "say whether a lab runs for this folder, and where")
    add("world", _world, "print the whole world, as it is now, as JSON")
    act = add("operator", _operator, "do what only a person can do next, for each appliance, or say why not")
    act.add_argument("--appliance", default="", metavar="NAME", help="only for this one")
    about = "print docs/lab-behaviours.md: what the lab does, and how we know it"
    commands.add_parser("behaviours", help=about, description=about).set_defaults(command=_behaviours, state=Path())
    return parser


def _serve_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--vms", type=_at_least(0), default=24, metavar="N", help="wave rows of the estate, one VM each (%(default)s)"
    )
    sub.add_argument(
        "--seed", type=int, default=1, metavar="N", help="the same seed makes the same estate (%(default)s)"
    )
    faster = "how much faster than recorded time runs (%(default)s)"
    sub.add_argument("--speed", type=_positive, default=60.0, metavar="X", help=faster)
    sub.add_argument(
        "--latency-ms", type=_at_least(0), default=0, metavar="N", help="added to every reply (%(default)s)"
    )
    sub.add_argument(
        "--throttle",
        choices=["off", "arm", "rp-800-5min", "rp-100-5min"],
        default="off",
        help="which of Azure's request limits hold (%(default)s)",
    )
    sub.add_argument("--faults", type=Path, metavar="FILE", help="what breaks: a YAML or JSON list")
    sub.add_argument("--weather", type=int, metavar="SEED", help="faults of every kind, by chance, the same for a seed")
    sub.add_argument(
        "--switch",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="another guess at what nobody could prove (docs/lab-behaviours.md); may be given several times",
    )
    sub.add_argument("--estate", metavar="FILE|empty", help="another estate than the generated one")
    sub.add_argument("--stage", choices=STAGES, default="ready", help="what has been prepared already (%(default)s)")
    sub.add_argument(
        "--operator", action="store_const", const=True, help="somebody does at once what only a person can do"
    )
    sub.add_argument("--foreground", action="store_true", help="stay attached to this terminal until Ctrl-C")


def _at_least(lowest: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        value = int(text)
        if value < lowest:
            raise argparse.ArgumentTypeError(f"must be {lowest} or more")
        return value

    return number


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError("must be more than 0")
    return value


def _serve(options: argparse.Namespace) -> int:
    asked = _asked(options)
    about = process.running(options.state)
    if about is not None:
        return _already(options.state, about, asked)
    switches.parse(asked["switch"])  # a wrong one is told here, not in a log
    if options.faults:
        Faults.load(options.faults)  # a wrong file is told here, not in a log
    if options.foreground:
        process.serve_until_stopped(options.state, asked, lambda: start_lab(options.state, **_given(asked)))
        return 0
    arguments = ["--state", str(options.state)]
    for name, value in asked.items():
        values = value if isinstance(value, list) else [] if value is None else [value]
        option = f"--{name.replace('_', '-')}"
        arguments += [word for one in values for word in ([option] if one is True else [option, str(one)])]
    # a big estate takes its time to build: some 5 ms a VM
    _show(options.state, process.spawn(options.state, arguments, timeout_s=60 + asked["vms"] * 0.02))
    return 0


def _asked(options: argparse.Namespace) -> dict[str, Any]:
    asked = {name: getattr(options, name) for name in _SERVED}
    if asked["faults"]:
        asked["faults"] = str(asked["faults"].resolve())
    if asked["estate"] and asked["estate"] != "empty":
        asked["estate"] = str(Path(asked["estate"]).resolve())
    return asked


def _given(asked: dict[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in asked.items() if value is not None}
    chosen = switches.parse(given.pop("switch"))
    return {**given, "switches": chosen}


def _already(state: Path, about: dict[str, Any], asked: dict[str, Any]) -> int:
    if about and about.get("options") == asked:
        print(f"The lab of {state} already runs, with these very options: nothing to do.")
        _show(state, about)
        return 0
    reason = "with other options" if about else "and is still starting"
    print(f"lab: the lab of {state} already runs, {reason}; stop it first:", file=sys.stderr)
    print(f"  {_how_to_call()} stop --state {state}", file=sys.stderr)
    return 1


def _how_to_call() -> str:
    return shlex.join([sys.executable, str(Path(__file__).resolve().parent)])


def _show(state: Path, about: dict[str, Any]) -> None:
    for name, url in about.get("servers", {}).items():
        print(f"{name:<16} {url}")
    print(f"state            {state}")


def _stop(options: argparse.Namespace) -> int:
    if process.stop(options.state):
        print(f"The lab of {options.state} has stopped; its records are still there.")
    else:
        print(f"No lab runs for {options.state}: nothing to stop.")
    return 0


def _status(options: argparse.Namespace) -> int:
    about = process.running(options.state)
    if about is None:
        print(f"No lab runs for {options.state}.")
        return 1
    if not about:
        print(f"The lab of {options.state} is starting.")
        return 0
    chosen = ", ".join(f"{name} {value}" for name, value in about["options"].items() if value not in (None, []))
    print(f"running          process {about['pid']}, since {about['started']}")
    print(f"options          {chosen}")
    _show(options.state, about)
    return 0


def _behaviours(options: argparse.Namespace) -> int:
    print(behaviours.page(), end="")
    return 0


def _operator(options: argparse.Namespace) -> int:
    for line in process.operate(options.state, options.appliance):
        print(line)
    return 0


def _world(options: argparse.Namespace) -> int:
    with process.fresh_world(options.state).open(encoding="utf-8") as file:
        shutil.copyfileobj(file, sys.stdout)
    return 0
