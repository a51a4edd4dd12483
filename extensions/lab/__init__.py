# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rehearsal lab: Azure, vCenter and Azure Local host simulators over one simulated world.

It imports nothing from ``plugins/``: it is an independent witness of what the collection does.
"""
