# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a first contact read, and how a fact is judged by it. Plain data in, a verdict out.

What a judgement says is made of our own words, numbers and words that belong to the services: never of a name that a
tenant chose, because it is printed and may be sent to us.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from . import values
from .known_words import WORDS

SETTLED, CONTRADICTED, NOT_SEEN, FAILED = "settled", "contradicted", "not_seen", "failed"
VERDICTS = (SETTLED, CONTRADICTED, NOT_SEEN, FAILED)

_DATE = re.compile(r"\d{4}-\d\d-\d\d(-preview)?")
Row = Mapping[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """One reply of Azure, whatever its status; ``headers`` in lower case, ``at`` by the controller's clock."""

    look: str
    method: str
    url: str
    status: int
    headers: Mapping[str, str]
    body: Any
    at: dt.datetime


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """Why a look failed, without the names that an error message has in it."""

    code: str
    why: str
    remedy: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One question, and what came of it: data, or a reason why there is none."""

    key: str
    pages: tuple[Any, ...] = ()  # bodies, in their order; for vCenter one page of plain data
    more: bool = False  # there are further pages, which were not read
    version: str = ""  # the api-version that answered
    refused: tuple[str, ...] = ()  # api-versions that were refused before it
    supported: tuple[str, ...] = ()  # those that the refusal named
    gone: bool = False  # the service says that there is no such thing
    absent: str = ""  # why nothing was asked
    failure: Failure | None = None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """A verdict and one line of what was seen."""

    verdict: str
    seen: str
    remedy: str = ""
    error_code: str = ""


class Unseen(Exception):
    """The evidence for a judgement is not there; the text says why."""


class LookFailed(Exception):
    """The look that a judgement needs failed."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.why)
        self.failure = failure


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """All looks of one contact by their keys, and all replies of Azure in their order."""

    looks: Mapping[str, Look]
    replies: tuple[Reply, ...] = ()

    def look(self, key: str) -> Look:
        """A look that was made and answered."""
        found = self.looks.get(key)
        if found is None or found.absent:
            raise Unseen(found.absent if found else "nothing was asked")
        if found.failure is not None:
            raise LookFailed(found.failure)
        return found

    def complete(self, *keys: str) -> bool:
        """Whether all pages of these lists were read."""
        return not any(self.look(key).more for key in keys)

    def data(self, key: str) -> Any:
        """The body of a single resource, or vCenter's plain data."""
        found = self.look(key)
        if found.gone:
            raise Unseen("there is none")
        return found.pages[0]

    def properties(self, key: str) -> Row:
        return properties(self.data(key))

    def rows(self, key: str) -> list[Row]:
        """The elements of a list, of all pages read."""
        found = self.look(key)
        if found.gone:
            raise Unseen("there is none")
        return [row for page in found.pages for row in rows_of(page)]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """Something that the collection relies on although nobody has proved it for every tenant."""

    key: str
    statement: str
    source: str  # of the project's facts
    relied: str  # where the code relies on it
    remedy: str = "send us the de-identified replies"  # if it is contradicted
    judge: Callable[[Evidence], Judgement] | None = None
    why_not: str = ""  # why reading cannot settle it, where nothing can judge


def fact(key: str, statement: str, source: str, relied: str, judge: Callable[[Evidence], Judgement]) -> Fact:
    """A fact that reading can settle."""
    return Fact(key=key, statement=statement, source=source, relied=relied, judge=judge)


def judge(fact: Fact, evidence: Evidence) -> Judgement:
    """What the evidence says of a fact."""
    if fact.judge is None:
        return unseen(f"reading cannot settle it: {fact.why_not}")
    try:
        return fact.judge(evidence)
    except Unseen as reason:
        return unseen(str(reason))
    except LookFailed as error:
        failure = error.failure
        return Judgement(verdict=FAILED, seen=failure.why, remedy=failure.remedy, error_code=failure.code)
    except Exception as error:  # a defect of ours, which must not take the other facts with it
        why = f"internal error: {type(error).__name__}"
        return Judgement(verdict=FAILED, seen=why, remedy="report it with the key", error_code="internal_error")


def settled(seen: str) -> Judgement:
    return Judgement(verdict=SETTLED, seen=seen)


def contradicted(seen: str) -> Judgement:
    return Judgement(verdict=CONTRADICTED, seen=seen)


def unseen(seen: str) -> Judgement:
    return Judgement(verdict=NOT_SEEN, seen=seen)


def either(good: bool, seen: str) -> Judgement:
    return settled(seen) if good else contradicted(seen)


# -- reading rows ----------------------------------------------------------------------------------------------------


def rows_of(page: Any) -> list[Row]:
    """The elements of one page; of vCenter's plain data the list itself."""
    return values.mappings(page.get("value") if isinstance(page, Mapping) else page)


def properties(row: Any) -> Row:
    return values.mapping(values.mapping(row).get("properties"))


def custom(row: Row) -> Row:
    return values.mapping(properties(row).get("customProperties"))


def some(rows: list[Row], what: str) -> list[Row]:
    """The rows, of which there must be one at least."""
    if not rows:
        raise Unseen(f"there is no {what}")
    return rows


def names_of(rows: Iterable[Row]) -> set[str]:
    return {values.text(row.get("name")).lower() for row in rows} - {""}


# -- words -----------------------------------------------------------------------------------------------------------


def shown(value: Any) -> str:
    """A value as a judgement may print it: a word of the services as it is, of anything else its kind alone."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return f"{value:g}"
    if isinstance(value, str):
        known = value.lower() in WORDS or _DATE.fullmatch(value)
        return value if known else f"a text of {len(value)} characters" if value else "an empty text"
    return "an object" if isinstance(value, Mapping) else "a list"


def listed(found: Iterable[Any]) -> str:
    """Values as `shown`, each once, in order."""
    return ", ".join(dict.fromkeys(sorted(map(shown, found)))) or "none"


def counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def strangers(found: Iterable[Any], known: Iterable[str]) -> list[Any]:
    """Values that are none of the known words, whatever their case; what is not said is no stranger."""
    words = {word.lower() for word in known}
    return [value for value in found if value not in (None, "") and str(value).lower() not in words]


def known_words(what: str, found: Iterable[Any], known: Iterable[str]) -> Judgement:
    """Whether all values are among the words we know."""
    seen = [value for value in found if value not in (None, "")]
    if not seen:
        raise Unseen(f"no {what} was told")
    unknown = strangers(seen, known)
    return contradicted(f"unknown: {listed(unknown)}") if unknown else settled(f"seen: {listed(seen)}")


def pairwise_falling(moments: Iterable[dt.datetime]) -> bool:
    """Whether each is at most as late as the one before it."""
    known = list(moments)
    return all(later <= earlier for earlier, later in itertools.pairwise(known))
