# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Argument specs and their documentation say the same, and settings come out of parameters as they should."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from types import ModuleType
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.azlocal.migrate.plugins.doc_fragments import azure as azure_doc
from ansible_collections.azlocal.migrate.plugins.doc_fragments import vcenter as vcenter_doc
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.credentials import ENVIRONMENT, AzureSettings
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import InvalidRequest
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter import VcenterSettings
from ansible_collections.azlocal.migrate.plugins.module_utils.options.azure import azure_settings, azure_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.options.vcenter import vcenter_settings, vcenter_spec

Spec = Callable[[], dict[str, Any]]
both = pytest.mark.parametrize(("spec", "doc"), [(azure_spec, azure_doc), (vcenter_spec, vcenter_doc)])
VARIABLES = sorted(
    {
        variable
        for spec in (azure_spec, vcenter_spec)
        for option in spec().values()
        for variable in option["fallback"][1]
    }
)


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


def validated(spec: Spec, given: dict[str, Any]) -> dict[str, Any]:
    result = ArgumentSpecValidator(spec()).validate(given)
    assert result.error_messages == []
    return dict(result.validated_parameters)


@both
def test_spec_and_documentation_are_equal(spec: Spec, doc: ModuleType) -> None:
    documented = yaml.safe_load(doc.ModuleDocFragment.DOCUMENTATION)["options"]
    specified = spec()
    assert list(documented) == list(specified)
    for name, option in specified.items():
        words = documented[name]
        for key in ("type", "default", "choices", "required", "elements"):
            assert words.get(key) == option.get(key), f"{name}: {key}"
        assert re.findall(r"E\((\w+)\)", " ".join(words["description"])) == option["fallback"][1], name


@pytest.mark.parametrize(("spec", "settings"), [(azure_spec, AzureSettings), (vcenter_spec, VcenterSettings)])
def test_options_are_the_fields_of_the_settings(spec: Spec, settings: type) -> None:
    assert {field.name for field in fields(settings)} == set(spec())


def test_secrets_are_not_logged() -> None:
    specs = azure_spec() | vcenter_spec()
    assert {name for name, option in specs.items() if option.get("no_log")} == {"secret", "thumbprint", "password"}
    for name, option in specs.items():
        if re.search(r"pass|secret|token", name):
            assert "no_log" in option, name


def test_the_names_of_the_interface() -> None:
    assert azure_spec()["tenant"]["fallback"][1] == ["AZURE_TENANT", "AZURE_TENANT_ID"]
    assert azure_spec()["secret"]["fallback"][1] == ["AZURE_SECRET", "AZURE_CLIENT_SECRET"]
    assert set(ENVIRONMENT) <= set(azure_spec())


def test_nothing_given() -> None:
    assert azure_settings({}) == AzureSettings()
    assert azure_settings(validated(azure_spec, {})) == AzureSettings()
    assert azure_settings(dict.fromkeys(azure_spec(), "")) == AzureSettings()


def test_azure_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_TENANT_ID", "t")
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "s")
    monkeypatch.setenv("AZURE_DISABLE_INSTANCE_DISCOVERY", "true")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/ca.pem")
    found = azure_settings(validated(azure_spec, {"client_id": "c"}))
    assert found == AzureSettings(
        tenant="t", client_id="c", secret="s", ca_path="/ca.pem", disable_instance_discovery=True
    )


def test_options_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_TENANT", "env")
    monkeypatch.setenv("AZURE_CA_PATH", "/env.pem")
    found = azure_settings(validated(azure_spec, {"tenant": "option", "ca_path": "/option.pem"}))
    assert (found.tenant, found.ca_path) == ("option", "/option.pem")


def test_vcenter(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidRequest, match=r"hostname.*username.*password"):
        vcenter_settings(validated(vcenter_spec, {}))
    for variable, value in {"HOST": "vc", "USER": "u", "PASSWORD": "p", "PORT": "9443", "VALIDATE_CERTS": "no"}.items():
        monkeypatch.setenv(f"VMWARE_{variable}", value)
    found = vcenter_settings(validated(vcenter_spec, {"vcenter_ca_path": "/ca.pem"}))
    assert (found.hostname, found.username, found.port, found.validate_certs) == ("vc", "u", 9443, False)
    assert (found.password, found.vcenter_ca_path) == ("p", "/ca.pem")
    assert "'p'" not in repr(found)


def test_a_secret_is_marked_for_censoring() -> None:
    result = ArgumentSpecValidator(azure_spec()).validate({"secret": "hush"})
    assert "hush" in result._no_log_values
