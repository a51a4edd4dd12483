# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame that every module stands in: options -> clients -> one service call -> results; errors in one shape."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule

from .clients.arm import ArmClient
from .clients.errors import ClientError, InvalidRequest
from .clients.vcenter import VcenterClient
from .domain.spec import Defaults
from .options.azure import azure_settings, azure_spec
from .options.project import batch_spec, project_spec, scope
from .options.vcenter import vcenter_settings, vcenter_spec
from .services import results
from .services.observation import Observatory
from .services.project import Project
from .services.results import Result


class Frame:
    """What a module's work is given. Clients are made on first use and closed at the end."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.params: dict[str, Any] = module.params
        self.check_mode: bool = module.check_mode
        self._vcenter: VcenterClient | None = None
        for unsafe, what in (
            (self.params.get("cert_validation_mode") == "ignore", "Azure"),
            (self.params.get("validate_certs") is False, "vCenter"),
        ):
            if unsafe:
                module.warn(
                    f"The certificate of {what} is not verified: anybody on the way can read and change everything"
                )

    @cached_property
    def arm(self) -> ArmClient:
        return ArmClient(azure_settings(self.params))

    @cached_property
    def project(self) -> Project:
        return Project(self.arm, scope(self.params, self.arm.subscription_id))

    def vcenter(self, *, required: bool = True) -> VcenterClient | None:
        """The vCenter client, signed in; None where none is named and none is needed."""
        if not self.params.get("hostname"):
            if not required:
                return None
            raise InvalidRequest(
                "no vCenter is named",
                code="no_vcenter",
                remedy="set hostname, username and password, or VMWARE_HOST, VMWARE_USER and VMWARE_PASSWORD",
            )
        if self._vcenter is None:
            self._vcenter = VcenterClient(vcenter_settings(self.params)).__enter__()
        return self._vcenter

    def observatory(self, *, vcenter_required: bool = True) -> Observatory:
        return Observatory(self.arm, self.vcenter(required=vcenter_required), self.project)

    @property
    def defaults(self) -> Defaults:
        return Defaults(subscription_id=self.arm.subscription_id)

    @property
    def entries(self) -> list[dict[str, Any]]:
        return [dict(entry) for entry in self.params.get("vms") or []]

    def close(self) -> None:
        if self._vcenter is not None:
            self._vcenter.close()
        if "arm" in self.__dict__:
            self.arm.close()


def bulk_spec(**more: Mapping[str, Any]) -> dict[str, Any]:
    """Argument spec of a verb that works on many VMs of one project."""
    return {**azure_spec(), **vcenter_spec(), **project_spec(), **batch_spec(), **more}


def run_bulk(spec: dict[str, Any], work: Callable[[Frame], Sequence[Result]]) -> NoReturn:
    """A verb on many VMs: its results, and failed by ``fail_on``."""

    def answer(frame: Frame) -> dict[str, Any]:
        ended = list(work(frame))
        summary = results.summary(ended)
        diffs = [
            {
                "before": result.diff["before"],
                "after": result.diff["after"],
                "before_header": result.name,
                "after_header": result.name,
            }
            for result in ended
            if result.diff
        ]
        bad = [result for result in ended if result.status == results.FAILED]
        reply: dict[str, Any] = {
            "changed": any(result.changed for result in ended),
            "results": [result.as_dict() for result in ended],
            "summary": summary,
        }
        if diffs:
            reply["diff"] = diffs
        if frame.params["fail_on"] == "any" and bad:
            names = ", ".join(result.name for result in bad[:10])
            frame.module.fail_json(msg=f"{len(bad)} of {len(ended)} VMs failed: {names}", **reply)
        return reply

    run(spec, answer)


def run(spec: dict[str, Any], answer: Callable[[Frame], dict[str, Any]]) -> NoReturn:
    """Any module: what ``answer`` returns, or one plain sentence with its code, remedy and correlation id."""
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    frame = Frame(module)
    try:
        reply = answer(frame)
    except ClientError as error:
        fail(module, error)
    except Exception as error:  # a defect of ours: say so plainly, keep the details for -vvv
        module.fail_json(
            msg=f"internal error in {module._name}: {type(error).__name__}: {error}",
            error_code="internal_error",
            remedy="run again with -vvv and report it with the traceback",
            exception=traceback.format_exc(),
        )
    finally:
        frame.close()
    module.exit_json(**reply)


def fail(module: AnsibleModule, error: ClientError, **more: Any) -> NoReturn:
    """The failure of a whole step; ``more`` is what was done before it."""
    if module.params.get("fail_on") == "none":
        module.exit_json(changed=False, results=[], step_error=_told(error))
    module.fail_json(**{**_told(error), **more})


def _told(error: ClientError) -> dict[str, Any]:
    message = str(error)
    return {
        **({"changed": True, "steps": [*error.done]} if error.done else {}),
        "msg": f"{message.rstrip('.')}. {error.remedy}" if error.remedy else message,
        "error_code": error.code or type(error).__name__,
        "remedy": error.remedy,
        "correlation_id": error.correlation_id or "",
    }
