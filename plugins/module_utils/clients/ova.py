# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An OVA file: a tar archive of a descriptor, disks and a manifest, read where it lies and never unpacked."""

from __future__ import annotations

import hashlib
import os
import re
import tarfile
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from types import TracebackType
from typing import IO, BinaryIO

from .errors import InvalidRequest, NotFound

PIECE = 2**20
_MOST_TEXT = 16 * 2**20  # a descriptor or manifest that is longer is none
_OVF = "{http://schemas.dmtf.org/ovf/envelope/1}"
_UNITS = re.compile(r"byte\s*\*\s*2\^(\d+)")
_MANIFEST_LINE = re.compile(r"(SHA1|SHA256|SHA512)\s*\(([^)]+)\)\s*=\s*([0-9a-fA-F]+)\s*")


@dataclass(frozen=True, kw_only=True)
class Descriptor:
    """What the OVF descriptor says that we need. vCenter itself reads the rest of ``text``."""

    text: str
    networks: tuple[str, ...]
    capacity_bytes: int  # of all disks, full
    populated_bytes: int  # what their content takes, as far as the descriptor tells


class Ova:
    """An open file. It is opened once: what was hashed is what is uploaded."""

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self._file: BinaryIO = open(path, "rb")  # noqa: SIM115 - closed in __exit__
        except OSError as error:
            raise NotFound(
                f"The OVA file {path} cannot be read: {error.strerror or error}",
                code="ova_unreadable",
                remedy="Set ova to the path of the downloaded file on the machine that runs Ansible",
                operation="opening the OVA file",
            ) from error
        self._as_opened = self._stamp()
        self._tar: tarfile.TarFile | None = None

    def __enter__(self) -> Ova:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._tar is not None:
            self._tar.close()
        self._file.close()

    def _stamp(self) -> tuple[int, int]:
        told = os.fstat(self._file.fileno())
        return told.st_size, told.st_mtime_ns

    # -- is it the right one ---------------------------------------------------------------------------------------

    def require(self, sha256: str) -> None:
        """Read it once, and refuse it unless it is the file that was meant."""
        found = _digest(self._file, "sha256")
        if found != sha256:
            raise InvalidRequest(
                f"The file {self.path} is not the one that is asked for: its SHA-256 is {found}, and sha256 says {sha256}",
                code="ova_hash",
                remedy="Download it again, or correct sha256; each release of the appliance has another hash",
                operation="checking the OVA file",
            )

    def require_unchanged(self) -> None:
        """Whether somebody wrote into the file since it was opened, as far as its size and time tell."""
        if self._stamp() != self._as_opened:
            raise InvalidRequest(
                f"The file {self.path} was changed while it was uploaded",
                code="ova_changed",
                remedy="Let nothing write to the file while this runs, then run again",
                operation="uploading the OVA file",
            )

    def require_manifest(self) -> None:
        """Compare every file inside with the manifest inside; an OVA without a manifest is refused."""
        name = next((one for one in self._members() if one.lower().endswith(".mf")), None)
        listed = _MANIFEST_LINE.findall(self._text(name)) if name else []
        if not listed:
            raise self._unreadable("it has no manifest to compare with")
        for algorithm, member, wanted in listed:
            with self.open(member) as content:
                found = _digest(content, algorithm.lower())
            if found != wanted.lower():
                told = f"{member} has the {algorithm} {found}, and the manifest says {wanted.lower()}"
                raise self._unreadable(told)

    # -- what is in it ---------------------------------------------------------------------------------------------

    def descriptor(self) -> Descriptor:
        name = next((one for one in self._members() if one.lower().endswith(".ovf")), None)
        if name is None:
            raise self._unreadable("there is no OVF descriptor in it")
        text = self._text(name)
        try:
            # the whole file has the hash that the user gave, so its author is known
            root = ET.fromstring(text)  # noqa: S314
        except ET.ParseError as error:
            raise self._unreadable(f"its descriptor {name} is not XML: {error}") from error
        disks = root.findall(f"{_OVF}DiskSection/{_OVF}Disk")
        capacity = sum(_bytes(disk, "capacity", disk.get(f"{_OVF}capacityAllocationUnits", "")) for disk in disks)
        files = {file.get(f"{_OVF}id"): _bytes(file, "size") for file in root.findall(f"{_OVF}References/{_OVF}File")}
        populated = (_bytes(disk, "populatedSize") or files.get(disk.get(f"{_OVF}fileRef"), 0) for disk in disks)
        networks = root.findall(f"{_OVF}NetworkSection/{_OVF}Network")
        return Descriptor(
            text=text,
            networks=tuple(network.get(f"{_OVF}name", "") for network in networks),
            capacity_bytes=capacity,
            populated_bytes=sum(populated),
        )

    def size(self, name: str) -> int:
        return self._member(name).size

    def open(self, name: str) -> IO[bytes]:
        """The content of a file inside, to be read piece by piece."""
        content = self._archive().extractfile(self._member(name))
        if content is None:
            raise self._unreadable(f"{name} in it is not a file")
        return content

    def _member(self, name: str) -> tarfile.TarInfo:
        members = self._members()
        if name not in members:
            raise self._unreadable(f"there is no file {name} in it")
        return members[name]

    def _text(self, name: str) -> str:
        if self.size(name) > _MOST_TEXT:
            raise self._unreadable(f"{name} in it is too long")
        with self.open(name) as content:
            return content.read().decode("utf-8-sig", "replace")

    def _members(self) -> dict[str, tarfile.TarInfo]:
        try:
            return {member.name: member for member in self._archive().getmembers()}
        except tarfile.TarError as error:
            raise self._unreadable(f"it is not a whole tar archive: {error}") from error

    def _archive(self) -> tarfile.TarFile:
        if self._tar is None:
            self._file.seek(0)
            try:
                self._tar = tarfile.open(fileobj=self._file, mode="r:")  # noqa: SIM115
            except tarfile.TarError as error:
                raise self._unreadable(f"it is not a tar archive: {error}") from error
        return self._tar

    def _unreadable(self, why: str) -> InvalidRequest:
        return InvalidRequest(
            f"The file {self.path} cannot be used as an OVA: {why}",
            code="ova_unusable",
            operation="reading the OVA file",
        )


def _digest(content: IO[bytes], algorithm: str) -> str:
    digest = hashlib.new(algorithm, usedforsecurity=algorithm != "sha1")
    while piece := content.read(PIECE):
        digest.update(piece)
    return digest.hexdigest()


def _bytes(element: ET.Element, attribute: str, units: str = "") -> int:
    text = element.get(f"{_OVF}{attribute}", "")
    power = _UNITS.fullmatch(units.strip())
    return int(text) << (int(power[1]) if power else 0) if text.isdecimal() else 0
