# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client of Resource Manager against the lab's Azure: two programs that share no line of code."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.credentials import AzureSettings
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import (
    AuthenticationFailed,
    ClientError,
    InvalidRequest,
    NotFound,
    ReplyLost,
    UntrustedCertificate,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.options.azure import azure_spec
from ansible_collections.azlocal.migrate.tests.support.lab_settings import azure_of
from lab import names
from lab.azure import ids
from lab.runtime import Lab

OFFAZURE = "2023-06-06"
MACHINES = f"{ids.SOURCE_SITE}/machines"
PROJECT = (
    f"/subscriptions/{names.SUBSCRIPTION}/resourceGroups/{names.RESOURCE_GROUP}"
    f"/providers/Microsoft.Migrate/migrateProjects/{names.PROJECT}"
)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lab is reached by options alone here; its own variables are read from lab.env."""
    for option in azure_spec().values():
        for variable in option["fallback"][1]:
            monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("NO_PROXY", "localhost")


def client(lab: Lab, **changed: Any) -> ArmClient:
    return ArmClient(azure_of(lab, **changed), environ={}, deadline_s=20)


def ledger(lab: Lab) -> list[dict[str, Any]]:
    """What was asked of Azure. A line is written after its reply has left: wait until no more come."""
    path, size = Path(lab.state_dir) / "ledger.jsonl", -1
    while size != path.stat().st_size:
        size = path.stat().st_size
        time.sleep(0.1)
    entries = map(json.loads, path.read_text().splitlines())
    return [entry for entry in entries if entry["system"] in ("entra", "azure")]


def test_sign_in_and_list_all_pages(lab: Callable[..., Lab]) -> None:
    running = lab(vms=130)
    with client(running) as arm:
        machines = arm.list(MACHINES, OFFAZURE)
        known = {vm.instance_uuid for vm in running.world.source.values()}
        found = {machine["properties"]["instanceUuid"] for machine in machines}
        assert len(machines) == len(known) >= 130
        assert {uuid.lower() for uuid in found} == {uuid.lower() for uuid in known}
    entries = ledger(running)
    assert [entry["status"] for entry in entries] == [200] * len(entries)
    tokens = [entry for entry in entries if entry["method"] == "POST" and entry["path"].endswith("/token")]
    reads = [entry for entry in entries if "/machines?" in entry["path"]]
    assert len(tokens) == 1
    assert len(reads) == 2
    assert not any(entry["write"] for entry in entries)


@pytest.mark.parametrize(
    ("changed", "code", "words"),
    [
        ({"secret": "wrong"}, "AADSTS7000215", "secret"),
        ({"tenant": "99999999-0000-4000-8000-000000000000"}, "AADSTS90002", "tenant"),
        ({"client_id": "99999999-0000-4000-8000-000000000000"}, "AADSTS700016", "client_id"),
    ],
)
def test_who_is_not_let_in(shared_lab: Lab, changed: dict[str, str], code: str, words: str) -> None:
    with client(shared_lab, **changed) as arm, pytest.raises(AuthenticationFailed) as caught:
        arm.list(MACHINES, OFFAZURE)
    assert caught.value.code == code
    assert words in caught.value.remedy
    assert names.CLIENT_SECRET not in f"{caught.value} {caught.value.remedy}"
    assert "wrong" not in caught.value.remedy


def test_an_authority_that_nobody_trusts(shared_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with client(shared_lab, ca_path="") as arm, pytest.raises(UntrustedCertificate) as caught:
        arm.get(PROJECT, "2020-05-01")
    assert "ca_path" in caught.value.remedy


def test_resource_graph(shared_lab: Lab) -> None:
    with client(shared_lab) as arm:
        query = "resources | where type =~ 'microsoft.azurestackhci/storagecontainers'"
        rows = arm.resource_graph(query, [arm.subscription_id])
    assert {row["name"] for row in rows} == set(names.STORAGE_PATHS)


def test_the_newest_api_version_that_the_region_knows(lab: Callable[..., Lab]) -> None:
    running = lab(vms=3)
    with client(running) as arm:
        wanted = ["2030-01-01", "2029-01-01", "2024-12-01-preview", OFFAZURE]
        assert arm.negotiate(MACHINES, wanted) == "2024-12-01-preview"
        assert arm.negotiate(ids.SOURCE_SITE, wanted) == "2024-12-01-preview"
        with pytest.raises(InvalidRequest) as caught:
            arm.negotiate(f"{PROJECT}/solutions", ["1999-01-01"])
    assert "2020-05-01" in caught.value.supported_versions
    asked = [entry["status"] for entry in ledger(running) if "/machines?" in entry["path"]]
    assert asked == [400, 200]


def test_what_is_not_there(shared_lab: Lab) -> None:
    with client(shared_lab) as arm:
        assert arm.get_or_none(f"{PROJECT}x", "2020-05-01") is None
        with pytest.raises(NotFound) as caught:
            arm.get(f"/subscriptions/{arm.subscription_id}/resourceGroups/none", "2021-04-01")
    assert caught.value.correlation_id
    assert caught.value.remedy


def test_many_at_once_sign_in_once(lab: Callable[..., Lab]) -> None:
    running = lab(vms=24)
    with client(running) as arm:
        machines = arm.list(MACHINES, OFFAZURE)
        read = arm.map(lambda machine: arm.get(machine["id"], OFFAZURE), machines)
    assert not [result for result in read if isinstance(result, ClientError)]
    assert len([entry for entry in ledger(running) if entry["path"].endswith("/token")]) == 1


def test_a_read_survives_what_a_change_does_not(lab: Callable[..., Lab]) -> None:
    running = lab(vms=3)
    for method in ("GET", "PUT"):
        running.faults.add(
            {
                "kind": "reply",
                "system": "azure",
                "method": method,
                "path": "migrateProjects",
                "status": 503,
                "code": "Busy",
            }
        )
    with client(running) as arm:
        assert arm.get(PROJECT, "2020-05-01")["name"] == names.PROJECT
        with pytest.raises(ReplyLost):
            arm.put(PROJECT, "2020-05-01", {"location": names.LOCATION, "properties": {}})
    asked = [(entry["method"], entry["status"]) for entry in ledger(running) if "migrateProjects" in entry["path"]]
    assert asked == [("GET", 503), ("GET", 200), ("PUT", 503)]


def test_the_lab_by_its_own_environment(shared_lab: Lab) -> None:
    environ = {name: value for name, value in shared_lab.environment.items() if name.startswith("AZURE_")}
    settings = AzureSettings(
        auth_source="env", cloud_environment=environ["AZURE_CLOUD_ENVIRONMENT"], ca_path=environ["AZURE_CA_PATH"]
    )
    with ArmClient(settings, environ=environ) as arm:
        assert arm.subscription_id == names.SUBSCRIPTION
        assert arm.get(PROJECT, "2020-05-01")["name"] == names.PROJECT
