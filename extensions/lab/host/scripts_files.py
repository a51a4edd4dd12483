# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
r"""Twins of the scripts that run on Azure Local hosts and on appliances alike: ports, and files.

test_endpoints  {endpoints: [{name, port}], timeout_s}; port 0 only resolves the name
    -> {Node, ClockUtc, Results: [{Name, Port, Resolved, Addresses, Reachable, Reason}]}, one each, in order;
       Reachable is null for port 0; Reason: "" | NotResolved | Refused | TimedOut
put_file        {path, sha256, size_bytes, source, user, password, content, offset, check}
    source: a URL, a share (user and password needed) or a path there; content: a piece in base64, from offset on;
    neither: only tell how far it is
    -> {Path, Complete, SizeBytes, Sha256, NextOffset, Changed}; pieces gather in <path>.partial
    HashMismatch | SourceNotFound | AccessDenied | WrongOffset
expand_file     {path, folder, check}; a zip into a folder -> {Files: [{Path, SizeBytes}], Changed}
    SourceNotFound | NotAnArchive
"""

from __future__ import annotations

import base64
import datetime as dt
import io
import re
import zipfile
from typing import Any

from .. import media, names
from ..appliances import File
from ..runtime import Lab
from . import network
from .twin import APPLIANCE, HOST, Params, ScriptError, Twin, many


def clock(lab: Lab, place: str) -> str:
    """What a place takes for the time."""
    ahead = lab.switches.appliance_skew_s if place.lower() in lab.appliances else 0.0
    return (lab.clock.now() + dt.timedelta(seconds=ahead)).isoformat()


def endpoints(lab: Lab, place: str, params: Params, cause: int) -> Any:
    results = []
    with lab.world.lock:
        for endpoint in many(params.get("endpoints")):
            name, port = str(endpoint["name"]), int(endpoint["port"])
            found = network.look(lab, place, name, port)
            results.append(
                {
                    "Name": name,
                    "Port": port,
                    "Resolved": bool(found.addresses),
                    "Addresses": list(found.addresses),
                    "Reachable": found.reachable if port else None,
                    "Reason": found.reason,
                }
            )
    return {"Node": place.upper(), "ClockUtc": clock(lab, place), "Results": results}


# -- files ---------------------------------------------------------------------------------------------------------


class Shelf:
    """The files of one place. Cluster volumes are the same from every node."""

    def __init__(self, lab: Lab, place: str) -> None:
        self.lab, self.place = lab, place
        one = lab.appliances.get(place.lower())
        self._files = one.files if one is not None else lab.cluster.files
        self._side = one.role if one is not None else "target"
        self._own = "" if one is not None else f"{place.lower()} "  # of this node alone

    def _key(self, path: str) -> str:
        shared = path.lower().startswith("c:\\clusterstorage\\")
        return path.lower() if shared or not self._own else self._own + path.lower()

    def get(self, path: str) -> File | None:
        return self._files.get(self._key(path))

    def put(self, path: str, data: bytes, cause: int) -> File:
        before = self.get(path)
        file = self._files[self._key(path)] = File(path, data)
        if before is None or before.data != data:
            told = {"place": self.place, "path": path, "sha256": file.sha256}
            self.lab.journal.write("", self._side, "file", before and before.sha256, told, cause)
        return file

    def remove(self, path: str, cause: int) -> bool:
        gone = self._files.pop(self._key(path), None)
        if gone is not None:
            told = {"place": self.place, "path": path, "sha256": gone.sha256}
            self.lab.journal.write("", self._side, "file", told, None, cause)
        return gone is not None

    def under(self, folder: str) -> list[File]:
        start = self._key(folder.rstrip("\\") + "\\")
        return [file for key, file in sorted(self._files.items()) if key.startswith(start)]


def put_file(lab: Lab, place: str, params: Params, cause: int) -> Any:
    shelf, path = Shelf(lab, place), str(params["path"])
    partial = f"{path}.partial"
    with lab.world.lock:
        there = shelf.get(path)
        if there is not None and there.sha256 == str(params["sha256"]).lower():
            return _told(there, 0, changed=False)
        begun = shelf.get(partial)
        told = _told(None, begun.size if begun else 0, changed=True, path=path)
        if not params.get("source") and not params.get("content"):
            return {**told, "Changed": False}
        data = _fetched(lab, shelf, params) if params.get("source") else None
        if params.get("check"):
            return told
        if data is None:
            data = _gathered(shelf, partial, begun, params, cause)
            if len(data) < int(params["size_bytes"]):
                return {**told, "NextOffset": len(data)}
        shelf.remove(partial, cause)
        found, wanted = File(path, data).sha256, str(params["sha256"]).lower()
        if found != wanted:
            raise ScriptError(
                "HashMismatch", f"What arrived for {path} has the SHA-256 {found}, and {wanted} is asked for."
            )
        return _told(shelf.put(path, data, cause), 0, changed=True)


def _brings(params: Params) -> bool:
    """Whether it is more than the question how far the file is."""
    return bool(params.get("source") or params.get("content")) and not params.get("check")


def _told(file: File | None, offset: int, *, changed: bool, path: str = "") -> dict[str, Any]:
    return {
        "Path": file.path if file else path,
        "Complete": file is not None,
        "SizeBytes": file.size if file else None,
        "Sha256": file.sha256 if file else None,
        "NextOffset": offset,
        "Changed": changed,
    }


def _gathered(shelf: Shelf, partial: str, begun: File | None, params: Params, cause: int) -> bytes:
    before = begun.data if begun and params.get("offset") else b""
    if int(params.get("offset") or 0) != len(before):
        raise ScriptError("WrongOffset", f"{len(begun.data) if begun else 0} bytes are there.")
    return shelf.put(partial, before + base64.b64decode(params["content"]), cause).data


def _fetched(lab: Lab, shelf: Shelf, params: Params) -> bytes:
    source = str(params["source"])
    missing = ScriptError("SourceNotFound", f"{_shown(source)} was not found.")
    if source.startswith("\\\\"):
        if (params.get("user"), params.get("password")) != (names.HOST_USER, names.HOST_PASSWORD):
            raise ScriptError("AccessDenied", f"Access to {source} is denied: the logon of this session ends here.")
        host, port, file = source.split("\\")[2], 445, source.removeprefix(media.SHARE)
    elif source.lower().startswith(("https://", "http://")):
        address = _shown(source)
        host, port, file = address.split("/")[2], 443, address.removeprefix(media.URL)
    else:
        local = shelf.get(source)
        if local is None:
            raise missing
        return local.data
    if not network.look(lab, shelf.place, host, port).reachable:
        raise ScriptError("SourceNotFound", f"{host} cannot be reached at port {port}.")
    path = lab.state_dir / "media" / file
    if path.parent != lab.state_dir / "media" or not path.is_file():
        raise missing
    return path.read_bytes()


def _shown(source: str) -> str:
    """An address without user, query and fragment, which may hold a secret: told as the script tells it."""
    return re.sub(r"(?s)(?<=://)[^/?#]*@|[?#].*", "", source) if "://" in source else source


def expand_file(lab: Lab, place: str, params: Params, cause: int) -> Any:
    shelf, folder = Shelf(lab, place), str(params["folder"]).rstrip("\\")
    with lab.world.lock:
        file = shelf.get(str(params["path"]))
        if file is None:
            raise ScriptError("SourceNotFound", f"{params['path']} was not found.")
        try:
            with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
                entries = {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
        except zipfile.BadZipFile:
            raise ScriptError("NotAnArchive", f"{params['path']} is no zip archive.") from None
        if any(".." in name.split("/") for name in entries):
            raise ScriptError("NotAnArchive", f"{params['path']} holds paths that lead out of the folder.")
        wanted = {folder + "\\" + name.replace("/", "\\"): data for name, data in entries.items()}
        there = {path: shelf.get(path) for path in wanted}
        changed = any((had := there[path]) is None or had.size != len(data) for path, data in wanted.items())
        if changed and not params.get("check"):
            for path, data in wanted.items():
                shelf.put(path, data, cause)
    return {"Files": [{"Path": path, "SizeBytes": len(data)} for path, data in wanted.items()], "Changed": changed}


_BOTH = (HOST, APPLIANCE)
TWINS = {
    "test_endpoints": Twin(endpoints, on=_BOTH),
    "put_file": Twin(put_file, write=True, on=_BOTH, asks=_brings),
    "expand_file": Twin(expand_file, write=True, on=_BOTH),
}
