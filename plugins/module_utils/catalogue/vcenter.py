# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of vCenter, by the name of their type in the vSphere API [S]. A fault that is not here is known by its base."""

from __future__ import annotations

from .entry import Row, table

_RUN_AGAIN = "Nothing was changed by this attempt; run again when the other change is over"
_HOST = "See in vCenter whether the ESXi host is connected and answers"
_SNAPSHOT = "Look at the task in vCenter: free space on the datastore, other snapshots, disks that forbid them"

_ROWS: dict[str, Row] = {
    # who we are
    "InvalidLogin": (
        "user name or password is wrong",
        "Check username (VMWARE_USER), with its domain, and password",
        "no",
    ),
    "NoClientCertificate": ("vCenter wants a certificate", "Sign in with user name and password", "no"),
    "PasswordExpired": (
        "the password has expired",
        "Set a new password for the account in vCenter Single Sign-On",
        "after_repair",
    ),
    "NotAuthenticated": ("the session ended", "Run again", "later"),
    "NoPermission": (
        "the account lacks a privilege on an object",
        "Give the account a role in vCenter with the privilege that the message names",
        "after_repair",
    ),
    "RestrictedVersion": (
        "the licence of the ESXi host forbids changes through the API",
        "Give the ESXi host a licence that permits them",
        "after_repair",
    ),
    "LicenseRestricted": ("a licence forbids it", "Look at the licences in vCenter", "after_repair"),
    "NotEnoughLicenses": ("no licence is left for it", "Look at the licences in vCenter", "after_repair"),
    # what is there
    "ManagedObjectNotFound": (
        "the object is gone",
        "It was removed or registered anew since it was read; run again",
        "later",
    ),
    "FileNotFound": (
        "a file of the virtual machine is not on its datastore",
        "See in vCenter whether the datastore is there and the virtual machine's files are on it",
        "after_repair",
    ),
    "DuplicateName": ("the name is taken", "Choose another name, or rename the object that has it", "no"),
    "AlreadyExists": ("it exists already", "Look at what is there; running the same step again does that", "later"),
    # its state
    "ConcurrentAccess": ("somebody else changed it at the same time", _RUN_AGAIN, "later"),
    "TaskInProgress": (
        "another task holds the virtual machine",
        f"A snapshot of the appliance or a backup holds it. {_RUN_AGAIN}",
        "later",
    ),
    "RemoveFailed": (
        "somebody still has the role",
        "Take it off its users and groups (in the vSphere Client: Permissions), or leave it out; this run's account may have it",
        "after_repair",
    ),
    "ResourceInUse": ("something else uses it", _RUN_AGAIN, "later"),
    "FileLocked": (
        "a file of the virtual machine is locked",
        "Find who holds it: a backup, another ESXi host, or another virtual machine with the same disk",
        "after_repair",
    ),
    "InvalidPowerState": (
        "the power state does not permit it",
        "Bring the virtual machine into the power state that the operation needs",
        "after_repair",
    ),
    "InvalidState": (
        "the state of the object does not permit it",
        "Look at the object in vCenter, mend what is named, then run again",
        "after_repair",
    ),
    "MethodDisabled": (
        "something has disabled this operation on the object for now",
        "See in vCenter which task or solution works on the object, then run again",
        "later",
    ),
    "QuestionPending": (
        "the virtual machine waits for an answer",
        "Answer the pending question in vCenter, then run again",
        "after_repair",
    ),
    "ToolsUnavailable": (
        "VMware Tools do not run in the guest, so it cannot be asked to shut down",
        "Start or install VMware Tools, shut the guest down from inside, or allow force_power_off",
        "after_repair",
    ),
    # what was asked
    "InvalidName": ("the name is not legal", "Give a name of at most 80 characters", "no"),
    "InvalidArgument": ("a value of the request is not accepted", "Correct the value that the message names", "no"),
    "InvalidType": ("this vCenter does not know a type of the request", "See which vSphere version it runs", "no"),
    "NotSupported": ("it is not supported", "This vCenter or host does not support the operation", "no"),
    "NotImplemented": ("it is not supported", "This vCenter or host does not support the operation", "no"),
    "OvfFault": (
        "vCenter cannot use the OVF descriptor, or not on that host",
        "Compare what the message names with the host's version and hardware; download the file again if it is damaged",
        "no",
    ),
    "MethodNotFound": ("it is not supported", "This vCenter or host does not support the operation", "no"),
    "InvalidProperty": ("this vCenter does not know a property", "See which vSphere version it runs", "no"),
    "CpuHotPlugNotSupported": (
        "CPU cannot be changed while it runs",
        "Shut the virtual machine down before the change",
        "after_repair",
    ),
    "MemoryHotPlugNotSupported": (
        "memory cannot be changed while it runs",
        "Shut the virtual machine down before the change",
        "after_repair",
    ),
    "VmConfigFault": (
        "the configuration of the virtual machine does not permit it",
        "Mend what the message names in the virtual machine's settings",
        "after_repair",
    ),
    # how it fares
    "InsufficientResourcesFault": (
        "the host or cluster has no resources left for it",
        "Free memory, CPU or reservations of the cluster, then run again",
        "after_repair",
    ),
    "NoDiskSpace": ("the datastore is full", "Free space on the datastore, then run again", "after_repair"),
    "SnapshotFault": ("a snapshot could not be taken or removed", _SNAPSHOT, "after_repair"),
    "ApplicationQuiesceFault": (
        "the guest could not be brought to rest for a snapshot",
        "Look at the guest's events (VSS writers, VMware Tools), then run again",
        "after_repair",
    ),
    "HostConnectFault": (
        "nothing that is vCenter answers there",
        "Check hostname, port and that a vCenter answers there",
        "no",
    ),
    "HostNotConnected": ("vCenter has no connection to the ESXi host", _HOST, "after_repair"),
    "HostNotReachable": ("vCenter cannot reach the ESXi host", _HOST, "after_repair"),
    "HostCommunication": ("vCenter and the ESXi host do not understand each other", _HOST, "after_repair"),
    "Timedout": ("vCenter did not finish in time", "Look at the task in vCenter, then run again", "later"),
    "RequestCanceled": ("somebody cancelled the task", "Find out who, then run again", "later"),
    "SystemError": (
        "vCenter failed",
        "Run again; if it stays, look at vCenter's own logs (vpxd) at the time of the message",
        "later",
    ),
}

VCENTER = table(_ROWS)
