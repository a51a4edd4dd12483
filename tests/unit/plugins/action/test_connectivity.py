# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""connectivity over Ansible's own winrm connection against the lab, and with the controller's own sockets."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.plugin_utils import sockets
from ansible_collections.azlocal.migrate.tests.support.host_actions import calls, run
from lab import names
from lab.runtime import Lab
from lab.switches import Switches

NODE = names.NODES[0]
SOURCE, TARGET = names.SOURCE_APPLIANCE, names.TARGET_APPLIANCE
ESTATE = {
    "cluster": "lab-cl.lab.example",
    "vcenter": "vcenter.lab.example",
    "esxi_hosts": [*names.ESXI_HOSTS],
    "location": "centralus",
}
LOCAL = ["vcenter", "esxi", "cluster", "appliances"]


@pytest.fixture
def ready(lab: Callable[..., Lab]) -> Callable[..., Lab]:
    def start(**switches: Any) -> Lab:
        return lab(vms=0, estate="empty", switches=Switches(**switches))

    return start


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VMWARE_HOST", "VMWARE_PORT", "AZURE_CLOUD_ENVIRONMENT", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


def look(lab: Lab, place: str, **args: Any) -> dict[str, Any]:
    return run(lab, "connectivity", place, {**ESTATE, **args})


def bad(result: dict[str, Any]) -> dict[str, str]:
    return {f"{row['name']}:{row['port']}": row["error_code"] for row in result["results"] if row["ok"] is False}


# -- from the hosts --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [SOURCE, TARGET, NODE])
def test_all_is_reached_with_one_question(ready: Callable[..., Lab], place: str) -> None:
    running = ready()
    found = look(running, place)
    assert (found["changed"], found["error"], bad(found)) == (False, None, {})
    assert {row["place"] for row in found["results"]} == {
        {SOURCE: "source_appliance", TARGET: "target_appliance"}.get(place, "host")
    }
    assert found["summary"]["ok"] + found["summary"]["unchecked"] == len(found["results"])
    assert found["summary"]["unchecked"] == (0 if place == NODE else 4)  # names that are made for one project
    assert [(call["method"], call["write"]) for call in calls(running)] == [("test_endpoints", False)]


def test_each_trouble_has_its_row_its_code_and_its_remedy(ready: Callable[..., Lab]) -> None:
    running = ready(
        blocked_ports=("labsrc>esx02.lab.example:902", "labsrc>lab-cl.lab.example:445", "labsrc>lab-node1:5985"),
        unresolved_names=("labsrc>lab-node2",),
    )
    found = look(running, SOURCE, checks=LOCAL)
    assert bad(found) == {
        "esx02.lab.example:902": "port_silent",
        "lab-cl.lab.example:445": "port_silent",
        "lab-node2:5985": "name_unknown",
        "lab-node2:5986": "name_unknown",
        "lab-node2:445": "name_unknown",
    }  # lab-node1 still answers at 5986
    rows = {row["name"]: row for row in found["results"] if row["ok"] is False}
    assert "902" in rows["esx02.lab.example"]["remedy"] and "error 1022" in rows["esx02.lab.example"]["why_needed"]
    assert "60183" in rows["lab-cl.lab.example"]["why_needed"]
    assert not found.get("failed") and "does not reach 5 of" in found["msg"]
    failed = look(running, SOURCE, checks=LOCAL, fail_on="any")
    assert (failed["failed"], failed["error_code"], bad(failed)) == (True, "endpoint_unreachable", bad(found))
    assert bad(look(running, TARGET, checks=LOCAL)) == {}


def test_a_service_that_does_not_listen_refuses(ready: Callable[..., Lab]) -> None:
    running = ready()
    further = [{"name": "vcenter.lab.example", "port": 1234, "why": "a test", "remedy": "start it"}]
    found = look(running, NODE, checks=[], further=further)
    assert [(row["ok"], row["error_code"], row["remedy"]) for row in found["results"]] == [
        (False, "port_refused", "Start it")
    ]


@pytest.mark.parametrize("fail_on", ["step", "any", "none"])
def test_a_place_that_cannot_be_asked(ready: Callable[..., Lab], fail_on: str) -> None:
    running = ready()
    running.appliances[SOURCE].set_up = False
    told = look(running, SOURCE, fail_on=fail_on)
    assert (told["results"], bool(told.get("failed"))) == ([], fail_on != "none")
    assert told["error"].startswith("labsrc could not be ")
    assert told["msg"] == told["error"]


def test_where_the_image_comes_from(ready: Callable[..., Lab]) -> None:
    running = ready()
    for image, hosts in (
        (None, ["go.microsoft.com", "download.microsoft.com"]),
        ("https://media.lab.example/a.zip", ["media.lab.example"]),
        ("C:\\a.zip", []),
    ):
        found = look(running, NODE, checks=["image"], image=image)
        assert [row["name"] for row in found["results"]] == hosts


def test_a_host_without_a_place_is_asked_for_one(ready: Callable[..., Lab]) -> None:
    running = ready()
    told = run(running, "connectivity", NODE, dict(ESTATE), nodes=())
    assert (told["failed"], told["error_code"]) == (True, "no_place")
    assert not run(running, "connectivity", NODE, {**ESTATE, "place": "host"}, nodes=()).get("failed")


# -- from the controller ---------------------------------------------------------------------------------------------


@pytest.fixture
def closed() -> Iterator[int]:
    """A port of this machine where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield probe.getsockname()[1]


def test_from_the_controller_with_its_own_sockets(ready: Callable[..., Lab], closed: int) -> None:
    running = ready()
    azure = f"https://localhost:{running.servers['azure'].port}"
    found = look(
        running,
        "localhost",
        vcenter="localhost",
        vcenter_port=running.servers["vcenter"].port,
        esxi_hosts=[],
        cloud_environment=azure,
        checks=["azure", "vcenter", "cluster"],
        further=[{"name": "127.0.0.1", "port": closed}, {"name": "no-such-host.invalid", "port": 0}],
        timeout_s=5,
    )
    assert {row["place"] for row in found["results"]} == {"controller"}
    assert bad(found) == {f"127.0.0.1:{closed}": "port_refused", "no-such-host.invalid:0": "name_unknown"}
    logins = [row["port"] for row in found["results"] if row["why_needed"] == "Ansible signs in there"]
    assert sorted(logins) == sorted(server.port for name, server in running.servers.items() if name.startswith("host:"))
    assert found["summary"] == {"ok": 2 + len(logins), "failed": 2, "unchecked": 0}
    assert calls(running) == []


def test_the_configuration_managers_are_where_the_inventory_says(ready: Callable[..., Lab]) -> None:
    running = ready()
    said: dict[str, dict[str, Any]] = {SOURCE: {"ansible_host": ""}, TARGET: {"ansible_host": "127.0.0.1"}}
    found = run(running, "connectivity", "localhost", {"checks": ["appliances"], "timeout_s": 1}, said=said)
    managers = {row["name"]: row["error_code"] for row in found["results"] if row["port"] == 44368}
    assert managers == {SOURCE: "name_unknown", "127.0.0.1": "port_refused"}
    logins = [row for row in found["results"] if row["why_needed"] == "Ansible signs in there"]
    assert {(row["name"], row["ok"]) for row in logins} == {("127.0.0.1", True)}


@pytest.mark.parametrize(("place", "other"), [(SOURCE, "10.10.0.12"), (TARGET, "10.10.0.11")])
def test_an_appliance_without_a_name_in_dns_is_reached_by_its_address(
    ready: Callable[..., Lab], place: str, other: str
) -> None:
    running = ready(unresolved_names=("labsrc>labtgt", "labtgt>labsrc"))
    found = look(running, place, checks=["appliances"], fail_on="any")
    assert [(row["name"], row["port"], row["ok"]) for row in found["results"]] == [(other, 445, True)]
    named = look(running, place, checks=["appliances"], source_appliance=SOURCE, target_appliance=TARGET)
    assert set(bad(named).values()) == {"name_unknown"}


def test_a_proxy_of_the_environment_stands_before_azure(
    ready: Callable[..., Lab], closed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = ready()
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{closed}")
    monkeypatch.setenv("no_proxy", "localhost")
    found = look(running, "localhost", checks=["azure"])
    assert bad(found) == {f"127.0.0.1:{closed}": "port_refused"}
    assert {row["ok"] for row in found["results"] if row["port"] == 443} == {None}
    own = look(running, "localhost", checks=["azure"], cloud_environment=f"https://localhost:{closed}")
    assert bad(own) == {f"localhost:{closed}": "port_refused"}


def test_silence_is_told_after_the_time_given() -> None:
    """A socket whose queue is full answers nobody, as a firewall does."""
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        for one in (first, second):
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        (found,) = sockets.try_all([("127.0.0.1", port)], 0.3)
    assert (found.reachable, found.reason) == (False, "TimedOut")
