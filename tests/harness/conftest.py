# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table at the end of a run in weather (``make weather``); a test that fails leaves no figures."""

from __future__ import annotations

from typing import Any

from ansible_collections.azlocal.migrate.tests.support import weather_table


def pytest_terminal_summary(terminalreporter: Any) -> None:
    calls = [report for key in ("passed", "failed") for report in terminalreporter.stats.get(key, [])]
    told = [dict(report.user_properties).get(weather_table.PROPERTY) for report in calls if report.when == "call"]
    seeds = [figures for figures in told if figures is not None]
    if not seeds:
        return
    passed = [figures for figures in seeds if figures]
    terminalreporter.section("weather")
    for line in weather_table.table(passed, len(seeds) - len(passed)):
        terminalreporter.write_line(line)
