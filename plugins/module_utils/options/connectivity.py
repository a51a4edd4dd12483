# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of connectivity, for its action and its documentation."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.common.parameters import env_fallback

from ..domain import endpoints

SPEC: dict[str, Any] = {
    "place": {"type": "str", "choices": ["auto", *endpoints.PLACES], "default": "auto"},
    "checks": {"type": "list", "elements": "str", "choices": [*endpoints.CHECKS], "default": [*endpoints.CHECKS]},
    "cluster": {"type": "str"},
    "cluster_nodes": {"type": "list", "elements": "str"},
    "vcenter": {"type": "str", "fallback": (env_fallback, ["VMWARE_HOST"])},
    "vcenter_port": {"type": "int", "fallback": (env_fallback, ["VMWARE_PORT"]), "default": 443},
    "esxi_hosts": {"type": "list", "elements": "str", "default": []},
    "source_appliance": {"type": "str"},
    "target_appliance": {"type": "str"},
    "image": {"type": "str"},
    "location": {"type": "str"},
    "proxy": {"type": "str"},
    "hosts_of_urls": {"type": "dict", "default": {}},
    "cloud_environment": {
        "type": "str",
        "fallback": (env_fallback, ["AZURE_CLOUD_ENVIRONMENT"]),
        "default": "AzureCloud",
    },
    "further": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "port": {"type": "int", "required": True},
            "why": {"type": "str", "default": "named in the task"},
            "remedy": {"type": "str", "default": "let it through"},
        },
    },
    "timeout_s": {"type": "int", "default": 10},
    "fail_on": {"type": "str", "choices": ["step", "any", "none"], "default": "step"},
}
