# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A foreign vCenter: govmomi's simulator, built from the Debian package of the library, and ways to disturb it."""

from __future__ import annotations

import fcntl
import http.client
import os
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter import VcenterClient, VcenterSettings
from ansible_collections.azlocal.migrate.tests.support.https_server import (
    Answer,
    HttpsServer,
    Request,
    Tls,
    make_tls,
    running,
)

ROOT = Path(__file__).resolve().parents[2]
INSTALL = "apt-get install golang-go golang-github-vmware-govmomi-dev"
USER = "administrator@vsphere.local"
PASSWORD = "p&ss<w>ord"

StartVcsim = Callable[..., VcenterSettings]
NewClient = Callable[[VcenterSettings], VcenterClient]


@pytest.fixture(scope="session")
def vcsim_binary() -> Path:
    """The simulator's program, built once into build/ and again only when its source has changed."""
    source, built = Path(__file__).parent / "main.go", ROOT / "build" / "vcsim" / "vcsim"
    go = shutil.which("go")
    libraries = [Path(path) for path in (*os.environ.get("GOPATH", "").split(":"), "/usr/share/gocode") if path]
    gopath = next((path for path in libraries if (path / "src/github.com/vmware/govmomi/simulator").is_dir()), None)
    built.parent.mkdir(parents=True, exist_ok=True)
    with (built.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes may start at once
        if built.exists() and built.stat().st_mtime >= source.stat().st_mtime:
            return built
        if go is None or gopath is None:
            pytest.skip(f"no {'Go' if go is None else 'govmomi library'} to build vcsim with ({INSTALL})")
        environment = os.environ | {
            "GO111MODULE": "off",
            "GOPATH": str(gopath),
            "GOCACHE": str(built.parent / "gocache"),
        }
        subprocess.run([go, "build", "-o", str(built), str(source)], check=True, env=environment, timeout=300)
    return built


@pytest.fixture(scope="session")
def vcsim_tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return make_tls(tmp_path_factory.mktemp("vcsim-tls"))


@pytest.fixture
def start_vcsim(vcsim_binary: Path, vcsim_tls: Tls) -> Iterator[StartVcsim]:
    """Start a simulator of one's own with so many machines, and get the settings that reach it."""
    started: list[subprocess.Popen[str]] = []

    def start(vms: int = 4) -> VcenterSettings:
        options = {"vms": vms, "user": USER, "password": PASSWORD, "cert": vcsim_tls.cert, "key": vcsim_tls.key}
        command = [str(vcsim_binary), *(f"-{name}={value}" for name, value in options.items())]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        started.append(process)
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        return VcenterSettings(
            hostname="localhost",
            port=int(address.rpartition(":")[2]),
            username=USER,
            password=PASSWORD,
            vcenter_ca_path=str(vcsim_tls.ca),
        )

    yield start
    for process in started:
        process.terminate()
        process.communicate(timeout=10)


@pytest.fixture
def new_client() -> Iterator[NewClient]:
    """Clients that are closed at the end of the test."""
    made: list[VcenterClient] = []

    def make(settings: VcenterSettings) -> VcenterClient:
        made.append(VcenterClient(settings, connect_timeout_s=5, request_timeout_s=30))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(start_vcsim: StartVcsim, new_client: NewClient) -> VcenterClient:
    """A client of a simulator with four machines."""
    return new_client(start_vcsim())


@dataclass
class Relay:
    """Stands between client and simulator, counts the operations, and loses the reply to one of them when told."""

    front: HttpsServer
    back: VcenterSettings
    breaks: str = ""  # the SOAP operation whose reply is lost, once
    how: Literal["reset", "cut"] = "reset"

    @property
    def settings(self) -> VcenterSettings:
        return replace(self.back, port=self.front.port)

    def operations(self) -> list[str]:
        return [_operation(request) for request in self.front.requests if request.method == "POST"]

    def forward(self, request: Request) -> Answer:
        context = ssl.create_default_context(cafile=self.back.vcenter_ca_path)
        connection = http.client.HTTPSConnection("localhost", self.back.port, context=context, timeout=30)
        try:
            kept = {name: value for name, value in request.headers.items() if name in ("Cookie", "SOAPAction")}
            connection.request(request.method, request.target, request.body, kept)
            reply = connection.getresponse()
            body = reply.read()
        finally:
            connection.close()
        if self.breaks and self.breaks == _operation(request):
            self.breaks = ""
            return Answer(body[: len(body) // 2], reply.status, fault=self.how)
        cookie = reply.getheader("Set-Cookie")
        return Answer(body, reply.status, {"Content-Type": "text/xml"} | ({"Set-Cookie": cookie} if cookie else {}))


def _operation(request: Request) -> str:
    """The name of the element inside the SOAP body."""
    _, _, inner = request.body.decode().partition("Body>")
    return inner.lstrip("\n <").partition(" ")[0]


@pytest.fixture
def relay(start_vcsim: StartVcsim, vcsim_tls: Tls) -> Iterator[Callable[..., Relay]]:
    """Start a simulator with a relay in front."""
    open_fronts = []

    def start(vms: int = 4) -> Relay:
        front = running(vcsim_tls)
        between = Relay(front.__enter__(), start_vcsim(vms))
        open_fronts.append(front)
        between.front.on("POST", "/sdk", between.forward)
        between.front.on("GET", "/sdk/vimServiceVersions.xml", between.forward)
        return between

    yield start
    for front in open_fronts:
        front.__exit__(None, None, None)
