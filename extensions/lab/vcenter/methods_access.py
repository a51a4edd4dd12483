# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The authorization manager: which privileges the account has on what."""

from __future__ import annotations

from typing import Any

from .. import names
from .rights import BASIC, PRIVILEGES, hidden
from .service import Call, Service, operation
from .sessions import down_level
from .types import fault, make, vim, vmodl

_manager = vim.AuthorizationManager


def _granted(service: Service, ref: Any) -> list[str]:
    if hidden(service, ref):
        return []
    return [privilege for privilege in PRIVILEGES if privilege not in service.lab.switches.missing_privileges]


@operation("FetchUserPrivilegeOnEntities")
def fetch_user_privileges(call: Call) -> Any:
    user = str(call.args["userName"] or "")
    if user.lower() not in (names.VCENTER_USER.lower(), down_level(names.VCENTER_USER).lower()):
        raise fault(vim.fault.UserNotFound, f"The user or group named '{user}' does not exist.", principal=user)
    return [
        make(_manager.UserPrivilegeResult, entity=ref, privileges=_granted(call.service, ref))
        for ref in call.args["entities"]
    ]


@operation("HasPrivilegeOnEntities")
def has_privileges(call: Call) -> Any:
    if not any(one.key == call.args["sessionId"] for one in call.service.sessions.all()):
        raise fault(
            vmodl.fault.InvalidArgument, "A specified parameter was not correct: sessionId", invalidProperty="sessionId"
        )
    answer = []
    for ref in call.args["entity"]:
        granted = _granted(call.service, ref)
        shown = [
            make(_manager.PrivilegeAvailability, privId=privilege, isGranted=privilege in granted)
            for privilege in call.args.get("privId") or []
        ]
        answer.append(make(_manager.EntityPrivilege, entity=ref, privAvailability=shown))
    return answer


@operation("AddAuthorizationRole", write=True)
def add_role(call: Call) -> int:
    """vCenter adds to every role what one needs to be there at all."""
    name, roles = str(call.args["name"]), call.service.roles
    if any(name == known for known, _ in roles.values()):
        raise fault(vim.fault.AlreadyExists, f"The role '{name}' already exists.", name=name)
    wanted = [str(privilege) for privilege in call.args.get("privIds") or []]
    unknown = [privilege for privilege in wanted if privilege not in PRIVILEGES]
    if unknown:
        raise fault(
            vmodl.fault.InvalidArgument, f"The privilege '{unknown[0]}' is not known.", invalidProperty="privIds"
        )
    role_id = max(roles, default=1000) + 1
    roles[role_id] = (name, (*BASIC, *wanted))
    return role_id


@operation("RemoveAuthorizationRole", write=True)
def remove_role(call: Call) -> None:
    """One that somebody has stays, where the caller says so."""
    role_id, roles = int(call.args["roleId"]), call.service.roles
    if role_id not in roles:
        raise fault(vim.fault.NotFound, "The role does not exist.")
    if call.args["failIfUsed"] and roles[role_id][0] in call.world.held_roles:
        raise fault(vim.fault.RemoveFailed, "The role is in use.")
    roles.pop(role_id)
