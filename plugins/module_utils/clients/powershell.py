# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs named PowerShell scripts on a Windows host, through whatever connection the caller has.

The command line is one fixed bootstrap; script and parameters go on stdin as ASCII JSON, the answer comes back as
base64 of UTF-8 JSON. So no code page, no quoting and no limit of a command line touches what is said.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from .errors import BadReply, ClientError, PermissionDenied, ServiceError

# (command line, stdin) -> (exit code, stdout, stderr)
Run = Callable[[str, bytes], tuple[int, str, str]]

# Read with $input, not [Console]::In: psrp has no console. Kept short: older winrm connections encode it once more,
# and cmd.exe ends at 8,191 characters. What ConvertFrom-Json says of a bad input is thrown away, because it quotes all of
# it, passwords and keys included.
BOOTSTRAP = """\
$ErrorActionPreference='Stop';$ProgressPreference='SilentlyContinue'
$j=$null;$r=@{ok=$false;error='What was sent to the host did not arrive whole.';id='ScriptInput'}
try{$j=(@($input)-join"`n")|ConvertFrom-Json}catch{}
if($j){try{$v=&([ScriptBlock]::Create($j.script)) $j.params
$r=@{ok=$true;value=$v}}
catch{$e="$_";$r=@{ok=$false;error=$e.Substring(0,[Math]::Min(500,$e.Length));id="$($_.FullyQualifiedErrorId)"}}}
[Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes((ConvertTo-Json $r -Depth 8 -Compress)))
"""

# psrp of ansible-core <= 2.19 recognises an encoded script by exactly these words.
_PREFIX = "PowerShell -NoProfile -NonInteractive -ExecutionPolicy Unrestricted -EncodedCommand "
COMMAND = _PREFIX + base64.b64encode(BOOTSTRAP.encode("utf-16-le")).decode("ascii")

_CLIXML_ERROR = re.compile(r'<S S="Error">(.*?)</S>', re.S)
_CLIXML_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_SHOWN = 300  # characters of a host's own words in a message
_ERROR = 500  # of a script's error, as in the bootstrap

# part of PowerShell's FullyQualifiedErrorId -> error; the words are Windows' own [D], the catalogue has the remedies
_KNOWN: dict[str, type[ClientError]] = {
    "CommandNotFound": ServiceError,
    "UnauthorizedAccess": PermissionDenied,
    "AccessDenied": PermissionDenied,
}


class PowerShellClient:
    """``call`` one script at a time over ``run``."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def call(self, script_name: str, script_text: str, params: Mapping[str, Any]) -> Any:
        """The script's value. PowerShell collapses arrays: read lists out of it with ``many``."""
        stdin = json.dumps({"script": script_text, "params": dict(params)}, ensure_ascii=True).encode("ascii")
        code, stdout, stderr = self._run(COMMAND, stdin)
        if code != 0 or not stdout.strip():
            raise ServiceError(
                f"The script {script_name} did not run on the host: {_said(stderr) or f'exit code {code}, no output'}",
                code="ScriptNotRun",
                operation=script_name,
            )
        return _value(script_name, _reply(script_name, stdout))


def many(value: Any) -> list[Any]:
    """A list again, of what ConvertTo-Json made of one: null of none, the bare element of one."""
    if value is None:
        return []
    if isinstance(value, list):
        return [part for part in value if part is not None]  # @($null) counts one
    if isinstance(value, dict) and value.keys() == {"value", "Count"}:  # Windows PowerShell 5.1 wraps some arrays so
        return many(value["value"])
    return [value]


def _reply(script_name: str, stdout: str) -> dict[str, Any]:
    try:
        # a console may have folded the line
        reply = json.loads(base64.b64decode("".join(stdout.split()), validate=True))
    except (binascii.Error, ValueError):
        shown = " ".join(stdout.split())[:_SHOWN]
        raise BadReply(
            f"The script {script_name} answered something else than base64 JSON: {shown}",
            code="ScriptAnswer",
            operation=script_name,
        ) from None
    if not isinstance(reply, dict) or "ok" not in reply:
        raise BadReply(
            f"The script {script_name} answered without a verdict", code="ScriptAnswer", operation=script_name
        )
    return reply


def _value(script_name: str, reply: dict[str, Any]) -> Any:
    if reply["ok"]:
        return reply.get("value")
    identity, text = str(reply.get("id") or ""), " ".join(str(reply.get("error") or "no reason given").split())
    word = next((word for word in _KNOWN if word.lower() in identity.lower()), "")
    raise _KNOWN.get(word, ServiceError)(
        f"The script {script_name} failed: {text[:_ERROR]}",
        code=word or identity.partition(",")[0],  # who threw it stands behind the comma
        operation=script_name,
    )


def _said(stderr: str) -> str:
    """What a host says on stderr, out of CLIXML where it comes so; progress records are no words."""
    if not stderr.lstrip().startswith("#< CLIXML"):
        return " ".join(stderr.split())[:_SHOWN]
    errors = "".join(html.unescape(part) for part in _CLIXML_ERROR.findall(stderr))
    return " ".join(_CLIXML_ESCAPE.sub(lambda code: chr(int(code[1], 16)), errors).split())[:_SHOWN]
