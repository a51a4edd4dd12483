# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action form of every bulk verb: the batch of hosts in, one module call, results by name out.

Why it is so (tried on five cores, design: house.md §2): a module call per VM costs half a second before it does
anything; a failing ``run_once`` task loses all other hosts. So the verb runs once, on the controller, over its own
local connection, never fails in batch form, and ``verdict`` gives each host its own result.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping
from typing import Any, ClassVar

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import connection_loader
from ansible.utils.display import Display

from ansible_collections.azlocal.migrate.plugins.plugin_utils import hosts, role_options, waiting
from ansible_collections.azlocal.migrate.plugins.plugin_utils.entries import KEYS, PREFIX, entry

# The roles register each host's verdict under this name; a host that a step left alone is passed by from then on.
VERDICT = "azlocal_verdict"


class StepFailed(Exception):
    """The whole step failed; the module's reply says why."""

    def __init__(self, reply: dict[str, Any]) -> None:
        super().__init__(str(reply.get("msg") or "the step failed"))
        self.reply = reply


class BatchAction(ActionBase):
    """Base of the bulk actions; a subclass says how it waits and whether it asks the Azure Local hosts."""

    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False
    TRANSFERS_FILES = False

    takes: ClassVar[frozenset[str]] = frozenset(role_options.PROJECT)  # options taken from azlocal_* variables
    looks_by: ClassVar[str] = ""  # module that looks while waiting; "" is the verb itself
    asks_hosts: ClassVar[str] = "never"  # never | first | always
    judged: ClassVar[bool] = True  # a verdict follows the batch form, so that its failure may be data

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        self._vars = task_vars or {}
        args = dict(self._task.args)
        in_batch = args.get("vms") is None  # an empty list names no VM; it does not mean all hosts of the play
        self._unreadable: list[dict[str, Any]] = []
        self._become_local()
        try:
            if in_batch:
                args = {**self._from_variables(), **args, "vms": self._batch()}
                if not args["vms"]:
                    return {"changed": False, "step": {"error": None, "results": self._unreadable}}
            answer = self.work(args)
        except StepFailed as failure:
            return self._as_data(failure.reply) if in_batch and self.judged else failure.reply
        except Exception as failure:  # as a failed task it would lose all hosts but the first
            if not (in_batch and self.judged):
                raise
            Display().vvv(traceback.format_exc())
            return self._as_data({"msg": f"{type(failure).__name__}: {failure}", "error_code": "internal_error"})
        finally:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        if in_batch:
            answer = {**answer, "results": [*answer.get("results", ()), *self._unreadable]}
            said = {key: answer.pop(key) for key in ("warnings", "deprecations") if answer.get(key)}
            return {"changed": False, "step": {"error": None, **answer}, **self.beside(answer), **said}
        return answer

    def _batch(self) -> list[dict[str, Any]]:
        """One entry per host of the batch. What the play itself says of all hosts is not in their own variables."""
        hostvars = self._vars["hostvars"]
        names = [host for host in self.batch_hosts() if not self._left_alone(host)]
        said = self._said_by_the_play()
        shared = {key: self._template(said[PREFIX + key]) for key in KEYS if PREFIX + key in said}
        entries = []
        for host in names:
            try:
                one = {**shared, **entry(host, hostvars[host])}
            except AnsibleError as error:
                self._unreadable.append(_unreadable(host, hostvars[host], error))
                continue
            if self._task.check_mode:  # nothing was done, so a later step must know what would have been
                before = hostvars[host].get(VERDICT) or {}
                one["planned"] = bool(before.get("changed") or before.get("planned"))
            entries.append(one)
        return entries

    def _said_by_the_play(self) -> dict[str, Any]:
        """The variables of the play itself: they are in no host's own, and hold for all its hosts."""
        block = self._task._parent
        while block is not None and getattr(block, "_play", None) is None:
            block = block._parent
        said: dict[str, Any] = block._play.get_vars() if block is not None else {}
        return said

    def _template(self, value: Any, name: str = "a variable of the play") -> Any:
        """The value of a variable that is not a host's own."""
        try:
            return self._templar.template(value)
        except AnsibleError as error:
            raise StepFailed({"failed": True, "msg": f"{name}: {error}", "error_code": "wrong_variables"}) from error

    def _left_alone(self, host: str) -> bool:
        return bool((self._vars["hostvars"][host].get(VERDICT) or {}).get("blocked"))

    def _from_variables(self) -> dict[str, Any]:
        """Options that the task leaves out, and the role's argument spec, checked once for all hosts."""
        given = {name: PREFIX + name for name in role_options.OPTIONS if PREFIX + name in self._vars}
        values = {variable: self._template(self._vars[variable], variable) for variable in given.values()}
        role = self._task._role
        try:
            options = role_options.from_variables(values, role._role_path if role else None)
        except role_options.WrongOptions as wrong:
            raise StepFailed({"failed": True, "msg": str(wrong), "error_code": "wrong_variables"}) from wrong
        return {name: value for name, value in options.items() if name in self.takes}

    def batch_hosts(self) -> list[str]:
        """The hosts of this batch that are still in the play."""
        return list(self._vars["ansible_play_batch"])

    def beside(self, answer: dict[str, Any]) -> dict[str, Any]:
        """What a subclass wants to return beside ``step``."""
        return {}

    @staticmethod
    def _as_data(reply: dict[str, Any]) -> dict[str, Any]:
        keys = ("error_code", "remedy", "correlation_id")
        error = {"msg": str(reply.get("msg") or "the step failed"), **{key: reply.get(key) or "" for key in keys}}
        return {"changed": False, "step": {"error": error, "results": []}}

    def _become_local(self) -> None:
        """Our own local connection and interpreter, whatever ``all`` says of the hosts (explicit localhost included)."""
        self._play_context.become = False
        self._connection = connection_loader.get("local", self._play_context)
        self._connection.set_options(var_options={})

    # -- the verb ----------------------------------------------------------------------------------------------

    def work(self, args: dict[str, Any]) -> dict[str, Any]:
        """One call, and looks until everything is settled where the task waits."""
        if self._asks(args) != "never":
            args["hosts_seen"] = args.get("hosts_seen") or hosts.ask_all(self, self._vars)
        answer = self.call(args)
        still = all(result.get("settled", True) for result in answer.get("results") or [])  # a report has none
        if still or self._task.check_mode or not self._wants("wait", args):
            return answer
        return self._wait(args, answer)

    def _asks(self, args: dict[str, Any]) -> str:
        return self.asks_hosts

    @staticmethod
    def _wants(name: str, args: dict[str, Any]) -> bool:
        return str(args.get(name)).lower() in ("true", "yes", "1", "on")

    def call(self, args: dict[str, Any], module: str = "") -> dict[str, Any]:
        """One module call on the controller."""
        name = module or self._task.resolved_action or self._task.action
        local = dict(self._vars, ansible_python_interpreter=sys.executable, ansible_connection="local")
        reply: dict[str, Any] = self._execute_module(module_name=name, module_args=args, task_vars=local)
        reply.pop("invocation", None)
        if reply.get("step_error"):  # fail_on: none
            raise StepFailed({**reply, **reply["step_error"]})
        if reply.get("failed") and "results" not in reply:
            raise StepFailed(reply)
        return reply

    def _wait(self, args: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        """Look, tick by tick. After a look says that all is settled, the verb itself has the last word."""
        waiter = waiting.Waiter(
            what=self._task.action.rsplit(".", 1)[-1],
            results=answer["results"],
            timeout_s=_seconds(args, "timeout_s", 14400),
            shown=str(args.get("progress") or "auto"),
        )

        def act() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = self.call(self._again(args, waiter))["results"]
            return found

        waiting.follow(
            waiter,
            look=lambda: self._look(self._again(args, waiter), waiter),
            act=act if self.looks_by else None,
            pause_s=_seconds(args, "poll_interval_s", 15),
        )
        return self._ended(args, answer, waiter.results)

    @staticmethod
    def _ended(args: dict[str, Any], answer: dict[str, Any], results: list[dict[str, Any]]) -> dict[str, Any]:
        """The module's answer brought up to what the waiting has shown."""
        statuses = [result["status"] for result in results]
        summary = {status: statuses.count(status) for status in ("ok", "changed", "failed", "blocked")}
        ended = {**answer, "results": results, "summary": summary, "changed": summary["changed"] > 0}
        ended.pop("failed", None)
        if args.get("fail_on") == "any" and summary["failed"]:
            names = ", ".join(str(result["name"]) for result in results if result["status"] == "failed")
            ended.update(failed=True, msg=f"{summary['failed']} of {len(results)} VMs failed: {names}")
        return ended

    @staticmethod
    def _again(args: dict[str, Any], waiter: waiting.Waiter) -> dict[str, Any]:
        """What fails now is this run's result; only a VM whose clean-up is under way may be taken up again."""
        cleaning = waiter.cleaning
        vms = [{**args["vms"][index], "retry": cleaning[index]} for index in waiter.open]
        return {**args, "vms": vms, "retry_failed": False}

    def _look(self, args: dict[str, Any], waiter: waiting.Waiter) -> list[dict[str, Any]]:
        """One look; a passing fault is lived through, a lasting one fails what is not settled."""
        try:
            if self.looks_by:
                reply = self.call(waiting.info_args(args), self.looks_by)
            else:
                if self.asks_hosts == "always":
                    args = {**args, "hosts_seen": hosts.ask_all(self, self._vars)}
                reply = self.call(args)
        except StepFailed as failure:
            waiter.stumble(failure.reply)
            return []
        results: list[dict[str, Any]] = reply["results"]
        return results


def _unreadable(host: str, variables: Mapping[str, Any], error: Exception) -> dict[str, Any]:
    """The result of a VM of which a variable cannot be worked out; it fails alone."""
    variable = "a variable"
    for key in KEYS:
        try:
            variables.get(PREFIX + key)
        except AnsibleError:
            variable = PREFIX + key
            break
    told = {"msg": f"{variable}: {error}", "error_code": "wrong_variables", "remedy": "correct it, then run again"}
    return {
        "name": host,
        "host": host,
        "status": "failed",
        "action": "none",
        "phase": "unknown",
        "changed": False,
        **told,
    }


def _seconds(args: dict[str, Any], name: str, default: float) -> float:
    given = args.get(name)
    return default if given is None else float(given)
