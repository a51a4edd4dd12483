# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which api-versions each resource provider answers, and ARM's refusals for all others."""

from __future__ import annotations

import re

from .. import names
from ..switches import Switches
from .wire import ArmError, Request

_VM_TYPES = (
    "2024-01-01",
    "2025-06-01-preview",
    "2025-09-01-preview",
    "2026-02-01-preview",
    "2026-04-01-preview",
)

# key of a route -> (namespace, versions); an empty tuple takes any date
KNOWN: dict[str, tuple[str, tuple[str, ...]]] = {
    "resources": ("Microsoft.Resources", ()),
    "migrate": ("Microsoft.Migrate", ("2018-09-01-preview", "2020-05-01", "2020-06-01-preview", "2023-01-01")),
    "storage": (
        "Microsoft.Storage",
        ("2019-06-01", "2021-09-01", "2023-01-01", "2023-05-01", "2024-01-01", "2026-09-01"),
    ),
    "keyvault": ("Microsoft.KeyVault", ("2022-07-01", "2023-07-01", "2024-11-01", "2026-05-15")),
    "locks": ("Microsoft.Authorization", ("2016-09-01", "2017-04-01", "2020-05-01")),
    "diagnostics": ("Microsoft.Insights", ("2017-05-01-preview", "2021-05-01-preview")),
    "offazure": ("Microsoft.OffAzure", ("2020-01-01", "2020-07-07", "2023-06-06", "2024-12-01-preview")),
    "replication": ("Microsoft.DataReplication", ("2024-09-01", "2026-05-01")),
    "cluster": ("Microsoft.AzureStackHCI", ("2024-04-01", "2026-02-01", "2026-04-30", "2026-10-01")),
    "hcivm": ("Microsoft.AzureStackHCI", _VM_TYPES),
    "hybrid": (
        "Microsoft.HybridCompute",
        ("2022-12-27", "2024-07-10", "2025-01-13", "2025-06-01", "2026-07-15"),
    ),
    "location": ("Microsoft.ExtendedLocation", ("2021-08-15",)),
    "kubernetes": ("Microsoft.KubernetesConfiguration", ("2022-11-01", "2023-05-01")),
    "bridge": ("Microsoft.ResourceConnector", ("2022-10-27", "2025-03-01-preview")),
    "authorization": ("Microsoft.Authorization", ("2015-07-01", "2018-07-01", "2022-04-01")),
    "graph": ("Microsoft.ResourceGraph", ("2021-03-01", "2022-10-01", "2024-04-01")),
}


def supported(key: str, switches: Switches) -> tuple[str, ...]:
    return switches.replication_versions if key == "replication" else KNOWN[key][1]


def check(key: str, request: Request, switches: Switches) -> None:
    asked = request.api_version
    if not asked:
        raise ArmError(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
            gateway=True,
        )
    allowed = supported(key, switches)
    if not re.fullmatch(r"\d{4}-\d\d-\d\d(-preview)?", asked):
        raise ArmError(
            400,
            "InvalidApiVersionParameter",
            f"The api-version '{asked}' is invalid. The supported versions are '{','.join(allowed)}'.",
            gateway=True,
        )
    if allowed and asked not in allowed:
        parts = request.path.split("/providers/")[-1].split("/")
        raise ArmError(
            400,
            "NoRegisteredProviderFound",
            f"No registered resource provider found for location '{names.LOCATION}' and API version '{asked}' for type "
            f"'{parts[1] if len(parts) > 1 else parts[0]}'. The supported api-versions are '{', '.join(allowed)}'. "
            f"The supported locations are '{names.LOCATION}, {names.CLUSTER_LOCATION}'.",
            gateway=True,
        )
