# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cache storage account: its names, what makes it unfit, what is sent to make one."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.cache_account import (
    Account,
    account_id,
    body,
    found,
    names,
    problems,
)

from .infrastructure_samples import ACCOUNT, GROUP, account

# The constants of Azure/azure-sdk-for-net, RecoveryServicesDataReplicationManagementTestUtilities.cs: a real pair and
# the account that was made for it.
REAL_SITE = (
    "/subscriptions/de3c4d5e-af08-451a-a873-438d86ab6f4b/resourceGroups/aszmige2etestscratchKPIvmw011cb3"
    "/providers/Microsoft.OffAzure/VMwareSites/VMware-1d6ebbasite"
)


def test_the_name_is_the_one_that_the_portal_has_made() -> None:
    assert names(REAL_SITE, "VMware-1d6ebba", "aszmigtest1d6ebba")[0] == "migratersa1032711035"


@given(st.text(max_size=60), st.text(max_size=14), st.text(max_size=64))
def test_names_are_legal_whatever_the_appliance_is_called(site: str, appliance: str, project: str) -> None:
    assert all(re.fullmatch(r"[a-z0-9]{3,24}", name) for name in names(site, appliance, project))


def test_each_tool_has_its_own_name_and_the_first_that_is_there_is_taken() -> None:
    mine = names(REAL_SITE, "src", "mig")
    assert len(set(mine)) == 3
    there = [account(id=ACCOUNT.replace(ACCOUNT.rpartition("/")[2], name)) for name in ("stranger", *mine[:0:-1])]
    chosen = found(there, mine)
    assert chosen is not None and chosen.name == mine[1]
    assert found(there[:1], mine) is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", ""),
        ("mycache01", f"{GROUP}/providers/Microsoft.Storage/storageAccounts/mycache01"),
        (ACCOUNT, ACCOUNT),
        ("My-Cache", ""),
        (f"{GROUP}/providers/Microsoft.Storage/storageAccounts", ""),
        (ACCOUNT.replace("Microsoft.Storage", "Microsoft.KeyVault"), ""),
    ],
)
def test_an_account_is_named_or_given_by_id(given: str, expected: str) -> None:
    assert account_id(given, GROUP) == expected


REFUSALS: list[tuple[str, dict[str, Any], str]] = [
    ("cache_account_unfit", {"tier": "Premium"}, "Premium"),
    ("cache_account_unfit", {"kind": "BlobStorage"}, "BlobStorage"),
    ("cache_account_unfit", {"kind": "Storage"}, "StorageV2 is needed"),
    ("cache_account_unfit", {"region": "eastus"}, "eastus"),
    ("cache_account_closed", {"public_access": "Disabled"}, "public network access is Disabled"),
    ("cache_account_closed", {"public_access": "SecuredByPerimeter"}, "SecuredByPerimeter"),
    ("cache_account_closed", {"firewall": "Deny"}, "firewall"),
]


@pytest.mark.parametrize(("code", "changed", "word"), REFUSALS)
def test_what_the_replication_cannot_live_with(code: str, changed: dict[str, Any], word: str) -> None:
    [problem] = problems(account(**changed), "westeurope")
    assert (problem.code, problem.blocks) == (code, True) and word in problem.text and problem.remedy


def test_all_that_is_wrong_is_told_at_once() -> None:
    told = problems(account(tier="Premium", region="eastus", firewall="Deny", minimum_tls="TLS1_0"), "westeurope")
    assert [problem.code for problem in told] == ["cache_account_unfit", "cache_account_closed", "cache_account_lax"]
    assert "Premium" in told[0].text and "eastus" in told[0].text


def test_a_region_may_be_written_as_the_portal_writes_it() -> None:
    assert problems(account(region="West Europe"), "westeurope") == []


def test_an_account_that_is_lax_is_only_advised_upon() -> None:
    [problem] = problems(account(minimum_tls="TLS1_0", blobs_public=True), "westeurope")
    assert not problem.blocks and "TLS" in problem.text and "anybody may read" in problem.text


def test_what_is_sent_is_what_is_asked_of_others() -> None:
    sent = body("mig", "westeurope", {"owner": "platform"})
    made = Account.parse({**sent, "id": ACCOUNT})
    assert problems(made, "westeurope") == []
    assert (sent["sku"]["name"], made.kind, made.minimum_tls, made.blobs_public) == (
        "Standard_LRS",
        "StorageV2",
        "TLS1_2",
        False,
    )
    assert made.is_ours("mig") and not made.is_ours("other")
    assert made.tags["Migrate Project"] == "mig" and made.tags["owner"] == "platform"


def test_what_azure_leaves_out_counts_as_open() -> None:
    bare = Account.parse(
        {"id": ACCOUNT, "location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_GRS"}}
    )
    assert problems(bare, "westeurope") == [] and not bare.is_ours("mig")
