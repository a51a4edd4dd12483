# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of our clients for a lab: what its lab.env hands to everybody."""

from __future__ import annotations

from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.credentials import AzureSettings
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter_session import VcenterSettings
from lab.runtime import Lab


def azure_of(lab: Lab, **changes: Any) -> AzureSettings:
    """The lab's application, by its secret."""
    told = lab.environment
    values: dict[str, Any] = {
        "subscription_id": told["AZURE_SUBSCRIPTION_ID"],
        "tenant": told["AZURE_TENANT"],
        "client_id": told["AZURE_CLIENT_ID"],
        "secret": told["AZURE_SECRET"],
        "cloud_environment": told["AZURE_CLOUD_ENVIRONMENT"],
        "ca_path": told["AZURE_CA_PATH"],
    }
    return AzureSettings(**(values | changes))


def vcenter_of(lab: Lab, **changes: Any) -> VcenterSettings:
    """The lab's vCenter and the account it gives us."""
    told = lab.environment
    values: dict[str, Any] = {
        "hostname": told["VMWARE_HOST"],
        "port": int(told["VMWARE_PORT"]),
        "username": told["VMWARE_USER"],
        "password": told["VMWARE_PASSWORD"],
        "vcenter_ca_path": told["VMWARE_CA_PATH"],
    }
    return VcenterSettings(**(values | changes))
