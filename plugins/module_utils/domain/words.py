# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service's words for ours, both ways."""

from __future__ import annotations

from collections.abc import Mapping

SECURITY_OPTION: Mapping[str, str] = {
    "none": "None",
    "secure_boot": "SecureBootEnabled",
    "trusted_launch": "TrustedLaunch",
}
OS_TYPE: Mapping[str, str] = {"windows": "WindowsGuest", "linux": "LinuxGuest"}


def security(option: str) -> str:
    """Our word for a securityOption; a word we do not know stays as it is, so that it shows as a difference."""
    return next((ours for ours, theirs in SECURITY_OPTION.items() if theirs.lower() == option.lower()), option)


def os_type(value: str) -> str:
    """Windows and Linux in any of the spellings seen: linuxGuest, WindowsGuest, Linux."""
    word = value.lower()
    return next((ours for ours in OS_TYPE if word.startswith(ours)), value)


# Tasks of a planned failover (control-plane §2.7, recorded). Before PREPARING nothing exists on the target.
SHUTDOWN_TASK = "Turning off resource on primary"
PREPARING_TASK = "Preparing protected entities"
TURNING_ON_TASK = "Turning on resource on recovery"
