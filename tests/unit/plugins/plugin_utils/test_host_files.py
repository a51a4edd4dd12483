# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files to a host in pieces, over Ansible's own winrm connection against the lab; and waiting, on a clock of its own."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import (
    ClientError,
    DeadlineExceeded,
    InvalidRequest,
    ServiceError,
    Unreachable,
)
from ansible_collections.azlocal.migrate.plugins.plugin_utils import host_files, waiting
from ansible_collections.azlocal.migrate.plugins.plugin_utils.host_action import Host
from ansible_collections.azlocal.migrate.tests.support.host_actions import action, calls
from lab import media, names
from lab.host.scripts_files import Shelf
from lab.runtime import Lab

NODE = names.NODES[0]
PATH = "C:\\ClusterStorage\\UserStorage_1\\in\\vddk.zip"
CONTENT = random.Random("vddk").randbytes(10_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def running(lab: Callable[..., Lab]) -> Lab:
    return lab(vms=0, estate="empty")


@pytest.fixture
def local(tmp_path: Path) -> Path:
    file = tmp_path / "vddk.zip"
    file.write_bytes(CONTENT)
    return file


def host(lab: Lab, **how: Any) -> Host:
    made, _vars = action(lab, "target_appliance", NODE, **how)
    return Host(made, NODE)


def written(lab: Lab) -> list[str]:
    return [call["method"] for call in calls(lab) if call["write"]]


def there(lab: Lab, path: str = PATH) -> bytes | None:
    file = Shelf(lab, NODE).get(path)
    return file.data if file else None


# -- sending ---------------------------------------------------------------------------------------------------------


def test_in_pieces_and_then_never_again(running: Lab, local: Path) -> None:
    one = host(running)
    done = host_files.send(one, local, PATH, SHA256.upper(), piece_bytes=4096)
    assert (done.changed, done.sha256, there(running)) == (True, SHA256, CONTENT)
    assert written(running) == ["put_file"] * 3
    again = host_files.send(one, local, PATH, SHA256)
    assert (again.changed, len(written(running))) == (False, 3)
    assert there(running, f"{PATH}.partial") is None


def test_check_mode_only_asks(running: Lab, local: Path) -> None:
    assert host_files.send(host(running, check=True), local, PATH).changed is True
    assert (written(running), there(running)) == ([], None)


def test_a_transfer_that_broke_off_goes_on(running: Lab, local: Path) -> None:
    Shelf(running, NODE).put(f"{PATH}.partial", CONTENT[:8192], 0)
    host_files.send(host(running), local, PATH, piece_bytes=4096)
    assert (written(running), there(running)) == (["put_file"], CONTENT)


@pytest.mark.parametrize("left", [b"another file" * 10, CONTENT, CONTENT + b"more"], ids=["other", "whole", "longer"])
def test_what_is_left_of_something_else_is_sent_anew(running: Lab, local: Path, left: bytes) -> None:
    Shelf(running, NODE).put(f"{PATH}.partial", left, 0)
    host_files.send(host(running), local, PATH, piece_bytes=4096)
    assert there(running) == CONTENT


def test_another_content_under_that_name_is_replaced(running: Lab, local: Path) -> None:
    Shelf(running, NODE).put(PATH, b"old", 0)
    assert host_files.send(host(running), local, PATH).changed
    assert there(running) == CONTENT


@pytest.mark.parametrize(("code", "tries"), [("WrongOffset", host_files.BEGIN_AGAIN + 1), ("NoSpace", 1)])
def test_a_host_that_contradicts_for_ever_ends_it(running: Lab, local: Path, code: str, tries: int) -> None:
    one, pieces = host(running), []
    answer = one.call

    def contradict(script: str, **params: Any) -> Any:
        if "content" not in params:
            return answer(script, **params)
        pieces.append(params["offset"])
        raise ServiceError("no", code=code)

    one.call = contradict  # type: ignore[method-assign]
    with pytest.raises(ServiceError) as caught:
        host_files.send(one, local, PATH)
    assert (caught.value.code, pieces) == (code, [0] * tries)


def test_a_file_that_is_not_what_it_should_be_is_not_sent(running: Lab, local: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    for file, sha256, code in (
        (local, "0" * 64, "file_hash"),
        (tmp_path / "none", "", "file_unreadable"),
        (empty, "", "file_unreadable"),
    ):
        with pytest.raises(InvalidRequest) as caught:
            host_files.send(host(running), file, PATH, sha256)
        assert caught.value.code == code and caught.value.remedy
    assert calls(running) == []


def test_progress_is_told_where_it_is_asked_for(
    running: Lab, local: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(host_files, "PRINT_EVERY_S", 0.0)
    host_files.send(host(running), local, PATH, shown="on", piece_bytes=4096)
    assert "vddk.zip to lab-node1: 41% of 0 MB" in capsys.readouterr().err


# -- errors of scripts -----------------------------------------------------------------------------------------------


def test_an_error_of_a_script_has_its_code_and_what_to_do(running: Lab) -> None:
    one = host(running)
    for call, code, remedy in (
        (lambda: host_files.fetch(one, "C:\\none.zip", PATH, SHA256), "SourceNotFound", "Check the path"),
        (lambda: host_files.fetch(one, "\\\\nas\\share\\a.zip", PATH, SHA256), "AccessDenied", "for a share"),
        (lambda: host_files.expand(one, "C:\\none.zip", "C:\\out"), "SourceNotFound", "Check the path"),
    ):
        with pytest.raises(ClientError) as caught:
            call()
        assert caught.value.code == code and remedy in caught.value.remedy


def test_a_zip_is_unpacked_once_and_must_be_one(running: Lab) -> None:
    shelf = Shelf(running, NODE)
    shelf.put("C:\\a.txt", b"no zip", 0)
    with pytest.raises(ServiceError, match="no zip archive") as caught:
        host_files.expand(host(running), "C:\\a.txt", "C:\\out")
    assert caught.value.code == "NotAnArchive"


# -- waiting ---------------------------------------------------------------------------------------------------------


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def wait(looks: Iterator[Any], timeout_s: float = 3600.0, shown: str = "off") -> tuple[Any, float]:
    time = Time()

    def look() -> tuple[str, Any]:
        found = next(looks)
        if isinstance(found, Exception):
            raise found
        return "it works", found

    end = host_files.wait(
        look, what="the installer", timeout_s=timeout_s, shown=shown, sleep=time.sleep, monotonic=time.monotonic
    )
    return end, time.now


def test_waiting_ends_with_what_was_waited_for() -> None:
    assert wait(iter([None, None, {"ExitCode": 0}])) == ({"ExitCode": 0}, 30.0)


def test_a_host_that_restarts_is_waited_for_and_one_that_is_gone_is_not() -> None:
    silence = Unreachable("no answer")
    assert wait(iter([None, *[silence] * 40, "done"]))[0] == "done"
    with pytest.raises(Unreachable):
        wait(iter([None, *[silence] * 100]))


def test_any_other_failure_ends_it_at_once() -> None:
    with pytest.raises(ServiceError):
        wait(iter([None, ServiceError("broken"), "done"]))


def test_the_time_is_limited_and_the_line_says_where_it_stood() -> None:
    with pytest.raises(DeadlineExceeded, match="the installer is not done after 60 s: it works"):
        wait(iter([None] * 10), timeout_s=60.0)


def test_a_line_is_said_when_it_changes_and_not_more_than_once_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    wait(iter([*[None] * 9, "done"]), shown="on")
    assert capsys.readouterr().err.count("the installer: it works") == 1
    assert waiting.PRINT_EVERY_S == 60.0


@pytest.mark.parametrize(
    "source", ["https://elsewhere.example/a.zip", media.URL + "none.zip", "ftp://nas.example/a.zip"]
)
def test_no_secret_of_an_address_is_told(running: Lab, source: str) -> None:
    address = source.replace("://", "://me:SECRET@") + "?sv=1&sig=SECRET#SECRET"
    with pytest.raises(ClientError) as caught:
        host_files.fetch(host(running), address, PATH, SHA256)
    assert caught.value.code == "SourceNotFound" and "SECRET" not in str(caught.value)
    assert source.split("/")[2] in str(caught.value)


def test_nor_where_the_host_itself_repeats_it(running: Lab) -> None:
    one, address = host(running), "https://me:SECRET@store.example/a.zip?sig=SECRET"

    def repeat(script: str, **params: Any) -> Any:
        raise ServiceError(f"Windows does not like {params['source']}", code="Strange")

    one.call = repeat  # type: ignore[method-assign]
    with pytest.raises(ServiceError, match=r"does not like https://store\.example/a\.zip$"):
        host_files.fetch(one, address, PATH, SHA256)
