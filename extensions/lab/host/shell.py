# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Windows host makes of a command line, without PowerShell.

It unwraps ``PowerShell -EncodedCommand`` (twice where older clients wrapped it twice), takes ``{"script", "params"}``
from stdin, and lets the script's Python twin answer. Twins know scripts by the name in their first line.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any

from .twin import ScriptError

_ENCODED = re.compile(r"powershell(?:\.exe)?\b.*?\s-(?:EncodedCommand|enc|ec|e)\s+([A-Za-z0-9+/=]+)", re.I | re.S)
_NAME = re.compile(r"\A\ufeff?#\s*azlocal\.migrate script:\s*([\w.-]+)")
# what a bootstrap must do to run a script from stdin and answer in base64; the lab runs no PowerShell, it only looks
_BOOTSTRAP = ("$input", "convertfrom-json", "[scriptblock]::create", "convertto-json", "tobase64string")
_CMD_LIMIT = 8191  # of cmd.exe, through which a WinRM shell starts its commands

# What a first use of a module leaves on stderr of a real host: no error at all, but not empty either.
_PROGRESS = (
    b'#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'
    b'<Obj S="progress" RefId="0"><TN RefId="0"><T>System.Management.Automation.PSCustomObject</T><T>System.Object</T>'
    b'</TN><MS><I64 N="SourceId">1</I64><PR N="Record"><AV>Preparing modules for first use.</AV><AI>0</AI><Nil />'
    b"<PI>-1</PI><PC>-1</PC><T>Completed</T><SR>-1</SR><SD> </SD></PR></MS></Obj></Objs>"
)


@dataclass(frozen=True)
class Call:
    """One named script with its parameters."""

    name: str
    params: dict[str, Any]
    elsewhere: bool = False  # the script asks another machine from this one


# A script that turns to another machine. The credentials of this logon stay here, so it comes there as nobody.
_ELSEWHERE = re.compile(r"-ComputerName\b|-CimSession\b|-Session\b|\bInvoke-Command\b|\bNew-PSSession\b", re.I)


class Refused(Exception):
    """What the host says on stderr before it ends with code 1."""


def read(line: str, stdin: bytes) -> Call:
    """The script call that a command line and its stdin amount to; else Refused, or the bootstrap's own error."""
    if len(line) > _CMD_LIMIT:
        raise Refused("The command line is too long.")
    bootstrap = unwrapped(line)
    if not all(part in bootstrap.lower() for part in _BOOTSTRAP):
        raise Refused(
            f"'{bootstrap.split(' ', 1)[0][:80]}' is not recognized by this simulated host: "
            "it answers the scripts of azlocal.migrate only."
        )
    if any(byte > 0x7F for byte in stdin):
        raise Refused("stdin must be ASCII: its code page is not known.")
    try:
        given = json.loads(stdin)
    except ValueError:
        raise ScriptError("ScriptInput", "What was sent to the host did not arrive whole.") from None
    try:
        script, params = given["script"], given["params"]
    except (TypeError, KeyError):
        raise Refused('ConvertFrom-Json : stdin is not {"script": ..., "params": ...}.') from None
    named = _NAME.match(script) if isinstance(script, str) else None
    if named is None or not isinstance(params, dict):
        raise Refused("The script does not begin with '# azlocal.migrate script: <name>'.")
    return Call(name=named[1], params=params, elsewhere=_ELSEWHERE.search(script) is not None)


def unwrapped(line: str) -> str:
    """The innermost script of (nested) -EncodedCommand; the line itself if there is none."""
    while match := _ENCODED.search(line):
        try:
            line = base64.b64decode(match[1], validate=True).decode("utf-16-le")
        except (binascii.Error, UnicodeDecodeError):
            raise Refused("Cannot process the command because its -EncodedCommand is not base64 of UTF-16.") from None
    return line


def answered(value: Any, *, collapse: bool = True) -> tuple[int, bytes, bytes]:
    """A script's value as its bootstrap prints it: base64 of UTF-8 JSON on stdout, progress noise on stderr."""
    shown = collapsed(value) if collapse else value
    text = json.dumps({"ok": True, "value": shown}, separators=(",", ":"), ensure_ascii=False)
    return 0, base64.b64encode(text.encode()) + b"\r\n", _PROGRESS


def failed(kind: str, message: str) -> tuple[int, bytes, bytes]:
    """An exception inside a script, as its bootstrap prints it."""
    text = json.dumps({"ok": False, "error": message, "id": kind}, separators=(",", ":"), ensure_ascii=False)
    return 0, base64.b64encode(text.encode()) + b"\r\n", _PROGRESS


def refused(message: str) -> tuple[int, bytes, bytes]:
    """An error outside any script."""
    shown = message.replace("&", "&amp;").replace("<", "&lt;")
    return (
        1,
        b"",
        (
            '#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'
            f'<S S="Error">{shown}_x000D__x000A_</S></Objs>'
        ).encode(),
    )


def collapsed(value: Any) -> Any:
    """Arrays of one element become that element, empty ones null, as PowerShell's pipeline makes them.

    A real host keeps an array that its script guarded with ``@()``; a client that reads this reads both.
    """
    if isinstance(value, dict):
        return {key: collapsed(part) for key, part in value.items()}
    if isinstance(value, list):
        parts = [collapsed(part) for part in value]
        return parts if len(parts) > 1 else (parts[0] if parts else None)
    return value
