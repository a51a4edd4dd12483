# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventory plugin: every row of a wave file becomes a host."""

from __future__ import annotations

DOCUMENTATION = r"""
name: wave
short_description: The VMs of migration waves, from CSV or YAML files
version_added: "0.1.0"
author: azlocal.migrate contributors (@azlocal)
description:
  - Reads wave files, in which each row is one VM, and makes a host of every row.
  - A known column becomes the host variable C(azlocal_<column>), typed. A column that is not known stays a host variable
    under its own name, in lower case with underscores; where that name is one of Ansible's own words (such as
    C(environment) or C(tags)) it gets the prefix C(azlocal_) too.
  - An empty cell counts as not given, so that group variables and the defaults of the collection apply.
  - What a cell holds is data. C({{ }}) in a cell is never templated.
  - Every host is in the group C(waves), in C(wave_<wave>) below it, and in C(app_<app>).
  - All errors of all files are reported together, each with file, row, column and what to do. Ansible itself goes on with an
    empty inventory when a source fails, unless C(any_unparsed_is_failed = true) is set in section C([inventory]) of
    F(ansible.cfg), which is advised.
options:
  plugin:
    description: Says that this file is for this plugin.
    type: str
    required: true
    choices: [azlocal.migrate.wave]
  source:
    description:
      - One wave file or a list of them, or patterns such as C(waves/*.csv). Relative paths start at this configuration file.
      - C(.csv), C(.tsv) and C(.txt) are tables with column names in the first row; comma, semicolon or tab is found out. Lines
        that begin with C(#) and empty rows are left out.
      - C(.yml), C(.yaml) and C(.json) hold a list of mappings, or C(vms) with such a list.
      - A file may be encrypted with Ansible Vault.
      - Only the column C(name) is needed, the name of the VM in vCenter. Known are
        C(wave), C(app), C(owner), C(hold_days), C(machine_id), C(instance_uuid), C(target_vm_name),
        C(target_resource_group), C(storage_path), C(os_disk),
        C(cpu_cores), C(memory_mb), C(generation), C(security), C(os_type), C(arc), C(auto_resync), and
        C(dynamic_memory), C(disks), C(nics), C(network_map), which are JSON in a table.
      - C(window), C(order) and C(depends_on) (names with C(;) between them) are read as well, but this version cannot keep
        them yet. A VM that carries one of them is replicated and then not cut over, until the cell is emptied.
      - A VM may be there once in all files together, by C(name), by C(instance_uuid) and by C(machine_id), and no two may get
        the same name on the target.
    type: raw
    required: true
  inventory:
    description:
      - An ordinary YAML inventory (groups with C(hosts), C(vars) and C(children)) to add as it stands, so that the hosts of
        Azure Local, the appliances and common variables can live in the same file.
      - Where a host is here and in a wave file, the cell wins.
    type: dict
    default: {}
"""

EXAMPLES = r"""
# wave.yml, with a file next to it, wave.csv:
#   name,wave,app,owner,target_vm_name,cpu_cores,memory_mb
#   erp-db01,1,erp,dba@example.com,,8,32768
#   erp-app01,1,erp,erp@example.com,erp-app-01,,
plugin: azlocal.migrate.wave
source: wave.csv

---
# Several files, and the rest of the estate in the same place.
plugin: azlocal.migrate.wave
source:
  - waves/*.csv
  - special-cases.yml
inventory:
  all:
    vars:
      azlocal_resource_group: rg-migrate
      azlocal_project: migrate-berlin
      azlocal_source_appliance: srcberlin
      azlocal_target_appliance: tgtberlin
      azlocal_network_map:
        - {source: "dvPG-Prod-*", logical_network: lnet-prod-110}
    children:
      azure_local_hosts:
        hosts:
          node1.example.com:
          node2.example.com:
        vars:
          ansible_connection: winrm
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin
from ansible.plugins.inventory.yaml import InventoryModule as YamlInventory

from ansible_collections.azlocal.migrate.plugins.plugin_utils import wave_file

try:
    from ansible.utils.unsafe_proxy import wrap_var
except ImportError:  # ansible-core to come: what a plugin adds is never templated there, nothing is to be wrapped

    def wrap_var(v: Any) -> Any:
        return v


PLUGIN = "azlocal.migrate.wave"
OPTIONS = ("plugin", "source", "inventory")
WAVES = "waves"
_OWN_NAMES = frozenset({"all", "ungrouped", "localhost", WAVES})
_OUR_CONFIG = re.compile(rb"""^(["']?)plugin\1\s*:\s*(["']?)azlocal\.migrate\.wave\2\s*(#.*)?\r?$""", re.MULTILINE)


class _StaticTree(YamlInventory):
    """Ansible's own reading of YAML inventories, fed with a part of our file: same rules, same messages."""

    def add(self, inventory: Any, tree: Mapping[str, Any]) -> None:
        self.inventory = inventory
        for group, content in tree.items():
            self._parse_group(group, content)


class InventoryModule(BaseInventoryPlugin):
    NAME = PLUGIN
    loader: Any
    inventory: Any

    def verify_file(self, path: str) -> bool:
        if not super().verify_file(path) or not path.lower().endswith((".yml", ".yaml")):
            return False
        try:
            return _OUR_CONFIG.search(Path(path).read_bytes()) is not None
        except OSError:
            return False

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        try:
            self._parse(inventory, path)
        except AnsibleError:
            # Ansible would go on with an empty inventory and exit 0. A wave that cannot be read is not an empty wave.
            constants.INVENTORY_ANY_UNPARSED_IS_FAILED = True  # type: ignore[attr-defined]
            raise

    def _parse(self, inventory: Any, path: str) -> None:
        config = self._read_config_data(path)
        tree = _checked(config, path)
        parsed = wave_file.read_all(self._files(config["source"], Path(path)))
        # Nothing is added before everything is known to be right: half a wave would be worse than none.
        parsed.errors += _name_clashes(parsed.rows, _groups_of(tree))
        if parsed.errors:
            raise AnsibleParserError(wave_file.explain(parsed.errors))
        for note in parsed.notes:
            self.display.warning(note)
        _StaticTree().add(inventory, tree)
        inventory.add_group(WAVES)
        for row in parsed.rows:
            self._add(row)

    def _files(self, source: Any, config: Path) -> Iterator[tuple[str, bytes]]:
        """(name to show, content) of every source."""
        for text in [source] if isinstance(source, str) else source:
            if not isinstance(text, str) or not text.strip():
                raise AnsibleParserError(f"{config}: 'source' must be a path or a list of paths, not {text!r}.")
            wanted = config.parent / Path(text).expanduser()
            for path in _matches(wanted):
                yield _shown(path, config.parent), self._read(path, config)

    def _read(self, path: Path, config: Path) -> bytes:
        """The content of a wave file, decrypted where it is vaulted."""
        if not path.is_file():
            what = "is not a file" if path.exists() else "does not exist"
            raise AnsibleParserError(
                f"{config}: the wave file {path} {what}. Do this: correct 'source'; relative paths start at {config.parent}."
            )
        try:
            return Path(self.loader.get_real_file(str(path))).read_bytes()
        except (OSError, AnsibleError) as error:
            raise AnsibleParserError(f"{config}: the wave file {path} cannot be read: {error}") from error

    def _add(self, row: wave_file.Row) -> None:
        groups = [group for group in (row.wave_group, row.app_group) if group]
        for group in groups:
            self.inventory.add_group(group)
        if row.wave_group:
            self.inventory.add_child(WAVES, row.wave_group)
        for group in groups if row.wave_group else [*groups, WAVES]:
            self.inventory.add_host(row.name, group)
        for key, value in row.host_vars().items():
            self.inventory.set_variable(row.name, key, wrap_var(value))


def _matches(wanted: Path) -> list[Path]:
    if wanted.exists() or not any(mark in wanted.name for mark in "*?["):
        return [wanted]
    return sorted(wanted.parent.glob(wanted.name)) or [wanted]


def _shown(path: Path, base: Path) -> str:
    return str(path.relative_to(base)) if path.is_relative_to(base) else str(path)


def _checked(config: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    """The static tree; an option that nobody knows is an error here, as Ansible would pass over it in silence."""
    unknown = [str(key) for key in config if key not in OPTIONS]
    if unknown:
        known = ", ".join(OPTIONS)
        raise AnsibleParserError(f"{path}: unknown option {', '.join(unknown)}. Do this: use {known} only.")
    if not isinstance(config["source"], str | list) or not config["source"]:
        raise AnsibleParserError(f"{path}: 'source' must be a path or a list of paths.")
    tree: Mapping[str, Any] = config.get("inventory") or {}
    return tree


def _groups_of(tree: Any) -> set[str]:
    if not isinstance(tree, Mapping):
        return set()
    found = {str(group) for group in tree}
    for content in tree.values():
        if isinstance(content, Mapping):
            found |= _groups_of(content.get("children"))
    return found


def _name_clashes(rows: list[wave_file.Row], tree_groups: set[str]) -> Iterator[wave_file.WaveError]:
    """A host that is called as a group is: limits would mean both, and variables would go to the group."""
    groups = tree_groups | _OWN_NAMES | {group for row in rows for group in (row.wave_group, row.app_group) if group}
    for row in rows:
        if row.name in groups:
            yield wave_file.WaveError(
                source=row.source,
                place=row.place,
                column="name",
                problem=f"'{row.name}' is also the name of a group, or Ansible's own name",
                remedy="give the row another name and say which VM it is by instance_uuid",
            )
