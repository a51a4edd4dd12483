# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""First contact with the lab: it settles exactly what the lab's switches say, changes nothing, and names nobody."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.services import first_contact as service
from ansible_collections.azlocal.migrate.plugins.module_utils.services import first_contact_files as replies
from ansible_collections.azlocal.migrate.tests.support.identifiers import identifiers_of, told_of
from ansible_collections.azlocal.migrate.tests.support.lab_settings import azure_of, vcenter_of
from ansible_collections.azlocal.migrate.tests.support.records import Request
from ansible_collections.azlocal.migrate.tests.support.services_bench import SCOPE, Bench
from lab import names
from lab.switches import Switches, defaults

MOST_AZURE = 48
MOST_VCENTER = 40
WRITE = "Microsoft.DataReplication/replicationVaults/protectedItems/write"

# What the lab cannot show to a reader, or not in the state in which the tests find it.
NOT_SEEN = {"jobs_paging", "machines_paging"}
BY_CHANGE = {
    "address_kept", "delete_after_cutover", "failover_repeated", "final_delta", "first_boot_named", "guest_hangs",
    "import_held", "mark_length", "operation_url", "parts_used_again", "restart", "second_put", "shell_kept", "source_off",
    "write_visible",
}  # fmt: skip
JOBS = {
    "jobs_newest_first", "jobs_trimmed", "jobs_object_name", "jobs_initial", "jobs_provisioning", "jobs_states",
    "jobs_titles", "jobs_paging", "job_tree", "job_task_names", "job_failover_time", "job_never_begun",
}  # fmt: skip
MACHINES = {
    "machine_key", "machine_words", "os_disk", "os_disk_scsi00", "join_uuid", "join_disks", "join_nics", "item_key",
}  # fmt: skip

GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", re.IGNORECASE)
IPV4 = re.compile(r"(?<![\d.])10(?:\.\d{1,3}){3}(?![\d.])")
NOBODYS = {"00000000-0000-0000-0000-000000000000"}

Verdicts = dict[str, str]
Given = Mapping[str, str]  # settings instead of the lab's
NOTHING_ELSE: Given = {}


def changed(verdict: str, *keys: str) -> Verdicts:
    return dict.fromkeys(keys, verdict)


# (switch, its value, what that changes against the default). A value that changes nothing stands here too.
THROWN: list[tuple[str, Any, Verdicts]] = [
    ("replication_versions", ("2024-09-01",), changed("contradicted", "version_replication")),
    ("machines_page", 10, changed("settled", "machines_paging")),
    ("jobs_page", 3, changed("settled", "jobs_paging")),
    ("items_page", 2, {}),
    ("missing_rights", (WRITE,), changed("contradicted", "rights_project")),
    ("missing_rights", ("Microsoft.HybridCompute/machines/delete",), changed("contradicted", "rights_target")),
    (
        "missing_rights",
        ("Microsoft.KubernetesConfiguration/extensions/read",),
        changed("contradicted", "rights_cluster", "bridge_row") | changed("not_seen", "bridge_status"),
    ),
    (
        "missing_rights",
        ("Microsoft.DataReplication/replicationVaults/jobs/read",),
        changed("contradicted", "rights_project") | changed("failed", *JOBS),
    ),
    ("missing_privileges", ("VirtualMachine.Interact.PowerOff",), changed("contradicted", "privileges_vm")),
    ("missing_privileges", ("Global.ManageCustomFields",), changed("contradicted", "privileges_root")),
    ("azure_skew_s", 300.0, changed("contradicted", "clock_azure", "clocks_agree")),
    ("vcenter_skew_s", -300.0, changed("contradicted", "clock_vcenter", "clocks_agree")),
    ("job_tasks", "null", changed("contradicted", "job_tree", "job_task_names") | changed("not_seen", "job_never_begun")),
    ("hidden_properties", ("config.instanceUuid",), changed("contradicted", "join_uuid")
        | changed("not_seen", "join_disks", "join_nics")),
    ("hidden_properties", ("config.hardware",), changed("contradicted", "join_disks", "join_nics")),
    ("items_list", "trimmed", changed("contradicted", "items_list_fields") | changed(
        "not_seen", "allowed_ready", "allowed_seeding", "allowed_failing_over", "allowed_failed_over", "bios_id",
        "target_machine", "target_instance", "target_nics",
    )),
    ("allowed_in_flight", "null", {}),
    ("allowed_in_flight", "as_before", changed("contradicted", "allowed_failing_over")),
    ("guest_agent", "present", {}),
    ("bridge_status", "Offline", {}),
    ("silent_agents", (names.SOURCE_APPLIANCE,), {}),
    ("graph_bridge", "missing", changed("contradicted", "bridge_row") | changed("not_seen", "bridge_status")),
    ("graph_bridge", "Offline", {}),
    ("dead_agent", "source", {}),
    ("discovery_stuck", True, changed("not_seen", *MACHINES) | changed("contradicted", "id_case")),
    ("similar_appliance", True, {}),
    ("vcenter_login", "refused", {}),
    ("addresses_when_off", "kept", {}),
]  # fmt: skip

# Why no reader can tell how the other switches stand.
UNREADABLE = {
    "what an answer to a change is": {
        "check_signature", "duplicate_put", "visible_after_s", "operation_life_s", "delete_result",
        "pair_in_use", "shell_needs_empty", "put_checks", "newer_fields", "delete_after_cutover", "removed_power",
    },
    "what a later failover does": {
        "powered_off_source", "hanging_guest", "kept_ip", "source_faults", "failed_failover_provisioning",
        "contradictions", "nic_names",
    },
    "what becomes of an item later": {"resync", "failed_jobs"},
    "how soon something is seen after a change": {
        "list_lag_s", "jobs_lag_s", "deleted_machines", "discovery_lag_s", "assignment_lag_s", "graph_lag_s", "power_lag_s",
    },
    "how one signs in": {"claims_challenge", "token_life_s", "application", "machine_identities"},
    "what happens at a limit": {"provider_counts", "provider_window"},
    "a list of one row has no pages": {"graph_page"},
    "what vCenter does to a VM, or to an expired session": {
        "appliance_snapshots", "consolidation_needed", "state_fault_in_task", "expired_read", "lease_refusal",
        "lease_holds_attributes",
    },
    "VMs that are not shown are not missed": {"hidden_vms"},
    "hosts and appliances are not asked": {
        "arrays_collapse", "appliance_json", "appliance_skew_s", "licence_days_left", "installer_end_of_input",
        "installer_exit", "blocked_ports", "unresolved_names",
    },
    "what stands in the way of a preparation, which is over": {
        "register_lag_s", "second_subscription", "project_region", "policy_denies", "storage_firewall", "storage_region",
        "names_taken", "role_propagation_s", "principal_lag_s", "principal_type", "directory_rights", "new_vault_identity",
        "vault_in_use", "extension_checks", "target_fabric", "dead_fabric",
    },
}  # fmt: skip


@dataclasses.dataclass(kw_only=True)
class Stage:
    """A lab in which one VM is migrated, one failed to, two are ready, and two are on their way for ever."""

    bench: Bench
    ready: list[str]

    def fail(self, vm: str) -> None:
        """A planned failover of this VM that fails at its first task."""
        fault = {"kind": "job", "job": "Planned failover", "vm": vm, "task": "Prerequisite check", "code": "1000001"}
        self.bench.lab.faults.add(fault)
        self.bench.tick(vm)
        self.bench.until("failed_before", vm)

    def contact(
        self, *, azure: Given = NOTHING_ELSE, vcenter: Given = NOTHING_ELSE, scope: Any = SCOPE, **options: Any
    ) -> service.Contact:
        lab = self.bench.lab
        lab.faults.add({"kind": "reply", "system": "azure", "path": "/permissions", "status": 429, "retry_after": 0})
        return service.first_contact(
            azure_of(lab, **azure), vcenter_of(lab, **vcenter), lambda subscription: scope, **options
        )


def verdicts(contact: service.Contact) -> Verdicts:
    return {fact.key: judgement.verdict for fact, judgement in contact.judgements}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    bench = Bench(tmp_path_factory.mktemp("contact") / "lab")
    good, bad, over, seeding, *ready = sorted(bench.records.movable)[:6]
    for vm, job in ((seeding, "Complete initial replication"), (over, "Planned failover")):
        bench.lab.faults.add({"kind": "job", "job": job, "vm": vm, "stuck": True})
    bench.present(good, bad, over, seeding, *ready)
    bench.until("ready", good, bad, over, *ready)
    bench.tick(good, over)
    bench.until("migrated", good)
    bench.until("cutting_over", over)
    bench.until("seeding", seeding)
    made = Stage(bench=bench, ready=ready)
    made.fail(bad)
    yield made
    bench.stop()


@pytest.fixture(scope="module")
def usual(stage: Stage) -> Verdicts:
    """With every switch at its default."""
    return verdicts(stage.contact())


def test_the_default_lab_settles_all_that_it_shows(usual: Verdicts) -> None:
    kept = {verdict: {key for key, found in usual.items() if found == verdict} for verdict in set(usual.values())}
    assert kept.pop("not_seen") == NOT_SEEN | BY_CHANGE
    assert set(kept) == {"settled"}, kept


@pytest.mark.parametrize(
    ("switch", "value", "wanted"), THROWN, ids=[f"{switch}-{value}" for switch, value, _wanted in THROWN]
)
def test_a_switch_changes_exactly_the_facts_it_is_about(
    stage: Stage, usual: Verdicts, switch: str, value: Any, wanted: Verdicts
) -> None:
    switches = stage.bench.lab.switches
    before = getattr(switches, switch)
    setattr(switches, switch, value)
    try:
        found = verdicts(stage.contact())
    finally:
        setattr(switches, switch, before)
    assert {key: verdict for key, verdict in found.items() if verdict != usual[key]} == wanted


def test_every_switch_is_thrown_or_no_reader_can_tell() -> None:
    """A new switch of the lab belongs into one of the two tables above."""
    told = [
        "retry_jobs",
        *{switch for switch, _value, _wanted in THROWN},
        *(name for some in UNREADABLE.values() for name in some),
    ]
    assert sorted(told) == sorted(defaults(Switches)), set(told) ^ set(defaults(Switches))


def test_what_a_switch_says_is_seen_where_the_verdict_stays(stage: Stage) -> None:
    switches = stage.bench.lab.switches
    switches.bridge_status, switches.silent_agents = "Offline", (names.SOURCE_APPLIANCE,)
    try:
        seen = {fact.key: judgement.seen for fact, judgement in stage.contact().judgements}
    finally:
        switches.bridge_status, switches.silent_agents = "Running", ()
    assert seen["bridge_status"] == "seen: Offline"
    assert seen["agent_responsive"] == "boolean; 1 of 2 respond"


# -- it only reads, and little ---------------------------------------------------------------------------------------


def asked(stage: Stage, moment: int) -> list[Request]:
    return [request for request in stage.bench.records.since(moment) if not request.is_discovery]


def test_it_reads_only_and_asks_little(stage: Stage) -> None:
    moment = stage.bench.records.moment()
    stage.contact()
    requests = asked(stage, moment)
    assert [request for request in requests if request.write] == []
    assert len([request for request in requests if request.system == "azure"]) <= MOST_AZURE
    assert len([request for request in requests if request.system == "vcenter"]) <= MOST_VCENTER


def test_small_pages_do_not_make_it_ask_more_than_it_says(stage: Stage) -> None:
    switches = stage.bench.lab.switches
    before = (switches.items_page, switches.machines_page, switches.jobs_page)
    switches.items_page, switches.machines_page, switches.jobs_page = 1, 2, 1
    moment = stage.bench.records.moment()
    try:
        found = verdicts(stage.contact())
    finally:
        switches.items_page, switches.machines_page, switches.jobs_page = before
    assert len([request for request in asked(stage, moment) if request.system == "azure"]) <= MOST_AZURE
    assert "contradicted" not in found.values()


# -- each look fails alone ---------------------------------------------------------------------------------------------


def test_a_wrong_secret_fails_azure_alone_and_does_not_ask_again_and_again(stage: Stage) -> None:
    moment = stage.bench.records.moment()
    contact = stage.contact(azure={"secret": "wrong"})
    found = {fact.key: judgement for fact, judgement in contact.judgements}
    assert found["version_replication"].verdict == "failed"
    assert found["version_replication"].remedy
    assert found["vcenter_version"].verdict == "settled"
    assert len([request for request in stage.bench.records.since(moment) if request.system == "entra"]) < 5


def test_a_wrong_password_fails_vcenter_alone(stage: Stage) -> None:
    found = {fact.key: judgement for fact, judgement in stage.contact(vcenter={"password": "wrong"}).judgements}
    assert (found["privileges_vm"].verdict, found["privileges_vm"].error_code) == ("failed", "InvalidLogin")
    assert found["version_replication"].verdict == "settled"


def test_a_project_that_is_not_there_is_no_reason_to_stop(stage: Stage) -> None:
    elsewhere = dataclasses.replace(SCOPE, project="another")
    found = verdicts(stage.contact(scope=elsewhere))
    assert found["rights_project"] == "settled"
    assert found["items_states"] == "not_seen"
    assert found["version_migrate"] == "not_seen"


# -- what it writes ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    contact = stage.contact()
    texts = replies.files(contact, [names.TENANT, names.CLIENT_ID, names.VCENTER_USER])
    return [Path(path) for path in replies.write(str(tmp_path_factory.mktemp("told") / "new"), texts)]


def test_neither_facts_nor_files_hold_an_identifier(stage: Stage, written: list[Path]) -> None:
    known = identifiers_of(stage.bench.lab)
    assert len(known) > 200
    for path in written:
        assert told_of(known, path.read_text(encoding="utf-8")) == [], path.name
    assert told_of(known, "\n".join(stage.contact().report())) == []


def test_no_id_or_address_of_any_reply_is_in_the_files(stage: Stage) -> None:
    """Not only those that the lab's tables name: all that look like one."""
    contact = stage.contact()
    raw = json.dumps(
        [
            [(reply.url, reply.body) for reply in contact.evidence.replies],
            [look.pages for look in contact.evidence.looks.values()],
        ],
        default=str,
    )
    told = "".join(replies.files(contact, []).values()).lower()
    for pattern in (GUID, MAC, IPV4):
        found = {one.lower() for one in pattern.findall(raw)} - NOBODYS
        assert found
        assert sorted(one for one in found if one in told) == []


def leaves(tree: Any) -> Iterator[str]:
    """Every text in it, paths part by part."""
    if isinstance(tree, str):
        yield from tree.split("/")
    elif isinstance(tree, dict | list):
        for inner in tree.values() if isinstance(tree, dict) else tree:
            yield from leaves(inner)


@pytest.mark.parametrize("folder", ["Guest", "Items", "project.site.local"])
def test_ordinary_names_are_no_reason_to_keep_the_files_back(stage: Stage, folder: str) -> None:
    """Words that stand in our facts and looks as well may name something of the tenant, and still are not told."""
    vm = next(vm for vm in stage.bench.lab.world.source.values() if vm.folder)
    before, vm.folder = vm.folder, folder
    try:
        told = json.loads(replies.files(stage.contact(), [])["vcenter.json"])
    finally:
        vm.folder = before
    assert folder.lower() not in {text.lower() for text in leaves([*told.values()])}


def test_the_search_for_identifiers_finds_them(stage: Stage) -> None:
    """What the test above goes by: the same replies without de-identification are full of them."""
    contact = stage.contact()
    raw = json.dumps([reply.body for reply in contact.evidence.replies])
    assert len(told_of(identifiers_of(stage.bench.lab), raw)) > 150


def test_files_are_private_and_keep_what_they_are_for(written: list[Path]) -> None:
    assert [path.name for path in written] == ["facts.json", "azure.json", "vcenter.json"]
    assert {path.stat().st_mode & 0o777 for path in written} == {0o600}
    azure = json.loads(written[1].read_text(encoding="utf-8"))
    [first] = [entry for entry in azure if entry["look"] == "items"]
    item = first["body"]["value"][0]["properties"]
    assert {"protectionState", "allowedJobs", "customProperties"} <= set(item)
    assert {row["properties"]["protectionState"] for row in first["body"]["value"]} == {
        "InitialReplicationCompletedOnRecovery", "Protected", "PlannedFailoverInitiated", "PlannedFailoverCompleted",
        "PlannedFailoverFailed",
    }  # fmt: skip
    assert "x-ms-ratelimit-remaining-subscription-resource-requests" in first["headers"]
    assert re.search(
        r"/providers/Microsoft\.DataReplication/replicationVaults/[\w-]+/protectedItems\?api-version=", first["url"]
    )


def test_the_files_still_show_what_refers_to_what(written: list[Path]) -> None:
    azure = json.loads(written[1].read_text(encoding="utf-8"))
    vcenter = json.loads(written[2].read_text(encoding="utf-8"))

    def rows(look: str) -> list[dict[str, Any]]:
        return [row for entry in azure if entry["look"] == look for row in entry["body"]["value"]]

    machines = {row["name"]: row["properties"] for row in rows("machines")}
    assert {row["name"] for row in rows("items")} <= set(machines)
    uuids = {vm["instance_uuid"]: vm["name"] for vm in vcenter["vcenter_vms"]}
    for machine in machines.values():
        assert uuids[machine["instanceUuid"]] == machine["displayName"]


# -- last, because it leaves another failed VM behind -------------------------------------------------------------------


def test_what_is_allowed_after_a_failure_is_seen_on_the_failed_item(stage: Stage, usual: Verdicts) -> None:
    switches = stage.bench.lab.switches
    before, switches.retry_jobs = switches.retry_jobs, ("DisableProtection",)
    try:
        stage.fail(stage.ready[0])
    finally:
        switches.retry_jobs = before
    found = verdicts(stage.contact())
    differing = {key: verdict for key, verdict in found.items() if verdict != usual[key]}
    assert differing == changed("contradicted", "allowed_after_failure")
