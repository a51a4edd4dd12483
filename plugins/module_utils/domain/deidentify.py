# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replies without the tenant in them: the same structure, and every identifier replaced by a made-up one.

What stays is what is known to belong to the services (`known_words`), numbers, times and versions. Every other word
becomes a pseudonym of the same shape, because what we do not know must not leak. An identifier has one pseudonym in
one run, in any case and wherever it stands, so that one still sees what refers to what.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, unquote

from .deidentify_addresses import Addresses
from .known_words import FIXED_NAMES, PHRASES, SUFFIXES, WORDS

# Fields that hold a name, whatever words it is made of, spaces and all.
_NAMES = frozenset(
    "name displayname networkname objectname objectinternalname objectinternalid fabricobjectname targetvmname sourcevmname "
    "hostname clustername datacenterscope vmfqdn vcenterfqdn machinename appliancename appname sourceappliancename "
    "targetappliancename folder host network datastore owner createdby lastmodifiedby username user".split()
)
_VERSIONS = frozenset("version versionnumber hostversion build api_version agentversion vmwaretoolsversion".split())
# Whole numbers written as text that count something.
_COUNTS = re.compile(r"count$|^servers|machines$|^x-ms-ratelimit|^retry-after$|^(nicid|used|available|key)$")
_VLANS = frozenset({"vlan", "vlanid"})
_VERSION = re.compile(r"v?\d+(\.\d+){0,3}")
_KEPT = re.compile(
    r"""
    \d{4}-\d\d-\d\d(-preview)?                                        # api-version, date
    | \d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)?  # moment
    | \d{1,2}/\d{1,2}/\d{4}\ \d{1,2}:\d\d:\d\d\ [AP]M
    | [A-Z][a-z]{2},\ \d\d\ [A-Z][a-z]{2}\ \d{4}\ \d\d:\d\d:\d\d\ GMT
    | (scsi|nvme|ide|sata)\d{1,2}:\d{1,3}                             # a disk's place
    | (Hard\ disk|Network\ adapter)\ \d{1,3}
    """,
    re.VERBOSE,
)
_BETWEEN = re.compile(r"([\s\"'`,;()\[\]{}<>|]+)")
_LOOKED_AT = re.compile(r"[^\s\"'`,;()\[\]{}<>|/\\=?&:@]+")
_GUID = re.compile(r"(?<![0-9a-f])[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}(?![0-9a-f])", re.IGNORECASE)
_NO_GUID = "0" * 32
_PIECES = re.compile(r"([-_.])")
# What dotted names of the services begin with; any other dotted name may be a host's.
_NAMESPACES = frozenset({"microsoft", "vim", "vmodl", "properties"})
# Public hosts that every tenant has; the part before them is the tenant's.
_PUBLIC = re.compile(
    r"^(?P<own>.*?)(?P<public>(^|\.)(management\.azure\.com|login\.microsoftonline\.com|login\.windows\.net|vault\.azure\.net"
    r"|(blob|table|queue)\.core\.windows\.net|aka\.ms|microsoft\.com|azure\.com|windowsazure\.com))$",
    re.IGNORECASE,
)
_LETTERS, _HEX, _DIGITS = "abcdefghijklmnopqrstuvwxyz", "0123456789abcdef", "0123456789"
_LONG_FIRST = sorted(SUFFIXES, key=len, reverse=True)
_LONG = 4  # an identifier this long must not turn up in a pseudonym by chance


class Deidentifier:
    """First `learn` everything, then `clean` it. ``key`` makes the pseudonyms; nobody who lacks it can undo them."""

    def __init__(self, key: bytes, roots: Iterable[str] = ()) -> None:
        self._key = key
        self._known: set[str] = set()
        self._roots = sorted({root.lower() for root in roots if len(root) >= _LONG}, key=len, reverse=True)
        self._known.update(self._roots)
        self._made: dict[str, str] = {}
        self._used: set[str] = set()
        self._addresses = Addresses()
        self._phrases: re.Pattern[str] | None = None
        self._long: tuple[str, ...] = ()

    # -- learning --------------------------------------------------------------------------------------------------

    def learn(self, tree: Any, field: str = "") -> None:
        """Note the identifiers of a tree, so that they are known wherever else they turn up."""
        if isinstance(tree, dict):
            for name, value in tree.items():
                self.learn(value, str(name))
        elif isinstance(tree, list | tuple):
            for value in tree:
                self.learn(value, field)
        elif isinstance(tree, str):
            inner = _as_json(tree)
            if inner is not None:
                self.learn(inner)
            elif _is_id(tree):
                self.know(*_names_in_id(tree))
            elif field.lower() in _NAMES and not _is_kept(tree) and tree.lower() not in PHRASES:
                self.know(tree, *re.split(r"[/\\]", tree))

    def know(self, *identifiers: str) -> None:
        """Note these identifiers. Names that every tenant has, and what is no word at all, are none."""
        for identifier in identifiers:
            low = identifier.strip().lower()
            plain = any(sign.isalnum() for sign in low) and not _GUID.fullmatch(low)
            if plain and low not in FIXED_NAMES and self._addresses.replace(low) is None:
                self._known.add(low)
        self._phrases, self._long = None, ()

    # -- cleaning --------------------------------------------------------------------------------------------------

    def clean(self, tree: Any, field: str = "") -> Any:
        """The same tree without identifiers."""
        if isinstance(tree, dict):
            return {self._field(str(name)): self.clean(value, str(name)) for name, value in tree.items()}
        if isinstance(tree, list | tuple):
            return [self.clean(value, field) for value in tree]
        if isinstance(tree, str):
            return self._value(tree, field.lower())
        if field.lower() in _VLANS and isinstance(tree, int) and not isinstance(tree, bool) and tree:
            return self._addresses.vlan(tree)
        return tree

    def told(self, text: str) -> set[str]:
        """Identifiers that a text still tells, as a last look before it is written. Short ones turn up by chance."""
        words = set(_LOOKED_AT.findall(text.lower()))
        return {word for word in words & self._known if len(word) >= _LONG} - WORDS

    def _field(self, name: str) -> str:
        return name if name.lower() in WORDS and name.lower() not in self._known else self._text(name)

    def _value(self, value: str, field: str) -> str:
        if field in _VERSIONS and _VERSION.fullmatch(value):
            return value
        if value.isascii() and value.isdigit() and len(value) <= 7 and _COUNTS.search(field):
            return value
        if value.lower() not in self._known and (_is_kept(value) or value.lower() in PHRASES):
            return value
        inner = _as_json(value)
        if inner is not None:
            return json.dumps(self.clean(inner))
        if field in _NAMES and not _is_id(value) and _BETWEEN.search(value):
            return "".join(part if part in "/\\" else self._named(part) for part in re.split(r"([/\\])", value))
        return self._text(value)

    def _text(self, text: str) -> str:
        """Free text: known names with spaces in them first, then word by word."""
        pieces = self._phrase_pattern().split(text)
        return "".join(self._named(piece) if number % 2 else self._words(piece) for number, piece in enumerate(pieces))

    def _phrase_pattern(self) -> re.Pattern[str]:
        if self._phrases is None:
            several = sorted((name for name in self._known if _BETWEEN.search(name)), key=len, reverse=True)
            inner = "|".join(map(re.escape, several))
            self._phrases = re.compile(rf"(?<!\w)({inner})(?!\w)" if several else r"(?!)()", re.IGNORECASE)
        return self._phrases

    def _words(self, text: str) -> str:
        parts = enumerate(_BETWEEN.split(text))  # every other one is what stands between words
        return "".join(self._word(part) if part and not number % 2 else part for number, part in parts)

    def _word(self, word: str) -> str:
        """One word, and the punctuation around it."""
        if word.isascii() and not any(sign.isalnum() for sign in word):
            return word
        if word.lower() in self._known:
            return self._named(word)
        bare = word.rstrip(".:!?")
        if bare != word:
            return self._word(bare) + word[len(bare) :] if bare else word
        name, equals, rest = word.partition("=")
        if equals and "://" not in name and "/" not in name:
            return f"{self._word(name) if name else ''}={self._word(rest) if rest else ''}"
        if _is_kept(word) or word.lower() in WORDS:
            return word
        return self._unknown(word)

    def _unknown(self, word: str) -> str:
        if "://" in word:
            return self._url(word)
        replaced = self._addresses.replace(word)
        if replaced is not None:
            return replaced
        if "/" in word:
            return self._path(word)
        if "\\" in word or "@" in word:
            local, sign, host = word.partition("@") if "@" in word else ("", "", word)
            named = (part if part == "\\" else self._named(part) for part in re.split(r"(\\)", local or host))
            return "".join(named) + sign + (self._host(host) if sign else "")
        public = _PUBLIC.match(word)
        if public:
            return self._named(public["own"]) + public["public"]
        if "." in word and not _GUID.search(word):
            labels = word.split(".")
            of_service = labels[0].lower() in _NAMESPACES and all(label.lower() in WORDS for label in labels)
            return word if of_service else ".".join(self._named(label) if label else "" for label in labels)
        return self._named(word)

    def _url(self, url: str) -> str:
        scheme, _slashes, rest = url.partition("://")
        place, mark, query = rest.partition("?")
        host, slash, path = place.partition("/")
        cleaned = f"{scheme if scheme.lower() in ('http', 'https') else self._named(scheme)}://{self._host(host)}"
        if slash:
            cleaned += quote(self._path(f"/{unquote(path)}"), safe="/:$@+,=~!*'()")
        pairs = (pair.partition("=") for pair in query.split("&"))
        told = (f"{self._field(key)}{sign}{quote(self._text(unquote(value)))}" for key, sign, value in pairs)
        return f"{cleaned}{mark}{'&'.join(told) if mark else ''}"

    def _host(self, host: str) -> str:
        name, colon, port = host.rpartition(":")
        return f"{self._word(name)}:{port}" if colon and port.isdigit() and name else self._word(host) if host else ""

    def _path(self, path: str) -> str:
        """Paths of Resource Manager by the place of each part; the parts of other paths as words."""
        names = set(_name_places(path))
        return "/".join(
            self._named(part) if number in names else self._word(part) if part else ""
            for number, part in enumerate(path.split("/"))
        )

    # -- pseudonyms ------------------------------------------------------------------------------------------------

    def _named(self, name: str) -> str:
        """A name as a whole; what it is made of is replaced part by part where those parts are known."""
        if not name or name.lower() in FIXED_NAMES:
            return name
        for replaced in (self._addresses.replace(name), self._composed(name)):
            if replaced is not None:
                return replaced
        return self._pseudonym(name)

    def _composed(self, name: str) -> str | None:
        """GUIDs, the roots (appliances, project, vault), or a known name as its beginning; None where it has none."""
        guid = _GUID.search(name)
        if guid:
            before, after = name[: guid.start()], name[guid.end() :]
            return self._beside(before) + self._guid(guid[0]) + self._beside(after)
        low = name.lower()
        root = next((root for root in self._roots if root in low and root != low), None)
        if root is not None:
            start = low.index(root)
            end = start + len(root)
            return self._beside(name[:start]) + self._pseudonym(name[start:end]) + self._beside(name[end:])
        parts = _PIECES.split(name)
        for count in range(len(parts) - 2, 0, -2):
            head = "".join(parts[:count])
            if head.lower() in self._known:
                return self._named(head) + "".join(map(self._piece, parts[count:]))
        return None

    def _beside(self, part: str) -> str:
        """What stands beside a part that was replaced: what the services add to names stays."""
        composed = self._composed(part) if _GUID.search(part) else None
        return composed if composed is not None else "".join(map(self._piece, _PIECES.split(part)))

    def _piece(self, piece: str) -> str:
        if piece in "-_." or piece.lower() in SUFFIXES:
            return piece
        suffix = next((suffix for suffix in _LONG_FIRST if piece.lower().endswith(suffix)), "")
        if suffix:
            return self._pseudonym(piece[: -len(suffix)]) + piece[-len(suffix) :]
        return self._named(piece)

    def _guid(self, guid: str) -> str:
        digits = guid.replace("-", "").lower()
        if digits == _NO_GUID:
            return guid
        made = iter(self._make(digits, guid=True))
        told = "".join(sign if sign == "-" else next(made) for sign in guid)
        return told.upper() if guid.upper() == guid else told

    def _pseudonym(self, name: str) -> str:
        low = name.lower()
        made = self._make(low)
        if len(low) != len(name) or len(made) != len(name):
            return made
        return "".join(new.upper() if old.isupper() else new for old, new in zip(name, made, strict=True))

    def _make(self, low: str, *, guid: bool = False) -> str:
        if low not in self._made:
            candidates = self._candidates(low, _HEX if guid else "")
            found = next(one for one in candidates if one != low and one not in self._used and not self._says(one))
            self._made[low] = found
            self._used.add(found)
        return self._made[low]

    def _candidates(self, low: str, alphabet: str) -> Iterator[str]:
        """Ever other words of the same shape; longer ones when the shape has too few."""
        if all(sign.isascii() and not sign.isalnum() for sign in low):
            low = "x"
        for attempt in itertools.count():
            shape = low + "x" * (attempt // 20)
            noise = self._noise(f"{attempt}:{low}")  # without end
            yield "".join(
                sign if sign.isascii() and not sign.isalnum() else _pick(byte, alphabet or _alphabet(sign))
                for sign, byte in zip(shape, noise, strict=False)
            )

    def _noise(self, seed: str) -> Iterator[int]:
        for block in itertools.count():
            yield from hmac.new(self._key, f"{block}:{seed}".encode(errors="replace"), hashlib.sha256).digest()

    def _says(self, candidate: str) -> bool:
        """Whether a pseudonym holds an identifier by chance."""
        if not self._long:
            self._long = tuple(name for name in self._known if len(name) >= _LONG)
        return any(name in candidate for name in self._long if len(name) <= len(candidate))


def _alphabet(sign: str) -> str:
    return _DIGITS if sign.isdigit() else _LETTERS


def _pick(noise: int, alphabet: str) -> str:
    return alphabet[noise % len(alphabet)]


def _is_kept(text: str) -> bool:
    return _KEPT.fullmatch(text) is not None


def _as_json(text: str) -> Any:
    """The object or list that a string holds, or None."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict | list) else None


def _name_places(path: str) -> Iterator[int]:
    """Which parts of a path are names a tenant chose, if it is a path of Resource Manager."""
    parts = [part.lower() for part in path.split("?")[0].split("/")]
    after_provider = -1
    for number, part in enumerate(parts):
        before = parts[number - 1] if number else ""
        if before in ("subscriptions", "resourcegroups") or (before == "locations" and after_provider < 0):
            yield number
        elif before == "providers":
            after_provider = number
        elif after_provider >= 0 and part != "providers" and (number - after_provider) % 2 == 0:
            yield number


def _is_id(text: str) -> bool:
    """Whether it is, or leads to, an id of Resource Manager."""
    low = text.lower()
    return "/subscriptions/" in low or "/providers/" in low


def _names_in_id(text: str) -> list[str]:
    """The names that a tenant chose in an id."""
    parts = text.partition("?")[0].split("/")
    found = [parts[number] for number in _name_places(text) if number < len(parts)]
    return [name for name in found if name and not _BETWEEN.search(name) and name.lower() not in WORDS | FIXED_NAMES]
