# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients of the lab that sign in by one way each, in an environment that says nothing of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.credentials import AzureSettings
from ansible_collections.azlocal.migrate.tests.support.https_server import Tls, make_tls
from lab import names
from lab.runtime import Lab

_FOREIGN = ("AZURE_", "ARM_", "IDENTITY_", "MSI_", "IMDS_", "REQUESTS_CA", "CURL_CA", "SSL_CERT")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
NewArm = Callable[..., ArmClient]


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(_FOREIGN) or name.upper() in _PROXIES:
            monkeypatch.delenv(name)


@pytest.fixture
def arm(shared_lab: Lab) -> Iterator[NewArm]:
    """``arm(**settings)``: who to be; where the lab is, is settled. ``environ`` is what credentials look at."""
    with ExitStack() as opened:

        def make(environ: dict[str, str] | None = None, deadline_s: float = 20, **settings: Any) -> ArmClient:
            place = {
                "subscription_id": names.SUBSCRIPTION,
                "cloud_environment": shared_lab.servers["azure"].url,
                "ca_path": str(shared_lab.tls.ca),
            }
            chosen = AzureSettings(**{**place, **settings})
            return opened.enter_context(ArmClient(chosen, environ=environ or {}, deadline_s=deadline_s))

        yield make


@pytest.fixture(scope="session")
def strange_tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    """An authority that signed nothing of the lab's."""
    return make_tls(tmp_path_factory.mktemp("strange"))
