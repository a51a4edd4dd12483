# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A scripted Azure over real TLS, and a clock that only moves when somebody sleeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.clock import Clock as ClientClock
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.credentials import AzureSettings
from ansible_collections.azlocal.migrate.tests.support.https_server import (
    TENANT,
    HttpsServer,
    Tls,
    make_tls,
    running,
    script_cloud,
)


class Clock:
    """Time for the client under test."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.naps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


@pytest.fixture(scope="session")
def arm_tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return make_tls(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def azure(arm_tls: Tls) -> Iterator[HttpsServer]:
    with running(arm_tls) as server:
        script_cloud(server)
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def new_arm(azure: HttpsServer, arm_tls: Tls, clock: Clock) -> Iterator[Callable[..., ArmClient]]:
    """Make a client of the scripted Azure; settings as keywords, client keywords in `client`."""
    made: list[ArmClient] = []

    def make(client: dict[str, Any] | None = None, **settings: Any) -> ArmClient:
        values: dict[str, Any] = {
            "subscription_id": "sub1",
            "tenant": TENANT,
            "client_id": "app1",
            "secret": "s3cr3t-value",
            "cloud_environment": azure.url,
            "ca_path": str(arm_tls.ca),
        }
        options: dict[str, Any] = {
            "clock": ClientClock(monotonic=clock.monotonic, sleep=clock.sleep),
            "jitter": lambda: 1.0,
            "environ": {},
        }
        arm = ArmClient(AzureSettings(**(values | settings)), **(options | (client or {})))
        made.append(arm)
        return arm

    yield make
    for arm in made:
        arm.close()


@pytest.fixture
def arm(new_arm: Callable[..., ArmClient]) -> ArmClient:
    return new_arm()


@pytest.fixture
def no_azure_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the person who runs the tests gets in."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AZURE_CA_PATH", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AZURE_CONFIG_DIR", str(tmp_path))
