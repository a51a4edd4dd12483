# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/from-nothing-to-ready.md: what a user types there exists, its inventory is one that the roles take, its links lead somewhere."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGE = (DOCS / "from-nothing-to-ready.md").read_text(encoding="utf-8")
PLAYBOOKS = {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
MODULES = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
(INVENTORY,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
EVERYTHING: dict[str, Any] = yaml.safe_load(INVENTORY)["inventory"]["all"]
WALK = ("prepare", "discover", "replicate")


def complaints(options: dict[str, Any], given: dict[str, Any]) -> list[str]:
    validator: Any = ArgumentSpecValidator
    found: list[str] = validator(options).validate(given).error_messages
    return found


def specs(role: str) -> dict[str, Any]:
    """What an entry point takes, by its name."""
    text = (ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
    return {name: entry.get("options", {}) for name, entry in yaml.safe_load(text)["argument_specs"].items()}


ENTRIES = {(role, entry): options for role in WALK for entry, options in specs(role).items()}


def test_the_inventory_is_one_that_ansible_reads(tmp_path: Path) -> None:
    (tmp_path / "inventory.yml").write_text(INVENTORY, encoding="utf-8")
    (tmp_path / "wave.csv").write_text("name,wave\nerp-db01,1\n", encoding="utf-8")
    command = [str(Path(sys.executable).parent / "ansible-inventory"), "-i", str(tmp_path / "inventory.yml"), "--list"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    groups = json.loads(run.stdout)
    assert "WARNING" not in run.stderr
    assert groups["source_appliance"]["hosts"] == [EVERYTHING["vars"]["azlocal_source_appliance"]]
    assert groups["target_appliance"]["hosts"] == [EVERYTHING["vars"]["azlocal_target_appliance"]]
    assert len(groups["azure_local_hosts"]["hosts"]) == 2
    assert set(groups["_meta"]["hostvars"]["erp-db01"]) >= set(EVERYTHING["vars"])


@pytest.mark.parametrize(("role", "entry"), [key for key in ENTRIES if key[1] != "waiting"], ids="-".join)
def test_every_role_takes_its_variables_and_lacks_none(role: str, entry: str) -> None:
    options = ENTRIES[role, entry]
    given = {name: value for name, value in EVERYTHING["vars"].items() if name in options}
    given |= {"azlocal_roles": ["source"]} if "azlocal_roles" in options else {}  # of the play, not of a user
    assert complaints(options, given) == []


def test_every_variable_of_the_page_is_one_of_the_roles() -> None:
    known = {name for options in ENTRIES.values() for name in options}
    named = set(re.findall(r"\bazlocal_\w+", PAGE))
    assert named > set(EVERYTHING["vars"])
    assert named - known == set()


def test_every_way_in_is_one_that_the_requirements_bring() -> None:
    """Plain pywinrm has no Kerberos; and who signs in with NTLM needs a password."""
    example = yaml.safe_load(
        (ROOT / "inventories/example/group_vars/azure_local_hosts.yml").read_text(encoding="utf-8")
    )
    for said in (example, *(group["vars"] for group in EVERYTHING["children"].values())):
        assert said["ansible_winrm_transport"] == "ntlm"
        assert said["ansible_password"].startswith("{{ lookup('ansible.builtin.env'")
    assert "pywinrm[kerberos]" in PAGE and "kinit" in PAGE


def test_every_playbook_and_module_of_the_page_exists() -> None:
    assert set(re.findall(r"ansible-playbook azlocal\.migrate\.(\w+)", PAGE)) == set(WALK)
    named = set(re.findall(r"azlocal\.migrate\.(\w+)", PAGE)) - {"wave"}
    assert named <= PLAYBOOKS | MODULES, named


def test_what_is_taken_back_by_a_module_is_a_state_of_it() -> None:
    names = re.findall(r"`azlocal\.migrate\.(\w+)` with `state: absent`", PAGE)
    assert set(names) == {"project", "source_appliance", "target_appliance", "infrastructure", "replication"}
    for name in names:
        module = importlib.import_module(f"ansible_collections.azlocal.migrate.plugins.modules.{name}")
        assert "absent" in yaml.safe_load(module.DOCUMENTATION)["options"]["state"]["choices"]


def test_hosts_of_the_limit_are_groups_of_the_inventory() -> None:
    (limit,) = re.findall(r"--limit (\S+)", PAGE)
    assert set(limit.split(",")) == {"localhost", *EVERYTHING["children"]}


def test_every_step_says_who_and_how_long() -> None:
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if re.match(r"\| \d+ \|", line)
    ]
    assert [int(row[0]) for row in rows] == [*range(1, len(rows) + 1)]
    for _number, step, who, long, leaves, _back in rows:
        assert step and who and leaves
        assert "not known" in long or re.search(r"\b[MRL]\b", long), step


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((?!http)([^)]+)\)", PAGE))))
def test_a_link_leads_somewhere(link: str) -> None:
    name, _, anchor = link.partition("#")
    text = (DOCS / name).read_text(encoding="utf-8")
    headings = {
        re.sub(r"[^\w -]", "", line.lstrip("# ")).lower().replace(" ", "-")
        for line in text.splitlines()
        if line[:1] == "#"
    }
    assert not anchor or anchor in headings


def test_the_readme_leads_here() -> None:
    assert "docs/from-nothing-to-ready.md" in (ROOT / "README.md").read_text(encoding="utf-8")
