# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole catalogue: a code and what it means. docs/errors.md is made of it."""

from __future__ import annotations

from .arm import ARM
from .entra import ENTRA
from .entry import Meaning
from .hosts import HOSTS
from .own_appliance import OWN_APPLIANCE
from .own_estate import OWN_ESTATE
from .own_prepare import OWN_PREPARE
from .own_run import KINDS, OWN_RUN
from .own_source_appliance import OWN_SOURCE_APPLIANCE
from .own_vm import OWN_VM, PHASES
from .replication import REPLICATION
from .scripts import SCRIPTS
from .vcenter import VCENTER

SYSTEMS: dict[str, dict[str, Meaning]] = {
    "Kinds of errors": KINDS,
    "Phases of a VM": PHASES,
    "This collection, of a VM": OWN_VM,
    "This collection, of a run": OWN_RUN,
    "This collection, of preparing": OWN_PREPARE,
    "This collection, the source appliance on vCenter": OWN_SOURCE_APPLIANCE,
    "This collection, inside an appliance": OWN_APPLIANCE,
    "This collection, rights and what is left behind": OWN_ESTATE,
    "Replication service and appliances": REPLICATION,
    "Azure Resource Manager": ARM,
    "Microsoft Entra": ENTRA,
    "vCenter": VCENTER,
    "Azure Local hosts": HOSTS,
    "Our scripts on hosts and appliances": SCRIPTS,
}

_EXACT = {code: meaning for rows in SYSTEMS.values() for code, meaning in rows.items()}
# Others are not strict about case; ours is all lower case, and our phase "conflict" is not Azure's code "Conflict".
_FOLDED = {code.lower(): meaning for code, meaning in _EXACT.items() if code != code.lower()}


def find(code: str) -> Meaning | None:
    """What this code means. Nothing for one that we do not know."""
    return _EXACT.get(code) or _FOLDED.get(code.lower())
