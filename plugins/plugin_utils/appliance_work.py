# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of appliance_setup, each by its scripts. Every one may be cut off anywhere and be done again."""

from __future__ import annotations

import base64
import binascii
import contextlib
import datetime as dt
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import (
    InvalidRequest,
    ServiceError,
    Unreachable,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.domain import appliance_rules, installer
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.appliance_seen import InstallerRun, Seen
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.appliance_setup import (
    VDDK_LIBRARY,
    Package,
    Step,
    Wanted,
    installer_params,
    zip_path,
)
from ansible_collections.azlocal.migrate.plugins.plugin_utils import appliance_facts, host_files
from ansible_collections.azlocal.migrate.plugins.plugin_utils.host_action import Host

RESTART_DELAY_S = 5  # so that the answer still comes through
# what a machine answers that is about to go down
_GOING_DOWN = frozenset({"ScriptNotRun", "ScriptAnswer"})
_UNCHANGED = dict.fromkeys(("proxy_address", "proxy_bypass", "auto_update", "bandwidth_limit_mbps", "blackout_windows"))


def certificate_file(app: Mapping[str, Any]) -> str:
    """The file with certificate and private key in base64; empty where none is given."""
    if app.get("certificate"):
        try:
            return base64.b64encode(base64.b64decode(app["certificate"], validate=True)).decode()
        except (binascii.Error, ValueError):
            raise InvalidRequest("entra_app: certificate is not base64 of a PFX file", code="bad_value") from None
    if not app.get("certificate_path"):
        return ""
    path = Path(app["certificate_path"])
    try:
        return base64.b64encode(path.read_bytes()).decode()
    except OSError as error:
        text = f"{path} cannot be read on the controller: {error.strerror}"
        raise InvalidRequest(text, code="file_unreadable") from error


class Work:
    """Does one step at a time on one appliance."""

    def __init__(
        self, host: Host, options: Mapping[str, Any], wanted: Wanted, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._host, self._options, self._wanted, self._sleep = host, options, wanted, sleep

    def look(self, files: Sequence[str] = ()) -> Seen:
        return appliance_facts.seen(self._host.call("get_appliance", files=list(files)))

    def vddk_whole(self, folder: str) -> bool:
        """Whether all files of the VDDK are in the folder. Nothing is changed."""
        return not self._host.call("expand_file", path=zip_path("vddk"), folder=folder, check=True)["Changed"]

    def patiently(self, look: Callable[[], tuple[str, Any]], what: str) -> Any:
        """Until ``look`` has an end, through a restart: the installer may order one of its own."""

        def attempt() -> tuple[str, Any]:
            try:
                return look()
            except ServiceError as error:
                if error.code not in _GOING_DOWN:
                    raise
                return "it goes down", None

        return host_files.wait(
            attempt,
            what=what,
            timeout_s=self._options["timeout_s"],
            pause_s=self._options["poll_interval_s"],
            shown=self._options["progress"],
            sleep=self._sleep,
        )

    def do(self, step: Step, seen: Seen, pfx: str) -> None:
        """What came of it is for the next look to see."""
        if step.act in ("proxy", "settings"):
            self._host.call("set_appliance", **_UNCHANGED | dict(step.after))
        elif step.act == "services":
            self._host.call("restart_appliance", delay_s=0, services=list(step.after))
        elif step.act == "entra":
            self._entra(seen, pfx)
        elif step.act == "vddk":
            self._vddk(seen)
        elif step.act == "restart":
            self._restart(seen)
        else:
            if step.act != "follow":
                self._start_installer(seen)
            self._follow_installer(seen)

    # -- installer -----------------------------------------------------------------------------------------------

    def _start_installer(self, seen: Seen) -> None:
        package = self._wanted.installer
        if package is None:  # refused before
            return
        folder = package.unpacked("installer")
        if not package.folder:
            self._bring("installer", package)
            host_files.expand(self._host, zip_path("installer"), folder)
        try:
            self._host.call("install_appliance", folder=folder, **installer_params(self._wanted, seen))
        except ServiceError as error:
            if error.code != "InstallerRunning":  # somebody else has started it meanwhile
                raise

    def _follow_installer(self, seen: Seen) -> None:
        asked: tuple[str, dt.datetime] | None = None  # the question of its last line, and since when it is there

        def look() -> tuple[str, InstallerRun | None]:
            nonlocal asked
            now = self.look()
            run = now.installer
            if run.state != "running":
                return run.line, run
            if not installer.asks(run.line) or now.clock is None:
                asked = None
            elif asked is None or asked[0] != run.line:
                asked = run.line, now.clock
            elif (now.clock - asked[1]).total_seconds() > installer.STUCK_S:
                raise ServiceError(
                    f"the installer on {now.computer} asks, and nobody answers: {run.line}", code="installer_asks"
                )
            return run.line or "at work", None

        run = self.patiently(look, f"installer on {seen.computer}")
        if run.state == "failed":
            ended = installer.exit_of(run.exit_code)
            code = "no exit code" if run.exit_code is None else f"exit code {run.exit_code}"
            said = f"; its last line: {run.line}" if run.line else ""
            raise ServiceError(
                f"the installer on {seen.computer} failed ({code}): {ended.means}{said}", code=ended.code
            )

    def _restart(self, seen: Seen) -> None:
        with contextlib.suppress(Unreachable):  # it may have gone down before it answered: what follows shows it
            self._host.call("restart_appliance", delay_s=RESTART_DELAY_S, services=[])

        def look() -> tuple[str, Seen | None]:
            now = self.look()
            return "it has not restarted yet", None if now.restart_due else now

        self.patiently(look, f"restart of {seen.computer}")

    # -- files ---------------------------------------------------------------------------------------------------

    def _bring(self, kind: str, package: Package) -> None:
        """The zip onto the appliance: sent from the controller, or fetched by the appliance."""
        given = self._options[kind]
        if given["path"]:
            shown = self._options["progress"]
            host_files.send(self._host, given["path"], zip_path(kind), package.sha256, shown=shown)
        else:
            login = {"user": given["username"] or "", "password": given["password"] or ""}
            host_files.fetch(self._host, given["source"], zip_path(kind), package.sha256, **login)

    def _vddk(self, seen: Seen) -> None:
        """Unpacked beside first: a version that is not supported must not replace one that is."""
        package = self._wanted.vddk
        if package is None:
            return
        self._bring("vddk", package)
        beside = package.unpacked("vddk")
        host_files.expand(self._host, zip_path("vddk"), beside)
        library = f"{beside}\\{VDDK_LIBRARY}"
        found = self.look([library]).file(library)
        left = f"; it was unpacked into {beside} on {seen.computer}, which nothing uses and which may be removed"
        if found is None:
            raise InvalidRequest(f"the zip of the VDDK holds no {VDDK_LIBRARY}{left}", code="vddk_unlike")
        for problem in appliance_rules.vddk_version(found.version or "of no known version"):
            raise InvalidRequest(problem.text + left, code=problem.code, remedy=problem.remedy)
        host_files.expand(self._host, zip_path("vddk"), seen.vddk_folder)
        if self.look().vddk_sha256 != found.sha256:
            raise ServiceError(
                f"{seen.vddk_folder} on {seen.computer} holds another VDDK, of the same size", code="vddk_in_the_way"
            )

    # -- the application in Entra ID -----------------------------------------------------------------------------

    def _entra(self, seen: Seen, pfx: str) -> None:
        app = self._wanted.entra
        if app is None:
            return
        self._host.call(
            "set_entra_app",
            tenant_id=app.tenant_id,
            client_id=app.client_id,
            object_id=app.object_id,
            service_principal_object_id=app.service_principal_object_id,
            app_name=app.name,
            thumbprint=app.thumbprint,
            pfx="" if app.thumbprint in seen.certificates else pfx,
            pfx_password=self._options["entra_app"]["certificate_password"] or "",
            remove_others=True,
        )
