# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of a bulk step that come from azlocal_* variables, checked by the role's own argument spec."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.azlocal.migrate.plugins.plugin_utils import role_options
from ansible_collections.azlocal.migrate.plugins.plugin_utils.entries import KEYS, PREFIX
from ansible_collections.azlocal.migrate.plugins.plugin_utils.role_options import WrongOptions, from_variables

ROLES = Path(__file__).resolve().parents[4] / "roles"
GIVEN = {
    "azlocal_resource_group": "rg",
    "azlocal_project": "p",
    "azlocal_source_appliance": "src",
    "azlocal_target_appliance": "tgt",
}
PLAIN = {key.removeprefix(PREFIX): value for key, value in GIVEN.items()}


def role(folder: Path, options: dict[str, Any] | None) -> str:
    (folder / "meta").mkdir()
    main = {"short_description": "x"} | ({} if options is None else {"options": options})
    (folder / "meta" / "argument_specs.yml").write_text(yaml.safe_dump({"argument_specs": {"main": main}}))
    return str(folder)


def test_outside_of_a_role_variables_are_taken_as_they_are() -> None:
    assert from_variables(GIVEN | {"azlocal_wait": "yes"}, None) == PLAIN | {"wait": "yes"}
    assert from_variables({}, None) == {}


def test_only_options_that_a_verb_takes() -> None:
    assert from_variables({"azlocal_cpu_cores": 4, "azlocal_owner": "x", "wait": True}, None) == {}


def test_a_role_gives_types_and_defaults(tmp_path: Path) -> None:
    spec = {
        "azlocal_wait": {"type": "bool", "default": True},
        "azlocal_timeout_s": {"type": "int", "default": 60},
        "azlocal_poll_interval_s": {"type": "int"},
    }
    path = role(tmp_path, spec)
    assert from_variables({}, path) == {"wait": True, "timeout_s": 60}
    assert from_variables({"azlocal_wait": "no", "azlocal_timeout_s": "5"}, path) == {"wait": False, "timeout_s": 5}


def test_force_is_an_option_of_completion_and_nobodys_default() -> None:
    assert from_variables(GIVEN, str(ROLES / "complete"))["force"] is False
    assert from_variables(GIVEN | {"azlocal_force": "yes"}, str(ROLES / "complete"))["force"] is True


def test_an_empty_variable_is_left_out() -> None:
    assert from_variables({"azlocal_subscription_id": None}, None) == {}


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, "azlocal_project"),
        ({"azlocal_project": "p", "azlocal_progress": "loud"}, "azlocal_progress"),
        ({"azlocal_project": "p", "azlocal_timeout_s": "soon"}, "azlocal_timeout_s"),
    ],
)
def test_wrong_options_are_named(tmp_path: Path, variables: dict[str, Any], words: str) -> None:
    spec = {
        "azlocal_project": {"type": "str", "required": True},
        "azlocal_timeout_s": {"type": "int"},
        "azlocal_progress": {"type": "str", "choices": ["auto", "on", "off"]},
    }
    with pytest.raises(WrongOptions, match=words):
        from_variables(variables, role(tmp_path, spec))


def test_a_role_without_options_or_without_a_spec(tmp_path: Path) -> None:
    assert from_variables(GIVEN, str(tmp_path)) == PLAIN
    assert from_variables(GIVEN, role(tmp_path, None)) == PLAIN


BULK = [
    path for path in sorted(ROLES.iterdir()) if "azlocal.migrate.verdict" in (path / "tasks" / "main.yml").read_text()
]


@pytest.mark.parametrize("path", BULK, ids=lambda path: path.name)
def test_every_bulk_role_of_ours_takes_the_project_and_names_only_what_is_passed_on(path: Path) -> None:
    found = from_variables(GIVEN, str(path))
    assert PLAIN.items() <= found.items()
    with pytest.raises(WrongOptions, match="azlocal_resource_group"):
        from_variables({}, str(path))
    specs = yaml.safe_load((path / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    passed_on = {PREFIX + name for name in role_options.OPTIONS}
    other = {name for name in specs if name not in passed_on and name.removeprefix(PREFIX) not in KEYS}
    tasks = "".join(file.read_text() for file in (path / "tasks").glob("*.yml"))
    assert all(name in tasks for name in other), "an option that nothing reads"


def test_what_a_host_says_of_its_vm_is_documented_and_not_judged_for_the_batch() -> None:
    """A wrong value stops its own VM only, so it may not end the step for all."""
    path = ROLES / "replicate"
    specs = yaml.safe_load((path / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    # how a VM is called and counted; what keeps a VM from its cutover in this version
    not_here = {"name", "wave", "app", "owner", "window", "order", "depends_on", "hold_days"}
    of_a_vm = {PREFIX + key for key in KEYS if key not in not_here}
    assert of_a_vm <= set(specs)
    wrong = dict.fromkeys(of_a_vm, "perhaps")
    assert from_variables(GIVEN | wrong, str(path)) == from_variables(GIVEN, str(path))
    assert [name for name in of_a_vm if "default" in specs[name] or specs[name].get("required")] == []
