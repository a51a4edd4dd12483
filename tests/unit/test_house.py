# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the house: who may import whom, what a file looks like, what is shipped."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "plugins"
LAB = ROOT / "extensions" / "lab"
BIN = Path(sys.executable).parent
HEADER = (
    "# Copyright (c) azlocal.migrate contributors",
    "# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)",
    "# SPDX-License-Identifier: GPL-3.0-or-later",
)
MOST_LINES = 400
# Folders of ours that hold Python; .venv, build and the like are nobody's.
ROOMS = ("plugins", "extensions", "tests", "tools")


def python_files(*rooms: str) -> Iterator[Path]:
    for room in rooms:
        yield from sorted(path for path in (ROOT / room).rglob("*.py") if "output" not in path.parts)


def head(path: Path) -> tuple[str, ...]:
    """The first three lines, a shebang left out."""
    lines = path.read_text().splitlines()
    return tuple(lines[1:4] if lines and lines[0].startswith("#!") else lines[:3])


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def names_in(folder: str) -> set[str]:
    return {path.stem for path in (PLUGINS / folder).glob("*.py") if path.stem != "__init__"}


def constants(path: Path) -> dict[str, tuple[str, int]]:
    """Module-level strings by name, with the number of lines that each takes."""
    found: dict[str, tuple[str, int]] = {}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found[target.id] = (node.value.value, (node.end_lineno or node.lineno) - node.lineno)
    return found


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every import of a file: how many dots it starts with, and the module named."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.level, node.module or ""


MODULES = sorted(names_in("modules"))
ACTIONS = sorted(names_in("action"))


# -- files -------------------------------------------------------------------------------------------------------------


def test_every_python_file_names_its_licence() -> None:
    bare = [name_of(path) for path in python_files(*ROOMS) if path.stat().st_size and head(path) != HEADER]
    assert bare == []


def test_every_script_and_yaml_file_of_the_bench_names_its_licence() -> None:
    due = [ROOT / "Makefile", ROOT / "pyproject.toml", ROOT / "galaxy.yml", ROOT / "meta" / "runtime.yml"]
    due += [ROOT / ".ci" / "run", *(ROOT / "tools").glob("*.sh"), *(ROOT / "extensions" / "molecule").rglob("*.yml")]
    bare = [name_of(path) for path in due if HEADER[2] not in path.read_text().splitlines()[:5]]
    assert bare == []


def test_no_file_is_longer_than_one_subject_needs() -> None:
    """Documentation strings of modules are not code."""
    long = {}
    for path in python_files("plugins", "extensions"):
        code = len(path.read_text().splitlines()) - sum(lines for _text, lines in constants(path).values())
        if code > MOST_LINES:
            long[name_of(path)] = code
    assert long == {}


def test_plugin_packages_are_empty() -> None:
    """ansible-test wants them so, except below module_utils and plugin_utils."""
    folders = ("modules", "action", "inventory", "doc_fragments", "callback", "filter", "lookup")
    assert [name for name in folders for path in [PLUGINS / name / "__init__.py"] if path.exists()] == []


# -- who imports whom --------------------------------------------------------------------------------------------------


def test_the_arrows_between_the_rooms() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "extensions")}
    run = subprocess.run(
        [str(BIN / "lint-imports"), "--no-cache", "--no-logo"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_domain_needs_only_the_standard_library() -> None:
    domain = PLUGINS / "module_utils" / "domain"
    foreign = [
        f"{name_of(path)}: {'.' * level}{module}"
        for path in sorted(domain.rglob("*.py"))
        for level, module in imports(path)
        if (level == 0 and module.split(".")[0] not in sys.stdlib_module_names)
        or level > len(path.relative_to(domain).parts)
    ]
    assert foreign == []


def test_the_lab_is_an_independent_witness() -> None:
    known = [
        f"{name_of(path)}: {module}"
        for path in python_files("extensions/lab")
        for level, module in imports(path)
        if module.split(".")[0] in {"ansible_collections", "plugins"} or level > len(path.relative_to(LAB).parts)
    ]
    assert known == []


def test_the_collection_does_not_know_that_a_lab_exists() -> None:
    knowing = [
        f"{name_of(path)}: {module}"
        for path in python_files("plugins")
        for level, module in imports(path)
        if level == 0 and module.split(".")[0] in {"lab", "extensions"}
    ]
    assert knowing == []


# -- modules -----------------------------------------------------------------------------------------------------------


def test_action_groups_name_every_module_and_action() -> None:
    groups = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["action_groups"]
    assert groups["all"] == sorted(set(MODULES) | set(ACTIONS))


@pytest.mark.parametrize("group", ["azure", "vcenter"])
def test_action_groups_follow_the_connection_options(group: str) -> None:
    groups = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["action_groups"]
    taking = []
    for name in MODULES:
        document = yaml.safe_load(constants(PLUGINS / "modules" / f"{name}.py")["DOCUMENTATION"][0])
        fragments = document.get("extends_documentation_fragment", [])
        if f"azlocal.migrate.{group}" in ([fragments] if isinstance(fragments, str) else fragments):
            taking.append(name)
    assert groups[group] == taking


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_documented_with_examples(name: str) -> None:
    texts = constants(PLUGINS / "modules" / f"{name}.py")
    document = yaml.safe_load(texts["DOCUMENTATION"][0])
    assert document["module"] == name
    assert document["short_description"]
    tasks = yaml.safe_load(texts["EXAMPLES"][0])
    assert any(f"azlocal.migrate.{name}" in task for task in tasks), "no example calls the module by its full name"
    assert yaml.safe_load(texts["RETURN"][0])


# -- what is shipped ---------------------------------------------------------------------------------------------------


def test_the_artifact_holds_the_collection_and_nothing_of_the_workshop(tmp_path: Path) -> None:
    command = [str(BIN / "ansible-galaxy"), "collection", "build", "--output-path", str(tmp_path), str(ROOT)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    with tarfile.open(next(tmp_path.glob("azlocal-migrate-*.tar.gz"))) as artifact:
        names = artifact.getnames()
    assert {"COPYING", "README.md", "meta/runtime.yml", "plugins", "extensions/lab/__main__.py"} <= set(names)
    workshop = {".git", ".ci", ".ansible", "build", "lab-state", "output", "__pycache__"}
    stray = [name for name in names if workshop & set(Path(name).parts) or name.startswith(".venv") or "_cache" in name]
    assert stray == []
