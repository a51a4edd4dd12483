# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of cutover: batch form; each look is a tick of the verb itself, which also takes what is due."""

from __future__ import annotations

from ansible_collections.azlocal.migrate.plugins.plugin_utils import role_options
from ansible_collections.azlocal.migrate.plugins.plugin_utils.batch import BatchAction


class ActionModule(BatchAction):
    takes = frozenset(role_options.PROJECT + role_options.WAIT + role_options.SHUTDOWN)
    asks_hosts = "always"
