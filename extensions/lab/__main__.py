# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python extensions/lab ...`` and ``python -m lab ...``."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

if not __package__:
    # Run as a folder: relative imports would fail, and our folder "azure" would shadow Azure's SDK.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    runpy.run_module("lab", run_name="__main__", alter_sys=True)
    raise SystemExit

from .cli import main

raise SystemExit(main())
