# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The troubles on the way from nothing to ready, as data: which, at which step, and what is said there.

Several share one journey: all are there from the beginning, and each is mended when it was told.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, cast

from lab import appliances, media, names
from lab.appliances import SIMILAR
from lab.azure import ids, sites, storage, traces
from lab.switches import Switches

from .appliance_host import from_controller
from .journey_on_lab import Asked, Journey
from .killed import Ground

Do = Callable[[Journey], object]
# Naming the steps asks nothing of a lab.
STEPS = [name for name, _step in Journey(ground=cast(Ground, None), asked=Asked()).steps()]
WRONG_SHA = "0" * 64
WRONG_PASSWORD = "geheim%1"
HOST, SOURCE_NET = "connectivity from a host", "connectivity from the source appliance"
SOURCE_SETUP = "appliance_setup of the source"
SOURCE_INFO, TARGET_INFO = "appliance_info of the source", "appliance_info of the target"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trouble:
    """``why``: what the step sees that no step before it can see. ``says``: words that its message must hold.

    ``code`` is that of an error; "" for a wait, which names ``wait`` as its step.
    """

    knob: str
    step: str
    why: str
    code: str = ""
    wait: str = ""
    says: tuple[str, ...] = ()
    switches: dict[str, Any] = dataclasses.field(default_factory=dict)  # of the lab
    asks: dict[str, Any] = dataclasses.field(default_factory=dict)  # for what the run is asked
    throw: Do | None = None  # where neither of the two is the trouble
    mend: Do | None = None  # what a person does beside setting them back
    leaves: str = ""  # in the names of what is left for good, and in the message
    alone: bool = False  # in its journey, because when it comes is not for the steps to say
    seen: int = 0  # among the troubles of a step: sooner or later

    @property
    def turn(self) -> tuple[int, int]:
        return STEPS.index(self.step), self.seen

    def begin(self, journey: Journey) -> None:
        self._ask(journey, self.asks)
        if self.throw:
            self.throw(journey)

    def end(self, journey: Journey) -> None:
        for name in self.switches:
            setattr(journey.ground.lab.switches, name, getattr(Switches(), name))
        ever = Journey.begin(journey.ground).asked
        self._ask(journey, {name: getattr(ever, name) for name in self.asks})
        if self.mend:
            self.mend(journey)

    @staticmethod
    def _ask(journey: Journey, asks: dict[str, Any]) -> None:
        for name, value in asks.items():
            setattr(journey.asked, name, value)


def another_hash_of_the_vddk(journey: Journey) -> None:
    journey.asked.vddk = {**(journey.asked.vddk or {}), "sha256": WRONG_SHA}


def another_vddk(version: str, *, told_by_its_name: bool) -> Do:
    def change(journey: Journey) -> None:
        name = f"VMware-vix-disklib-{version}-1.x86_64.zip" if told_by_its_name else "vddk.zip"
        path = journey.ground.lab.state_dir / name
        journey.asked.vddk = {"path": str(path), "sha256": media.make_vddk(path, version)}

    return change


def the_right_vddk(journey: Journey) -> None:
    journey.asked.vddk = from_controller(journey.ground.lab, media.VDDK)


def account_with_password(password: str) -> Do:
    def change(journey: Journey) -> None:
        names.VCENTER_PASSWORD = journey.asked.vcenter_password = password
        journey.ground.lab.environment["VMWARE_PASSWORD"] = password

    return change


def without_the_similar_one(journey: Journey) -> None:
    """Somebody takes it out of the project, and its machine away."""
    del journey.ground.lab.appliances[SIMILAR]
    azure = journey.ground.azure
    with azure.world.lock:
        traces.leave(azure, ids.PROJECT, SIMILAR)
        for arm_id in (
            f"{ids.group(names.RESOURCE_GROUP)}/providers/{sites.VMWARE}/{ids.site_name(SIMILAR, 'source')}",
            traces.fabric_id(ids.group(names.RESOURCE_GROUP), SIMILAR),
        ):
            assert azure.resources.drop(arm_id)


TROUBLES = [
    # -- who we are and where we stand ---------------------------------------------------------------------------
    Trouble(
        knob="missing rights in Azure",
        step="rights_info",
        code="rights_missing",
        why="it is the first step, and asks what is granted before anything is made",
        says=("Microsoft.Storage/storageAccounts/write",),
        switches={"missing_rights": ("Microsoft.Storage/storageAccounts/write",)},
    ),
    Trouble(
        knob="missing privileges in vCenter",
        step="rights_info",
        code="rights_missing",
        why="it is the first step",
        says=("VApp.Import",),
        switches={"missing_privileges": ("VApp.Import",)},
    ),
    Trouble(
        knob="missing privileges of the appliance's account",
        step="rights_info for the appliance",
        code="rights_missing",
        why="the step before asks about another account",
        says=("VirtualMachine.Config.ChangeTracking",),
        switches={"missing_privileges": ("VirtualMachine.Config.ChangeTracking",)},
    ),
    Trouble(
        knob="a vCenter password that the appliance cannot take",
        step="rights_info for the appliance",
        code="rights_missing",
        why="it is the first step that is given this password",
        says=("a character that the appliance cannot take",),
        throw=account_with_password(WRONG_PASSWORD),
        mend=account_with_password(names.VCENTER_PASSWORD),
    ),
    # -- the project ---------------------------------------------------------------------------------------------
    Trouble(
        knob="wrong region",
        step="project",
        code="region_unsupported",
        why="no step before it is told the region of the project",
        says=("uksouth", "centralus"),
        asks={"location": "uksouth"},
    ),
    Trouble(
        knob="policy refused, of a part of the project",
        step="project",
        code="RequestDisallowedByPolicy",
        why="Azure judges a resource when it is made, and it is the first step that makes any",
        says=("Done before: ", f"{names.PROJECT}-serversite"),
        switches={"policy_denies": ("Microsoft.OffAzure/MasterSites",)},
    ),
    Trouble(
        knob="a provider that does not get registered",
        step="project",
        code="timeout",
        why="no step before it registers one",
        says=("is not registered after",),
        switches={"register_lag_s": 4000.0},
        mend=lambda journey: journey.ground.clock.sleep(4000),
    ),
    Trouble(
        knob="a second appliance of a similar name",
        step="project",
        code="second_appliance",
        why="it came with the first key; this is the first step of the next run that reads the project's list",
        says=(SIMILAR, names.SOURCE_APPLIANCE),
        switches={"similar_appliance": True},
        alone=True,
        mend=without_the_similar_one,
    ),
    Trouble(
        knob="a bridge that is off",
        step="target_info",
        code="bridge",
        why="no step before it looks at the Azure Local instance",
        says=("Offline",),
        switches={"bridge_status": "Offline"},
    ),
    # -- connectivity --------------------------------------------------------------------------------------------
    Trouble(
        knob="a name that does not resolve on the hosts",
        step=HOST,
        code="endpoint_unreachable",
        why="each place has its own name resolution, and no step before it runs on a host",
        says=("lab-cl.lab.example",),
        switches={"unresolved_names": ("lab-node1>lab-cl",)},
    ),
    Trouble(
        knob="a firewall between the source appliance and ESXi",
        step=SOURCE_NET,
        code="endpoint_unreachable",
        why="only the source appliance can try it, and it has just come up",
        says=("esx02.lab.example", "902"),
        switches={"blocked_ports": ("labsrc>esx02:902",)},
    ),
    Trouble(
        knob="a firewall between the appliances",
        step="connectivity from the target appliance",
        code="endpoint_unreachable",
        why="only the target appliance can try it, and it has just come up",
        says=(appliances.ADDRESSES[appliances.SOURCE], "445"),
        switches={"blocked_ports": ("labtgt>labsrc:445",)},
    ),
    # -- files ---------------------------------------------------------------------------------------------------
    Trouble(
        knob="hash mismatch of the OVA",
        step="source_appliance",
        code="ova_hash",
        why="it is the first step that reads the file",
        says=(WRONG_SHA,),
        asks={"ova_sha256": WRONG_SHA},
    ),
    Trouble(
        knob="hash mismatch of the image",
        step="target_appliance",
        code="HashMismatch",
        why="the file is fetched by the host, in this step",
        says=(media.IMAGE, WRONG_SHA),
        asks={"image_sha256": WRONG_SHA},
    ),
    Trouble(
        knob="hash mismatch of the VDDK",
        step=SOURCE_SETUP,
        code="file_hash",
        seen=1,
        why="it is the first step that reads the file",
        says=(WRONG_SHA,),
        throw=another_hash_of_the_vddk,
        mend=the_right_vddk,
    ),
    Trouble(
        knob="a VDDK of another version, told by the name of its file",
        step=SOURCE_SETUP,
        code="vddk_version",
        seen=1,
        why="it is the first step that is given the VDDK",
        says=("7.0.3", "8.0.2"),
        throw=another_vddk("7.0.3", told_by_its_name=True),
        mend=the_right_vddk,
    ),
    Trouble(
        knob="a VDDK of another version",
        step=SOURCE_SETUP,
        code="vddk_version",
        seen=1,
        why="it is the first step that is given the VDDK",
        says=("8.0.3", "8.0.2"),
        throw=another_vddk("8.0.3", told_by_its_name=False),
        mend=the_right_vddk,
        leaves="\\azlocal.migrate\\vddk-",
    ),
    Trouble(
        knob="no VDDK",
        step=SOURCE_SETUP,
        wait="vddk",
        seen=1,
        why="only the appliance shows whether somebody has put one there",
        says=("Broadcom",),
        asks={"vddk": None},
    ),
    # -- the appliances ------------------------------------------------------------------------------------------
    Trouble(
        knob="licence expired",
        step=SOURCE_SETUP,
        code="appliance_licence",
        why="only Windows itself knows its licence, and no step before it asks it anything but ports",
        says=("180 days",),
        switches={"licence_days_left": 0},
    ),
    Trouble(
        knob="policy refused, of what the portal makes with the key",
        step=SOURCE_SETUP,
        wait="key",
        seen=2,
        why="no step of ours makes it, so the portal tells the person; the run goes on waiting for the key",
        says=("Generate key",),
        switches={"policy_denies": ("Microsoft.KeyVault/vaults",)},
    ),
    Trouble(
        knob="agent dead, of the source",
        step=SOURCE_INFO,
        code="appliance_silent",
        why="from within, its services run; Azure alone knows who is heard, and only after the registration",
        says=(names.SOURCE_APPLIANCE,),
        switches={"dead_agent": "source"},
    ),
    Trouble(
        knob="a clock that is wrong",
        step=SOURCE_INFO,
        code="appliance_skew",
        why="it compares the clock that appliance_setup has read with the controller's",
        says=("400 s ahead",),
        switches={"appliance_skew_s": 400.0},
    ),
    Trouble(
        knob="a vCenter that refuses the appliance's account",
        step=SOURCE_INFO,
        code="vcenter_failed",
        why="the account is typed into the appliance, which tells Azure how it fared",
        says=("InvalidLogin",),
        switches={"vcenter_login": "refused"},
    ),
    Trouble(
        knob="discovery stuck",
        step=SOURCE_INFO,
        code="discovery_stuck",
        why="from within, discovery was started; that it finds nothing is seen in Azure alone",
        says=("no machine is shown",),
        switches={"discovery_stuck": True},
    ),
    Trouble(
        knob="agent dead, of the target",
        step=TARGET_INFO,
        code="appliance_silent",
        why="Azure alone knows who is heard, and only after the registration",
        says=(names.TARGET_APPLIANCE,),
        switches={"dead_agent": "target"},
    ),
    # -- the storage account -------------------------------------------------------------------------------------
    Trouble(
        knob="firewall closed",
        step="infrastructure",
        code="cache_account_closed",
        why="the account is made by this step, and a policy of the customer closes it as it is made",
        says=("Done before: ", "migratersa", "not opened by us"),
        switches={"storage_firewall": "closed"},
    ),
    Trouble(
        knob="wrong region of the storage account",
        step="infrastructure",
        code="cache_account_unfit",
        why="the account is made by this step",
        says=("Done before: ", "migratersa", "eastus"),
        switches={"storage_region": "eastus"},
    ),
    Trouble(
        knob="policy refused, of the storage account",
        step="infrastructure",
        code="RequestDisallowedByPolicy",
        why="Azure judges a resource when it is made",
        says=("Done before: ", "make identity of the vault"),
        switches={"policy_denies": (storage.TYPE,)},
    ),
]


def shared_journeys() -> list[list[Trouble]]:
    """In one journey each trouble has a turn of its own, and no two throw the same switch."""
    journeys: list[list[Trouble]] = []
    for trouble in sorted(TROUBLES, key=lambda trouble: trouble.turn):
        for journey in journeys:
            thrown = {name for one in journey for name in one.switches}
            lonely = trouble.alone or journey[-1].alone
            if not lonely and journey[-1].turn < trouble.turn and not thrown & set(trouble.switches):
                journey.append(trouble)
                break
        else:
            journeys.append([trouble])
    return journeys
