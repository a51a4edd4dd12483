# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""WS-Management as the winrm client speaks it: six SOAP actions over shells, commands and their streams.

Nothing here knows what a command does: a command is run by the callable that a shell store was made with.
"""

from __future__ import annotations

import base64
import binascii
import threading
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass, field

_NS = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "p": "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd",
    "x": "http://schemas.xmlsoap.org/ws/2004/09/transfer",
    "f": "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault",
    "rsp": "http://schemas.microsoft.com/wbem/wsman/1/windows/shell",
}
_SHELL = _NS["rsp"]
_CMD = f"{_SHELL}/cmd"
_CREATE, _DELETE = f"{_NS['x']}/Create", f"{_NS['x']}/Delete"
_PIECE = 90_000  # of a stream in one reply: base64 of it stays below the client's MaxEnvelopeSize of 153,600
_UNSELECTED = 2150858843  # ERROR_WSMAN_INVALID_SELECTORS: no such shell
_TIMED_OUT = 2150858793  # ERROR_WSMAN_OPERATION_TIMEDOUT: nothing to receive yet
_NOT_SUPPORTED = 2150858817  # ERROR_WSMAN_ACTION_NOT_SUPPORTED

# (command line, stdin) -> (exit code, stdout, stderr)
Run = Callable[[str, bytes], tuple[int, bytes, bytes]]


class Fault(Exception):
    """A SOAP fault to answer with."""

    def __init__(self, code: int, reason: str, subcode: str) -> None:
        super().__init__(reason)
        self.code, self.reason, self.subcode = code, reason, subcode


@dataclass
class _Command:
    line: str
    takes_stdin: bool
    stdin: bytearray = field(default_factory=bytearray)
    ended: threading.Event = field(default_factory=threading.Event)
    result: tuple[int, bytes, bytes] | None = None
    told: int = 0  # bytes of stdout handed over so far


class Shells:
    """The open shells of one node."""

    def __init__(self, run: Run, patience_s: float = 10) -> None:
        self._run = run
        self._patience_s = patience_s
        self._shells: dict[str, dict[str, _Command]] = {}
        self._lock = threading.Lock()

    def answer(self, message: bytes) -> tuple[int, bytes]:
        """HTTP status and reply for one SOAP message."""
        try:
            envelope = ET.fromstring(message)  # noqa: S314 - loopback, our own clients
        except ET.ParseError:
            return 400, b""
        action = envelope.findtext("s:Header/a:Action", "", _NS).strip()
        message_id = envelope.findtext("s:Header/a:MessageID", "", _NS).strip()
        try:
            return 200, _reply(f"{action}Response", message_id, self._act(action, envelope))
        except Fault as fault:
            return 500, _reply("http://schemas.dmtf.org/wbem/wsman/1/wsman/fault", message_id, _fault_body(fault))

    def _act(self, action: str, envelope: ET.Element) -> str:
        if action == _CREATE:
            return self._create()
        shell_id = envelope.findtext("s:Header/w:SelectorSet/w:Selector", "", _NS).strip()
        body = envelope.find("s:Body", _NS)
        with self._lock:
            shell = self._shells.get(shell_id)
        if shell is None or body is None:
            raise Fault(_UNSELECTED, f"The shell {shell_id} was not found on this server.", "w:InvalidSelectors")
        if action == _DELETE:
            with self._lock:
                self._shells.pop(shell_id, None)
            return ""
        act = {"Command": _command, "Send": _send, "Signal": _signal}.get(action.removeprefix(f"{_SHELL}/"))
        if act is not None:
            return act(shell, body)
        if action == f"{_SHELL}/Receive":
            return self._receive(shell, body)
        raise Fault(_NOT_SUPPORTED, f"The action {action} is not supported.", "a:ActionNotSupported")

    def _create(self) -> str:
        shell_id = str(uuid.uuid4()).upper()
        with self._lock:
            self._shells[shell_id] = {}
        return (
            "<x:ResourceCreated><a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address>"
            f"<a:ReferenceParameters><w:ResourceURI>{_CMD}</w:ResourceURI><w:SelectorSet>"
            f'<w:Selector Name="ShellId">{shell_id}</w:Selector></w:SelectorSet></a:ReferenceParameters>'
            "</x:ResourceCreated>"
        )

    def _receive(self, shell: dict[str, _Command], body: ET.Element) -> str:
        command_id, command = _named(shell, body.find("rsp:Receive/rsp:DesiredStream", _NS))
        if command.takes_stdin and not command.ended.wait(self._patience_s):
            raise Fault(_TIMED_OUT, "The operation timed out while it waited for input.", "w:TimedOut")
        first = command.result is None
        if command.result is None:
            command.result = self._run(command.line, bytes(command.stdin))
        code, stdout, stderr = command.result
        piece = stdout[command.told : command.told + _PIECE]
        command.told += len(piece)
        streams = _stream("stderr", command_id, stderr) if first and stderr else ""
        streams += _stream("stdout", command_id, piece) if piece else ""
        done = command.told >= len(stdout)
        ending = f"<rsp:ExitCode>{code}</rsp:ExitCode>" if done else ""
        state = f"{_SHELL}/CommandState/{'Done' if done else 'Running'}"
        return (
            f"<rsp:ReceiveResponse>{streams}"
            f'<rsp:CommandState CommandId="{command_id}" State="{state}">{ending}</rsp:CommandState>'
            "</rsp:ReceiveResponse>"
        )


def _command(shell: dict[str, _Command], body: ET.Element) -> str:
    line = body.findtext("rsp:CommandLine/rsp:Command", "", _NS).strip()
    arguments = [(node.text or "").strip() for node in body.findall("rsp:CommandLine/rsp:Arguments", _NS)]
    command_id = str(uuid.uuid4()).upper()
    whole = " ".join([line, *arguments])
    # a client that gives no stdin never says that stdin has ended: only an encoded script is known to read it
    shell[command_id] = _Command(line=whole, takes_stdin=False)
    return f"<rsp:CommandResponse><rsp:CommandId>{command_id}</rsp:CommandId></rsp:CommandResponse>"


def _send(shell: dict[str, _Command], body: ET.Element) -> str:
    for stream in body.findall("rsp:Send/rsp:Stream", _NS):
        _, command = _named(shell, stream)
        command.takes_stdin = True
        try:
            command.stdin += base64.b64decode(stream.text or "")
        except binascii.Error:
            raise Fault(87, "The stream is not base64.", "w:EncodingLimit") from None
        if stream.get("End", "").lower() == "true":
            command.ended.set()
    return "<rsp:SendResponse/>"


def _signal(shell: dict[str, _Command], body: ET.Element) -> str:
    command_id, command = _named(shell, body.find("rsp:Signal", _NS))
    command.ended.set()
    shell.pop(command_id, None)
    return "<rsp:SignalResponse/>"


def _named(shell: dict[str, _Command], node: ET.Element | None) -> tuple[str, _Command]:
    command_id = "" if node is None else node.get("CommandId", "")
    command = shell.get(command_id)
    if command is None:
        raise Fault(_UNSELECTED, f"The command {command_id} was not found in this shell.", "w:InvalidSelectors")
    return command_id, command


def _stream(name: str, command_id: str, content: bytes) -> str:
    return (
        f'<rsp:Stream Name="{name}" CommandId="{command_id}">{base64.b64encode(content).decode()}</rsp:Stream>'
        f'<rsp:Stream Name="{name}" CommandId="{command_id}" End="true"></rsp:Stream>'
    )


def _reply(action: str, relates_to: str, body: str) -> bytes:
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _NS.items())
    return (
        f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xml:lang="en-US" {spaces}><s:Header>'
        f"<a:Action>{_escaped(action)}</a:Action><a:MessageID>uuid:{uuid.uuid4()}</a:MessageID>"
        "<a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To>"
        f"<a:RelatesTo>{_escaped(relates_to)}</a:RelatesTo></s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def _fault_body(fault: Fault) -> str:
    reason = _escaped(fault.reason)
    return (
        f"<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>{fault.subcode}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en-US">{reason}</s:Text></s:Reason><s:Detail>'
        f'<f:WSManFault Code="{fault.code}" Machine="localhost"><f:Message>{reason}</f:Message></f:WSManFault>'
        "</s:Detail></s:Fault>"
    )


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
