# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OVA files, good ones and every kind of bad one."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import ClientError
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.ova import Ova
from ansible_collections.azlocal.migrate.tests.support.ovf import DESCRIPTOR, DISK_BYTES, DISKS, OVF, write_ova
from lab.media import make_ova


def tar(path: Path, **files: str) -> Ova:
    with tarfile.open(path, "w") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name.replace("_", "."))
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return Ova(str(path))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "appliance.ova"


def test_what_is_in_it(path: Path) -> None:
    sha256 = write_ova(path)
    with Ova(str(path)) as ova:
        ova.require(sha256)
        ova.require_manifest()
        descriptor = ova.descriptor()
        assert descriptor.networks == ("nat",)
        assert descriptor.capacity_bytes == 90 * 2**30
        assert descriptor.populated_bytes == 2 * DISK_BYTES
        assert descriptor.text == OVF
        assert [ova.size(disk) for disk in DISKS] == [DISK_BYTES, DISK_BYTES]
        with ova.open(DISKS[1]) as second, ova.open(DISKS[0]) as first:
            assert first.read(100) != second.read(100)
        ova.require_unchanged()


def test_the_file_of_another_maker(path: Path) -> None:
    sha256 = make_ova(path)
    with Ova(str(path)) as ova:
        ova.require(sha256)
        ova.require_manifest()
        assert ova.descriptor().capacity_bytes == 80 * 2**30
        assert ova.descriptor().networks == ("VM Network",)


def test_populated_size_wins_over_the_size_of_the_file(path: Path) -> None:
    write_ova(path, OVF.replace('ovf:fileRef="file1"', 'ovf:fileRef="file1" ovf:populatedSize="5000000000"'))
    with Ova(str(path)) as ova:
        assert ova.descriptor().populated_bytes == 5_000_000_000 + DISK_BYTES


def test_another_hash(path: Path) -> None:
    sha256 = write_ova(path)
    with Ova(str(path)) as ova, pytest.raises(ClientError) as caught:
        ova.require("f" * 64)
    assert caught.value.code == "ova_hash"
    assert sha256 in str(caught.value) and "f" * 64 in str(caught.value)


@pytest.mark.parametrize("spoiled", [DESCRIPTOR, DISKS[1]])
def test_a_file_that_is_not_as_the_manifest_says(path: Path, spoiled: str) -> None:
    write_ova(path, spoil=spoiled)
    with Ova(str(path)) as ova, pytest.raises(ClientError, match=f"{spoiled} has the SHA256") as caught:
        ova.require_manifest()
    assert caught.value.code == "ova_unusable"


@pytest.mark.parametrize(
    ("files", "call", "words"),
    [
        ({"disk_vmdk": "x"}, "descriptor", "no OVF descriptor"),
        ({"a_ovf": "<Envelope"}, "descriptor", "not XML"),
        ({"a_ovf": "<x/>"}, "require_manifest", "no manifest"),
        ({"a_ovf": "<x/>", "a_mf": "nonsense"}, "require_manifest", "no manifest"),
        ({"a_mf": "SHA256(gone.vmdk)= 00"}, "require_manifest", "no file gone.vmdk"),
    ],
)
def test_what_is_no_ova(path: Path, files: dict[str, str], call: str, words: str) -> None:
    with tar(path, **files) as ova, pytest.raises(ClientError, match=words) as caught:
        getattr(ova, call)()
    assert (caught.value.code, str(path) in str(caught.value)) == ("ova_unusable", True)
    assert caught.value.remedy


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a zip, say", b"\0" * 5000])
def test_what_is_no_archive(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with Ova(str(path)) as ova, pytest.raises(ClientError) as caught:
        ova.descriptor()
    assert caught.value.code == "ova_unusable"


def test_half_an_archive(path: Path) -> None:
    write_ova(path)
    os.truncate(path, path.stat().st_size // 3)
    with Ova(str(path)) as ova, pytest.raises(ClientError) as caught:
        ova.descriptor()
    assert caught.value.code == "ova_unusable"


def test_a_folder_in_it_is_no_file(path: Path) -> None:
    with tarfile.open(path, "w") as archive:
        folder = tarfile.TarInfo("disks")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
    with Ova(str(path)) as ova, pytest.raises(ClientError, match="not a file"):
        ova.open("disks")


@pytest.mark.parametrize("where", ["nowhere.ova", "."])
def test_a_file_that_cannot_be_read(tmp_path: Path, where: str) -> None:
    with pytest.raises(ClientError) as caught:
        Ova(str(tmp_path / where))
    assert caught.value.code == "ova_unreadable" and caught.value.remedy


def test_a_file_that_changes_under_our_hands(path: Path) -> None:
    write_ova(path)
    with Ova(str(path)) as ova:
        with path.open("ab") as file:
            file.write(b"more")
        with pytest.raises(ClientError) as caught:
            ova.require_unchanged()
    assert caught.value.code == "ova_changed"
