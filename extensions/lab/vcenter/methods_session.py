# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door: service content, login and logout, the clock."""

from __future__ import annotations

import hmac
from typing import Any

from .. import names
from .service import Call, operation
from .types import fault, vim


@operation("RetrieveServiceContent", anonymous=True)
def service_content(call: Call) -> Any:
    return call.service.content()


@operation("CurrentTime")
def current_time(call: Call) -> Any:
    return call.service.world.source_now()


@operation("Login", anonymous=True)
def login(call: Call) -> Any:
    user, password = str(call.args.get("userName") or ""), str(call.args.get("password") or "")
    right = hmac.compare_digest(password.encode(), names.VCENTER_PASSWORD.encode())
    if user.lower() != names.VCENTER_USER.lower() or not right:
        raise fault(vim.fault.InvalidLogin, "Cannot complete login due to an incorrect user name or password.")
    call.session = call.service.sessions.open(names.VCENTER_USER, call.agent)
    call.cookie = call.session.key
    return call.session.shown()


@operation("Logout")
def logout(call: Call) -> None:
    call.service.sessions.close(call.logged_in.key)


@operation("TerminateSession")
def terminate_session(call: Call) -> None:
    """Ends other people's sessions."""
    for key in call.args["sessionId"] or []:
        if not call.service.sessions.close(str(key)):
            raise fault(vim.fault.NotFound, "The object or item referred to could not be found.")


@operation("SessionIsActive")
def session_is_active(call: Call) -> bool:
    return any(one.key == call.args["sessionID"] for one in call.service.sessions.all())
