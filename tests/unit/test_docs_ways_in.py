# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of docs/ways-in.md are read by the modules' own options, and each chooses the identity it is there for."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.index import find
from ansible_collections.azlocal.migrate.plugins.module_utils.clients import credentials
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.cloud import KNOWN_CLOUDS
from ansible_collections.azlocal.migrate.plugins.module_utils.options.azure import azure_settings, azure_spec

PAGE = (Path(__file__).parents[2] / "docs" / "ways-in.md").read_text(encoding="utf-8")
SECTIONS = {section.partition("\n")[0]: section for section in PAGE.split("\n## ")[1:]}
SOURCES = {
    "Secret": "secret",
    "Certificate": "certificate",
    "Managed identity": "msi",
    "Workload identity": "workload_identity",
    "Azure CLI": "cli",
    "Clouds, authorities, proxies": "cli",
}
FILES = {"certificate": "x509_certificate_path", "workload_identity": "oidc_token_file_path"}


def blocks(section: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", SECTIONS[section], re.DOTALL)


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("AZURE_", "ANSIBLE_AZURE_", "REQUESTS_CA")):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def no_look_at_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """The examples name files of the reader's."""
    for name in ("check_certificate", "check_token"):
        monkeypatch.setattr(credentials, name, lambda *_: None)


def settings(options: dict[str, Any]) -> credentials.AzureSettings:
    result = ArgumentSpecValidator(azure_spec()).validate(options)
    assert result.error_messages == []
    return azure_settings(result.validated_parameters)


@pytest.mark.parametrize("section", SOURCES)
def test_an_example_of_options(section: str) -> None:
    (block,) = blocks(section, "yaml")
    (play,) = yaml.safe_load(block)
    found = settings(play["module_defaults"]["group/azlocal.migrate.azure"])
    assert credentials.choose(found, {}).source == SOURCES[section]


@pytest.mark.parametrize("section", [section for section in SOURCES if section != "Azure CLI"])
def test_an_example_of_the_environment(section: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = blocks(section, "shell")
    known = {variable for option in azure_spec().values() for variable in option["fallback"][1]}
    assert {name for name in re.findall(r"\b([A-Z][A-Z0-9_]+)=", block)} <= known | {"HTTPS_PROXY", "NO_PROXY"}
    if section in ("Certificate", "Workload identity"):
        monkeypatch.setenv("AZURE_TENANT", "t")
        monkeypatch.setenv("AZURE_CLIENT_ID", "c")
    for name, value in re.findall(r"\b([A-Z][A-Z0-9_]+)=(\S+)", block):
        monkeypatch.setenv(name, value)
    assert credentials.choose(settings({}), os.environ).source == SOURCES[section]


@pytest.mark.parametrize(("option", "source"), [(FILES[source], source) for source in FILES])
def test_a_file_among_the_options_beats_a_secret_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, option: str, source: str
) -> None:
    for name, value in (("AZURE_TENANT", "t"), ("AZURE_CLIENT_ID", "c"), ("AZURE_SECRET", "s")):
        monkeypatch.setenv(name, value)
    assert credentials.choose(settings({option: "~/file"}), os.environ).source == source
    assert credentials.choose(settings({}), os.environ).source == "secret"
    monkeypatch.setenv("AZURE_X509_CERTIFICATE_PATH", "~/file")
    assert credentials.choose(settings({"secret": "mine"}), os.environ).secret == "mine"


def test_every_code_of_the_page_is_in_the_catalogue() -> None:
    rows = [line.split("|")[1] for line in SECTIONS["When it fails"].splitlines() if line.startswith("| `")]
    codes = [code for row in rows for code in re.findall(r"`(\w+)`", row)]
    assert len(codes) > 15
    assert [code for code in codes if code != "error_code" and find(code) is None] == []


def test_every_cloud_is_named() -> None:
    assert [name for name in KNOWN_CLOUDS if f"`{name}`" not in PAGE] == []
