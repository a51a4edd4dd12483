# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft Graph, as far as the applications of appliances go: finding them and removing them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from . import arm_errors
from .arm_send import Sender, origin
from .arm_wire import SharedCredential, Wire
from .cloud import Cloud
from .credentials import AzureSettings, choose, credential
from .errors import BadReply, InvalidRequest

_APPLICATIONS = "/v1.0/applications"


class Directory:
    """Signs in with its first request: whoever may work in Azure need not be known here."""

    def __init__(self, settings: AzureSettings, cloud: Cloud, sender: Sender, environ: Mapping[str, str]) -> None:
        self._settings, self._cloud, self._sender, self._environ = settings, cloud, sender, environ
        self._wire: Wire | None = None

    def close(self) -> None:
        if self._wire is not None:
            self._wire.close()

    def application(self, app_id: str) -> dict[str, Any] | None:
        """The application with that client id; None where there is none."""
        query = urlencode({"$filter": f"appId eq '{app_id}'"}, safe="$", quote_via=quote)
        url = f"{self._cloud.graph}{_APPLICATIONS}?{query}"
        raw = self._sender.send(self._connected(), "GET", url, None, reading=True)
        try:
            found = json.loads(raw.content)["value"]
        except (ValueError, KeyError, TypeError):
            raise BadReply(f"{arm_errors.describe('GET', url)} failed: the answer has no list 'value'.") from None
        return next((row for row in found if isinstance(row, dict)), None)

    def delete(self, object_id: str) -> None:
        """With its service principal in this tenant."""
        url = f"{self._cloud.graph}{_APPLICATIONS}/{quote(object_id, safe='')}"
        self._sender.send(self._connected(), "DELETE", url, None, reading=False)

    def _connected(self) -> Wire:
        if self._wire is None:
            if not origin(self._cloud.graph).startswith("https://"):
                raise InvalidRequest("This cloud names no https address of Microsoft Graph.", code="no_graph")
            settings, cloud = self._settings, self._cloud
            shared = SharedCredential(
                lambda: credential(settings, cloud, environ=self._environ),
                login=cloud.login,
                source=choose(settings, self._environ).source,
            )
            self._wire = Wire(verify=settings.verify, pool_size=1)
            self._wire.sign_requests(shared, f"{cloud.graph}/.default")
        return self._wire
