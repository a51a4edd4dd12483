# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab as a process of its own: started detached, asked for its world, and stopped, all through its state folder.

A lab runs for a folder exactly as long as somebody holds the folder's lock, so a stale process id can never mislead.
``lab.json`` says who that is. Requests are signals: SIGUSR1 writes world.json afresh, SIGUSR2 has the operator act and
writes what he said to operator.json, SIGTERM ends the lab.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .runtime import Lab

_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2}
_ASKED, _SAID = "operator-asked.json", "operator.json"


class LabError(Exception):
    """Something the user should read; no traceback."""


# -- seen from outside -----------------------------------------------------------------------------------------


def running(state_dir: Path) -> dict[str, Any] | None:
    """What lab.json says about the lab that runs for this folder, or None. A lab that is just starting says {}."""
    lock = state_dir / "lab.lock"
    if not lock.exists():
        return None
    with lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            with contextlib.suppress(OSError, ValueError):
                found = json.loads((state_dir / "lab.json").read_text(encoding="utf-8"))
                return found if isinstance(found, dict) else {}
            return {}
    return None


def spawn(state_dir: Path, arguments: list[str], timeout_s: float) -> dict[str, Any]:
    """Start a detached child that serves; return its lab.json once every simulator answers."""
    state_dir.mkdir(parents=True, exist_ok=True)
    (state_dir / "lab.json").unlink(missing_ok=True)
    log = state_dir / "lab.log"
    command = [sys.executable, str(Path(__file__).resolve().parent), "serve", "--foreground", *arguments]
    with log.open("wb") as output:
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and package
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _until(lambda: (state_dir / "lab.json").exists() or child.poll() is not None, timeout_s)
        about = running(state_dir)
        if not about or child.poll() is not None:
            raise LabError(f"the lab did not start; the end of {log}:\n{_tail(log)}")
        _until(lambda: all(_answers(url, state_dir / "ca.pem") for url in about["servers"].values()), timeout_s)
    except BaseException:
        child.terminate()
        raise
    return about


def stop(state_dir: Path, timeout_s: float = 30) -> bool:
    """Stop the lab of this folder, wait until it is gone; False if none ran."""
    about = running(state_dir)
    if about is None:
        return False
    os.kill(_pid(state_dir, about), signal.SIGTERM)
    _until(lambda: running(state_dir) is None, timeout_s)
    return True


def fresh_world(state_dir: Path, timeout_s: float = 60) -> Path:
    """world.json, written after this call was made if the lab runs, else as it was left at the end."""
    path, asked_at = state_dir / "world.json", dt.datetime.now(dt.UTC)
    about = running(state_dir)
    if about is not None:
        os.kill(_pid(state_dir, about), signal.SIGUSR1)
        _until(lambda: _written_at(path) >= asked_at, timeout_s)
    elif not path.exists():
        raise LabError(f"no lab runs for {state_dir}, and none has left its world there")
    return path


def operate(state_dir: Path, appliance: str, timeout_s: float = 60) -> list[str]:
    """Have the operator of the running lab act; what he says."""
    about = running(state_dir)
    if about is None:
        raise LabError(f"no lab runs for {state_dir}")
    said = state_dir / _SAID
    said.unlink(missing_ok=True)
    (state_dir / _ASKED).write_text(json.dumps({"appliance": appliance}), encoding="utf-8")
    os.kill(_pid(state_dir, about), signal.SIGUSR2)
    _until(said.exists, timeout_s)
    return [str(line) for line in json.loads(said.read_text(encoding="utf-8"))]


def _pid(state_dir: Path, about: dict[str, Any]) -> int:
    if "pid" not in about:
        raise LabError(f"the lab of {state_dir} is still starting: try again in a moment")
    return int(about["pid"])


def _written_at(path: Path) -> dt.datetime:
    try:
        # "at" is in the first lines: no need to parse some megabytes at every look
        with path.open(encoding="utf-8") as file:
            head = file.read(200)
        return dt.datetime.fromisoformat(head.split('"at": "', 1)[1].split('"', 1)[0])
    except (OSError, IndexError, ValueError):
        return dt.datetime.min.replace(tzinfo=dt.UTC)


def _answers(url: str, ca: Path) -> bool:
    """Whether a server with our certificate is behind this port. No request: the ledger is for the users' requests."""
    context, address = ssl.create_default_context(cafile=str(ca)), urllib.parse.urlsplit(url)
    try:
        with socket.create_connection(("127.0.0.1", address.port or 443), timeout=5) as raw:
            if address.scheme == "https":
                context.wrap_socket(raw, server_hostname="localhost").close()
            return True
    except OSError:
        return False


def _until(holds: Callable[[], bool], timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline:
            raise LabError(f"no answer from the lab within {timeout_s:g} s")
        time.sleep(0.02)


def _tail(path: Path, lines: int = 15) -> str:
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


# -- seen from inside ------------------------------------------------------------------------------------------


@contextlib.contextmanager
def sole_owner(state_dir: Path) -> Iterator[None]:
    """Hold the folder's lock; a lab is running for it from here to the end of the block."""
    state_dir.mkdir(parents=True, exist_ok=True)
    with (state_dir / "lab.lock").open("wb") as file:
        # a look from outside takes the lock for an instant: try for a little while
        for attempt in range(20):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if attempt == 19:
                    raise LabError(f"another lab runs for {state_dir}") from None
                time.sleep(0.02)
        yield


def serve_until_stopped(state_dir: Path, options: dict[str, Any], start: Callable[[], Lab]) -> None:
    """Start a lab, say so in lab.json, and answer signals until SIGTERM or SIGINT."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # before any thread starts: all of them inherit it
    with sole_owner(state_dir):
        about = state_dir / "lab.json"
        about.unlink(missing_ok=True)
        lab = start()
        try:
            servers = {name: server.url for name, server in lab.servers.items()}
            told = {
                "pid": os.getpid(),
                "started": dt.datetime.now(dt.UTC).isoformat(),
                "options": options,
                "servers": servers,
            }
            fresh = about.with_suffix(".tmp")
            fresh.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
            fresh.replace(about)
            while (asked := signal.sigwait(_SIGNALS)) in (signal.SIGUSR1, signal.SIGUSR2):
                if asked == signal.SIGUSR1:
                    lab.write_world()
                else:
                    _have_operated(lab)
        finally:
            lab.stop()
            about.unlink(missing_ok=True)


def _have_operated(lab: Lab) -> None:
    try:
        asked = json.loads((lab.state_dir / _ASKED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return  # a signal that nobody of ours sent
    said = lab.operator.act(str(asked.get("appliance") or ""))
    fresh = (lab.state_dir / _SAID).with_suffix(".tmp")
    fresh.write_text(json.dumps(said), encoding="utf-8")
    fresh.replace(lab.state_dir / _SAID)
