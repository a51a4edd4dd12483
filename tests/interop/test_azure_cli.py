# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real Azure CLI: it registers the lab as a cloud, signs in by each way that it has, and reads migration resources."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.credentials import AzureSettings
from ansible_collections.azlocal.migrate.tests.support.azure_lab import AzureSession
from ansible_collections.azlocal.migrate.tests.support.ways_in import GROUPS
from lab import names
from lab.azure import ids

if TYPE_CHECKING:
    from .conftest import Shell

ITEMS = f"{ids.VAULT}/protectedItems?api-version=2024-09-01"
APPLICATION = ["--service-principal", "--username", names.CLIENT_ID, "--tenant", names.TENANT]


def principals(shell: Shell, begin: int) -> set[str]:
    """Who has asked Resource Manager since, and that nobody was refused."""
    since = [entry for entry in shell.requests()[begin:] if entry["system"] == "azure"]
    assert [entry for entry in since if entry["status"] != 200] == []
    return {entry["principal"] for entry in since} - {""}


def test_register_sign_in_and_read(azure_cli: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = azure_cli.lab
    session = AzureSession(lab)
    machine = session.easy()
    session.protect(machine)
    begin = len(azure_cli.requests())
    url = lab.servers["azure"].url
    # ARM_CLOUD_METADATA_URL of lab.env names a cloud already; without it the Azure CLI has to be told.
    alone = {"ARM_CLOUD_METADATA_URL": None, "AZURE_CONFIG_DIR": str(tmp_path)}
    for command in (
        ["cloud", "register", "--name", "Rehearsal", "--endpoint-resource-manager", f"{url}/"],
        ["cloud", "set", "--name", "Rehearsal"],
        ["login", *APPLICATION, "--password", names.CLIENT_SECRET],
    ):
        done = azure_cli.run("az", *command, **alone)
        assert done.rc == 0, done.err
    groups = azure_cli.run("az", "group", "list", "--output", "json", **alone).json()
    assert {group["name"] for group in groups} == set(ids.GROUPS)
    items = azure_cli.run("az", "rest", "--url", ITEMS, **alone).json()["value"]
    assert {item["name"]: item["properties"]["protectionState"] for item in items}[machine["name"]] == "Protected"
    assert principals(azure_cli, begin) == {names.CLIENT_ID}

    # the same session, as our own way in
    monkeypatch.setenv("PATH", f"{azure_cli.bin}:/usr/bin:/bin")
    monkeypatch.setenv("AZURE_CONFIG_DIR", str(tmp_path))
    for name in ("REQUESTS_CA_BUNDLE", "AZURE_CORE_INSTANCE_DISCOVERY"):
        monkeypatch.setenv(name, lab.environment[name])
    monkeypatch.setenv("NO_PROXY", "localhost")
    settings = AzureSettings(auth_source="cli", cloud_environment=url, ca_path=str(lab.tls.ca))
    with ArmClient(settings, environ={}) as arm:
        assert arm.subscription_id == names.SUBSCRIPTION
        assert len(arm.list(GROUPS, "2021-04-01")) == 3


@pytest.mark.parametrize(
    ("login", "principal"),
    [
        ([*APPLICATION, "--certificate", "sp.pem"], names.CLIENT_ID),
        ([*APPLICATION, "--federated-token", "federated.token"], names.CLIENT_ID),
        (["--identity"], names.SYSTEM_IDENTITY),
        (["--identity", "--client-id", names.USER_IDENTITY], names.USER_IDENTITY),
    ],
    ids=["certificate", "federated token", "system-assigned", "user-assigned"],
)
def test_other_ways_in(azure_cli: Shell, tmp_path: Path, login: list[str], principal: str) -> None:
    """With lab.env as it is: the cloud is known by its metadata URL. A profile of one's own, so that no token is left."""
    folder = azure_cli.lab.state_dir
    words = [(folder / word).read_text() if word == "federated.token" else word for word in login]
    words = [str(folder / word) if word == "sp.pem" else word for word in words]
    begin = len(azure_cli.requests())
    assert azure_cli.run("az", "cloud", "set", "--name", "Lab", AZURE_CONFIG_DIR=str(tmp_path)).rc == 0
    accounts = azure_cli.run("az", "login", *words, "--output", "json", AZURE_CONFIG_DIR=str(tmp_path)).json()
    assert [account["id"] for account in accounts] == [names.SUBSCRIPTION]
    assert principals(azure_cli, begin) == {principal}


def test_a_wrong_secret(azure_cli: Shell, tmp_path: Path) -> None:
    assert azure_cli.run("az", "cloud", "set", "--name", "Lab", AZURE_CONFIG_DIR=str(tmp_path)).rc == 0
    done = azure_cli.run("az", "login", *APPLICATION, "--password", "wrong", AZURE_CONFIG_DIR=str(tmp_path))
    assert done.rc == 1
    assert "AADSTS7000215" in done.err
