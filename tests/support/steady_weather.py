# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's weather for real playbooks: they ask several things at once, and in another order each time."""

from __future__ import annotations

import random
from collections import Counter

from lab.weather import CHANCES, Fault, Weather


class SteadyWeather(Weather):
    """What the n-th request at a place meets depends on the seed, the place and n, and not on what came before it."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._times_asked: Counter[str] = Counter()

    def _draw(self, what: str, kinds: tuple[Fault, ...], where: str) -> Fault | None:
        place = where.partition(" ")[0] if what == "vcenter" else where  # its paths hold the ids of sessions
        with self._lock:
            self._times_asked[place] += 1
            dice = random.Random(f"{self.seed}, {place}, {self._times_asked[place]}")
            if dice.random() >= CHANCES[what] * self.times:
                return None
            fault = {**dice.choice(kinds)}
            self.drawn.append((where, fault))
            return fault
