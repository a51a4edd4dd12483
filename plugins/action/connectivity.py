# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of connectivity: tries from one host, or from the controller, what it must reach."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.cloud import KNOWN_CLOUDS
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import ClientError, InvalidRequest
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.powershell import many
from ansible_collections.azlocal.migrate.plugins.module_utils.domain import connectivity, endpoints
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.connectivity import Endpoint, Estate, Peer, Tried
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.target_appliance import IMAGE
from ansible_collections.azlocal.migrate.plugins.module_utils.options.connectivity import SPEC
from ansible_collections.azlocal.migrate.plugins.plugin_utils import sockets
from ansible_collections.azlocal.migrate.plugins.plugin_utils.host_action import Host, HostAction, told
from ansible_collections.azlocal.migrate.plugins.plugin_utils.hosts import GROUP

# inventory group -> the place that its hosts are
GROUPS = {endpoints.SOURCE: endpoints.SOURCE, endpoints.TARGET: endpoints.TARGET, GROUP: endpoints.HOST}
# where Microsoft's download links lead
_DOWNLOAD = ("go.microsoft.com", "download.microsoft.com")


class ActionModule(HostAction):
    SPEC = SPEC

    def work(self, host: Host, options: dict[str, Any]) -> None:
        self.result |= {"results": [], "summary": {}, "error": None}
        try:
            place = self._place(host, options["place"])
            wanted = connectivity.wanted(place, self._estate(place, options), options["checks"])
            tried = self._tried(host, place, wanted, options["timeout_s"])
        except ClientError as error:
            self.result["error"] = told(error)["msg"]
            if options["fail_on"] != "none":
                raise
            self.result["msg"] = self.result["error"]
            return
        rows = connectivity.rows(place, host.name, wanted, tried)
        counts = {"ok": True, "failed": False, "unchecked": None}
        self.result["results"] = rows
        self.result["summary"] = {name: sum(row["ok"] is value for row in rows) for name, value in counts.items()}
        self._judge(host, rows, fail=options["fail_on"] == "any")

    def _judge(self, host: Host, rows: list[dict[str, Any]], *, fail: bool) -> None:
        bad = [row for row in rows if row["ok"] is False]
        if not bad:
            self.result["msg"] = f"{host.name} reaches all {self.result['summary']['ok']} endpoints that were tried"
            return
        said = "; ".join(dict.fromkeys(row["msg"] for row in bad))
        self.result["msg"] = f"{host.name} does not reach {len(bad)} of {len(rows)} endpoints: {said}"
        if fail:
            remedy = "; ".join(dict.fromkeys(row["remedy"] for row in bad))
            raise InvalidRequest(self.result.pop("msg"), code="endpoint_unreachable", remedy=remedy)

    # -- where ------------------------------------------------------------------------------------------------------

    def _place(self, host: Host, given: str) -> str:
        if given != "auto":
            return given
        if self._connection.transport == "local":
            return endpoints.CONTROLLER
        groups = self.vars.get("groups") or {}
        places = [place for group, place in GROUPS.items() if host.name in (groups.get(group) or [])]
        if len(places) != 1:
            of = "none" if not places else "several"
            raise InvalidRequest(f"{host.name} is in {of} of the groups {', '.join(GROUPS)}", code="no_place")
        return places[0]

    def _tried(self, host: Host, place: str, wanted: Sequence[Endpoint], timeout_s: int) -> list[Tried | None]:
        asked = [(one.name, one.port) for one in wanted if not one.untried]
        if place == endpoints.CONTROLLER:
            answers = iter(sockets.try_all(asked, timeout_s))
        else:
            answers = iter(_on_host(host, asked, timeout_s))
        return [None if one.untried else next(answers) for one in wanted]

    # -- what -------------------------------------------------------------------------------------------------------

    def _estate(self, place: str, options: dict[str, Any]) -> Estate:
        groups = self.vars.get("groups") or {}
        nodes = options["cluster_nodes"] if options["cluster_nodes"] is not None else groups.get(GROUP) or []
        named: dict[str, Iterable[Any]] = {
            "cluster": [options["cluster"]],
            "nodes": nodes,
            "esxi_hosts": options["esxi_hosts"],
            "image_hosts": _image_hosts(options["image"]),
            **{
                to: [options[to] or next((self._address(one) for one in groups.get(to) or []), "")]
                for to in (endpoints.SOURCE, endpoints.TARGET)
            },
        }
        peers = {to: [Peer(name=str(name)) for name in names if name] for to, names in named.items()}
        if options["vcenter"]:
            peers["vcenter"] = [Peer(name=options["vcenter"], port=options["vcenter_port"])]
        azure = _azure(options["cloud_environment"])
        return Estate(
            named=peers,
            logins=self._logins(groups) if place == endpoints.CONTROLLER else (),
            azure=azure,
            hosts_of=options["hosts_of_urls"],
            location=options["location"] or "",
            proxy=_proxy(options["proxy"], azure[0].name if place == endpoints.CONTROLLER else ""),
            further=[Endpoint(**one) for one in options["further"]],
        )

    def _address(self, host: str) -> str:
        """Where the inventory says that it is; its name there may be no name in DNS."""
        return str(self.vars["hostvars"][host].get("ansible_host") or host)

    def _logins(self, groups: Mapping[str, Sequence[str]]) -> list[Peer]:
        """Address and port of each Windows host of the inventory, as its connection takes them."""
        found = []
        for host in dict.fromkeys(name for group in GROUPS for name in groups.get(group) or []):
            said = self.vars["hostvars"][host]
            kind = str(said.get("ansible_connection") or "ssh")
            # ansible_host is where the machine is; this, where it is given, is the controller's own way to it
            way = str(said.get(f"ansible_{kind}_host") or self._address(host))
            scheme = said.get("ansible_winrm_scheme") or said.get("ansible_psrp_protocol") or "https"
            usual = 22 if kind == "ssh" else 5985 if scheme == "http" else 5986
            found.append(Peer(name=way, port=int(said.get("ansible_port") or usual)))
        return found


def _on_host(host: Host, asked: Sequence[tuple[str, int]], timeout_s: int) -> list[Tried]:
    if not asked:
        return []
    given = [{"name": name, "port": port} for name, port in asked]
    reply = host.call("test_endpoints", endpoints=given, timeout_s=timeout_s)
    return [
        Tried(addresses=tuple(many(one["Addresses"])), reachable=one["Reachable"], reason=one["Reason"] or "")
        for one in many(reply["Results"])
    ]


def _image_hosts(image: str | None) -> Sequence[str]:
    """Where the image comes from over HTTPS; Microsoft's link leads on to another host."""
    if image is None or image == IMAGE:
        return _DOWNLOAD
    name = urlsplit(image).hostname if image.lower().startswith("https://") else None
    return [name] if name else []


def _azure(cloud: str) -> list[Peer]:
    """Resource Manager and sign-in of a known cloud; of a custom one only its own address is known without asking it."""
    known = next((one for name, one in KNOWN_CLOUDS.items() if name.lower() == cloud.strip().lower()), None)
    addresses = [known.resource_manager, known.login] if known else [cloud]
    return [Peer(name=split.hostname or "", port=split.port or 443) for split in map(urlsplit, addresses)]


def _proxy(given: str | None, azure: str) -> Peer | None:
    """The proxy named; for the controller that of its environment, where it is used for ``azure``."""
    address = given or ""
    if not address and azure and not urllib.request.proxy_bypass(azure):
        address = urllib.request.getproxies().get("https", "")
    if not address:
        return None
    split = urlsplit(address if "://" in address else f"http://{address}")
    return Peer(name=split.hostname or address, port=split.port or 8080)
