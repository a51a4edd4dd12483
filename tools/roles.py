# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes docs/roles, which is made of plugins/module_utils/domain/rights.py: python tools/roles.py [folder]"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.rights import place_of
from ansible_collections.azlocal.migrate.plugins.module_utils.domain import rights
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.rights import Need

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "roles"
DUTIES: Mapping[str, tuple[str, ...]] = {"setup": rights.SETUP, "migrate": rights.WAVE}
_TO = {"setup": "set up and take back", "migrate": "migrate"}
SCOPES: Mapping[str, str] = {
    "project": "the resource group of the Azure Migrate project",
    "project_subscription": "the subscription of the Azure Migrate project",
    "cluster": "the resource group of the Azure Local instance",
    "cluster_subscription": "the subscription of the Azure Local instance",
    "target": "the resource group of the target VMs",
    "target_subscription": "the subscription of the target VMs",
}
OBJECTS: Mapping[str, str] = {
    "root": "the topmost folder (vCenter itself)",
    "vm": "virtual machines, by propagation",
    "folder": "the folder of the source appliance",
    "pool": "its resource pool",
    "datastore": "datastores",
    "network": "its network",
}
ACCOUNTS: Mapping[str, tuple[str, Iterable[Need]]] = {
    "automation": ("the account that this collection signs in as", rights.VCENTER),
    "appliance": ("the account that is typed into the source appliance", rights.APPLIANCE_VCENTER),
}
_OF_EVERY_ROLE = "System."  # vCenter adds these to each role by itself


def azure_name(what: str, on: str) -> str:
    return f"azure-{what}-{on.replace('_', '-')}.json"


def azure_role(what: str, on: str) -> str:
    """A custom role as ``az role definition create`` takes it; empty where the duty needs nothing there."""
    actions = rights.needed(rights.AZURE, on, DUTIES[what])
    if not actions:
        return ""
    scope = SCOPES[on]
    place = "/subscriptions/<subscription id>" + ("" if on.endswith("_subscription") else "/resourceGroups/<name>")
    role = {
        "Name": f"azlocal.migrate {what}: {on.replace('_', ' ')}",
        "IsCustom": True,
        "Description": f"What the Ansible collection azlocal.migrate needs in {scope}, to {_TO[what]}",
        "Actions": sorted(actions, key=str.lower),
        "NotActions": [],
        "DataActions": [],
        "NotDataActions": [],
        "AssignableScopes": [place],
    }
    return json.dumps(role, indent=2) + "\n"


def vcenter_role(needs: Iterable[Need]) -> str:
    """One privilege a line, as govc and PowerCLI take them."""
    found = {need.what for need in needs if not need.what.startswith(_OF_EVERY_ROLE)}
    return "\n".join(sorted(found)) + "\n"


def row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def table(needs: Iterable[Need], on: str, *, places: bool = False) -> Iterable[str]:
    yield from (row(["right", "phases", "why"]), row(["---"] * 3))
    for need in needs:
        if need.on == on:
            place = f" ({place_of(need.what)})" if places and place_of(need.what) else ""
            yield row([f"`{need.what}`{place}", ", ".join(need.phases), need.why + (" [I]" if need.inferred else "")])


def overview(written: Mapping[str, str]) -> str:
    """All needs, by system and place."""
    lines = [
        "<!-- Made by tools/roles.py of plugins/module_utils/domain/rights.py. Change it there. -->",
        "",
        "# Rights, by place",
        "",
        "How to use them is in [Least privilege](../least-privilege.md). [I]: read off descriptions of the service only.",
    ]
    for on, scope in SCOPES.items():
        files = [name for name in (azure_name(what, on) for what in DUTIES) if name in written]
        links = ", ".join(f"[{name}]({name})" for name in files)
        lines += ["", f"## Azure: {scope}", "", f"To import: {links}", ""]
        lines += table(rights.needs_of(rights.AZURE, rights.PHASES), on)
    lines += ["", "## Microsoft Entra", "", row(["what", "phase", "why"]), row(["---"] * 3)]
    lines += [row(need) for need in rights.DIRECTORY]
    for account, (said, needs) in ACCOUNTS.items():
        lines += ["", f"## vCenter: {said}", "", f"To import: [vcenter-{account}.txt](vcenter-{account}.txt)"]
        for on, place in OBJECTS.items():
            if any(need.on == on for need in needs):
                lines += ["", f"On {place}:", "", *table(rights.needs_of(needs, rights.PHASES), on, places=True)]
    return "\n".join(lines) + "\n"


def files() -> dict[str, str]:
    """The text of each file by its name."""
    found = {azure_name(what, on): azure_role(what, on) for on in SCOPES for what in DUTIES}
    found = {name: text for name, text in found.items() if text}
    found |= {f"vcenter-{account}.txt": vcenter_role(needs) for account, (_said, needs) in ACCOUNTS.items()}
    return {**found, "README.md": overview(found)}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
