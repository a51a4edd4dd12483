# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of appliance_setup: one spec for the action that works and for the module that documents it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..domain import blackout
from ..domain.appliance_setup import EntraApp, Package, Wanted
from ..domain.appliance_waiting import Told
from ..domain.problem import Problem

_TEXT = {"type": "str"}


def _package(**more: Any) -> dict[str, Any]:
    """A zip: from the controller (path), or fetched by the appliance itself (source)."""
    ways = ["path", "source", *more]
    return {
        "type": "dict",
        "mutually_exclusive": [ways],
        "required_one_of": [ways],
        "options": {
            "path": {"type": "path"},
            "source": _TEXT,
            **more,
            "sha256": {"type": "str", "required": True},
            "username": _TEXT,
            "password": {"type": "str", "no_log": True},
        },
    }


def _entra_app() -> dict[str, Any]:
    needed = ("tenant_id", "client_id", "object_id", "service_principal_object_id", "name", "thumbprint")
    return {
        "type": "dict",
        "mutually_exclusive": [["certificate_path", "certificate"]],
        "options": {
            **{name: {"type": "str", "required": True} for name in needed},
            "certificate_path": {"type": "path"},
            "certificate": {"type": "str", "no_log": True},
            "certificate_password": {"type": "str", "no_log": True},
        },
    }


SPEC: dict[str, Any] = {
    "role": {"type": "str", "choices": ["source", "target"], "required": True},
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "removed"], "default": "present"},
    "force": {"type": "bool", "default": False},
    "installer": _package(folder=_TEXT),
    "vddk": _package(),
    "entra_app": _entra_app(),
    "other_client_ids": {"type": "list", "elements": "str", "default": []},
    "proxy_address": _TEXT,
    "proxy_bypass": {**_TEXT, "no_log": False},
    "auto_update": {"type": "bool"},
    "bandwidth_limit_mbps": {"type": "int"},
    "blackout_windows": {
        "type": "list",
        "elements": "dict",
        "options": {
            "days": {"type": "list", "elements": "str", "required": True},
            "start": {"type": "str", "required": True},
            "hours": {"type": "int", "required": True},
        },
    },
    "project": _TEXT,
    "resource_group": _TEXT,
    "vcenter_address": _TEXT,
    "vcenter_username": _TEXT,
    "vcenter_password": {"type": "str", "no_log": True},
    "cluster_fqdn": _TEXT,
    "cluster_domain": _TEXT,
    "cluster_username": _TEXT,
    "key_generated": {"type": "bool"},
    "configured": {"type": "bool"},
    "replaces": _TEXT,
    "answer_timeout_s": {"type": "int", "default": 120},
    "timeout_s": {"type": "int", "default": 3600},
    "poll_interval_s": {"type": "int", "default": 15},
    "progress": {"type": "str", "choices": ["auto", "on", "off"], "default": "auto"},
}
_TOLD = (
    "project",
    "resource_group",
    "vcenter_address",
    "vcenter_username",
    "cluster_fqdn",
    "cluster_domain",
    "cluster_username",
    "replaces",
)


def wanted(options: Mapping[str, Any], other_client_ids: frozenset[str]) -> tuple[Wanted, list[Problem]]:
    """What is asked for, and what of it cannot be read."""
    given = options["blackout_windows"]
    windows, problems = blackout.read(given or [])
    others = other_client_ids | {client_id.lower() for client_id in options["other_client_ids"]}
    asked = Wanted(
        role=options["role"],
        name=options["name"],
        state=options["state"],
        force=options["force"],
        installer=_zip(options["installer"]),
        vddk=_zip(options["vddk"]),
        entra=_app(options["entra_app"]),
        other_client_ids=frozenset(others),
        proxy_address=options["proxy_address"],
        proxy_bypass=options["proxy_bypass"],
        auto_update=options["auto_update"],
        limit_mbps=options["bandwidth_limit_mbps"],
        blackout=None if given is None else tuple(windows),
    )
    return asked, problems


def told(options: Mapping[str, Any], address: str) -> Told:
    """What a person may have to be told."""
    return Told(
        address=address,
        key_generated=options["key_generated"],
        configured=options["configured"],
        **{name: options[name] or "" for name in _TOLD},
    )


def _zip(given: Mapping[str, Any] | None) -> Package | None:
    if given is None:
        return None
    return Package(sha256=given["sha256"].lower(), folder=(given.get("folder") or "").rstrip("\\"))


def _app(given: Mapping[str, Any] | None) -> EntraApp | None:
    if given is None:
        return None
    return EntraApp(
        tenant_id=given["tenant_id"],
        client_id=given["client_id"],
        object_id=given["object_id"],
        service_principal_object_id=given["service_principal_object_id"],
        name=given["name"],
        thumbprint=given["thumbprint"].replace(" ", "").replace(":", "").upper(),
        file_given=bool(given["certificate_path"] or given["certificate"]),
    )
