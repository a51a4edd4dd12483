# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report for machines: the model itself with its figures, under a versioned schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .report_figures import as_dict as figures_dict
from .report_figures import figures
from .report_model import SCHEMA, SCHEMA_VERSION, as_dict, read


def render_json(data: Mapping[str, Any]) -> str:
    report = read(data)
    whole = {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "figures": figures_dict(figures(report.vms)),
        **as_dict(report),
    }
    return json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
