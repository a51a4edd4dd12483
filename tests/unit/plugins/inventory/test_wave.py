# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wave inventory plugin as Ansible runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.azlocal.migrate.plugins.inventory.wave import EXAMPLES, InventoryModule
from ansible_collections.azlocal.migrate.plugins.plugin_utils.wave_columns import RESERVED

BIN = Path(sys.executable).parent
ROOT = Path(__file__).resolve().parents[4]
WAVE = """name,wave,app,owner,cpu_cores,note
erp-db01,1,erp,dba@example.com,8,{{ 6 * 7 }}
erp-app01,1,Shop Front,,,
crm-web01,2,crm,,2,
spare01,,,,,
"""
Estate = Callable[..., Path]


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    def write(config: dict[str, Any] | None = None, name: str = "estate.yml", **files: str) -> Path:
        for file, text in ({"wave_csv": WAVE} | files).items():
            (tmp_path / file.replace("_", ".")).write_text(text)
        path = tmp_path / name
        path.write_text(yaml.safe_dump({"plugin": "azlocal.migrate.wave", "source": "wave.csv"} | (config or {})))
        return path

    return write


# In a process of its own: Ansible's import hooks for collections do not go together with plain imports of them.
DRIVER = """
import json, sys
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader, inventory_loader
init_plugin_loader()
answers = []
for path in sys.argv[1:]:
    inventory, plugin = InventoryManager(loader=DataLoader(), sources=[]), inventory_loader.get("azlocal.migrate.wave")
    error = ""
    try:
        plugin.parse(inventory._inventory, inventory._loader, path)
    except Exception as raised:
        error = f"{type(raised).__name__}: {raised}"
    inventory._inventory.reconcile_inventory()
    hosts = {host.name: host.vars for host in inventory.get_hosts()}
    groups = {name: {"hosts": [host.name for host in group.get_hosts()], "vars": group.vars} for name, group in inventory.groups.items()}
    answers.append({"error": error, "hosts": hosts, "groups": groups})
print(json.dumps(answers, default=str))
"""


def parse(*paths: Path) -> list[dict[str, Any]]:
    """What the plugin made of each configuration, with its error as it was raised."""
    done = subprocess.run([sys.executable, "-c", DRIVER, *map(str, paths)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def run(*command: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCALHOST_WARNING": "false", **environment}
    return subprocess.run([str(BIN / command[0]), *command[1:]], cwd=cwd, env=env, capture_output=True, text=True)


def listing(path: Path) -> dict[str, Any]:
    done = run("ansible-inventory", "-i", str(path), "--list", cwd=path.parent)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_rows_are_hosts_with_groups_and_variables(estate: Estate) -> None:
    found = listing(estate())
    assert found["waves"] == {"children": ["wave_1", "wave_2"], "hosts": ["spare01"]}
    assert found["wave_1"] == {"hosts": ["erp-db01", "erp-app01"]}
    assert found["app_Shop_Front"] == {"hosts": ["erp-app01"]}
    variables = found["_meta"]["hostvars"]["erp-db01"]
    assert variables["azlocal_cpu_cores"] == 8
    assert "azlocal_owner" not in found["_meta"]["hostvars"]["erp-app01"]


def test_the_static_tree_is_ordinary_inventory(estate: Estate) -> None:
    tree = {
        "all": {
            "vars": {"azlocal_project": "p", "azlocal_note": "{{ azlocal_project }}-x"},
            "children": {
                "azure_local_hosts": {"hosts": {"node[1:2]:5986": {}}, "vars": {"ansible_connection": "winrm"}},
                "target_appliance": {},
                "wave_1": {"vars": {"azlocal_hold_days": 7}},
            },
        },
        "extra": {"hosts": {"erp-db01": {"azlocal_cpu_cores": 2, "azlocal_memory_mb": 2048}}},
    }
    (found,) = parse(estate({"inventory": tree}))
    assert found["error"] == ""
    assert found["groups"]["azure_local_hosts"]["hosts"] == ["node1", "node2"]
    assert found["groups"]["target_appliance"]["hosts"] == []
    assert found["groups"]["wave_1"]["vars"]["azlocal_hold_days"] == 7
    assert found["hosts"]["erp-db01"]["azlocal_cpu_cores"] == 8, "the cell wins"
    assert found["hosts"]["erp-db01"]["azlocal_memory_mb"] == 2048


def test_cells_are_never_templated_and_the_tree_is(estate: Estate) -> None:
    path = estate({"inventory": {"all": {"vars": {"sum": "{{ 6 * 7 }}"}}}})
    play = path.parent / "play.yml"
    play.write_text(
        "- hosts: erp-db01\n  gather_facts: false\n  connection: local\n  tasks:\n"
        "    - ansible.builtin.debug: {msg: 'note={{ note }} again={{ note | string }} sum={{ sum }}'}\n"
    )
    done = run("ansible-playbook", "-i", str(path), str(play), cwd=path.parent)
    assert "note={{ 6 * 7 }} again={{ 6 * 7 }} sum=42" in done.stdout, done.stdout + done.stderr


def test_all_errors_reach_the_user(estate: Estate) -> None:
    path = estate(wave_csv="name,cpu_cores\nvm1,x\nvm1,0\n")
    (found,) = parse(path)
    assert found["error"].startswith("AnsibleParserError")
    assert "wave.csv, row 2, column cpu_cores: 'x' is not a whole number" in found["error"]
    assert "wave.csv, row 3, column cpu_cores: 0 is out of range" in found["error"]
    done = run(
        "ansible-inventory", "-i", str(path), "--list", cwd=path.parent, ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="1"
    )
    assert done.returncode != 0
    assert "row 2, column cpu_cores" in done.stderr


def test_nothing_is_added_where_something_is_wrong(estate: Estate) -> None:
    path = estate({"inventory": {"azure_local_hosts": {"hosts": {"node1": {}}}}}, wave_csv="name\nvm1\nvm1\n")
    (found,) = parse(path)
    assert "'vm1' is also in wave.csv row 2" in found["error"]
    assert found["hosts"] == {}


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"source": "gone.csv"}, "gone.csv does not exist"),
    ({"source": "."}, "is not a file"),
    ({"source": ["wave.csv", 3]}, "a path or a list of paths"),
    ({"source": []}, "a path or a list of paths"),
    ({"sources": "x"}, "unknown option sources"),
    ({"inventory": ["x"]}, "Config 'inventory'"),
    ({"inventory": {"erp-db01": {}}}, "'erp-db01' is also the name of a group"),
    ({"inventory": {"all": {"children": {"spare01": {}}}}}, "'spare01' is also the name of a group"),
]


def test_wrong_configurations(estate: Estate) -> None:
    paths = [estate(config, name=f"{number}.yml") for number, (config, _says) in enumerate(WRONG)]
    for answer, (_config, says) in zip(parse(*paths), WRONG, strict=True):
        assert says in answer["error"]


def test_names_that_ansible_or_the_groups_have_taken(estate: Estate) -> None:
    (found,) = parse(estate(wave_csv="name,wave\nvm1,1\nlocalhost,1\nall,1\nwaves,1\nwave_1,1\n"))
    assert [f"row {row}, column name" in found["error"] for row in (2, 3, 4, 5, 6)] == [False, True, True, True, True]


def test_several_sources_and_patterns(estate: Estate) -> None:
    path = estate(
        {"source": ["w-*.csv", "more.yaml"]},
        **{"w-1_csv": "name\na\n", "w-2_csv": "name\nb\n"},
        more_yaml="- name: c\n",
    )
    (found,) = parse(path)
    assert list(found["hosts"]) == ["a", "b", "c"]


def test_a_vaulted_wave_file(estate: Estate) -> None:
    path = estate()
    secret = path.parent / "secret"
    secret.write_text("pass")
    done = run("ansible-vault", "encrypt", "--vault-password-file", str(secret), "wave.csv", cwd=path.parent)
    assert done.returncode == 0, done.stderr
    command = ("ansible-inventory", "-i", str(path), "--graph", "--vault-password-file", str(secret))
    done = run(*command, cwd=path.parent)
    assert "erp-db01" in done.stdout, done.stderr
    assert "cannot be read" in run(*command[:-2], cwd=path.parent).stderr


@pytest.mark.parametrize(
    ("name", "text", "ours"),
    [
        ("a.yml", "plugin: azlocal.migrate.wave\n", True),
        ("a.yaml", "# x\n---\n'plugin': \"azlocal.migrate.wave\"  # y\r\n", True),
        ("a.yml", "plugin: azlocal.migrate.waves\n", False),
        ("a.yml", "all: {}\n", False),
        ("a.ini", "plugin: azlocal.migrate.wave\n", False),
    ],
)
def test_only_our_configuration_is_taken(tmp_path: Path, name: str, text: str, ours: bool) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert InventoryModule().verify_file(str(path)) is ours
    assert not InventoryModule().verify_file(str(tmp_path / "gone.yml"))


def test_the_documentation_can_be_read() -> None:
    done = run("ansible-doc", "-t", "inventory", "azlocal.migrate.wave", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "wave files" in done.stdout


def test_the_examples_in_the_documentation_work(tmp_path: Path) -> None:
    first, second = EXAMPLES.split("\n---\n")
    (tmp_path / "waves").mkdir()
    table = [line.removeprefix("#   ") for line in first.splitlines() if line.startswith("#   ")]
    (tmp_path / "wave.csv").write_text("\n".join(table))
    (tmp_path / "waves" / "one.csv").write_text("name\nother01\n")
    (tmp_path / "special-cases.yml").write_text("- name: special01\n")
    for number, text in enumerate((first, second)):
        (tmp_path / f"{number}.yml").write_text(text)
    one, two = parse(tmp_path / "0.yml", tmp_path / "1.yml")
    assert (one["error"], two["error"]) == ("", "")
    assert list(one["hosts"]) == ["erp-db01", "erp-app01"]
    assert {"other01", "special01", "node1.example.com"} <= set(two["hosts"])


def test_the_example_inventory_works() -> None:
    found = listing(ROOT / "inventories" / "example" / "wave.yml")
    assert set(found["waves"]["children"]) == {"wave_1", "wave_2"}
    assert found["azure_local_hosts"]["hosts"]
    assert all("azlocal_project" in variables for variables in found["_meta"]["hostvars"].values())


def test_reserved_words_are_those_of_ansible() -> None:
    from ansible.vars.reserved import get_reserved_names

    assert set(get_reserved_names()) - RESERVED == set()
