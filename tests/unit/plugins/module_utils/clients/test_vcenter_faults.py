# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vCenter's faults, and failures of the connection, as our errors."""

from __future__ import annotations

import http.client
import socket
import ssl
import subprocess
import sys
from typing import Any
from xml.parsers.expat import ExpatError

import pytest
from pyVmomi import vim, vmodl

from ansible_collections.azlocal.migrate.plugins.module_utils.clients import errors
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter import VcenterClient, VcenterSettings
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter_collector import _found
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter_faults import (
    from_fault,
    from_transport,
    kept_back,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter_session import tls_context

VM = vim.VirtualMachine("vm-7", None)
SETTINGS = VcenterSettings(hostname="vc.example", username="me", password="pa55-word")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (vim.fault.InvalidLogin(), errors.AuthenticationFailed),
        (vim.fault.PasswordExpired(), errors.AuthenticationFailed),
        (vim.fault.NotAuthenticated(object=VM, privilegeId="System.View"), errors.AuthenticationFailed),
        (vim.fault.NoPermission(object=VM, privilegeId="x"), errors.PermissionDenied),
        (vmodl.fault.ManagedObjectNotFound(obj=VM), errors.NotFound),
        (vim.fault.DuplicateName(name="web", object=VM), errors.Conflict),
        (vim.fault.TaskInProgress(), errors.Conflict),
        (vim.fault.VmToolsUpgradeFault(), errors.ServiceError),
        (vim.fault.ConcurrentAccess(), errors.Conflict),
        (vim.fault.InvalidPowerState(requestedState="poweredOn", existingState="suspended"), errors.Conflict),
        (vim.fault.ToolsUnavailable(), errors.InvalidRequest),
        (vim.fault.InvalidDeviceSpec(deviceIndex=0, property="x"), errors.InvalidRequest),
        (vim.fault.InvalidName(name="/"), errors.InvalidRequest),
        (vmodl.fault.MethodNotFound(receiver=VM, method="x"), errors.InvalidRequest),
        (vmodl.fault.SystemError(reason="x"), errors.ServiceError),
        (vim.fault.HostConnectFault(), errors.Unreachable),
    ],
)
def test_fault_types(fault: Any, expected: type[errors.ClientError]) -> None:
    error = from_fault(fault, "powering off vm-7")
    assert type(error) is expected
    assert error.code == type(fault).__name__.rpartition(".")[2]
    assert str(error).startswith("powering off vm-7 failed: ")
    assert error.operation == "powering off vm-7"


def test_missing_privilege_is_named_with_its_object() -> None:
    error = from_fault(vim.fault.NoPermission(object=VM, privilegeId="VirtualMachine.Interact.PowerOff"), "x")
    for text in (str(error), error.remedy):
        assert "VirtualMachine.Interact.PowerOff on VirtualMachine vm-7" in text
    assert error.remedy.endswith("(in the vSphere Client: Virtual machine > Interaction > Power off)")


def test_an_unknown_fault_has_the_remedy_of_its_nearest_base() -> None:
    error = from_fault(vim.fault.InvalidDeviceSpec(deviceIndex=0, property="x"), "x")
    assert (error.code, error.remedy) == ("InvalidDeviceSpec", from_fault(vim.fault.InvalidVmConfig(), "x").remedy)
    assert "settings" in error.remedy


def test_several_missing_privileges() -> None:
    lacking = vim.fault.NoPermission.EntityPrivileges(entity=VM, privilegeIds=["A.B", "C.D"])
    error = from_fault(vim.fault.NoPermission(object=VM, privilegeId="A.B", missingPrivileges=[lacking]), "x")
    assert "A.B on VirtualMachine vm-7, C.D on VirtualMachine vm-7" in str(error)


def test_words_of_vcenter_are_kept_once() -> None:
    said = vmodl.LocalizableMessage(key="k", message="The disk is locked.")
    fault = vim.fault.GenericVmConfigFault(reason="x", msg="Cannot reconfigure. ", faultMessage=[said])
    assert str(from_fault(fault, "x")) == "x failed: Cannot reconfigure; The disk is locked"
    assert str(from_fault(vim.fault.DuplicateName(name="web", object=VM), "x")).endswith("the name web is taken")


def test_tools_remedy() -> None:
    assert "VMware Tools" in from_fault(vim.fault.ToolsUnavailable(), "x").remedy


@pytest.mark.parametrize(
    ("error", "read", "write"),
    [
        (ConnectionRefusedError(111, "refused"), errors.Unreachable, errors.Unreachable),
        (socket.gaierror(-2, "unknown"), errors.Unreachable, errors.Unreachable),
        (ssl.SSLCertVerificationError("x"), errors.UntrustedCertificate, errors.UntrustedCertificate),
        (TimeoutError("timed out"), errors.Unreachable, errors.ReplyLost),
        (ConnectionResetError(104, "reset"), errors.Unreachable, errors.ReplyLost),
        (http.client.RemoteDisconnected("gone"), errors.Unreachable, errors.ReplyLost),
        (ssl.SSLEOFError(8, "EOF"), errors.Unreachable, errors.ReplyLost),
        (http.client.HTTPException("503 Service Unavailable"), errors.ServiceError, errors.ReplyLost),
        (http.client.HTTPException("404 Not Found"), errors.BadReply, errors.ReplyLost),
        (http.client.IncompleteRead(b""), errors.BadReply, errors.ReplyLost),
        (ExpatError("not well-formed"), errors.BadReply, errors.ReplyLost),
    ],
)
def test_transport(error: Exception, read: type[errors.ClientError], write: type[errors.ClientError]) -> None:
    assert type(from_transport(error, "x")) is read
    assert type(from_transport(error, "x", write=True)) is write


def test_http_status_is_kept() -> None:
    assert from_transport(http.client.HTTPException("503 Service Unavailable"), "x").status == 503


# -- what the property collector leaves out ----------------------------------------------------------------------------


def answer(fault: Any) -> Any:
    types = vmodl.query.PropertyCollector
    return types.ObjectContent(
        obj=VM,
        propSet=[vmodl.DynamicProperty(name="name", val="web")],
        missingSet=[types.MissingProperty(path="guest.net", fault=fault)],
    )


def test_hidden_property_is_told_with_its_fault() -> None:
    denied = vim.fault.NoPermission(object=VM, privilegeId="System.Read")
    found = _found(answer(denied))
    assert (found.thing, found.props, list(found.missing.values())) == (VM, {"name": "web"}, [denied])


@pytest.mark.parametrize(
    ("fault", "privilege"),
    [
        (vim.fault.NoPermission(object=VM, privilegeId="System.Read"), "System.Read"),
        (vim.fault.NoPermission(), ""),
        (vmodl.fault.SystemError(), ""),
    ],
)
def test_what_is_kept_back_is_plain_data(fault: Any, privilege: str) -> None:
    assert kept_back("guest.net", fault) == {
        "path": "guest.net",
        "privilege": privilege,
        "fault": type(fault).__name__.rsplit(".", 1)[-1],
    }


def test_every_missing_privilege_is_named_once() -> None:
    missing = vim.fault.NoPermission.EntityPrivileges(entity=VM, privilegeIds=["System.Read", "System.View"])
    fault = vim.fault.NoPermission(object=VM, privilegeId="System.Read", missingPrivileges=[missing, missing])
    assert kept_back("snapshot", fault)["privilege"] == "System.Read, System.View"


def test_properties_missing_for_want_of_a_session_are_no_answer() -> None:
    with pytest.raises(vim.fault.NotAuthenticated):
        _found(answer(vim.fault.NotAuthenticated(object=VM, privilegeId="System.Read")))


# -- settings ----------------------------------------------------------------------------------------------------------


def test_password_is_not_shown() -> None:
    assert "pa55-word" not in repr(SETTINGS)


@pytest.mark.parametrize(
    ("changes", "expected", "named"),
    [
        ({"hostname": ""}, errors.InvalidRequest, "VMWARE_HOST"),
        ({"username": ""}, errors.AuthenticationFailed, "VMWARE_USER"),
        ({"password": ""}, errors.AuthenticationFailed, "VMWARE_PASSWORD"),
        ({"vcenter_ca_path": "/does/not/exist.pem"}, errors.UntrustedCertificate, "vcenter_ca_path"),
    ],
)
def test_settings_that_cannot_work(changes: dict[str, str], expected: type[errors.ClientError], named: str) -> None:
    values = {"hostname": "localhost", "username": "me", "password": "x"} | changes
    with VcenterClient(VcenterSettings(**values)) as client, pytest.raises(expected) as caught:  # type: ignore[arg-type]
        client.about()
    assert named in caught.value.remedy


def test_certificates_are_checked_unless_told_otherwise() -> None:
    assert tls_context(SETTINGS, 5).verify_mode is ssl.CERT_REQUIRED
    assert tls_context(SETTINGS, 5).check_hostname
    unchecked = VcenterSettings(hostname="h", username="u", password="p", validate_certs=False)
    assert tls_context(unchecked, 5).verify_mode is ssl.CERT_NONE


def test_without_pyvmomi() -> None:
    """In an interpreter of its own: here the library is loaded already."""
    script = """
import sys
sys.modules["pyVim"] = None
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import MissingLibrary
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter import VcenterClient, VcenterSettings
assert "pyVmomi" not in sys.modules
try:
    VcenterClient(VcenterSettings(hostname="h", username="u", password="p")).about()
except MissingLibrary as error:
    print(error.remedy)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "pip install pyvmomi" in done.stdout
