# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PowerShell client over a stand-in host: what goes onto the wire, and what it makes of every answer."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients import powershell
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import (
    BadReply,
    PermissionDenied,
    ServiceError,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.powershell import PowerShellClient, many


class Host:
    """Answers everything with one result and keeps what it was sent."""

    def __init__(self, code: int = 0, stdout: str = "", stderr: str = "") -> None:
        self.result = (code, stdout, stderr)
        self.sent: list[tuple[str, bytes]] = []

    def __call__(self, command: str, stdin: bytes) -> tuple[int, str, str]:
        self.sent.append((command, stdin))
        return self.result


def encoded(reply: Any) -> str:
    return base64.b64encode(json.dumps(reply, ensure_ascii=False).encode()).decode()


def call(host: Host, **params: Any) -> Any:
    return PowerShellClient(host).call("get_vms", "# azlocal.migrate script: get_vms\n'ü'", params)


def test_script_and_params_are_on_stdin_only_and_ascii() -> None:
    host = Host(stdout=encoded({"ok": True, "value": 1}))
    call(host, names=["Bü ro'; Remove-VM *"])
    ((command, stdin),) = host.sent
    assert command == powershell.COMMAND
    assert stdin.isascii()
    assert json.loads(stdin)["params"] == {"names": ["Bü ro'; Remove-VM *"]}
    assert "'ü'" in json.loads(stdin)["script"]


def test_bootstrap_leaves_room_for_a_second_encoding() -> None:
    assert len(powershell.BOOTSTRAP) < 900
    prefix = "PowerShell -NoProfile -NonInteractive -ExecutionPolicy Unrestricted -EncodedCommand "
    assert powershell.COMMAND.startswith(prefix)
    twice = prefix + base64.b64encode(powershell.COMMAND.encode("utf-16-le")).decode()
    assert len(twice) < 8191


def test_value_comes_back_also_from_a_folded_line_with_progress_on_stderr() -> None:
    text = encoded({"ok": True, "value": {"Name": "größe-01"}})
    host = Host(stdout="\r\n".join([text[:20], text[20:], ""]), stderr="#< CLIXML\r\n<Objs><Obj S='progress'/></Objs>")
    assert call(host) == {"Name": "größe-01"}


def test_no_value_is_none() -> None:
    assert call(Host(stdout=encoded({"ok": True, "value": None}))) is None


@pytest.mark.parametrize(
    ("identity", "kind", "code"),
    [
        ("CommandNotFoundException", ServiceError, "CommandNotFound"),
        ("UnauthorizedAccess,Microsoft.HyperV.PowerShell.Commands.GetVM", PermissionDenied, "UnauthorizedAccess"),
        ("Anything", ServiceError, "Anything"),
        ("HashMismatch,Stop-Script", ServiceError, "HashMismatch"),
    ],
)
def test_exception_inside_the_script_becomes_a_typed_error(identity: str, kind: type[Exception], code: str) -> None:
    reply = {"ok": False, "error": "No\r\n such thing", "id": identity, "line": 3}
    with pytest.raises(kind, match=r"^The script get_vms failed: No such thing$") as caught:
        call(Host(stdout=encoded(reply)))
    assert caught.value.code == code  # type: ignore[attr-defined]
    assert caught.value.operation == "get_vms"  # type: ignore[attr-defined]


def test_a_host_that_says_much_is_cut_short() -> None:
    with pytest.raises(ServiceError) as caught:
        call(Host(stdout=encoded({"ok": False, "error": "x" * 9000, "id": "Any"})))
    assert len(str(caught.value)) < 600


def test_a_refusal_says_who_may() -> None:
    reply = {"ok": False, "error": "No", "id": "AccessDenied,Microsoft.HyperV.PowerShell.Commands.GetVM", "line": 3}
    with pytest.raises(PermissionDenied) as caught:
        call(Host(stdout=encoded(reply)))
    assert "administer Hyper-V" in caught.value.remedy


def test_clixml_error_is_read_out() -> None:
    stderr = '#< CLIXML\r\n<Objs><S S="Error">Access &lt;x&gt; is_x000D__x000A_</S><S S="Error">denied</S></Objs>'
    with pytest.raises(ServiceError, match=r"did not run on the host: Access <x> is denied$"):
        call(Host(code=1, stderr=stderr))


def test_silence_is_an_error() -> None:
    with pytest.raises(ServiceError, match="exit code 0, no output"):
        call(Host())


@pytest.mark.parametrize("stdout", ["Welcome to LAB!", encoded([1]), encoded({"value": 1}), "AAAA"])
def test_other_answers_are_bad_replies(stdout: str) -> None:
    with pytest.raises(BadReply):
        call(Host(stdout=stdout))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, []),
        ("a", ["a"]),
        ({"Name": "x"}, [{"Name": "x"}]),
        ([], []),
        ([None], []),
        (["a", "b"], ["a", "b"]),
        ({"value": ["a"], "Count": 1}, ["a"]),
    ],
)
def test_many_undoes_collapsed_arrays(value: Any, expected: list[Any]) -> None:
    assert many(value) == expected
