# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab with its records and its inventories: what a playbook test stands on."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from lab import names
from lab.cli import start_lab
from lab.runtime import Lab

from . import invariants, playbook
from .playbook import Run
from .records import Records

Row = dict[str, str]
Tree = dict[str, Any]


class Stage:
    """One lab in this process, from its start to its end."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.lab: Lab = start_lab(folder, **{"speed": 2000, **options})
        self.records = Records(self.lab)

    def run(self, name: str, *args: str, **more: Any) -> Run:
        return playbook.run(name, self.lab, *args, **more)

    def check(self, wave: Iterable[str] = (), completed: Iterable[str] = ()) -> None:
        """The invariants; without a wave, that of wave.csv."""
        invariants.check(self.records, set(wave) or {row["name"] for row in self.rows}, completed)

    # -- inventories ---------------------------------------------------------------------------------------------

    @property
    def rows(self) -> list[Row]:
        """The rows of the lab's wave file."""
        with (self.lab.state_dir / "wave.csv").open(encoding="utf-8", newline="") as file:
            return [dict(row) for row in csv.DictReader(file)]

    def inventory(
        self,
        name: str,
        *,
        rows: Iterable[Mapping[str, str]] | None = None,
        wave: str | None = None,
        variables: Mapping[str, Any] | None = None,
        change: Callable[[Tree], None] | None = None,
    ) -> Path:
        """Another inventory over the same lab: other rows, another wave file's text, other variables, another tree."""
        folder = self.lab.state_dir
        config: Tree = yaml.safe_load((folder / "inventory.yml").read_text(encoding="utf-8"))
        if rows is not None:
            wave = as_csv(rows)
        if wave is not None:
            (folder / f"{name}.csv").write_text(wave, encoding="utf-8")
            config["source"] = f"{name}.csv"
        everything = config["inventory"]["all"]
        for key, value in (variables or {}).items():
            if value is None:
                everything["vars"].pop(key, None)
            else:
                everything["vars"][key] = value
        if change is not None:
            change(everything)
        path = folder / f"{name}.yml"
        path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
        return path


def as_csv(rows: Iterable[Mapping[str, str]]) -> str:
    """The text of a wave file; a column that one row has, all have."""
    rows = [dict(row) for row in rows]
    file = io.StringIO()
    writer = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def awkward_localhost(tree: Tree) -> None:
    """An explicit localhost, a connection for everybody that is not local, and an interpreter that does not exist."""
    tree.setdefault("hosts", {})["localhost"] = {}
    tree["vars"] |= {"ansible_connection": "winrm", "ansible_python_interpreter": "/nowhere/python3"}


def dead_node(tree: Tree, node: str = names.NODES[0]) -> None:
    """One Azure Local host that refuses connections."""
    tree["children"]["azure_local_hosts"]["hosts"][node]["ansible_port"] = 9  # discard: nobody listens there
