# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft's installer of the appliances as data: what it is told, what it asks, and how it ends.

All of it was read off version 10.3 of AzureMigrateInstaller.ps1.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SCRIPT = "AzureMigrateInstaller.ps1"
SCENARIOS = {"source": "VMware", "target": "AzureLocalTarget"}
# How long its last line may be an unanswered question. After an answer it may work for minutes without a word. [I]
STUCK_S = 900
_QUESTION = re.compile(r"\[Y\]|\[Y/N\]|\b1\b.*\b2\b", re.IGNORECASE)


def preset(role: str) -> dict[str, Any]:
    """What Preset.json says, so that these things are not asked. Azure Local knows neither scale-out nor private endpoints."""
    told: dict[str, Any] = {
        "Scenario": SCENARIOS[role],
        "Cloud": "Public",
        "ScaleOut": False,
        "PrivateEndpoint": False,
    }
    return told | ({"AzureLocal": True} if role == "source" else {})


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """What decides which questions the installer asks. It is run on machines only that are not registered."""

    edge: bool
    internet_explorer: bool
    remove: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """One question that the preset file does not answer."""

    about: str
    answer: str
    asked: Callable[[Machine], bool]


# in the order in which they are asked
PROMPTS: tuple[Prompt, ...] = (
    Prompt(about="continue", answer="Y", asked=lambda machine: True),
    Prompt(about="install Edge", answer="Y", asked=lambda machine: not (machine.remove or machine.edge)),
    # it restarts the machine a minute later
    Prompt(
        about="remove Internet Explorer",
        answer="Y",
        asked=lambda machine: machine.internet_explorer and not machine.remove,
    ),
)


def answers(machine: Machine) -> list[str]:
    """One line for each question that will be asked, and none to spare: an unknown question is for a person."""
    return [prompt.answer for prompt in PROMPTS if prompt.asked(machine)]


def asks(line: str) -> bool:
    """Whether its last line is a question."""
    return bool(_QUESTION.search(line))


@dataclass(frozen=True, kw_only=True, slots=True)
class Exit:
    """What an exit code means: ``code`` is a row of the catalogue, ``means`` a clause for the message."""

    code: str
    means: str


EXITS: dict[int, Exit] = {
    -2: Exit(code="installer_cleanup", means="what was there before could not be removed"),
    -3: Exit(code="installer_msi", means="a package is missing or could not be installed"),
    -4: Exit(code="installer_files", means="its settings could not be written as JSON"),
    -5: Exit(code="installer_iis", means="the roles of IIS could not be installed"),
    -6: Exit(code="installer_registry", means="the registry could not be written"),
    -7: Exit(code="installer_windows", means="this Windows is not one that it supports"),
    -8: Exit(code="installer_windows", means="this Windows is not one that it supports"),
    -9: Exit(code="installer_iis", means="the web binding could not be made"),
    -11: Exit(code="installer_powershell", means="PowerShell is too old, or not the 64-bit one"),
    -12: Exit(code="installer_iis", means="the services of IIS did not start"),
    -13: Exit(code="installer_winrm", means="the trusted hosts or limits of WinRM could not be set"),
    -15: Exit(code="installer_arguments", means="UpgradeAgents does not fit this machine"),
    -16: Exit(code="installer_msi", means="the gateway could not be installed"),
    -20: Exit(code="installer_scenario", means="the scenario does not fit"),
}
INTERRUPTED = Exit(code="installer_interrupted", means="it was cut off before it ended, as by a restart of the machine")
OTHER = Exit(code="installer_failed", means="an exit code that nobody has described")


def exit_of(exit_code: int | None) -> Exit:
    """The meaning of an exit code other than 0; None where there was none."""
    return INTERRUPTED if exit_code is None else EXITS.get(exit_code, OTHER)
