# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SOAP in, SOAP out: requests become calls, answers and faults become envelopes."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass
from typing import Any
from xml.parsers.expat import ExpatError, ParserCreate

from .types import VERSION, soap, support

_NAMESPACE = "urn:vim25"
_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_BODY_TAG = f"{_ENVELOPE}{soap.NS_SEP}Body"
_OPTIONAL: int = support.F_OPTIONAL


class BadRequest(Exception):
    """What came in is no request that this service understands."""


@dataclass
class Request:
    """One operation as it was asked for."""

    method: str  # the wire's name
    this: Any  # a managed object reference
    arguments: dict[str, Any]
    result: Any  # the type of the answer, None when the method is unknown
    version: str


def parse(body: bytes, action: str) -> Request:
    """The request in a SOAP envelope. Unknown methods come out with ``result`` None."""
    reader = _Reader()
    try:
        reader.read(body)
    except (ExpatError, KeyError, TypeError, AttributeError, ValueError, IndexError) as wrong:
        if reader.method and _signature(reader.method) is None:
            return Request(reader.method, None, {}, None, VERSION)
        raise BadRequest(f"{reader.method or 'request'}: {type(wrong).__name__}: {wrong}") from wrong
    if not reader.method:
        raise BadRequest("no operation in the SOAP body")
    info = _signature(reader.method)
    values = vars(reader.decoder.result) if reader.decoder.result is not None else {}
    names = [field.name for field in info.params] if info else []
    return Request(
        method=reader.method,
        this=values.get("_this"),
        arguments={name: values.get(name) for name in names},
        result=info.result if info else None,
        version=version_of(action),
    )


def version_of(action: str) -> str:
    """The API version that a client speaks, from its SOAPAction header."""
    asked: str = support.versionMap.get(action.strip('"').removeprefix("urn:"), VERSION)
    return VERSION if support.IsChildVersion(asked, VERSION) else asked


class _Reader(soap.ExpatDeserializerNSHandlers):  # type: ignore[misc]
    """Finds the operation in the body and hands its content to pyVmomi's own deserialiser."""

    def __init__(self) -> None:
        super().__init__()
        self.method = ""
        self.decoder = soap.SoapDeserializer(None)
        self._in_body = False

    def read(self, body: bytes) -> None:
        self.parser = ParserCreate(namespace_separator=soap.NS_SEP)
        self.parser.buffer_text = True
        soap.SetHandlers(self.parser, soap.GetHandlers(self))
        self.parser.Parse(body, True)

    def StartElementHandler(self, tag: str, attributes: dict[str, str]) -> None:  # noqa: N802 - pyVmomi's names
        if self._in_body and not self.method:
            self.method = tag.rpartition(soap.NS_SEP)[2]
            kind = _request_type(self.method)
            self.decoder.Deserialize(self.parser, kind, False, self.nsMap)
            self.decoder.StartElementHandler(tag, attributes)
        self._in_body = self._in_body or tag == _BODY_TAG

    def EndElementHandler(self, tag: str) -> None:  # noqa: N802
        """The rest of the envelope."""

    def CharacterDataHandler(self, text: str) -> None:  # noqa: N802
        """White space between the elements of the envelope."""


@functools.cache
def _signature(method: str) -> Any:
    """Parameters and result of an operation, or None. Reading one property is not in pyVmomi's map of methods."""
    if method == "Fetch":
        prop = support.Object(name="prop", type=str, version=VERSION, flags=0)
        return support.Object(name="Fetch", params=(prop,), result=object)
    try:
        return support.GetWsdlMethod(_NAMESPACE, method).info
    except KeyError:
        return None


@functools.cache
def _request_type(method: str) -> Any:
    """A data object type with the operation's parameters as fields, for the deserialiser to fill."""
    info = _signature(method)
    this = support.Object(name="_this", type=support.ManagedObject, version=VERSION, flags=_OPTIONAL)
    if info is None:
        return _Anything
    # everything optional here: what is missing is the method's business, with a proper fault
    fields = [
        support.Object(name=field.name, type=field.type, version=field.version, flags=field.flags | _OPTIONAL)
        for field in info.params
    ]
    return type(
        f"{method}Request",
        (support.DataObject,),
        {
            "_wsdlName": f"{method}RequestType",
            "_version": VERSION,
            "_propList": [this, *fields],
            "_propInfo": {field.name: field for field in [this, *fields]},
        },
    )


class _Anything(support.DataObject):  # type: ignore[misc]
    """The parameters of an operation that nobody knows: only ``_this`` is looked at, the rest is text."""

    @classmethod
    def _GetPropertyInfo(cls, name: str) -> Any:  # noqa: N802
        kind = support.ManagedObject if name == "_this" else str
        return support.Object(name=name, type=kind, version=VERSION, flags=_OPTIONAL)


def answer(request: Request, value: Any, result: Any = None) -> bytes:
    """The envelope of a good answer. ``result`` overrides the declared type, for property reads."""
    kind = result or request.result
    info = support.Object(name="returnval", type=kind, version=VERSION, flags=_OPTIONAL)
    inner = "" if kind is type(None) or value is None else serialize(value, info, request.version)
    return _envelope(f'<{request.method}Response xmlns="{_NAMESPACE}">{inner}</{request.method}Response>')


def serialize(value: Any, info: Any, version: str) -> str:
    """One value as XML, in the default namespace of the API."""
    writer = io.StringIO()
    _Serializer(writer, version).Serialize(value, info)
    return writer.getvalue()


def fault(wrong: Any, version: str = VERSION) -> bytes:
    """The envelope of a fault."""
    kind: Any = type(wrong)
    name = f"{kind._wsdlName}Fault"
    writer = io.StringIO()
    info = support.Object(name=name, type=object, version=VERSION, flags=0)
    message = wrong.msg or kind._wsdlName
    silent = kind.__new__(kind)
    silent.__dict__.update(wrong.__dict__, msg=None)
    _Serializer(writer, version).SerializeFaultDetail(silent, info)
    detail = writer.getvalue().replace(f"<{name}", f'<{name} xmlns="{_NAMESPACE}"', 1)
    return _envelope(
        "<soapenv:Fault><faultcode>ServerFaultCode</faultcode>"
        f"<faultstring>{soap.XmlEscape(message)}</faultstring><detail>{detail}</detail></soapenv:Fault>"
    )


def _envelope(body: str) -> bytes:
    return f"{soap.XML_HEADER}\n{soap.SOAP_START}{body}{soap.SOAP_END}".encode()


class _Serializer(soap.SoapSerializer):  # type: ignore[misc]
    """pyVmomi's serialiser without looking up a type's fields anew for each object: three times as quick."""

    def __init__(self, writer: Any, version: str) -> None:
        super().__init__(writer, version, {_NAMESPACE: "", **soap.SOAP_NSMAP})
        self.outermostAttrs = ""  # the envelope has declared the prefixes

    def _SerializeDataObject(self, value: Any, info: Any, attributes: str, namespace: str) -> None:  # noqa: N802
        kind: Any = type(value)
        if kind is soap.LocalizedMethodFault or info.flags & support.F_LINK:
            super()._SerializeDataObject(value, info, attributes, namespace)
            return
        shown, fields = _fields(kind, self.version)
        if shown is not info.type:
            extra, name = self._QName(shown, namespace)
            attributes += f'{extra} {self.xsiPrefix}type="{name}"'
        self.writer.write(f"<{info.name}{attributes}>")
        write, values = self.writer.write, value.__dict__
        for field, name, optional, plain in fields:
            content = values.get(name)
            if content is None and optional:
                continue
            given = type(content)
            # the three quarters of all values that need no thought
            if plain and given is str and field.type is str:
                write(f"<{name}>{_escaped(content)}</{name}>")
            elif plain and given is bool and field.type is bool:
                write(f"<{name}>true</{name}>" if content else f"<{name}>false</{name}>")
            elif plain and given is int and issubclass(field.type, int):
                write(f"<{name}>{content}</{name}>")
            else:
                self._Serialize(content, field, namespace)
        write(f"</{info.name}>")


def _escaped(text: str) -> str:
    return text if text.isalnum() else str(soap.XmlEscape(text))


@functools.cache
def _fields(kind: Any, version: str) -> tuple[Any, list[tuple[Any, str, bool, bool]]]:
    """The type as a client of that version knows it, and its fields: name, optional, in the default namespace."""
    shown = support.GetCompatibleType(kind, version)
    return shown, [
        (field, field.name, bool(field.flags & _OPTIONAL), support.GetWsdlNamespace(field.version) == _NAMESPACE)
        for field in shown._GetPropertyList()
        if support.IsChildVersion(version, field.version)
    ]
