# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own codes about what is inside an appliance: its Windows, the installer, the VDDK, its Entra application."""

from __future__ import annotations

from .entry import Row, table

_LOGS = "Look at C:\\ProgramData\\azlocal.migrate\\installer and at the logs of Azure Migrate on the appliance, then run again"

_ROWS: dict[str, Row] = {
    "appliance_in_use": (
        "the appliance is registered, so its software is not removed",
        "Stop or complete its replications, then set force to true",
        "after_repair",
    ),
    "appliance_kind": (
        "the appliance was set up in a way that Azure Local does not support",
        "Remove its software with state removed, then set it up again",
        "after_repair",
    ),
    "appliance_licence": (
        "the evaluation licence of the appliance's Windows has ended",
        "Deploy a new appliance: activating this one afterwards does not repair it",
        "after_repair",
    ),
    "appliance_no_effect": (
        "a step was done and the appliance does not show it",
        "See on the appliance what undoes it (a policy, a person, another run), then run again",
        "after_repair",
    ),
    "appliance_role": (
        "the host is the other one of the two appliances",
        "Run this against the right host, or correct role",
        "no",
    ),
    "appliance_windows": (
        "this Windows cannot be an appliance",
        "Use Windows Server 2022 or 2025 with the desktop experience",
        "no",
    ),
    "entra_app_other": (
        "the appliance is registered with another Entra application",
        "Give that application; for another one, remove the software with state removed and register anew",
        "no",
    ),
    "entra_app_shared": (
        "two appliances would have the same Entra application",
        "Register a second application: each appliance needs its own",
        "no",
    ),
    "entra_certificate": (
        "the certificate of the Entra application cannot be used on the appliance",
        "Give the PFX file with its private key, of a certificate that has not expired",
        "no",
    ),
    "installer_arguments": ("the installer does not take its arguments", _LOGS, "after_repair"),
    "installer_asks": (
        "the installer asks something that is not known here, and waits",
        "Restart the appliance, which ends the installer; run the installer there by hand, or give another version of it",
        "after_repair",
    ),
    "installer_cleanup": (
        "the installer could not remove what was there before",
        "Remove the Azure Migrate programs on the appliance by hand, restart it, then run again",
        "after_repair",
    ),
    "installer_failed": ("the installer ended with a code that nobody has described", _LOGS, "after_repair"),
    "installer_files": ("the installer could not write its settings", _LOGS, "after_repair"),
    "installer_hash": (
        "the unpacked installer is not the one that is asked for",
        "Unpack the installer again, or correct its sha256",
        "no",
    ),
    "installer_iis": (
        "the installer could not set IIS up",
        "See whether Windows can install the role Web Server (source files, policies), then run again",
        "after_repair",
    ),
    "installer_interrupted": (
        "the installer was cut off, as by a restart of the machine",
        "Run again: it is started anew",
        "later",
    ),
    "installer_missing": (
        "the software of the appliance is missing, or is to be removed, and there is no installer",
        "Give installer, or deploy the appliance from its image",
        "no",
    ),
    "installer_msi": ("a package of the installer could not be installed", _LOGS, "after_repair"),
    "installer_powershell": (
        "the installer needs the 64-bit Windows PowerShell, 4.0 or later",
        "Use a Windows Server that has it",
        "after_repair",
    ),
    "installer_registry": (
        "the installer could not write the registry",
        "Connect as a local administrator, and see what a policy forbids, then run again",
        "after_repair",
    ),
    "installer_scenario": (
        "the installer does not know the scenario that it is given",
        "Give a current AzureMigrateInstaller.zip",
        "no",
    ),
    "installer_windows": (
        "the installer does not support this Windows",
        "Use Windows Server 2022 or 2025 with the desktop experience, and nothing of Azure Site Recovery on it",
        "no",
    ),
    "installer_winrm": (
        "the installer could not set WinRM up",
        "See what a policy sets for WinRM on the appliance (trusted hosts, envelope size), then run again",
        "after_repair",
    ),
    "proxy_credentials": (
        "the address of the proxy holds a user or a password",
        "Leave both out, and type them into the appliance's configuration manager",
        "no",
    ),
    "vcenter_password_unfit": (
        "the password of the vCenter account holds a character that the appliance cannot take",
        "Give the account a password of ASCII characters without any of & ; \" ' ^ \\ % < >",
        "no",
    ),
    "vddk_in_the_way": (
        "the folder of the VDDK holds another one that was not replaced",
        "Stop the services of the appliance, remove the folder, then run again",
        "after_repair",
    ),
    "vddk_unlike": (
        "the zip is not the VDDK for Windows",
        "Give the zip of VDDK 8.0.2 for Windows as Broadcom has it, not packed anew",
        "no",
    ),
    "vddk_version": (
        "this version of the VDDK is not supported",
        "Fetch VDDK 8.0.2 for Windows from Broadcom",
        "no",
    ),
}

OWN_APPLIANCE = table(_ROWS)
