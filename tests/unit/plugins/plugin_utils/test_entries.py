# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From host variables to the entries of a bulk verb."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.plugin_utils.entries import KEYS, PREFIX, entry

# The design's list of what an entry may say; the verbs know no other.
INTERFACE = (
    "name machine_id instance_uuid target_vm_name target_resource_group storage_path cpu_cores memory_mb dynamic_memory "
    "generation security os_type arc auto_resync disks os_disk nics network_map"
).split()
OURS = ["wave", "app", "owner", "window", "order", "depends_on"]  # not of the VM itself: told, or refused for now


def test_the_keys_of_the_interface() -> None:
    assert list(KEYS) == INTERFACE + OURS


def test_a_host_is_its_vm() -> None:
    assert entry("erp-db01", {}) == {"name": "erp-db01", "host": "erp-db01"}


def test_variables_become_keys_and_keep_their_types() -> None:
    disks = [{"match": "scsi0:1", "include": False}]
    said = entry("h", {"azlocal_cpu_cores": 4, "azlocal_disks": disks, "azlocal_auto_resync": False, "cpu_cores": 8})
    assert said == {"name": "h", "host": "h", "cpu_cores": 4, "disks": disks, "auto_resync": False}


def test_a_vm_may_have_another_name_than_its_host() -> None:
    assert entry("h", {"azlocal_name": "erp-db01"}) == {"name": "erp-db01", "host": "h"}


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_empty_cell_says_nothing(nothing: Any) -> None:
    assert entry("h", {"azlocal_name": nothing, "azlocal_cpu_cores": nothing}) == {"name": "h", "host": "h"}


@pytest.mark.parametrize("something", [0, False, [], {}])
def test_what_is_false_is_said(something: Any) -> None:
    assert entry("h", {"azlocal_disks": something})["disks"] == something


def test_no_other_variable_gets_through() -> None:
    assert entry("h", {"azlocal_host": "x", "azlocal_password": "p", "azlocal_verdict": {}}) == {
        "name": "h",
        "host": "h",
    }


@given(st.text(min_size=1), st.dictionaries(st.sampled_from([PREFIX + key for key in KEYS]), st.integers() | st.text()))
def test_every_entry_has_a_name_and_its_host(host: str, variables: dict[str, Any]) -> None:
    said = entry(host, variables)
    assert said["host"] == host and said["name"] != ""
    assert set(said) <= {*KEYS, "host"}
