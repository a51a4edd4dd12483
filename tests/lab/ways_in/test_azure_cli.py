# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Azure CLI as a way in. The program is a small shim on PATH; tests/interop has the real one."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import AuthenticationFailed, InvalidRequest
from ansible_collections.azlocal.migrate.tests.support.azure_lab import AzureSession
from ansible_collections.azlocal.migrate.tests.support.ways_in import refusal, who
from lab import names
from lab.runtime import Lab

NewArm = Callable[..., ArmClient]
Shim = Callable[..., Path]


@pytest.fixture
def shim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shim:
    """``shim(text, rc=0, to="stdout")``: an `az` that says this, whatever it is asked, and notes what that was."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def make(text: str = "", *, rc: int = 0, to: str = "stdout") -> Path:
        asked, program = tmp_path / "asked", tmp_path / "az"
        program.write_text(
            f"#!{sys.executable}\nimport sys\nopen({str(asked)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')\n"
            f"print({text!r}, file=sys.{to})\nraise SystemExit({rc})\n"
        )
        program.chmod(0o755)
        return asked

    return make


def answer(lab: Lab, **form: str) -> str:
    """What `az account get-access-token` prints, and `az account show` too: the id of a subscription."""
    token = AzureSession(lab).token(**form).json()["access_token"]
    told = {"accessToken": token, "expires_on": 4070908800, "tenant": names.TENANT, "tokenType": "Bearer"}
    return json.dumps(told | {"id": names.SUBSCRIPTION})


@pytest.mark.parametrize("source", ["cli", "auto"])
def test_the_session_of_the_cli(shared_lab: Lab, arm: NewArm, shim: Shim, source: str) -> None:
    asked = shim(answer(shared_lab))
    assert who(shared_lab, arm(auth_source=source, tenant=names.TENANT)) == names.CLIENT_ID
    azure = shared_lab.servers["azure"].url
    assert f"--resource {azure} --tenant {names.TENANT}" in asked.read_text()


def test_the_subscription_of_the_cli(shared_lab: Lab, arm: NewArm, shim: Shim) -> None:
    asked = shim(answer(shared_lab))
    client = arm(auth_source="cli", subscription_id="")
    assert {client.subscription_id for _ in range(3)} == {names.SUBSCRIPTION}
    assert asked.read_text().splitlines() == ["account show --output json"]
    assert arm(auth_source="cli", subscription_id="mine").subscription_id == "mine"


@pytest.mark.parametrize(("text", "rc"), [("", 1), ("no JSON", 0), ("[]", 0), ("{}", 0)])
def test_a_cli_that_names_no_subscription(arm: NewArm, shim: Shim, text: str, rc: int) -> None:
    shim(text, rc=rc)
    with pytest.raises(InvalidRequest, match="No Azure subscription") as caught:
        _ = arm(auth_source="cli", subscription_id="").subscription_id
    assert "AZURE_SUBSCRIPTION_ID" in caught.value.remedy


def test_another_identity_does_not_ask_the_cli(shared_lab: Lab, arm: NewArm, shim: Shim) -> None:
    asked = shim(answer(shared_lab))
    with pytest.raises(InvalidRequest, match="No Azure subscription"):
        _ = arm(auth_source="msi", subscription_id="").subscription_id
    assert not asked.exists()


def test_no_cli(arm: NewArm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    error = refusal(arm(auth_source="cli"))
    assert (type(error), error.code) == (AuthenticationFailed, "AzureCli")
    assert "not installed" in str(error) and "az login" in error.remedy


@pytest.mark.parametrize(
    ("text", "rc", "to", "words"),
    [
        ("ERROR: Please run 'az login' to setup account.", 1, "stderr", "no valid session"),
        ("ERROR: (pip) module 'eyJ0' failed with object at 0x7f", 1, "stderr", "gave no token"),
        ("not JSON eyJ0eXAi", 0, "stdout", "gave no token"),
        ('{"accessToken": "eyJ0eXAi"}', 0, "stdout", "gave no token"),
    ],
)
def test_a_cli_that_gives_no_token(arm: NewArm, shim: Shim, text: str, rc: int, to: str, words: str) -> None:
    shim(text, rc=rc, to=to)
    error = refusal(arm(auth_source="cli"))
    assert (type(error), error.code) == (AuthenticationFailed, "AzureCli")
    assert words in str(error)


def test_a_session_that_microsoft_has_ended(arm: NewArm, shim: Shim) -> None:
    shim(
        "ERROR: AADSTS700082: The refresh token has expired due to inactivity. Interactive login is needed.",
        rc=1,
        to="stderr",
    )
    error = refusal(arm(auth_source="cli"))
    assert error.code == "AADSTS700082"
    assert "az login" in error.remedy


def test_a_token_for_another_service(shared_lab: Lab, arm: NewArm, shim: Shim) -> None:
    shim(answer(shared_lab, scope=f"{shared_lab.servers['azure'].url}/graph/.default"))
    error = refusal(arm(auth_source="cli"))
    assert (type(error), error.code) == (AuthenticationFailed, "InvalidAuthenticationTokenAudience")
    assert "cloud_environment" in error.remedy


def test_a_session_in_another_tenant(shared_lab: Lab, arm: NewArm, shim: Shim) -> None:
    token = AzureSession(shared_lab).token(tenant=names.PARTNER_TENANT).json()["access_token"]
    shim(json.dumps({"accessToken": token, "expires_on": 4070908800}))
    error = refusal(arm(auth_source="cli"))
    assert error.code == "InvalidAuthenticationTokenTenant"
    assert "AZURE_TENANT" in error.remedy
