# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that reach vCenter: their argument spec, and the settings that come of them.

Names and environment variables are those of vmware.vmware. The documentation fragment `azlocal.migrate.vcenter` says
the same in words; a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.parameters import env_fallback

from ..clients.errors import InvalidRequest
from ..clients.vcenter import VcenterSettings

_NEEDED = {"hostname": "VMWARE_HOST", "username": "VMWARE_USER", "password": "VMWARE_PASSWORD"}


def vcenter_spec() -> dict[str, Any]:
    """The fragment of an argument spec that every module with vCenter in it has."""

    def option(variable: str, kind: str = "str", **more: Any) -> dict[str, Any]:
        return {"type": kind, "fallback": (env_fallback, [variable]), **more}

    return {
        "hostname": option(_NEEDED["hostname"]),
        "username": option(_NEEDED["username"]),
        "password": option(_NEEDED["password"], no_log=True),
        "port": option("VMWARE_PORT", "int", default=443),
        "validate_certs": option("VMWARE_VALIDATE_CERTS", "bool", default=True),
        "vcenter_ca_path": option("VMWARE_CA_PATH", "path"),
    }


def vcenter_settings(params: Mapping[str, Any]) -> VcenterSettings:
    """The settings in a module's parameters; InvalidRequest names what is missing."""
    given = {name: params[name] for name in vcenter_spec() if params.get(name) not in (None, "")}
    missing = [f"{name} ({variable})" for name, variable in _NEEDED.items() if name not in given]
    if missing:
        raise InvalidRequest(
            f"Signing in to vCenter failed: {', '.join(missing)} not given.",
            code="MissingCredentials",
            remedy="Set these options, or the environment variables in brackets.",
        )
    return VcenterSettings(**given)
