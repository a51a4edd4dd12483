# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vSphere's spelling of names: three characters are stored as escapes, everything else as it is."""

from __future__ import annotations

import re

_ESCAPED = {"2f": "/", "5c": "\\", "25": "%"}
_ESCAPES = {character: f"%{code}" for code, character in _ESCAPED.items()}


def decode(name: str) -> str:
    """The name as people see it."""
    return re.sub("%(2f|5c|25)", lambda match: _ESCAPED[match[1].lower()], name, flags=re.IGNORECASE)


def encode(name: str) -> str:
    """The name as the API wants it."""
    return re.sub(r"[/\\%]", lambda match: _ESCAPES[match[0]], name)
