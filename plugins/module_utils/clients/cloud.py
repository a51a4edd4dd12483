# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Azure this is: where Resource Manager and the sign-in are, and for whom tokens are made out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .errors import BadReply, InvalidRequest, NotFound

if TYPE_CHECKING:
    from .credentials import AzureSettings

METADATA_API_VERSION = "2022-09-01"


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """Addresses without a slash at the end."""

    resource_manager: str
    login: str
    audience: str
    graph: str = ""  # Microsoft Graph, which is its own audience; "" where the cloud names none
    well_known: bool = True  # only Microsoft's own clouds can confirm their sign-in address ("instance discovery")

    @property
    def scope(self) -> str:
        """The OAuth scope of a token for Resource Manager."""
        return f"{self.audience}/.default"


KNOWN_CLOUDS = {
    "AzureCloud": Cloud(
        resource_manager="https://management.azure.com",
        login="https://login.microsoftonline.com",
        audience="https://management.azure.com",
        graph="https://graph.microsoft.com",
    ),
    "AzureUSGovernment": Cloud(
        resource_manager="https://management.usgovcloudapi.net",
        login="https://login.microsoftonline.us",
        audience="https://management.core.usgovcloudapi.net",
        graph="https://graph.microsoft.us",
    ),
    "AzureChinaCloud": Cloud(
        resource_manager="https://management.chinacloudapi.cn",
        login="https://login.chinacloudapi.cn",
        audience="https://management.chinacloudapi.cn",
        graph="https://microsoftgraph.chinacloudapi.cn",
    ),
}


def resolve(settings: AzureSettings, get_json: Callable[[str], Any]) -> Cloud:
    """The cloud that the settings name. `get_json` fetches a URL without signing in; only a URL cloud needs it."""
    wanted = settings.cloud_environment.strip()
    for name, cloud in KNOWN_CLOUDS.items():
        if name.lower() == wanted.lower():
            return cloud
    address = urlsplit(wanted)
    if address.scheme.lower() != "https" or not address.netloc or address.query or address.fragment:
        raise InvalidRequest(
            f"cloud_environment '{wanted}' is neither a known cloud nor an https URL.",
            remedy=f"Use one of {', '.join(KNOWN_CLOUDS)}, or the https URL of a Resource Manager endpoint.",
        )
    base = wanted.rstrip("/")
    url = f"{base}/metadata/endpoints?api-version={METADATA_API_VERSION}"
    try:
        found = get_json(url)
    except NotFound as error:
        raise BadReply(_not_a_cloud(base, "it has no /metadata/endpoints"), remedy=_REMEDY, status=404) from error
    return _from_metadata(base, found)


_REMEDY = "Check that cloud_environment is the URL of an Azure Resource Manager endpoint."


def _not_a_cloud(base: str, why: str) -> str:
    return f"Asking {base} for its endpoints failed: {why}."


def _from_metadata(base: str, found: Any) -> Cloud:
    """The reply is one object; older versions of the endpoint answer with a list of such objects."""
    entries = [entry for entry in (found if isinstance(found, list) else [found]) if isinstance(entry, dict)]
    mine = [entry for entry in entries if str(entry.get("resourceManager", "")).rstrip("/").lower() == base.lower()]
    entry = (mine or entries or [{}])[0]
    authentication = entry.get("authentication")
    authentication = authentication if isinstance(authentication, dict) else {}
    login = str(authentication.get("loginEndpoint") or "").rstrip("/")
    audiences = authentication.get("audiences")
    audience = str(audiences[0]).rstrip("/") if isinstance(audiences, list) and audiences else ""
    if urlsplit(login).scheme.lower() != "https" or not audience:
        raise BadReply(_not_a_cloud(base, "the answer names no https sign-in address and audience"), remedy=_REMEDY)
    graph = str(entry.get("microsoftGraphResourceId") or "").rstrip("/")
    return Cloud(resource_manager=base, login=login, audience=audience, graph=graph, well_known=False)
