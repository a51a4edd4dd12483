# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the real service was recorded to say (control-plane §4), each reply under its resource type."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from . import shared

VSITE = SITE = "Microsoft.OffAzure/vmwareSites"
MACHINE = f"{VSITE}/machines"
SOLUTION = "Microsoft.Migrate/migrateProjects/solutions"
VAULT = "Microsoft.DataReplication/replicationVaults"
FABRIC = "Microsoft.DataReplication/replicationFabrics"
AGENT = f"{FABRIC}/fabricAgents"
POLICY = f"{VAULT}/replicationPolicies"
EXTENSION = f"{VAULT}/replicationExtensions"
ITEM = f"{VAULT}/protectedItems"
JOB = f"{VAULT}/jobs"

REPLICATION = ("2024-09-01", "2026-05-01")
_FILES = {
    "01": "01-discovered-machine-and-site.vmware.json",
    "02": "02-migrate-solutions.json",
    "03": "03-vault-fabrics-agents-policy-extension.json",
    "04": "04-protected-item-create.json",
    "08": "08-jobs-list-and-get.json",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recorded:
    file: str
    type: str
    versions: tuple[str, ...]  # whose types it is held against; nobody recorded a genuine 2026-05-01
    body: dict[str, Any]
    label: str = ""  # the lab's reply in the same situation (see lab_cycle)
    headers: frozenset[str] = frozenset()  # names, in lower case


def load(number: str) -> Any:
    """A file by its number; skips the test where it is not there."""
    return shared.load(f"control-plane/{_FILES[number]}")


def replies(*, before_init: bool = True) -> Iterator[Recorded]:
    """All of them. The solution before the initialisation is one that the lab never shows."""
    off_azure = ("2023-06-06", "2024-12-01-preview")  # recorded at 2020-01-01, of which there are no types
    machine, site = (pair["response"] for pair in load("01")["pairs"])
    yield _one("01", MACHINE, off_azure, machine, "before")
    yield _one("01", SITE, off_azure, site)
    for name, body in load("02").items():
        if "solution" in name and (before_init or "before" not in name):
            yield Recorded(file="02", type=SOLUTION, versions=("2018-09-01-preview",), body=body)
    pair = load("03")
    yield _one("03", VAULT, REPLICATION, pair["vault"])
    yield from _list("03", FABRIC, pair["fabrics_list"])
    yield from _list("03", AGENT, pair["fabric_agents_list"])
    yield _one("03", POLICY, REPLICATION, pair["policy"])
    yield _one("03", EXTENSION, REPLICATION, pair["extension"])
    created, job = (each["response"] for each in load("04")["pairs"])
    yield _one("04", ITEM, REPLICATION, created, "PUT")
    yield _one("04", JOB, REPLICATION, job)
    jobs = load("08")
    yield from _list("08", JOB, jobs["list"])
    yield _one("08", JOB, REPLICATION, jobs["get"])


def _one(file: str, type_: str, versions: tuple[str, ...], reply: dict[str, Any], label: str = "") -> Recorded:
    headers = frozenset(name.lower() for name in reply.get("headers", {}))
    return Recorded(file=file, type=type_, versions=versions, body=reply["body"], label=label, headers=headers)


def _list(file: str, type_: str, reply: dict[str, Any]) -> Iterator[Recorded]:
    for row in reply["body"]["value"]:
        yield _one(file, type_, REPLICATION, {**reply, "body": row})
