# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several requests at a time, and each answer or error at its item's own place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from .errors import ClientError, ServiceError

T = TypeVar("T")
R = TypeVar("R")


def together(fn: Callable[[T], R], items: Iterable[T], width: int) -> list[R | ClientError]:
    """``fn`` of each item, ``width`` at a time, in the order of the items; an item's error is its result.

    A defect of ours is an error of that item too: it must not take away what the others have already done.
    """

    def guarded(item: T) -> R | ClientError:
        try:
            return fn(item)
        except ClientError as error:
            return error
        except Exception as error:
            return ServiceError(
                f"internal error: {type(error).__name__}: {error}",
                code="internal_error",
                remedy="run again, and report it if it stays",
            )

    work = [*items]
    if len(work) < 2:
        return [guarded(item) for item in work]
    with ThreadPoolExecutor(min(width, len(work)), thread_name_prefix="arm") as pool:
        futures = [pool.submit(guarded, item) for item in work]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
