# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of the actions that work on one Windows host: options, errors in one shape, and its scripts by name."""

from __future__ import annotations

import traceback
from typing import Any, ClassVar

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import ClientError, Unreachable
from ansible_collections.azlocal.migrate.plugins.plugin_utils.scripts import connection_failure, let_go, run_script

_ENTRY = "Check address, port, user and password of this host in the inventory, and that it answers this controller"


class Host:
    """One Windows host behind an action's connection."""

    def __init__(self, action: ActionBase, name: str) -> None:
        self.action = action
        self.name = name

    @property
    def check(self) -> bool:
        """Whether nothing may be changed; every script is told so."""
        return bool(self.action._task.check_mode)

    def call(self, script: str, **params: Any) -> Any:
        """The script's value; ClientError whatever goes wrong, Unreachable where the connection does not hold."""
        try:
            return run_script(self.action, script, params)
        except (ClientError, AnsibleActionFail):  # the latter refuses become, in words of its own
            raise
        except Exception as failure:  # a connection plugin may raise anything
            let_go(self.action)  # the next call begins anew: the host may have restarted
            raise Unreachable(connection_failure(self.name, failure), remedy=_ENTRY, operation=script) from failure


class HostAction(ActionBase):
    """A subclass has ``SPEC`` and ``work``; what ``work`` puts into ``result`` is returned with a failure too."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    SPEC: ClassVar[dict[str, Any]] = {}

    result: dict[str, Any]
    vars: dict[str, Any]

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        self.vars = task_vars or {}
        options = self.validate_argument_spec(argument_spec=self.SPEC)[1]
        name = self._task.delegate_to or self.vars.get("inventory_hostname", "the host")
        self.result = {"changed": False, "waiting_for": None}
        try:
            self.work(Host(self, str(name)), options)
        except ClientError as error:
            self.result.update(failed=True, **told(error))
        except AnsibleActionFail:
            raise
        except Exception as error:  # a defect of ours: say so plainly, keep the details for -vvv
            Display().vvv(traceback.format_exc())
            self.result.update(
                failed=True,
                msg=f"internal error in {self._task.action}: {type(error).__name__}: {error}",
                error_code="internal_error",
                remedy="run again with -vvv and report it with the traceback",
            )
        finally:
            let_go(self)
        return self.result

    def work(self, host: Host, options: dict[str, Any]) -> None:
        raise NotImplementedError


def told(error: ClientError) -> dict[str, Any]:
    """The four things that every failure shows, as a module's failure has them."""
    message = str(error)
    return {
        "msg": f"{message.rstrip('.')}. {error.remedy}" if error.remedy else message,
        "error_code": error.code or type(error).__name__,
        "remedy": error.remedy,
        "correlation_id": error.correlation_id or "",
    }
