# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pseudonyms of addresses: still addresses, but of ranges that are nobody's (RFC 2544, RFC 3849)."""

from __future__ import annotations

import ipaddress
import re

_IPV4 = re.compile(r"(?<![\w.])(\d{1,3})(\.\d{1,3}){3}(?![\w]|\.\d)")
_MAC = re.compile(r"(?<![0-9a-f:-])([0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![0-9a-f:-])", re.IGNORECASE)
_IPV6 = re.compile(
    r"(?<![0-9a-z:.])[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:]*(\d{1,3}(\.\d{1,3}){3})?(?![0-9a-z])", re.IGNORECASE
)
_NOBODYS = re.compile(r"^(0\.0\.0\.0|127\.0\.0\.1|255\.\d+\.\d+\.\d+)$")


class Addresses:
    """Each address gets the next free one, so that no two of them fall together."""

    def __init__(self) -> None:
        self._made: dict[str, dict[str, int]] = {}

    def replace(self, word: str) -> str | None:
        """The word with its addresses replaced, or None where it is more, or other, than addresses and a prefix."""
        for pattern, make in ((_MAC, self._mac), (_IPV4, self._ipv4), (_IPV6, self._ipv6)):
            found = pattern.search(word)
            if found is None or not re.fullmatch(r"(/\d{1,3}|:\d{1,5})?", word[found.end() :]) or found.start():
                continue
            made = make(found[0])
            if made is not None:
                return made + word[found.end() :]
        return None

    def vlan(self, number: int) -> int:
        """Another number for a VLAN."""
        return 1 + self._number("vlan", str(number)) % 4094

    def _number(self, kind: str, value: str) -> int:
        made = self._made.setdefault(kind, {})
        return made.setdefault(value, len(made))

    def _mac(self, mac: str) -> str:
        number = self._number("mac", re.sub(r"[:-]", "", mac.lower()))
        made = mac[2].join(f"{byte:02x}" for byte in (2 << 40 | number).to_bytes(6, "big"))
        return made.upper() if mac.upper() == mac else made

    def _ipv4(self, address: str) -> str | None:
        try:
            known = str(ipaddress.IPv4Address(address))
        except ValueError:
            return None
        if _NOBODYS.match(known):
            return address
        return str(ipaddress.IPv4Address("198.18.0.1") + self._number("ipv4", known))

    def _ipv6(self, address: str) -> str | None:
        try:
            known = ipaddress.IPv6Address(address)
        except ValueError:
            return None
        return (
            address if int(known) <= 1 else str(ipaddress.IPv6Address("2001:db8::1") + self._number("ipv6", str(known)))
        )
