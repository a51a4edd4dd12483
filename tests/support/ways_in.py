# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the ways in look at: who was let in, and how a refusal is told."""

from __future__ import annotations

import itertools
import json
import time
from pathlib import Path

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import ClientError
from lab import names
from lab.runtime import Lab

GROUPS = f"/subscriptions/{names.SUBSCRIPTION}/resourceGroups"
SECRETS = (names.CLIENT_SECRET, names.IDENTITY_HEADER, "wrong-secret", "proxy-password", "eyJ", "PRIVATE KEY")
SECRET = {"tenant": names.TENANT, "client_id": names.CLIENT_ID, "secret": names.CLIENT_SECRET}
_NUMBERS = itertools.count(1)


def who(lab: Lab, client: ArmClient) -> str:
    """Read something as this client; the principal that Resource Manager saw."""
    mark = f"seen={next(_NUMBERS)}"
    name, _, value = mark.partition("=")
    assert len(client.list(GROUPS, "2021-04-01", {name: value})) == 3
    end = time.monotonic() + 5
    while time.monotonic() < end:  # a line is written after its reply has left
        for entry in reversed(requests(lab)):
            if f"&{mark}&" in f"{entry['path']}&" and entry["status"] == 200:
                return str(entry["principal"])
        time.sleep(0.02)
    raise AssertionError("the request is not in the ledger")


def requests(lab: Lab) -> list[dict[str, object]]:
    """The ledger so far."""
    return [json.loads(line) for line in (Path(lab.state_dir) / "ledger.jsonl").read_text().splitlines()]


def refusal(client: ArmClient) -> ClientError:
    """The error of a first request, which must be fit to be shown to a person."""
    with pytest.raises(ClientError) as caught:
        client.list(GROUPS, "2021-04-01")
    error = caught.value
    shown = f"{error} | {error.remedy} | {error.code} | {error!r}"
    assert error.remedy
    assert len(str(error)) < 400 and "\n" not in shown
    assert str(error)[0].isupper() or str(error).partition(" ")[0].count("_")  # begins as a sentence, or with an option
    assert str(error).endswith(".")
    assert "Traceback" not in shown and "object at 0x" not in shown
    assert [secret for secret in SECRETS if secret in shown] == []
    return error
