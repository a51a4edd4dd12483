# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection's own PowerShell scripts throw: their ids, as they stand in plugins/plugin_utils/powershell."""

from __future__ import annotations

from .entry import Row, table

_ROWS: dict[str, Row] = {
    "DiskNotFound": (
        "the disk of the virtual machine is not where it was put",
        "Run again; it is unpacked anew. See what removes files from the volume",
        "later",
    ),
    "FileInUse": (
        "another program, or an earlier run that goes on there, holds the file",
        "Wait until it has ended, then run again",
        "later",
    ),
    "HashMismatch": (
        "what arrived on the host is not the file that is asked for, and was thrown away",
        "Compare sha256 with the publisher's value of today: each release has another. If it is right, something on "
        "the way changes the file, a proxy for instance",
        "no",
    ),
    "InstallerMissing": (
        "the folder of the installer does not hold its script",
        "Give the zip as Microsoft publishes it, or correct installer.folder",
        "no",
    ),
    "InstallerRunning": (
        "the installer is at work already",
        "Run again: it is waited for",
        "later",
    ),
    "NoMemory": (
        "the node has not enough free memory for the virtual machine",
        "Free memory on the node, or run the task on another node",
        "after_repair",
    ),
    "NoSpace": (
        "the volume has not enough free space",
        "Free space, or name another volume",
        "after_repair",
    ),
    "NotAnArchive": (
        "the file is no zip archive, or one whose entries lead out of its folder",
        "Give the file as it was downloaded",
        "no",
    ),
    "SourceNotFound": (
        "the host does not find the file, or cannot reach the place where it is",
        "Check the path or address as seen from the host, its name resolution, and its way there (a proxy, a firewall)",
        "no",
    ),
    "SwitchNotFound": (
        "the node has no virtual switch of this name",
        "Correct switch; every node of the cluster must have it",
        "no",
    ),
    "VmDiffers": (
        "a virtual machine of that name exists that this collection did not make",
        "Choose another name, or remove that one yourself",
        "no",
    ),
    "VmElsewhere": (
        "another node owns the virtual machine",
        "Run again; it has moved in the meantime",
        "later",
    ),
    "WrongCertificate": (
        "the certificate file does not hold the certificate of that thumbprint with its private key",
        "Give the PFX file of that certificate, or correct thumbprint",
        "no",
    ),
    "WrongOffset": (
        "something else has sent to the same file",
        "Let one run at a time work on a host, then run again",
        "later",
    ),
    "WrongPassword": (
        "the certificate file cannot be opened with its password",
        "Correct certificate_password; if it is right, see whether the file is a PFX file",
        "no",
    ),
}

SCRIPTS = table(_ROWS)
