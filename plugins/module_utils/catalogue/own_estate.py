# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own codes about the first and the last day of a programme: which rights it needs, and what it leaves behind."""

from __future__ import annotations

from .entry import Row, table

_ROWS: dict[str, Row] = {
    "estate_locked": (
        "a lock of somebody else's stands over what is to be removed",
        "Have its owner take the lock away, then run again",
        "after_repair",
    ),
    "estate_name_unknown": (
        "a name is not in the list of what the programme leaves behind",
        "Take names or ids as the list has them; by its id it is seen that something is gone already",
        "no",
    ),
    "estate_not_safe": (
        "what is named is not to be removed by this step",
        "Do what the message says of it first, or leave it out",
        "after_repair",
    ),
    "estate_order": (
        "something else has to go before what is named",
        "Name that too, or remove it first",
        "no",
    ),
    "no_graph": (
        "this cloud names no address of Microsoft Graph",
        "Remove the applications of the appliances by hand; the list has the commands",
        "no",
    ),
    "rights_missing": (
        "rights are missing that a phase needs",
        "Give the identity in Azure and the account in vCenter the rights that the message names (docs/least-privilege.md). An "
        "identity may be narrower where what it would make is there already: azlocal_check_rights: false, playbook prepare",
        "after_repair",
    ),
}

OWN_ESTATE = table(_ROWS)
