# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A made-up but likely report: 24 VMs in two waves, most of them migrated, seven stopped for seven reasons.

``python tests/support/report_sample.py > report.html`` shows what a report looks like.
"""

from __future__ import annotations

import datetime as dt
import random
import uuid
from typing import Any

START = dt.datetime(2026, 11, 20, 18, 0, tzinfo=dt.UTC)
CUTOVER = {"1": dt.datetime(2026, 11, 21, 20, 0, tzinfo=dt.UTC), "2": dt.datetime(2026, 11, 22, 20, 0, tzinfo=dt.UTC)}
NOW = dt.datetime(2026, 11, 22, 23, 10, tzinfo=dt.UTC)

WAVES = {
    "1": "erp-db01 erp-app01 erp-app02 erp-web01 files01 print01 legacy-fax01 intranet01 intranet-db01 build01 "
    "build02 license01",
    "2": "crm-db01 crm-app01 crm-web01 crm-web02 dc02 dns02 monitor01 backup-proxy01 windows-gw01 wiki01 git01 twin01",
}
OWNERS = {"erp": "erp-team@example.com", "crm": "crm-team@example.com", "build": "devops@example.com"}
STOPPED = {
    "legacy-fax01": (
        "blocked", "blocked", "power_off", "The VM is powered off.",
        "Power it on and let discovery see it with VMware Tools running, or take it out of the wave.",
    ),
    "license01": (
        "blocked", "blocked", "independent", "Disk scsi0:1 is independent: snapshots leave it out, so it cannot replicate.",
        "Change the disk to dependent while the VM is off, or leave it out with disks: [{match: scsi0:1, include: false}].",
    ),
    "print01": (
        "blocked", "blocked", "tools_missing", "VMware Tools are not installed, but NIC 4000 shall keep its address.",
        "Install VMware Tools, or set keep_ip: false for the NIC.",
    ),
    "windows-gw01": (
        "blocked", "blocked", "name_refused", "Azure refuses the name 'windows-gw01': it contains the word WINDOWS.",
        "Give the row a target_vm_name, such as gw01.",
    ),
    "twin01": (
        "blocked", "blocked", "name_ambiguous", "Two VMs are called 'twin01'.",
        "Put instance_uuid 503f1c2e-0000-4000-8000-00000000aa01 or 503f1c2e-0000-4000-8000-00000000aa02 into the row.",
    ),
    "build02": (
        "failed_before", "failed", "1000001", "Planned failover failed in the task 'Starting failover', before anything "
        "was made on the target. The source is on again.",
        "Run the cutover again: this failure is safe to repeat. After three failures open a support case.",
    ),
    "crm-web02": (
        "failed_seed", "failed", "60183", "Initial replication stopped at 41 %: the target appliance cannot reach node 2.",
        "Enable WinRM on lab-node2, then run replicate with retry: reseed.",
    ),
}  # fmt: skip


def sample() -> dict[str, Any]:
    chance = random.Random(7)
    vms = [_vm(name, wave, chance) for wave, names in WAVES.items() for name in names.split()]
    return {
        "generated_at": NOW.isoformat(),
        "project": "migrate-berlin",
        "resource_group": "rg-migrate-berlin",
        "source_appliance": "srcberlin",
        "target_appliance": "tgtberlin",
        "collection_version": "0.1.0",
        "runs": None,
        "vms": vms,
    }


def _id(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def _vm(name: str, wave: str, chance: random.Random) -> dict[str, Any]:
    app = name.split("-")[0].rstrip("0123456789")
    vm: dict[str, Any] = {
        "name": name, "wave": wave, "app": app, "owner": OWNERS.get(app, "infra@example.com"), "phase": "completed",
        "phase_reason": "", "status": "changed", "msg": "Migrated and verified.", "error_code": "", "remedy": "",
        "correlation_id": _id(chance), "target_vm_name": name, "target_resource_group": "rg-migrated-berlin",
        "instance_uuid": "503f" + _id(chance)[4:], "source_power": "off", "target_power": "running",
        "progress_percent": 100, "bytes": chance.randrange(20, 900) * 2**30, "health": "Normal",
        "started_at": (START + dt.timedelta(seconds=chance.randrange(60, 900))).isoformat(),
        "timeline": [], "downtime": {"seconds": None, "precision_s": None, "from": None, "to": None, "how": ""},
        "checks": [], "mark": None,
    }  # fmt: skip
    if name in STOPPED:
        return _stop(vm, chance)
    if name in ("wiki01", "git01"):
        return _seeding(vm, chance)
    _replicated(vm, chance)
    _cut_over(vm, chance)
    if name in ("dc02", "dns02"):
        vm.update(phase="verified", msg="Verified; waits for the sign-off of its owner.")
        vm["timeline"].pop()
    if name == "crm-app01":
        vm.update(phase="migrated", msg="One check could not be made.", status="ok")
        vm["checks"][-1].update(result="not_checked", seen="", note="no credentials for the guest")
        vm["timeline"].pop()
    return vm


def _at(vm: dict[str, Any]) -> dt.datetime:
    return dt.datetime.fromisoformat(vm["started_at"])


def _event(
    vm: dict[str, Any], at: dt.datetime, end: dt.datetime | None, what: str, detail: str = "", state: str = "Succeeded"
) -> None:
    vm["timeline"].append(
        {"at": at.isoformat(), "end": end.isoformat() if end else None, "what": what, "state": state, "detail": detail}
    )


def _replicated(vm: dict[str, Any], chance: random.Random) -> None:
    enabled = _at(vm) + dt.timedelta(seconds=chance.randrange(200, 420))
    seeded = enabled + dt.timedelta(minutes=chance.randrange(45, 400))
    _event(vm, _at(vm), enabled, "Enable replication")
    _event(vm, enabled, seeded, "Initial replication", f"{vm['bytes'] / 2**30:.0f} GiB")


def _cut_over(vm: dict[str, Any], chance: random.Random) -> None:
    start = CUTOVER[vm["wave"]] + dt.timedelta(seconds=chance.randrange(0, 3000))
    off = start + dt.timedelta(seconds=chance.randrange(150, 320))
    done = off + dt.timedelta(seconds=chance.randrange(420, 2100))
    up = done + dt.timedelta(seconds=chance.randrange(30, 150))
    _event(vm, start, done, "Planned failover", "The source was shut down by its guest.")
    _event(vm, off, None, "Source powered off", "VmGuestShutdownEvent, then VmPoweredOffEvent")
    _event(vm, done, up + dt.timedelta(minutes=4), "Verification")
    _event(
        vm, up + dt.timedelta(minutes=25), up + dt.timedelta(minutes=29), "Complete migration", "Seed disks are gone."
    )
    vm["downtime"] = {
        "seconds": (up - off).total_seconds(), "precision_s": 15, "from": off.isoformat(), "to": up.isoformat(),
        "how": "source's power-off event to first heartbeat on the host",
    }  # fmt: skip
    vm["checks"] = [
        _check("source_off", "vcenter", "off", "off"),
        _check("target_running", "arm", "Running", "Running"),
        _check("heartbeat", "host", "OkApplicationsHealthy", "OkApplicationsHealthy"),
        _check("cpu_and_memory", "arm", "4 cores, 16384 MB", "4 cores, 16384 MB"),
        _check("disks", "host", "2 disks, 160 GiB", "2 disks, 160 GiB"),
        _check("address", "host", "10.10.4.17", "10.10.4.17"),
        _check("no_data_loss", "replication", "last recovery point after power-off", "3 min 2 s after it"),
        _check("seed_disks_gone", "host", "no *-seed file", "none"),
    ]
    vm["mark"] = {"attempt": 1, "wave": vm["wave"], "verdict": "passed"}


def _check(name: str, observer: str, expected: str, seen: str) -> dict[str, str]:
    return {"name": name, "result": "passed", "observer": observer, "expected": expected, "seen": seen, "note": ""}


def _seeding(vm: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    start = CUTOVER["2"] + dt.timedelta(minutes=chance.randrange(10, 60))
    vm.update(phase="seeding", status="ok", msg="Initial replication goes on.", started_at=start.isoformat())
    vm.update(progress_percent=chance.randrange(35, 80), source_power="on", target_power="", correlation_id="")
    enabled = start + dt.timedelta(minutes=5)
    _event(vm, start, enabled, "Enable replication")
    _event(vm, enabled, None, "Initial replication", state="InProgress")
    return vm


def _stop(vm: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    phase, status, code, msg, remedy = STOPPED[vm["name"]]
    vm.update(phase=phase, status=status, error_code=code, msg=msg, remedy=remedy, source_power="on", target_power="")
    vm.update(progress_percent=None, health="")
    if phase == "blocked":
        vm.update(started_at=None, bytes=None, correlation_id="", source_power="off" if code == "power_off" else "on")
    elif phase == "failed_before":
        _replicated(vm, chance)
        start = CUTOVER[vm["wave"]] + dt.timedelta(minutes=12)
        _event(
            vm, start, start + dt.timedelta(minutes=9), "Planned failover", "Starting failover: error 1000001", "Failed"
        )
        vm.update(health="Warning", progress_percent=100)
    else:
        enabled = _at(vm) + dt.timedelta(minutes=5)
        _event(vm, _at(vm), enabled, "Enable replication")
        _event(
            vm, enabled, enabled + dt.timedelta(hours=2, minutes=40), "Initial replication", "stopped at 41 %", "Failed"
        )
        vm.update(health="Critical", progress_percent=41)
    return vm


if __name__ == "__main__":
    from ansible_collections.azlocal.migrate.plugins.plugin_utils.report_html import render_html

    print(render_html(sample()))
