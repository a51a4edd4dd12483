# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is documented is what is taken: fragments against their spec functions, modules against their argument spec."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import pytest
import yaml

from ansible_collections.azlocal.migrate.plugins.doc_fragments import batch as batch_doc
from ansible_collections.azlocal.migrate.plugins.doc_fragments import hosts as hosts_doc
from ansible_collections.azlocal.migrate.plugins.doc_fragments import project as project_doc
from ansible_collections.azlocal.migrate.plugins.doc_fragments import results as results_doc
from ansible_collections.azlocal.migrate.plugins.doc_fragments import wait as wait_doc
from ansible_collections.azlocal.migrate.plugins.module_utils import module as frame
from ansible_collections.azlocal.migrate.plugins.module_utils.options.project import (
    batch_spec,
    hosts_spec,
    project_spec,
    wait_spec,
)
from ansible_collections.azlocal.migrate.plugins.plugin_utils import role_options

PACKAGE = "ansible_collections.azlocal.migrate.plugins"
PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
MODULES = sorted(path.stem for path in (PLUGINS / "modules").glob("*.py") if path.stem != "__init__")
ACTIONS = sorted(path.stem for path in (PLUGINS / "action").glob("*.py") if path.stem != "__init__")
# The attributes of an option that both sides state, with what holds where it is left out.
STATED = {"type": "str", "default": None, "choices": None, "required": False, "elements": None}
Options = dict[str, dict[str, Any]]


class Captured(Exception):
    """Thrown where a module would begin to work."""

    def __init__(self, **given: Any) -> None:
        super().__init__("captured")
        self.given = given


def capture(**given: Any) -> NoReturn:
    raise Captured(**given)


def options_of(text: str) -> Options:
    return yaml.safe_load(text).get("options") or {}


def assert_equal(documented: Options, specified: Options) -> None:
    assert sorted(documented) == sorted(specified)
    for name, spec in specified.items():
        for key, silent in STATED.items():
            assert documented[name].get(key, silent) == spec.get(key, silent), f"{name}: {key}"
        assert documented[name]["description"], f"{name} is not described"
        if "options" in spec:
            assert_equal(documented[name].get("suboptions") or {}, spec["options"])


@pytest.fixture(params=MODULES)
def module(request: pytest.FixtureRequest) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.modules.{request.param}")


def begun(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the module hands to AnsibleModule."""
    for place in (frame, module):
        if hasattr(place, "AnsibleModule"):
            monkeypatch.setattr(place, "AnsibleModule", capture)
    with pytest.raises(Captured) as caught:
        module.main()
    return caught.value.given


def documentation(module: ModuleType) -> dict[str, Any]:
    """The module's documentation with its fragments read in; its own words win."""
    own: dict[str, Any] = yaml.safe_load(module.DOCUMENTATION)
    options: Options = {}
    attributes: dict[str, Any] = {}
    for name in own.get("extends_documentation_fragment", []):
        fragment = importlib.import_module(f"{PACKAGE}.doc_fragments.{name.rsplit('.', 1)[-1]}")
        read = yaml.safe_load(fragment.ModuleDocFragment.DOCUMENTATION)
        options |= read.get("options") or {}
        attributes |= read.get("attributes") or {}
    return own | {
        "options": options | (own.get("options") or {}),
        "attributes": attributes | (own.get("attributes") or {}),
    }


@pytest.mark.parametrize(
    ("spec", "doc"),
    [(project_spec, project_doc), (batch_spec, batch_doc), (wait_spec, wait_doc), (hosts_spec, hosts_doc)],
    ids=["project", "batch", "wait", "hosts"],
)
def test_a_fragment_is_its_spec_function(spec: Callable[[], Options], doc: ModuleType) -> None:
    documented = options_of(doc.ModuleDocFragment.DOCUMENTATION)
    assert list(documented) == list(spec())
    assert_equal(documented, spec())


def test_what_all_verbs_say_of_themselves() -> None:
    said = yaml.safe_load(results_doc.ModuleDocFragment.DOCUMENTATION)
    assert not said["options"]
    assert set(said["attributes"]) == {"check_mode", "diff_mode"}


def test_a_module_takes_what_it_documents(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    specified = begun(module, monkeypatch)["argument_spec"]
    assert_equal(documentation(module)["options"], specified)


def test_a_module_supports_check_mode_and_says_so(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    assert begun(module, monkeypatch)["supports_check_mode"] is True
    assert documentation(module)["attributes"]["check_mode"]["support"] == "full"


def test_secrets_are_never_logged(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, option in begun(module, monkeypatch)["argument_spec"].items():
        if "password" in name or "secret" in name:
            assert "no_log" in option, name


def test_examples_use_only_what_is_documented(module: ModuleType) -> None:
    name = module.__name__.rsplit(".", 1)[-1]
    known = set(documentation(module)["options"])
    for task in yaml.safe_load(module.EXAMPLES):
        given = task.get(f"azlocal.migrate.{name}") or {}
        assert set(given) <= known, f"{task.get('name')}: {sorted(set(given) - known)}"


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_gives_its_module_only_options_that_it_takes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    action = importlib.import_module(f"{PACKAGE}.action.{name}").ActionModule
    takes: frozenset[str] = getattr(action, "takes", frozenset())
    module = importlib.import_module(f"{PACKAGE}.modules.{name}")
    specified = set(begun(module, monkeypatch)["argument_spec"])
    assert takes <= specified, f"{name} would be given {sorted(takes - specified)}"
    assert takes <= set(role_options.OPTIONS)
    if getattr(action, "asks_hosts", "never") != "never":
        assert "hosts_seen" in specified
    looks_by = getattr(action, "looks_by", "")
    assert not looks_by or looks_by.removeprefix("azlocal.migrate.") in MODULES


GIVEN = re.compile(r"\{\{ (azlocal_\w+)( \| default\(omit\))? \}\}")
TASKS = sorted(
    path
    for path in (PLUGINS.parent / "roles").glob("*/tasks/*.yml")
    if "default(omit)" in path.read_text(encoding="utf-8")
)


def calls(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every module of ours that is called, in blocks too, with its options."""
    for key, inner in value.items() if isinstance(value, dict) else ():
        name = str(key).removeprefix("azlocal.migrate.")
        if name != key and name in MODULES:
            yield name, inner or {}
        yield from calls(inner)
    for inner in value if isinstance(value, list) else ():
        yield from calls(inner)


@pytest.mark.parametrize("file", TASKS, ids=lambda path: f"{path.parent.parent.name}-{path.stem}")
def test_a_variable_of_a_role_is_what_the_option_is_that_takes_it(file: Path) -> None:
    described = yaml.safe_load((file.parent.parent / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    variables = described["argument_specs"][file.stem]["options"]
    pairs = [
        (
            found,
            variables[found[1]],
            documentation(importlib.import_module(f"{PACKAGE}.modules.{name}"))["options"][option],
        )
        for name, given in calls(yaml.safe_load(file.read_text(encoding="utf-8")))
        for option, value in given.items()
        if (found := GIVEN.fullmatch(str(value))) and found[1] in variables
    ]
    assert pairs
    for found, said, wanted in pairs:
        for key in ("type", "elements", "choices"):
            assert said.get(key) == wanted.get(key), f"{found[1]}: {key}"
        assert said.get("default") in (None, wanted.get("default")), found[1]
        assert not (found[2] and wanted.get("required")), found[1]
