# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing can be done for anybody: every host fails with the reason, nothing is written, and no secret is told."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.azlocal.migrate.tests.playbooks.conftest import SetStage
from ansible_collections.azlocal.migrate.tests.support.playbook import SECRETS, Run
from ansible_collections.azlocal.migrate.tests.support.stage import Stage

UNDEFINED = "{{ what_nobody_defined }}"
OTHER_SUBSCRIPTION = "5b5c71b0-0000-4000-8000-00000000dead"
WRONG = "not-the-Secret-9"  # what a user typed in error is a secret too


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trouble:
    """What is wrong, and what must be said of it."""

    says: tuple[str, ...]
    env: dict[str, str | None] = dataclasses.field(default_factory=dict)
    variables: dict[str, str | None] = dataclasses.field(default_factory=dict)  # of all hosts; None takes one away


TROUBLES = {
    "wrong secret": Trouble(
        env={"AZURE_SECRET": WRONG, "AZURE_CLIENT_SECRET": WRONG}, says=("the client secret is wrong", "AZURE_SECRET")
    ),
    "no credentials": Trouble(
        env=dict.fromkeys(("AZURE_SECRET", "AZURE_CLIENT_SECRET", "AZURE_CLIENT_ID")), says=("AZURE_CLIENT_ID",)
    ),
    "untrusted authority of Azure": Trouble(
        env=dict.fromkeys(("AZURE_CA_PATH", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")),
        says=("certificate of localhost", "is not trusted", "AZURE_CA_PATH"),
    ),
    "a file of authorities that is not there": Trouble(env={"AZURE_CA_PATH": "/nowhere/ca.pem"}, says=("ca.pem",)),
    "Azure does not answer": Trouble(
        env={"AZURE_CLOUD_ENVIRONMENT": "https://localhost:9"}, says=("localhost:9 cannot be reached",)
    ),
    "unknown cloud": Trouble(env={"AZURE_CLOUD_ENVIRONMENT": "AzureMoonCloud"}, says=("AzureMoonCloud",)),
    "unknown project": Trouble(variables={"azlocal_project": "nope"}, says=("project nope", "azlocal_project")),
    "unknown resource group": Trouble(
        variables={"azlocal_resource_group": "rg-nope"}, says=("rg-nope", "ResourceGroupNotFound")
    ),
    "unknown subscription": Trouble(
        variables={"azlocal_subscription_id": OTHER_SUBSCRIPTION}, says=("SubscriptionNotFound", "subscription_id")
    ),
    "unknown appliance": Trouble(variables={"azlocal_source_appliance": "nope"}, says=("appliance nope", "labsrc")),
    "missing variable": Trouble(
        variables={"azlocal_resource_group": None}, says=("missing required arguments", "azlocal_resource_group")
    ),
    "undefined variable": Trouble(variables={"azlocal_project": UNDEFINED}, says=("azlocal_project", "is undefined")),
    "variable of a wrong type": Trouble(
        variables={"azlocal_poll_interval_s": "soon"}, says=("azlocal_poll_interval_s", "soon")
    ),
    "wrong vCenter password": Trouble(env={"VMWARE_PASSWORD": WRONG}, says=("incorrect user name or password",)),
    "vCenter does not answer": Trouble(env={"VMWARE_PORT": "9"}, says=("vCenter localhost:9", "refused")),
    "untrusted authority of vCenter": Trouble(
        env=dict.fromkeys(("VMWARE_CA_PATH", "SSL_CERT_FILE")), says=("vCenter", "is not trusted", "VMWARE_CA_PATH")
    ),
    "no vCenter": Trouble(env={"VMWARE_HOST": None}, says=("no vCenter is named", "VMWARE_HOST")),
}


@pytest.fixture(scope="module")
def stage(set_stage: SetStage) -> Stage:
    return set_stage(vms=3)


def failing(stage: Stage, trouble: Trouble, playbook: str, *args: str) -> Run:
    inventory = stage.inventory("trouble", variables=trouble.variables)
    return stage.run(playbook, "-vvvv", *args, inventory=inventory, env=trouble.env)


@pytest.mark.parametrize("name", TROUBLES)
def test_every_host_fails_with_the_reason(stage: Stage, name: str) -> None:
    trouble, moment = TROUBLES[name], stage.records.moment()
    run = failing(stage, trouble, "replicate", "-e", "azlocal_infrastructure=false")
    assert (run.rc, run.failed) == (2, set(stage.records.movable)), run.text
    for host in run.stats:
        told = run.last(host)
        assert run.stats[host].failed == 1
        assert told.result["error_code"]
        for part in trouble.says:
            assert part in told.msg
    assert run.complaints() == []
    assert WRONG not in run.text
    assert stage.records.writes(moment) == []


@pytest.mark.parametrize("playbook", ["discover", "replicate"])
@pytest.mark.parametrize("name", ["wrong secret", "unknown project", "unknown appliance"])
def test_what_concerns_no_vm_fails_once_before_any_vm_is_looked_at(stage: Stage, name: str, playbook: str) -> None:
    trouble, moment = TROUBLES[name], stage.records.moment()
    run = failing(stage, trouble, playbook)
    assert (run.rc, set(run.stats), run.failed) == (2, {"localhost"}, {"localhost"}), run.text
    told = run.told[-1]
    assert told.result["error_code"] and all(part in told.msg for part in trouble.says if part != "azlocal_project")
    assert run.complaints() == []
    assert stage.records.writes(moment) == []


@pytest.mark.parametrize("name", ["wrong secret", "vCenter does not answer"])
def test_the_same_holds_in_check_mode(stage: Stage, name: str) -> None:
    run = failing(stage, TROUBLES[name], "migrate", "--check")
    assert (run.rc, run.failed) == (2, set(stage.records.movable)), run.text
    assert {len(run.verdicts(host)) for host in run.stats} == {1}  # nobody goes on to the cutover


def test_a_report_that_cannot_be_made_is_a_failure(stage: Stage) -> None:
    folder = stage.lab.state_dir / "report"
    run = failing(stage, TROUBLES["wrong secret"], "report", "-e", f"azlocal_report_dir={folder}")
    assert run.rc == 2, run.text
    assert "the client secret is wrong" in run.stdout + run.stderr
    assert not folder.exists()


def test_a_run_that_works_tells_no_secret_either(stage: Stage) -> None:
    """With hosts asked over winrm, and everything that Ansible can say."""
    run = stage.run("verify", "-vvvvv")
    assert run.rc == 0, run.text
    assert run.complaints() == []
    assert all(len(secret) > 8 for secret in SECRETS)
    assert any(request.system == "host" for request in stage.records.since())
