# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of runs in weather: of one seed, and of all of them as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from .harness import Harness, Run
from .records import Request

PROPERTY = "weather"  # under which a test leaves them


def figures(harness: Harness, runs: Sequence[Run]) -> dict[str, Any]:
    """What one seed met, from the lab's own records; ``runs`` in their order, the last one is how it ended."""
    ledger = harness.records.since()
    last = runs[-1]
    stopped = [one for one in last.results if one["status"] in ("failed", "blocked")]
    codes = [str(one["error_code"] or one["phase"]) for one in stopped]
    return {
        "runs": len(runs),
        "arrived": len(last.results) - len(stopped),
        "stopped": dict(Counter([*codes, *([str(last.error["error_code"])] if last.error else [])])),
        "lost replies": sum(request.write and request.accepted and not request.heard for request in ledger),
        "retries": sum(1 for _ in retries(ledger)),
        "429": sum(request.status == 429 for request in ledger),
        "failovers": sum(request.is_failover and request.accepted for request in ledger),
    }


def retries(ledger: Sequence[Request]) -> Iterator[Request]:
    """Orders for an item after one of the same kind that was not accepted."""
    refused: set[tuple[str, str]] = set()
    for order in ledger:
        if order.is_order:
            key = order.item, order.method
            if key in refused:
                yield order
            (refused.discard if order.accepted else refused.add)(key)


def table(passed: Sequence[dict[str, Any]], failed: int) -> list[str]:
    """What ``figures`` told of each seed, together; ``failed``: of how many more an invariant or a test did not hold."""
    told = {
        key: sum(one[key] for one in passed)
        for key in ("runs", "arrived", "lost replies", "retries", "429", "failovers")
    }
    stopped = sum((Counter(one["stopped"]) for one in passed), Counter[str]())
    rows = {
        "seeds": len(passed) + failed,
        "converged, or stopped with a reason": len(passed),
        "failed": failed,
        "playbook runs": told["runs"],
        "failovers": told["failovers"],
        "replies lost after an order was accepted": told["lost replies"],
        "retries of orders that were not accepted": told["retries"],
        "requests answered 429": told["429"],
        "VMs that arrived": told["arrived"],
        "VMs that stopped, and whole steps": sum(stopped.values()),
        **{f"  {code}": count for code, count in stopped.most_common()},
    }
    width = max(map(len, rows))
    return [f"{name:<{width}} {count:>7}" for name, count in rows.items()]
