# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's operator: does what only a person can do, at consoles, in the portal and on the appliances' own pages.

Like a person he stops where something is not ready, and says so. What Azure makes of his clicks is in
``azure/registration``. (Not ``operator.py``: the folder of the lab is on the path for a moment, and hides that module.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import names
from .appliances import SOURCE, TARGET, Appliance, alive

if TYPE_CHECKING:
    from .runtime import Lab

LOOKS_S = 30  # recorded seconds between two looks of one who stays


class NotYet(Exception):
    """Why the next step cannot be done now, in one sentence."""


class Operator:
    """One person. ``act`` does whatever can be done now, and says what was done and what comes next."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def stay(self) -> None:
        """Look again and again, and act as soon as it can be done."""
        self.act()
        self._lab.schedule.after(LOOKS_S, self.stay)

    def act(self, name: str = "") -> list[str]:
        """For each appliance, or for the one of that name."""
        with self._lab.world.lock:
            wanted = [one for one in self._lab.appliances.values() if not one.similar]
            if name:
                wanted = [one for one in wanted if one.name.lower() == name.lower()]
                if not wanted:
                    return [f"{name}: there is no such machine."]
            else:
                lines = [f"There is no {role} appliance yet." for role in (SOURCE, TARGET)
                         if not any(one.role == role for one in wanted)]  # fmt: skip
            wanted.sort(key=lambda one: one.role)  # source before target
            said = [line for one in wanted for line in self._advance(one)]
            return said if name else said + lines

    def _advance(self, one: Appliance) -> list[str]:
        said: list[str] = []
        steps = [self._first_boot, self._software, self._key, self._register]
        steps += [self._discover] if one.role == SOURCE else [self._configure]
        for step in steps:
            try:
                done = step(one)
            except NotYet as reason:
                return [*said, f"{one.name}: {reason}"]
            if done:
                said.append(f"{one.name}: {done}")
        return said or [f"{one.name}: nothing is left to do."]

    # -- the steps: what was done, "" where there was nothing to do, or NotYet --------------------------------------

    def _first_boot(self, one: Appliance) -> str:
        if not one.runs:
            raise NotYet("its machine does not run." if not one.powered_on else "Windows is still starting.")
        if one.set_up:
            return ""
        one.set_up = True
        self._lab.journal.write("", one.role, "appliance", None, {"appliance": one.name, "set_up": True}, 0)
        if one.role == SOURCE and (vm := self._lab.world.source.get(one.vm.lower())):
            for nic in vm.nics:
                nic.addresses = [one.address]
            self._lab.world.change_source(vm, "config", "tools", "guestToolsRunning", 0)
        return "language, time zone and password were set at its console."

    def _software(self, one: Appliance) -> str:
        if not one.installed:
            raise NotYet("the appliance's software is not installed.")
        return ""

    def _key(self, one: Appliance) -> str:
        if one.key or one.registered_at:
            return ""
        from .azure import registration

        one.key = self._asking_azure(registration.generate_key, names.PROJECT, one.name, one.role, 0)
        return "its project key was generated in the portal."

    def _register(self, one: Appliance) -> str:
        if one.registered_at:
            return ""
        if "register" in one.asked:
            raise NotYet("it is being registered.")
        self._refuse_without_vddk(one)
        self._reach(one, ("login.microsoftonline.com", 443), ("management.azure.com", 443))
        from .azure import registration

        self._asking_azure(registration.register, one, 0)
        one.asked.add("register")
        return "the key was pasted and somebody signed in; it is being registered."

    def _discover(self, one: Appliance) -> str:
        if one.discovery_started_at or "discover" in one.asked:
            return ""
        self._reach(one, ("vcenter.lab.example", 443))
        self._cluster_login(one)
        from .azure import registration

        self._asking_azure(registration.start_discovery, one, 0)
        one.asked.add("discover")
        return "it was given the logins of vCenter and of the cluster, and discovery was started."

    def _configure(self, one: Appliance) -> str:
        if one.configured_at or "configure" in one.asked:
            return ""
        self._cluster_login(one)
        from .azure import registration

        self._asking_azure(registration.configure_target, one, 0)
        one.asked.add("configure")
        return "it was given the cluster's login, and Configure was pressed."

    # -- what a step needs -------------------------------------------------------------------------------------------

    def _asking_azure(self, do: Any, *given: Any) -> Any:
        from .azure import registration, server

        front = self._lab.servers.get("azure")
        if front is None:
            raise NotYet("the lab is ending.")
        try:
            return do(server.of(front), *given)
        except registration.Refused as refusal:
            raise NotYet(str(refusal)) from None

    def _refuse_without_vddk(self, one: Appliance) -> None:
        from .host.scripts_appliance_read import vddk_version
        from .host.scripts_files import Shelf

        if one.role == SOURCE and one.vm and not vddk_version(Shelf(self._lab, one.name)):
            raise NotYet("its configuration manager finds no VDDK.")

    def _cluster_login(self, one: Appliance) -> None:
        from .host.installer import CREDENTIALS

        self._reach(one, (names.CLUSTER, 5985), *((node, 5985) for node in names.NODES), (names.CLUSTER, 445))
        if not alive(one):
            raise NotYet("its services do not run.")
        one.put(CREDENTIALS + "TargetClusterCredentials.json", b"{}")

    def _reach(self, one: Appliance, *endpoints: tuple[str, int]) -> None:
        from .host.network import look

        for name, port in endpoints:
            found = look(self._lab, one.name, name, port)
            if not found.reachable:
                raise NotYet(f"it does not reach {name} at port {port} ({found.reason}).")
