# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own codes about what stands before a replication: project, infrastructure, appliances, connectivity, rights."""

from __future__ import annotations

from .entry import Row, table

_ROWS: dict[str, Row] = {}

OWN_PREPARE = table(_ROWS)
