# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways in through Ansible itself: a certificate, a managed identity, a federated token, and two that are wrong."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ansible_collections.azlocal.migrate.tests.playbooks.conftest import SetStage
from ansible_collections.azlocal.migrate.tests.support.playbook import Run, Told
from ansible_collections.azlocal.migrate.tests.support.stage import Stage
from ansible_collections.azlocal.migrate.tests.support.ways_in import requests
from lab import names

PLACE = {
    "resource_group": names.RESOURCE_GROUP,
    "project": names.PROJECT,
    "source_appliance": names.SOURCE_APPLIANCE,
    "target_appliance": names.TARGET_APPLIANCE,
}
WAYS: dict[str, dict[str, Any]] = {
    "certificate": {"x509_certificate_path": "{{ state }}/sp.pem"},
    "federated token": {"oidc_token_file_path": "{{ state }}/federated.token"},
    "managed identity": {"auth_source": "msi", "client_id": names.USER_IDENTITY},
    "wrong thumbprint": {"x509_certificate_path": "{{ state }}/sp.pem", "thumbprint": "AA:BB"},
    "wrong identity": {"auth_source": "msi", "client_id": names.CLIENT_ID},
}


@pytest.fixture(scope="module")
def stage(set_stage: SetStage) -> Stage:
    return set_stage(vms=1)


@pytest.fixture(scope="module")
def run(stage: Stage) -> Run:
    """One playbook, a task for each way. The environment holds a secret all the time, as lab.env has it."""
    tasks = [
        {"name": way, "azlocal.migrate.target_info": options, "ignore_errors": True} for way, options in WAYS.items()
    ]
    play = {
        "name": "Ways in",
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {
            "state": str(stage.lab.state_dir),
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        },
        "module_defaults": {"group/azlocal.migrate.azure": PLACE},
        "tasks": tasks,
    }
    path = stage.lab.state_dir / "ways.yml"
    path.write_text(yaml.safe_dump([play], sort_keys=False))
    hosts = stage.lab.state_dir / "hosts.yml"
    hosts.write_text("all: {hosts: {localhost: {}}}")
    return stage.run(str(path), inventory=hosts)


def told(run: Run, way: str) -> Told:
    return next(told for told in run.told if told.task == way)


@pytest.mark.parametrize("way", ["certificate", "federated token", "managed identity"])
def test_a_way_in(run: Run, way: str) -> None:
    assert told(run, way).status == "ok", run.text
    assert told(run, way).result["target"]["networks"]


def test_each_identity_was_seen(stage: Stage, run: Run) -> None:
    assert run.rc == 0, run.text
    seen = [entry["principal"] for entry in requests(stage.lab) if entry["system"] == "azure" and entry["principal"]]
    assert list(dict.fromkeys(seen)) == [names.CLIENT_ID, names.USER_IDENTITY]


@pytest.mark.parametrize(
    ("way", "code", "words"),
    [
        ("wrong thumbprint", "CertificateMismatch", "is not the one of thumbprint"),
        ("wrong identity", "UnknownManagedIdentity", "this machine has no such identity"),
    ],
)
def test_a_wrong_way_in(run: Run, way: str, code: str, words: str) -> None:
    failed = told(run, way)
    assert (failed.status, failed.result["error_code"]) == ("failed", code)
    assert words in failed.msg and failed.result["remedy"] in failed.msg
    assert "Traceback" not in str(failed.result)
    assert run.complaints() == []
