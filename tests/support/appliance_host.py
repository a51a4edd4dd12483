# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""appliance_setup in this process, over pywinrm, against the lab's appliances: many runs in little time."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import time
from functools import cache
from pathlib import Path
from typing import Any

import winrm
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import ClientError, Unreachable
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.powershell import PowerShellClient
from ansible_collections.azlocal.migrate.plugins.module_utils.options.appliance_setup import SPEC
from ansible_collections.azlocal.migrate.plugins.plugin_utils.appliance_setup import Setup
from ansible_collections.azlocal.migrate.plugins.plugin_utils.host_action import Host, told
from ansible_collections.azlocal.migrate.plugins.plugin_utils.scripts import connection_failure, script_text
from lab import media, names
from lab.host import server
from lab.runtime import Lab

from .winrm_host import execute

PFX_PASSWORD = "pfx-5R&x;secret"
CLIENT_ID = "c11e47a0-0000-4000-8000-0000000000d1"


class Killed(BaseException):
    """The run ends here, as by kill -9."""


class LabHost(Host):
    """An appliance of the lab.

    ``kill_at``: the script, its how manieth call is the last of the run, and whether the work of that call is still done.
    ``near``: without a wire between, for tests of very many runs.
    """

    def __init__(
        self,
        lab: Lab,
        name: str,
        *,
        check: bool = False,
        kill_at: tuple[str, int, str] | None = None,
        near: bool = False,
    ) -> None:
        self.lab, self.name = lab, name
        self.calls: list[str] = []
        self._check, self._kill_at, self._near = check, kill_at, near
        self._protocol = winrm.Protocol(
            lab.servers[f"host:{name}"].url,
            transport="basic",
            username=names.APPLIANCE_USER,
            password=names.APPLIANCE_PASSWORD,
            ca_trust_path=str(lab.tls.ca),
        )

    @property
    def check(self) -> bool:
        return self._check

    def call(self, script: str, **params: Any) -> Any:
        self.calls.append(script)
        at = script, self.calls.count(script)
        if self._kill_at == (*at, "before"):
            raise Killed
        try:
            reply = PowerShellClient(self._beside if self._near else self._run).call(
                script, script_text(script), {**params, "check": self.check or bool(params.get("check"))}
            )
        except ClientError:
            raise
        except Exception as failure:
            raise Unreachable(connection_failure(self.name, failure)) from failure
        if self._kill_at == (*at, "after"):
            raise Killed
        return reply

    def _run(self, line: str, stdin: bytes) -> tuple[int, str, str]:
        stdout, stderr, code = execute(self._protocol, line, stdin)
        return code, stdout.decode(), stderr.decode()

    def _beside(self, line: str, stdin: bytes) -> tuple[int, str, str]:
        if not self.lab.appliances[self.name].answers:
            raise ConnectionError("connection aborted")
        code, stdout, stderr = server.runner(self.lab, self.name)(line, stdin)
        return code, stdout.decode(), stderr.decode()


def options(**given: Any) -> dict[str, Any]:
    """As Ansible would hand them to the action: checked, with defaults."""
    done = ArgumentSpecValidator(SPEC).validate({"answer_timeout_s": 0, "timeout_s": 60, "progress": "off", **given})
    assert not done.error_messages, done.error_messages
    return done.validated_parameters


def run(
    lab: Lab,
    name: str,
    *,
    check: bool = False,
    kill_at: tuple[str, int, str] | None = None,
    near: bool = False,
    **given: Any,
) -> tuple[dict[str, Any], list[str]]:
    """What the action would return, and the names of the scripts that ran."""
    host = LabHost(lab, name, check=check, kill_at=kill_at, near=near)
    result: dict[str, Any] = {"changed": False, "waiting_for": None}
    role = "source" if name == names.SOURCE_APPLIANCE else "target"
    asked = options(**{"role": role, "name": name, **given})
    try:
        Setup(host, asked, result, sleep=lambda seconds: time.sleep(min(seconds, 0.02))).run()
    except ClientError as error:
        result.update(failed=True, **told(error))
    return result, host.calls


def from_media(lab: Lab, file: str) -> dict[str, Any]:
    """A zip that the appliance fetches itself."""
    sha256 = hashlib.sha256((lab.state_dir / "media" / file).read_bytes()).hexdigest()
    return {"source": media.URL + file, "sha256": sha256}


def from_controller(lab: Lab, file: str) -> dict[str, Any]:
    """A zip that is sent in pieces."""
    return {"path": str(lab.state_dir / "media" / file), "sha256": from_media(lab, file)["sha256"]}


@cache
def certificate(serial: int) -> tuple[str, bytes]:
    """Thumbprint and PFX file of a certificate of its own."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"appliance {serial}")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    pfx = pkcs12.serialize_key_and_certificates(b"app", key, made, None, BestAvailableEncryption(PFX_PASSWORD.encode()))
    return made.fingerprint(hashes.SHA1()).hex().upper(), pfx


def entra_app(serial: int = 1, folder: Path | None = None, **more: Any) -> dict[str, Any]:
    """An application; its certificate as a file of the controller, or as a value."""
    thumbprint, pfx = certificate(serial)
    given: dict[str, Any] = {"certificate": base64.b64encode(pfx).decode()}
    if folder is not None:
        (folder / "app.pfx").write_bytes(pfx)
        given = {"certificate_path": str(folder / "app.pfx")}
    return {
        "tenant_id": names.TENANT,
        "client_id": CLIENT_ID,
        "object_id": "c11e47a0-0000-4000-8000-0000000000d2",
        "service_principal_object_id": "c11e47a0-0000-4000-8000-0000000000d3",
        "name": "labsrc-app",
        "thumbprint": thumbprint,
        "certificate_password": PFX_PASSWORD,
        **given,
        **more,
    }
