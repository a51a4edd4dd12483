# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of report: the module reads, this writes the files on the controller."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.azlocal.migrate.plugins.plugin_utils import role_options
from ansible_collections.azlocal.migrate.plugins.plugin_utils.batch import BatchAction
from ansible_collections.azlocal.migrate.plugins.plugin_utils.report_csv import render_csv
from ansible_collections.azlocal.migrate.plugins.plugin_utils.report_html import render_html
from ansible_collections.azlocal.migrate.plugins.plugin_utils.report_json import render_json


class ActionModule(BatchAction):
    takes = frozenset(role_options.PROJECT)
    asks_hosts = "first"
    judged = False

    def batch_hosts(self) -> list[str]:
        """Every VM of the play: those that failed or were left alone belong into a report first of all."""
        return list(self._vars["ansible_play_hosts_all"])

    def _left_alone(self, host: str) -> bool:
        return False

    def work(self, args: dict[str, Any]) -> dict[str, Any]:
        told = super().work(args)
        folder = Path(str(args["dest"])).expanduser()
        path = folder / "report.html"
        told = {"path": str(path), "vms": told["vms"], "changed": False}
        if self._task.check_mode:
            return told
        model = {**told, "generated_at": dt.datetime.now(dt.UTC).isoformat(), "collection_version": _version()}
        model.update({name: args.get(name) or "" for name in role_options.PROJECT})
        folder.mkdir(parents=True, exist_ok=True)
        for name, render in (("html", render_html), ("json", render_json), ("csv", render_csv)):
            (folder / f"report.{name}").write_text(render(model), encoding="utf-8")
        return told

    def beside(self, answer: dict[str, Any]) -> dict[str, Any]:
        return {"path": answer["path"], "msg": f"report: {answer['path']}"}


def _version() -> str:
    """The installed collection's version, from its own galaxy.yml or MANIFEST.json."""
    root = Path(__file__).resolve().parents[2]
    manifest, galaxy = root / "MANIFEST.json", root / "galaxy.yml"
    if manifest.is_file():
        return str(json.loads(manifest.read_text(encoding="utf-8"))["collection_info"]["version"])
    return str(yaml.safe_load(galaxy.read_text(encoding="utf-8"))["version"]) if galaxy.is_file() else ""
