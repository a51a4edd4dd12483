# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real azure.azcollection: its modules know the lab as a cloud by ARM_CLOUD_METADATA_URL, and need nothing more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

from ansible_collections.azlocal.migrate.tests.support.azure_lab import AzureSession
from lab import names
from lab.azure import ids

if TYPE_CHECKING:
    from .conftest import Shell

PLAY = [
    {
        "name": "Read",
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [
            {"azure.azcollection.azure_rm_resourcegroup_info": {}, "register": "read"},
            {
                "azure.azcollection.azure_rm_resource_info": {
                    "url": f"{ids.VAULT}/protectedItems",
                    "api_version": "2024-09-01",
                },
                "register": "found",
            },
            {
                "ansible.builtin.debug": {
                    "msg": "groups={{ read.resourcegroups | map(attribute='name') | sort | join('|') }} "
                    "items={{ found.response | map(attribute='name') | sort | join('|') }}"
                }
            },
        ],
    }
]


def test_its_modules_read_groups_and_protected_items(azcollection: Shell) -> None:
    lab = azcollection.lab
    session = AzureSession(lab)
    machine = session.easy(1)
    session.protect(machine)
    playbook = lab.state_dir / "azcollection.yml"
    playbook.write_text(yaml.safe_dump(PLAY))
    begin = len(azcollection.requests())
    done = azcollection.run(
        "ansible-playbook",
        "-i",
        "localhost,",
        "-c",
        "local",
        "-e",
        f"ansible_python_interpreter={azcollection.bin}/python",
        str(playbook),
        timeout_s=240,
        ANSIBLE_COLLECTIONS_PATH=str(azcollection.bin.parent / "collections"),
        ANSIBLE_NOCOLOR="1",
        COLUMNS="400",
    )
    assert done.rc == 0, done.out + done.err
    told = re.search(r"groups=(?P<groups>\S*) items=(?P<items>\S*)\"", done.out)
    assert told is not None, done.out
    assert told["groups"].split("|") == sorted(ids.GROUPS)
    assert machine["name"] in told["items"].split("|")
    since = [entry for entry in azcollection.requests()[begin:] if entry["system"] in ("azure", "entra")]
    assert {entry["status"] for entry in since} == {200}
    assert {entry["principal"] for entry in since} - {""} == {names.CLIENT_ID}
    # The metadata comes by urllib, which trusts SSL_CERT_FILE, and is kept in AZURE_CONFIG_DIR: both are in lab.env.
    assert lab.environment["AZURE_CONFIG_DIR"].startswith(str(lab.state_dir))
