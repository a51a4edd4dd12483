# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Weather that real playbooks can have twice: what a request meets does not depend on who came before it."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.azlocal.migrate.tests.support.steady_weather import SteadyWeather

PLACES = [f"/protectedItems/{number}" for number in range(200)]


def met(weather: SteadyWeather, places: Iterable[str]) -> dict[str, object]:
    return {place: weather.reply("azure", "PUT", place) for place in places}


def test_another_order_meets_the_same() -> None:
    first = met(SteadyWeather(1), PLACES)
    assert first == met(SteadyWeather(1), reversed(PLACES))
    assert 0 < sum(fault is not None for fault in first.values()) < len(PLACES) / 4


def test_another_time_and_another_seed_meet_something_else() -> None:
    weather = SteadyWeather(1)
    first = met(weather, PLACES)
    assert met(weather, PLACES) != first != met(SteadyWeather(2), PLACES)


def test_a_call_of_vcenter_is_the_same_in_every_session() -> None:
    one, two = SteadyWeather(1), SteadyWeather(1)
    asked = [
        (one.reply("vcenter", "DestroyView", f"session[a]view-{n}"), two.reply("vcenter", "DestroyView", f"[b]{n}"))
        for n in range(500)
    ]
    assert any(left for left, _ in asked)
    assert all(left == right for left, right in asked)


def test_fair_weather_brings_nothing() -> None:
    weather = SteadyWeather(1)
    weather.times = 0.0
    assert not any(met(weather, PLACES).values())
