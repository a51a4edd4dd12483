# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a VM may be called on Azure Local."""

from __future__ import annotations

import re
import unicodedata

from .problem import Problem

LONGEST = 64
_LEGAL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?", re.ASCII)
# Words Azure keeps for itself: as a whole name, anywhere in it, or at its start. Case does not matter.
_RESERVED_WORDS = """
    ACCESS APP_CODE APP_THEMES APP_DATA APP_GLOBALRESOURCES APP_LOCALRESOURCES APP_WEBREFERENCES APP_BROWSERS AZURE
    BING BIZSPARK BIZTALK CORTANA DIRECTX DOTNET DYNAMICS EXCEL EXCHANGE FOREFRONT GROOVE HOLOLENS HYPERV KINECT LYNC
    MSDN O365 OFFICE OFFICE365 ONEDRIVE ONENOTE OUTLOOK POWERPOINT SHAREPOINT SKYPE VISIO VISUALSTUDIO
    """
RESERVED = frozenset(_RESERVED_WORDS.split())
FORBIDDEN_WITHIN = ("MICROSOFT", "WINDOWS")
FORBIDDEN_START = ("LOGIN", "XBOX")


def legal_target_name(name: str) -> list[Problem]:
    """Every reason why Azure would refuse the name; empty where it is fine."""
    upper = name.upper()
    reasons = []
    if not name:
        reasons.append("it is empty")
    elif len(name) > LONGEST:
        reasons.append(f"it has {len(name)} characters, {LONGEST} are allowed")
    elif not _LEGAL.fullmatch(name):
        reasons.append("only letters, digits and hyphens are allowed, and it must start and end with a letter or digit")
    if upper in RESERVED:
        reasons.append("Azure reserves this word")
    reasons += [f"Azure reserves {word} anywhere in a name" for word in FORBIDDEN_WITHIN if word in upper]
    reasons += [f"Azure reserves names that start with {word}" for word in FORBIDDEN_START if upper.startswith(word)]
    return [
        Problem(
            code="name_rules",
            severity="block",
            text=f"Azure refuses {name!r} as the name of the target VM: {reason}",
            remedy="set target_vm_name to a name that follows Azure's rules",
            field="target_vm_name",
        )
        for reason in reasons
    ]


def make_legal(name: str) -> str:
    """The nearest name with legal characters and length. Reserved words stay: only a person may choose another name."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    dashed = re.sub(r"[^A-Za-z0-9]+", lambda run: "-" * run.group().count("-") or "-", plain)
    return dashed.strip("-")[:LONGEST].rstrip("-")
