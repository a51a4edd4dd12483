# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of target_appliance: brings the image to the cluster, and makes the virtual machine of it."""

from __future__ import annotations

import dataclasses
from typing import Any

from ansible.errors import AnsibleError

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import (
    ClientError,
    Conflict,
    InvalidRequest,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.powershell import many
from ansible_collections.azlocal.migrate.plugins.module_utils.domain import appliance_waiting
from ansible_collections.azlocal.migrate.plugins.module_utils.domain import target_appliance as domain
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.problem import Problem
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.target_appliance import Seen, Wanted
from ansible_collections.azlocal.migrate.plugins.module_utils.options.target_appliance import SPEC
from ansible_collections.azlocal.migrate.plugins.plugin_utils import host_facts, host_files, hosts
from ansible_collections.azlocal.migrate.plugins.plugin_utils.host_action import Host, HostAction
from ansible_collections.azlocal.migrate.plugins.plugin_utils.scripts import let_go

_MACHINE = ("created", "clustered", "started")


class ActionModule(HostAction):
    SPEC = SPEC

    def work(self, host: Host, options: dict[str, Any]) -> None:
        self.result |= {"actions": [], "appliance": {}, "differences": []}
        wanted = _wanted(options)
        _must(domain.refuse(wanted))
        host, seen = self._look(host, wanted)
        plan = domain.plan(wanted, seen)
        _must(plan.problems)
        before, predicted = domain.shown(seen), domain.predicted(wanted, seen, plan.act)
        if plan.act == "remove":
            self._remove(host, wanted, seen)
        elif plan.act == "make":
            self._make(host, wanted, plan, options)
        elif plan.act == "finish":
            self._create(host, wanted, plan.switch, _own_disk(wanted, seen))
        if self.result["actions"] and not host.check:
            host, seen = self._look(host, wanted)
        self._tell(host, wanted, seen)
        self.result["diff"] = {"before": before, "after": predicted}

    # -- what is there ----------------------------------------------------------------------------------------------

    def _look(self, host: Host, wanted: Wanted) -> tuple[Host, Seen]:
        """What there is, as the node that owns the machine says it, and that node; else as this one says it."""
        seen = _seen(host, wanted)
        if seen.elsewhere:
            host, seen = self._at_owner(host, seen, wanted)
        whole = seen.vm is not None and seen.vm.disks
        if wanted.state == "present" and whole:
            return host, seen
        files: dict[str, int] = {}
        for volume in seen.volumes:
            if volume.online:
                files |= _seen(host, wanted, domain.root(volume.path, wanted.name)).files
        return host, dataclasses.replace(seen, files=files)

    def _at_owner(self, host: Host, seen: Seen, wanted: Wanted) -> tuple[Host, Seen]:
        """Over the connection that the inventory gives the owner. Its name is not always the one in the cluster."""
        first = self._connection
        for name in hosts.likely(self.vars, seen.role.owner if seen.role else ""):
            if name == host.name:
                continue
            try:
                self._connection = hosts.connection_of(self, self.vars["hostvars"][name])
                other = Host(self, name)
                found = _seen(other, wanted)
            except (ClientError, AnsibleError):
                found = seen
            if not found.elsewhere:
                first.close()
                return other, found
            let_go(self)
            self._connection = first
        return host, seen

    # -- what is done -----------------------------------------------------------------------------------------------

    def _make(self, host: Host, wanted: Wanted, plan: domain.Plan, options: dict[str, Any]) -> None:
        """Each step finds done what an earlier run did."""
        path = f"{plan.folder}\\{domain.leaf(wanted.image)}"
        zipped = not domain.is_disk(path)
        user, password = options["image_user"] or "", options["image_password"] or ""
        if host_files.fetch(host, wanted.image, path, wanted.sha256, user=user, password=password).changed:
            self._did("fetched")
            if host.check:  # what comes next needs what is not there yet: it is told, and nobody is asked
                self._did(*(["unpacked"] if zipped else []), *_MACHINE)
                return
        paths = [path]
        if zipped:
            files, changed = host_files.expand(host, path, f"{plan.folder}\\image")
            paths = list(files)
            if changed:
                self._did("unpacked")
                if host.check:
                    self._did(*_MACHINE)
                    return
        disk, problems = domain.choose_disk(wanted, paths)
        _must(problems)
        self._create(host, wanted, plan.switch, disk, plan.folder)

    def _create(self, host: Host, wanted: Wanted, switch: str, disk: str, folder: str = "") -> None:
        reply = host.call(
            "new_appliance_vm",
            name=wanted.name,
            folder=folder or disk.rpartition("\\")[0],
            disk=disk,
            generation=domain.generation(wanted, disk),
            cpu_cores=wanted.cpu_cores,
            memory_mb=wanted.memory_mb,
            switch=switch,
            vlan_id=wanted.vlan_id or 0,
            clustered=True,
            start=True,
        )
        self._did(*map(str, many(reply["Did"])))

    def _remove(self, host: Host, wanted: Wanted, seen: Seen) -> None:
        disks = seen.vm.disks if seen.vm else ()
        paths = list(dict.fromkeys([*disks, *seen.files]))
        reply = host.call("remove_appliance_vm", name=wanted.name, files=paths)
        if reply["Changed"]:
            self._did("removed")

    def _did(self, *what: str) -> None:
        """At once, so that a failure afterwards does not hide it."""
        self.result["actions"].extend(what)
        self.result["changed"] = bool(self.result["actions"])

    def _tell(self, host: Host, wanted: Wanted, seen: Seen) -> None:
        actions = self.result["actions"]
        self.result["appliance"] = domain.described(seen)
        if wanted.state == "present":
            self.result["differences"] = domain.differences(wanted, seen.vm) if seen.vm else []
            self.result["waiting_for"] = appliance_waiting.console(seen)
        would = "would be " if host.check else ""
        self.result["msg"] = f"{wanted.name}: {would}{', '.join(actions)}" if actions else f"{wanted.name} is as wanted"
        if seen.elsewhere and not actions:
            self.result["msg"] += ", as far as the cluster says: the node that owns it could not be asked"


def _wanted(options: dict[str, Any]) -> Wanted:
    """Microsoft's link has a documented hash; any other file needs the one of whoever published it."""
    given = {name: value for name, value in options.items() if value is not None}
    if given["state"] == "present" and "image" in given and "sha256" not in given:
        remedy = "give the SHA-256 that the publisher of the image names"
        raise InvalidRequest("image is given without sha256", code="MissingOption", remedy=remedy)
    if "sha256" in given:
        given["sha256"] = given["sha256"].strip().lower()
    names = {one.name for one in dataclasses.fields(Wanted)}
    return Wanted(**{name: value for name, value in given.items() if name in names})


def _own_disk(wanted: Wanted, seen: Seen) -> str:
    disks = seen.vm.disks if seen.vm else ()
    return next(disk for disk in disks if domain.image_of(disk, wanted.name))


def _must(problems: Any) -> None:
    """All problems in one error, the first of them with its code."""
    found: list[Problem] = list(problems)
    if found:
        remedy = "; ".join(dict.fromkeys(one.remedy for one in found))
        raise Conflict("; ".join(one.text for one in found), code=found[0].code, remedy=remedy[:1].upper() + remedy[1:])


def _seen(host: Host, wanted: Wanted, folder: str = "") -> Seen:
    reply = host.call("get_appliance_host", name=wanted.name, folder=folder, files=[])
    return host_facts.appliance_host(reply)
