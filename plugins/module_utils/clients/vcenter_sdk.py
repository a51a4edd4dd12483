# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pyVmomi, imported when it is first needed and not before.

Loading it costs a tenth of a second and some tens of megabytes; a module that only talks to Azure must not pay that,
and a controller without it must get a sentence, not a traceback.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from .errors import MissingLibrary


@dataclass(frozen=True)
class Sdk:
    """The three names of pyVmomi that we use. Untyped on purpose: its older releases have no type information."""

    vim: Any
    vmodl: Any
    connect: Any


@functools.cache
def sdk() -> Sdk:
    """pyVmomi, or a MissingLibrary that says how to get it."""
    try:
        from pyVim import connect
        from pyVmomi import vim, vmodl
    except ImportError as error:
        raise MissingLibrary(
            f"Talking to vCenter needs the Python library pyvmomi, which cannot be imported: {error}",
            code="MissingLibrary",
            remedy="Install pyvmomi for the Python interpreter that runs this: python -m pip install pyvmomi",
            operation="loading pyvmomi",
        ) from error
    return Sdk(vim=vim, vmodl=vmodl, connect=connect)


def moid(managed_object: Any) -> str:
    """The id of a managed object, "" for none."""
    return "" if managed_object is None else str(managed_object._GetMoId())


def kind(thing: Any) -> str:
    """The unqualified type name of a vim object, as the vSphere reference spells it."""
    return type(thing).__name__.rsplit(".", 1)[-1]
