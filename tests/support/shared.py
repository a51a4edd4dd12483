# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings and schemas that lie beside this repository. Where they are absent, the tests that need them skip."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def folder() -> Path:
    """``../shared/data`` from the repository's root, or AZLOCAL_SHARED/data."""
    return Path(os.environ.get("AZLOCAL_SHARED", ROOT.parent / "shared")) / "data"


def load(name: str) -> Any:
    """One JSON file of it; skips the test where it is not there."""
    path = folder() / name
    if not path.is_file():
        pytest.skip(f"{path} is not here: recordings and schemas are kept outside of this repository")
    return json.loads(path.read_text(encoding="utf-8"))
