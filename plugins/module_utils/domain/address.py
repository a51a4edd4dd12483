# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of an address may be told: a query may hold a token (SAS), and what stands before the host a password."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"\w+://\S+")
SECRET = re.compile(r"(?<=://)[^/?#]*@|[?#].*", re.DOTALL)


def shown(source: str) -> str:
    """Without user, query and fragment. What is no address, as a share or a path, stays as it is."""
    return SECRET.sub("", source) if "://" in source else source


def hidden(text: str, source: str) -> str:
    """A message about ``source``, in which no address tells more than may be told."""
    text = text.replace(source, shown(source)) if source else text
    return _ADDRESS.sub(lambda found: shown(found[0]), text)
