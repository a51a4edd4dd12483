# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each trouble on the way from nothing to ready: one error at the earliest step that can know, nothing half made unnamed.

A trouble is there from the beginning. The run must come to the step of its row, so no step before it complained, and must
say there what the row says. Run again, it says the same and makes nothing more. Once the trouble is over, the next runs
come to "ready" and leave the same things as a journey that nothing disturbed: what was half made was found and completed.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.index import find
from ansible_collections.azlocal.migrate.tests.support.infrastructure_on_lab import work
from ansible_collections.azlocal.migrate.tests.support.journey_on_lab import Asked, Journey
from ansible_collections.azlocal.migrate.tests.support.killed import Ground
from lab import media, names
from lab.appliances import SIMILAR
from lab.azure import ids, sites, storage, traces
from lab.switches import Switches

Do = Callable[[Journey], object]
WRONG_SHA = "0" * 64
WRONG_PASSWORD = "geheim%1"
CONTROLLER, HOST = "connectivity from the controller", "connectivity from a host"
SOURCE_NET, SOURCE_SETUP = "connectivity from the source appliance", "appliance_setup of the source"
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
    switches: dict[str, Any] = dataclasses.field(default_factory=dict)
    throw: Do | None = None  # where no switch of the lab is the trouble
    mend: Do | None = None  # what a person does beside setting the switches back
    leaves: str = ""  # in the names of what is left for good, and in the message


def asks(**changed: Any) -> Do:
    def change(journey: Journey) -> None:
        for name, value in changed.items():
            setattr(journey.asked, name, value)

    return change


def asks_as_ever(journey: Journey) -> None:
    journey.asked = Journey.begin(journey.ground).asked


def another_vddk(version: str, *, told_by_its_name: bool) -> Do:
    def change(journey: Journey) -> None:
        name = f"VMware-vix-disklib-{version}-1.x86_64.zip" if told_by_its_name else "vddk.zip"
        path = journey.ground.lab.state_dir / name
        journey.asked.vddk = {"path": str(path), "sha256": media.make_vddk(path, version)}

    return change


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
        throw=asks(location="uksouth"),
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
        says=("labsrc", "445"),
        switches={"blocked_ports": ("labtgt>labsrc:445",)},
    ),
    # -- files ---------------------------------------------------------------------------------------------------
    Trouble(
        knob="hash mismatch of the OVA",
        step="source_appliance",
        code="ova_hash",
        why="it is the first step that reads the file",
        says=(WRONG_SHA,),
        throw=asks(ova_sha256=WRONG_SHA),
    ),
    Trouble(
        knob="hash mismatch of the image",
        step="target_appliance",
        code="HashMismatch",
        why="the file is fetched by the host, in this step",
        says=(media.IMAGE, WRONG_SHA),
        throw=asks(image_sha256=WRONG_SHA),
    ),
    Trouble(
        knob="hash mismatch of the VDDK",
        step=SOURCE_SETUP,
        code="file_hash",
        why="it is the first step that reads the file",
        says=(WRONG_SHA,),
        throw=lambda journey: journey.asked.vddk.update(sha256=WRONG_SHA),  # type: ignore[union-attr]
    ),
    Trouble(
        knob="a VDDK of another version, told by the name of its file",
        step=SOURCE_SETUP,
        code="vddk_version",
        why="it is the first step that is given the VDDK",
        says=("7.0.3", "8.0.2"),
        throw=another_vddk("7.0.3", told_by_its_name=True),
    ),
    Trouble(
        knob="a VDDK of another version",
        step=SOURCE_SETUP,
        code="vddk_version",
        why="it is the first step that is given the VDDK",
        says=("8.0.3", "8.0.2"),
        throw=another_vddk("8.0.3", told_by_its_name=False),
        leaves="\\azlocal.migrate\\vddk-",
    ),
    Trouble(
        knob="no VDDK",
        step=SOURCE_SETUP,
        wait="vddk",
        why="only the appliance shows whether somebody has put one there",
        says=("Broadcom",),
        throw=asks(vddk=None),
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


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Journey]]:
    started: list[Ground] = []

    def begin(**switches: Any) -> Journey:
        started.append(Ground(tmp_path / f"lab{len(started)}", switches=Switches(**switches), estate=None, vms=3))
        return Journey.begin(started[-1])

    password = names.VCENTER_PASSWORD
    yield begin
    names.VCENTER_PASSWORD = password
    for ground in started:
        ground.lab.stop()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Counter[tuple[str, str]]:
    """What a journey without trouble leaves. Every step says what it makes, and the last run makes nothing."""
    with Ground(tmp_path_factory.mktemp("undisturbed") / "lab", estate=None, vms=3) as ground:
        journey = Journey.begin(ground)
        ended = journey.go()
        assert (ended.step, journey.unnamed) == ("ready", []), ended
        things, moment = journey.things(), ground.records.moment()
        assert journey.run().step == "ready"
        assert (journey.things(), ground.accepted(moment)) == (things, [])
        return things


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.knob)
def test_one_error_at_the_earliest_step_and_nothing_unnamed(
    start: Callable[..., Journey], undisturbed: Counter[tuple[str, str]], trouble: Trouble
) -> None:
    journey = start(**trouble.switches)
    if trouble.throw:
        trouble.throw(journey)
    ended = journey.go()
    steps = [name for name, _step in journey.steps()]
    assert (ended.step, ended.code) == (trouble.step, trouble.code), ended
    assert journey.passed == steps[: steps.index(trouble.step)], f"no step before it can know: {trouble.why}"
    if trouble.code:
        assert find(trouble.code) is not None and ended.remedy
    else:
        assert ended.waiting and ended.waiting["step"] == trouble.wait
        assert all(ended.waiting[part] for part in ("who", "what", "where", "data"))
    told = f"{ended.text} {ended.remedy} {ended.waiting}"
    assert [words for words in trouble.says if words not in told] == [], told

    left = journey.things()
    again = journey.run()
    assert (again.step, again.code, journey.things()) == (ended.step, ended.code, left), again
    assert journey.unnamed == []

    for name, value in dataclasses.asdict(Switches()).items():
        setattr(journey.ground.lab.switches, name, value)
    (trouble.mend or asks_as_ever)(journey)
    assert journey.go().step == "ready"
    things = journey.things()
    more = [name for _kind, name in things - undisturbed if not (trouble.leaves and trouble.leaves in name)]
    assert (more, undisturbed - things, journey.unnamed) == ([], Counter(), [])
    assert trouble.leaves in told


def test_every_trouble_of_the_issue_has_a_row() -> None:
    """Part 11 of the issue, and what else its other parts name."""
    known = " | ".join(trouble.knob for trouble in TROUBLES)
    for knob in (
        "agent dead, of the source",
        "agent dead, of the target",
        "wrong region",
        "firewall closed",
        "policy refused",
        "licence expired",
        "second appliance of a similar name",
        "discovery stuck",
        "hash mismatch",
        "VDDK of another version",
        "vCenter password",
        "missing rights",
    ):
        assert knob in known


def test_no_vault_yet_is_waited_for_by_name(start: Callable[..., Journey]) -> None:
    """Before there is a project it is an error; with one, infrastructure waits for the source appliance."""
    journey = start()
    journey.run()  # up to the console of the source appliance
    moment = journey.ground.records.moment()
    with journey.ground.arm() as arm:
        outcome = work(arm).present()
    waiting = outcome.waiting_for
    assert waiting and "no replication vault yet" in waiting["what"] and waiting["data"]["role"] == "source"
    assert outcome.steps == [] and journey.ground.accepted(moment) == []


def test_a_project_that_lies_in_the_wrong_region(tmp_path: Path) -> None:
    """The one of somebody else, which nobody can move: refused by the step that first sees it, and nothing is written."""
    switches = Switches(project_region="uksouth")
    with Ground(tmp_path / "lab", switches=switches, stage="ready", estate=None, vms=3) as ground:
        for location, code in (("Central US", "project_elsewhere"), ("", "region_unsupported")):
            ended = Journey(ground=ground, asked=Asked(location=location)).run()
            assert (ended.step, ended.code, ground.accepted()) == ("project", code, [])
            assert ended.remedy
