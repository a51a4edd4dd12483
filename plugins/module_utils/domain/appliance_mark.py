# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mark of a source appliance that we deployed: what it was made of, and how far its making has come.

It stands in two places of the virtual machine. The notes hold it from the moment in which vCenter makes the machine, because
they are part of the import itself. The custom attribute ``azlocal.migrate`` can be written while the import still runs, when
nothing else of the machine may be changed. Whichever of the two is further counts, so an attribute that somebody cleared
never makes a finished appliance look like a half-made one.
"""

from __future__ import annotations

import dataclasses
import json

VERSION = 1
IMPORTING, UPLOADED, COMPLETE = STEPS = ("importing", "uploaded", "complete")
_NOTE = "azlocal.migrate: "
_SAYS = "Azure Migrate source appliance, deployed by the Ansible collection azlocal.migrate. Its next line is the mark."


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ApplianceMark:
    """``run`` tells the machines of two runs of one name apart."""

    name: str
    sha256: str
    run: str
    step: str = IMPORTING

    def at(self, step: str) -> ApplianceMark:
        return dataclasses.replace(self, step=step)


def encode(mark: ApplianceMark) -> str:
    """One line of JSON."""
    return json.dumps({"v": VERSION, "appliance": dataclasses.asdict(mark)}, separators=(",", ":"))


def decode(text: str | None) -> ApplianceMark | None:
    """The mark in a text; None for anything else, marks of migrations too."""
    try:
        data = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    told = data.get("appliance") if isinstance(data, dict) and data.get("v") == VERSION else None
    if not isinstance(told, dict):
        return None
    words = {field.name: told.get(field.name) for field in dataclasses.fields(ApplianceMark)}
    if not all(isinstance(word, str) for word in words.values()) or words["step"] not in STEPS:
        return None
    return ApplianceMark(**words)  # type: ignore[arg-type]


def note(before: str | None, mark: ApplianceMark) -> str:
    """The notes with our two lines in them. What others wrote there stays, an older mark of ours does not."""
    kept = [line for line in (before or "").splitlines() if line != _SAYS and not line.startswith(_NOTE)]
    return "\n".join([*kept, _SAYS, f"{_NOTE}{encode(mark)}"])


def find(attribute: str | None, notes: str | None) -> ApplianceMark | None:
    """What attribute and notes of one machine say together."""
    lines = [line.removeprefix(_NOTE) for line in (notes or "").splitlines() if line.startswith(_NOTE)]
    found = [mark for mark in map(decode, [attribute, *lines]) if mark is not None]
    return max(found, key=lambda mark: STEPS.index(mark.step), default=None)
