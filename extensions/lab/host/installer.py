# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How AzureMigrateInstaller.ps1 behaves: what it asks, what it takes for an answer, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..appliances import SOURCE, Appliance

SCRIPT = "AzureMigrateInstaller.ps1"
CONFIG = "C:\\ProgramData\\Microsoft Azure\\Config\\"
CREDENTIALS = "C:\\ProgramData\\Microsoft Azure\\CredStore\\"
INSTALL_S, REMOVE_S, RESTART_S = 600, 120, 60
_SCENARIOS = {SOURCE: {"vmware"}, "target": {"azurelocaltarget", "azurestackhci"}}
_WRONG_SCENARIO = -20


@dataclass
class Run:
    """One run, from what it was given to what came of it."""

    appliance: Appliance
    preset: dict[str, Any]
    arguments: tuple[str, ...]
    answers: list[str]
    remove: bool = False
    at_end: str = "hangs"  # what becomes of a question that nobody answers
    line: str = field(default="", init=False)  # the last thing it said
    said: dict[str, str] = field(default_factory=dict, init=False)  # question -> answer

    def outcome(self) -> int | None:
        """The exit code, or None where it waits for an answer for ever."""
        if not self.remove and (wrong := self._wrong_preset()):
            self.line = wrong
            return _WRONG_SCENARIO
        for name, question, refusing in self._questions():
            self.line = question
            if not self.answers:
                return None if self.at_end == "hangs" else 1
            self.said[name] = self.answers.pop(0).strip().upper()
            if self.said[name] == refusing:
                self.line = "The script was ended by the user."
                return 0
        self.line = "Removal completed." if self.remove else "Installation completed."
        return 0

    @property
    def agreed(self) -> bool:
        """Whether nobody said no to it."""
        return self.said.get("continue") == "Y" and self.said.get("registered", "Y") == "Y"

    def _wrong_preset(self) -> str:
        scenario = str(self.preset.get("Scenario") or "").lower()
        if scenario not in _SCENARIOS[self.appliance.role]:
            return f"The scenario {self.preset.get('Scenario')} does not fit this machine."
        if self.preset.get("ScaleOut") is True:
            return "migrate to Azure Local does not support scaleout at this time"
        if self.appliance.role == SOURCE and not self.preset.get("AzureLocal"):
            return "Without AzureLocal this appliance cannot migrate to Azure Local."
        return ""

    def _questions(self) -> Iterator[tuple[str, str, str]]:
        """(name, question, the answer that ends it), in the order that they are asked."""
        if not self.remove:
            if self.preset.get("ScaleOut") is None:
                yield "kind", "1. Primary appliance 2. Scale-out appliance", "2"
            if self.appliance.registered_at and "-repurpose" not in [word.lower() for word in self.arguments]:
                yield "registered", "This appliance is registered already. Enter [Y] to continue or [N] to exit", "N"
        yield "continue", "Enter [Y] to continue or [N] to exit", "N"
        if not self.remove:
            if not self.appliance.edge:
                yield "edge", "Install Microsoft Edge? [Y/N]", ""
            if self.appliance.internet_explorer:
                yield "internet explorer", "Remove Internet Explorer? [Y/N]", ""


def finish(run: Run) -> None:
    """What a run that ended with 0 leaves behind."""
    one = run.appliance
    if run.remove:
        _removed(one)
        return
    one.install()
    one.registry["CredStoreDefaultPath"] = CREDENTIALS + "Credentials.json"
    one.put(CONFIG + "AutoUpdater.json", json.dumps({"Cloud": run.preset.get("Cloud", "Public")}).encode())
    one.edge |= run.said.get("edge") == "Y"
    one.restart_pending = True
    if run.said.get("internet explorer") == "Y":
        one.internet_explorer = False
        one.lab.schedule.after(RESTART_S, one.boot)


def _removed(one: Appliance) -> None:
    """All of the appliance is gone; Windows, and what Azure knows of it, stay."""
    one.installed = False
    one.services, one.registry, one.entra, one.asked, one.key = {}, {}, {}, set(), ""
    one.registered_at = one.discovery_started_at = one.configured_at = None
    one.files = {key: file for key, file in one.files.items() if not key.startswith("c:\\programdata\\microsoft azure")}
