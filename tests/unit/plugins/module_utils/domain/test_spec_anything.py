# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a user writes, ``build`` answers with what is wanted or with problems that can be acted on."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import concerns, names, wire
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.spec import build
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.wanted import Wanted
from ansible_collections.azlocal.migrate.tests.unit.plugins.module_utils.domain import samples

FIELDS = (
    "target_vm_name target_resource_group storage_path cpu_cores memory_mb dynamic_memory generation security os_type "
    "arc auto_resync disks os_disk nics network_map"
).split()
NESTED = "match include format dynamic storage_path sector_size logical_network keep_ip keep_mac create source".split()
WORDS = st.sampled_from(
    [
        "scsi0:0",
        "scsi0:1",
        "4000",
        "VHD",
        "VHDX",
        "UserStorage1",
        "Gold",
        "lnet-prod-110",
        "lnet-dhcp-130",
        "*",
        "yes",
        "no",
        "1",
        "2",
        "auto",
        "none",
        "512",
        "x",
        "secure_boot",
        "trusted_launch",
        "reuse",
        "",
        "/x",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers(-5, 5000) | st.floats() | WORDS | st.text(max_size=5)
INNER = st.dictionaries(st.sampled_from(NESTED), SCALARS, max_size=4)
ANYTHING = (
    SCALARS | st.lists(INNER | SCALARS, max_size=3) | st.dictionaries(st.text(max_size=5) | st.integers(), SCALARS)
)
ENTRIES = st.dictionaries(st.sampled_from(FIELDS), ANYTHING | st.lists(INNER, max_size=3), max_size=6)
PAIR = wire.Pair(
    cluster_id="/c",
    custom_location_id="/l",
    region="r",
    policy_name="p",
    extension_name="e",
    source_agent="s",
    target_agent="t",
)


@given(ENTRIES, st.sampled_from(["bios", "efi", ""]))
def test_build_never_raises(entry: dict[str, Any], firmware: str) -> None:
    source = samples.machine(firmware=firmware)
    built = build(entry, source, samples.place(), samples.defaults())
    if isinstance(built, list):
        assert built
        assert all(one.blocks and one.code and one.remedy and source.name in one.text for one in built)
    else:
        holds(built)
        concerns.check(source, built)
        wire.create_body(built, source, PAIR, "2026-05-01")


def holds(wanted: Wanted) -> None:
    """What must be true of everything that may be sent."""
    assert names.legal_target_name(wanted.target_vm_name) == []
    assert sum(disk.is_os for disk in wanted.disks) == 1
    assert all(disk.size_gb > 0 for disk in wanted.disks)
    assert wanted.generation == "1" or all(disk.format == "VHDX" for disk in wanted.disks)
    assert wanted.generation == "2" or wanted.security in ("auto", "none")
    assert all(bool(nic.network_id) == nic.create for nic in wanted.nics)
    assert 1 <= wanted.cpu_cores <= 240
    memory = wanted.dynamic_memory
    assert memory is None or memory.minimum_mb <= wanted.memory_mb <= memory.maximum_mb
    assert all(not warning.blocks for warning in wanted.warnings)
