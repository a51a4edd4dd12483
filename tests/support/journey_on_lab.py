# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a bare subscription to "ready to replicate", step by step as docs/from-nothing-to-ready.md tells it, in this process.

A run takes the steps in order and stops at the first that fails or waits for a person; the lab's operator does what only a
person can, and the next run begins at the first step again. Azure and vCenter live on the lab's own time.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import ClientError
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter_import import VcenterImport
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.placement import Wishes
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.source_appliance import Wanted as WantedSource
from ansible_collections.azlocal.migrate.plugins.module_utils.services import rights
from ansible_collections.azlocal.migrate.plugins.module_utils.services.appliance_import import Source
from ansible_collections.azlocal.migrate.plugins.module_utils.services.appliances import Appliances
from ansible_collections.azlocal.migrate.plugins.module_utils.services.project import Project
from ansible_collections.azlocal.migrate.plugins.module_utils.services.project_setup import ProjectSetup
from ansible_collections.azlocal.migrate.plugins.module_utils.services.rights import Answer
from ansible_collections.azlocal.migrate.plugins.module_utils.services.source_appliance import SourceAppliance
from ansible_collections.azlocal.migrate.plugins.modules import target_info
from ansible_collections.azlocal.migrate.plugins.plugin_utils import appliance_facts
from ansible_collections.azlocal.migrate.plugins.plugin_utils.appliance_setup import Setup
from lab import media, names
from lab.appliances import SOURCE, TARGET
from lab.azure import ids

from . import host_actions, infrastructure_on_lab, project_on_lab
from .appliance_host import LabHost, from_controller, options
from .killed import Ground
from .rights_on_lab import PLACES, settings

Said = dict[str, Any]
PHASES = ("prepare", "discover", "replicate")
NODE = names.NODES[0]
CLUSTER = f"{names.CLUSTER}.lab.example"
APPLIANCE = {SOURCE: names.SOURCE_APPLIANCE, TARGET: names.TARGET_APPLIANCE}
# What appliance_setup and appliance_info both see of a registered appliance; Azure's view is asked before a person is sent.
_AFTER_REGISTRATION = ("vcenter_credentials", "cluster_credentials", "discovery", "cluster")
_PERSON_S = 1200  # a person has acted, and what follows by itself has followed
_LOOK_S, _MOST_LOOKS = 300, 40
_ROLES = {
    "ba480ccd-6499-4709-b581-8f38bb215c63": "Azure Migrate assessor",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
}


@dataclasses.dataclass(kw_only=True)
class Asked:
    """What the variables of a run say; the rest is the same for all."""

    location: str = "Central US"
    ova_sha256: str = ""
    image_sha256: str = ""
    vddk: Said | None = None
    vcenter_password: str = names.VCENTER_PASSWORD


@dataclasses.dataclass(kw_only=True)
class Told:
    """How a step ended. ``text`` is all that it says; without ``code`` and ``waiting`` it is done."""

    step: str = ""
    text: str = ""
    code: str = ""
    remedy: str = ""
    waiting: Said | None = None

    @property
    def done(self) -> bool:
        return not self.code and self.waiting is None


@dataclasses.dataclass(kw_only=True)
class Journey:
    """One newcomer. ``unnamed``: what came into the world in a step of ours that did not say so."""

    ground: Ground
    asked: Asked
    passed: list[str] = dataclasses.field(default_factory=list)  # the steps of the last run that were done
    unnamed: list[str] = dataclasses.field(default_factory=list)
    _inside: dict[str, Said] = dataclasses.field(default_factory=dict)

    @classmethod
    def begin(cls, ground: Ground) -> Journey:
        asked = Asked(
            ova_sha256=host_actions.media_sha256(ground.lab, media.OVA),
            image_sha256=host_actions.media_sha256(ground.lab, media.IMAGE),
            vddk=from_controller(ground.lab, media.VDDK),
        )
        return cls(ground=ground, asked=asked)

    # -- runs ------------------------------------------------------------------------------------------------------

    def go(self) -> Told:
        """Run after run, with a person between them, until nothing is left, a step fails, or the person cannot go on."""
        last = Told(step="nothing yet")
        while (ended := self.run()).waiting is not None:
            if (ended.step, ended.waiting) == (last.step, last.waiting):
                return ended
            last = ended
            self.person()
        return ended

    def person(self) -> None:
        self.ground.clock.sleep(_LOOK_S)  # Windows has started
        self.ground.lab.operator.act()
        self.ground.clock.sleep(_PERSON_S)

    def run(self) -> Told:
        self.passed = []
        for name, step in self.steps():
            ended = self._taken(name, step)
            later = name.startswith("appliance_setup") and (ended.waiting or {}).get("step") in _AFTER_REGISTRATION
            if not ended.done and not later:
                return ended
            self.passed.append(name)
        return Told(step="ready")

    def _taken(self, name: str, step: Callable[[], Told]) -> Told:
        before = self.things()
        try:
            ended = step()
        except ClientError as error:
            ended = Told(text=str(error), code=error.code, remedy=error.remedy)
        ended.step = name
        new = self.things() - before
        self.unnamed += [
            f"{name}: {kind} {word}" for kind, word in new if not _is_named(kind, word, ended.text.lower())
        ]
        return ended

    def steps(self) -> Iterator[tuple[str, Callable[[], Told]]]:
        yield "rights_info", self.rights
        yield "rights_info for the appliance", self.appliance_account
        yield "connectivity from the controller", self.from_controller
        yield "project", self.project
        yield "target_info", self.target
        yield "connectivity from a host", lambda: self.connectivity(NODE, ["cluster"])
        yield "source_appliance", self.source_vm
        yield from self._one(SOURCE, ["vcenter", "esxi", "cluster"])
        yield "target_appliance", self.target_vm
        yield from self._one(TARGET, ["cluster", "appliances"])
        yield "infrastructure", self.infrastructure

    def _one(self, role: str, checks: list[str]) -> Iterator[tuple[str, Callable[[], Told]]]:
        yield f"connectivity from the {role} appliance", lambda: self.connectivity(APPLIANCE[role], checks)
        yield f"appliance_setup of the {role}", lambda: self.setup(role)
        yield f"appliance_info of the {role}", lambda: self.health(role)

    # -- steps -----------------------------------------------------------------------------------------------------

    def rights(self) -> Told:
        answer = Answer()
        with self.ground.arm() as arm:
            rights.azure(Project(arm, infrastructure_on_lab.SCOPE), PLACES, PHASES, answer, "ours")
        rights.vcenter(settings(self.ground.lab), "automation", PLACES, PHASES, answer)
        return self._gaps(answer)

    def appliance_account(self) -> Told:
        answer = Answer()
        account = dataclasses.replace(settings(self.ground.lab), password=self.asked.vcenter_password)
        rights.vcenter(account, "appliance", PLACES, PHASES, answer)
        return self._gaps(answer)

    @staticmethod
    def _gaps(answer: Answer) -> Told:
        if answer.gaps:
            raise rights.failure(answer)
        return Told()

    def from_controller(self) -> Told:
        servers = self.ground.lab.servers
        return self.connectivity(
            "localhost",
            ["azure", "vcenter"],
            vcenter="localhost",
            vcenter_port=servers["vcenter"].port,
            cloud_environment=f"https://localhost:{servers['azure'].port}",
        )

    def connectivity(self, place: str, checks: list[str], **more: Any) -> Told:
        given = {"checks": checks, "cluster": CLUSTER, "vcenter": "vcenter.lab.example", "fail_on": "any"}
        return self._action("connectivity", place, {**given, "esxi_hosts": [*names.ESXI_HOSTS], **more})

    def project(self) -> Told:
        wanted = dataclasses.replace(project_on_lab.WANTED, location=self.asked.location)
        with self.ground.arm() as arm:
            return Told(text="; ".join(ProjectSetup(arm, wanted).present().steps))

    def target(self) -> Told:
        """What stops a migration is a warning of the module; here it ends the run."""
        with self.ground.arm() as arm:
            frame: Any = SimpleNamespace(
                params={"cluster": ids.CLUSTER, "target_appliance": APPLIANCE[TARGET]},
                arm=arm,
                project=Project(arm, infrastructure_on_lab.SCOPE),
                module=SimpleNamespace(warn=lambda text: None),
            )
            problems = target_info.answer(frame)["problems"]
        return Told(**{name: problems[0][name] for name in ("text", "code", "remedy")}) if problems else Told()

    def source_vm(self) -> Told:
        lab, clock = self.ground.lab, self.ground.clock
        source = Source(
            path=str(lab.state_dir / "media" / media.OVA),
            wishes=Wishes(cluster="Cluster-A", datastore="DS-Gold-01", network="VM Network"),
        )
        wanted = WantedSource(name=APPLIANCE[SOURCE], state="powered_on", sha256=self.asked.ova_sha256)
        with VcenterImport(settings(lab), connect_timeout_s=5, request_timeout_s=30, clock=clock) as vcenter:
            made = SourceAppliance(vcenter=vcenter, wanted=wanted, source=source, clock=clock).run()
        return Told(text=made.msg, waiting=made.waiting_for)

    def target_vm(self) -> Told:
        given = {"name": APPLIANCE[TARGET], "image": media.URL + media.IMAGE, "sha256": self.asked.image_sha256}
        return self._action("target_appliance", NODE, given)

    def setup(self, role: str) -> Told:
        given: Said = {"role": role, "name": APPLIANCE[role], "cluster_fqdn": CLUSTER}
        given |= {"project": names.PROJECT, "resource_group": names.RESOURCE_GROUP}
        if role == SOURCE:
            given |= {"vddk": self.asked.vddk, "bandwidth_limit_mbps": 400, "vcenter_address": "vcenter.lab.example"}
        host = LabHost(self.ground.lab, APPLIANCE[role])
        result: Said = {"waiting_for": None}
        try:
            Setup(host, options(**given), result, sleep=self.ground.clock.sleep).run()
        finally:
            self._inside[role] = self._said_by(host) if result.get("appliance") else {}
        return Told(text=json.dumps(result), waiting=result["waiting_for"])

    def _said_by(self, host: LabHost) -> Said:
        seen = appliance_facts.seen(host.call("get_appliance", files=[]))
        skew = (seen.clock - self.ground.clock.now()).total_seconds() if seen.clock else None
        return {**appliance_facts.shown(seen), "clock_skew_s": skew}

    def health(self, role: str) -> Told:
        """As ``wait`` does it."""
        for _look in range(_MOST_LOOKS):
            with self.ground.arm() as arm:
                answer = Appliances(Project(arm, infrastructure_on_lab.SCOPE), self._inside).look().answer()
            one = answer["appliances"][role]
            if one["healthy"] or one["waiting_for"]:
                return Told(waiting=one["waiting_for"])
            if one["status"] == "unhealthy":
                break
            self.ground.clock.sleep(_LOOK_S)
        return Told(text=one["msg"], code=one["error_code"], remedy=one["remedy"])

    def infrastructure(self) -> Told:
        with self.ground.arm() as arm:
            made = infrastructure_on_lab.work(arm).present()
        return Told(text="; ".join(step.does for step in made.steps), waiting=made.waiting_for)

    def _action(self, name: str, place: str, args: Said) -> Told:
        given = {key: value for key, value in args.items() if value is not None}
        result = host_actions.run(self.ground.lab, name, place, given)
        told_of = Told(text=json.dumps(result), waiting=result["waiting_for"])
        if result.get("failed"):
            told_of.code, told_of.remedy = result["error_code"], result["remedy"]
        return told_of

    # -- what there is ---------------------------------------------------------------------------------------------

    def things(self) -> Counter[tuple[str, str]]:
        """All that a step may leave in the three worlds, each by kind and name."""
        lab, azure = self.ground.lab, self.ground.azure
        with lab.world.lock:
            found = [(row.type, row.name) for row in azure.resources.values()]
            found += [("pair", key.rpartition("/")[2]) for key in azure.parts]
            found += [("identity", key.rpartition("/")[2]) for key in azure.identities]
            found += [("provider", key) for key in azure.registrations]
            found += [("role", _role(row)) for row in azure.assignments.values()]
            found += [("vm", vm.name) for vm in lab.world.source.values()]
            found += [("setting", name) for name in lab.world.custom_fields]
            found += [("cluster vm", vm.name) for vm in lab.cluster.vms.values()]
            # Hyper-V's own file has another name each time
            found += [("file", re.sub(r"[^\\]+(?=\.vmcx$)", "*", file.path)) for file in lab.cluster.files.values()]
            for one in lab.appliances.values():
                found += [("file", f"{one.name} {file.path}") for file in one.files.values()]
                found += [("setting", f"{one.name} {name}") for name in one.throttles]
        return Counter(found)


def _role(row: Said) -> str:
    name = row["properties"]["roleDefinitionId"].rpartition("/")[2]
    return f"{_ROLES.get(name, name)} of {row['properties']['scope'].rpartition('/')[2]}"


def _is_named(kind: str, name: str, text: str) -> bool:
    """Files, and what a machine is told, are not: where they are stands in the guides, and the next run finds them."""
    if kind in ("file", "setting"):
        return True
    if kind == "role":
        name = name.partition(" of ")[0]
    elif kind == "provider":
        name = name.rpartition("/")[2]
    elif kind == "identity":
        name = kind
    return name.lower() in text
