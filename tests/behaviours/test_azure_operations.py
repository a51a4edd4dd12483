# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Long-running operations and the jobs behind them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.tests.support.azure_lab import DR, create_body
from ansible_collections.azlocal.migrate.tests.support.azure_time import StartAzure
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from lab.azure import ids

JOBS = f"{ids.VAULT}/jobs"
JOB_URL = re.compile(r"/operationResults/([0-9a-f-]{36})_[0-9a-f-]{36}\?")
GUID = re.compile(r"[0-9a-f-]{36}")


@pytest.mark.behaviour("signed_urls")
@thrown("check_signature", True, False)
def test_operation_urls_are_followed_as_they_stand(azure: StartAzure, setting: bool) -> None:
    session = azure(check_signature=setting)
    machine = session.easy()
    url = session.put(machine).headers["Location"]
    assert 4000 < len(url) < 8192
    assert [name for name in ("t", "c", "s", "h") if f"&{name}=" not in url] == []
    bare = session.http.get(url.partition("&t=")[0])
    assert session.http.get(url).status_code == 202
    if setting:
        assert (bare.status_code, bare.json()["error"]["code"]) == (403, "InvalidOperationSignature")
    else:
        assert bare.status_code == 202
    session.wait(machine)
    assert "&forceDelete=True&" in session.remove(machine, forceDelete="true").headers["Location"]


@pytest.mark.behaviour("operation_ids", "operations")
def test_the_url_leads_to_the_job(azure: StartAzure) -> None:
    session = azure()
    machine = session.easy()
    path = ids.item(machine["name"])
    custom = {"instanceType": ids.INSTANCE_TYPE}
    asked: list[tuple[str, str, Any, int]] = [
        ("PUT", path, create_body(machine), 201),
        ("PATCH", path, {"properties": {"customProperties": {**custom, "targetCpuCores": 2}}}, 202),
        ("POST", f"{path}/plannedFailover", {"properties": {"customProperties": {**custom, "shutdownSourceVM": True}}}, 202),
        ("DELETE", path, None, 202),
    ]  # fmt: skip
    for method, where, body, status in asked:
        reply = session.call(method, where, DR, body)
        assert reply.status_code == status, reply.text
        url = reply.headers["Location"]
        assert reply.headers["Azure-AsyncOperation"] == url
        found = JOB_URL.search(url)
        assert found is not None
        job = session.get(ids.job(found[1]))["properties"]
        assert job["state"] == "Started"
        pending = session.http.get(url)
        assert (pending.status_code, pending.json()["status"]) == (202, "InProgress")
        assert (pending.headers["Location"], pending.headers["Retry-After"]) == (url, reply.headers["Retry-After"])
        assert session.ended(reply)["status"] == "Succeeded"
        if method == "PUT":
            session.wait(machine)


@pytest.mark.behaviour("operations")
def test_an_operation_that_fails_says_why(azure: StartAzure) -> None:
    session = azure()
    reply = session.put(session.awkward("powered_off"))
    ended = session.ended(reply)
    assert (ended["status"], ended["error"]["code"]) == ("Failed", session.job(reply)["errors"][0]["code"])
    assert ended["endTime"]


@pytest.mark.behaviour("delete_result")
@thrown("delete_result", "200", "204")
def test_the_end_of_a_delete(azure: StartAzure, setting: str) -> None:
    session = azure(delete_result=setting)
    machine = session.easy()
    session.protect(machine)
    reply = session.remove(machine)
    assert session.http.get(reply.headers["Location"]).status_code == 202
    ended = session.ended(reply)
    assert ended.get("status") == ("Succeeded" if setting == "200" else None)
    assert session.http.get(reply.headers["Location"]).status_code == int(setting)


@pytest.mark.behaviour("operation_life")
@thrown("operation_life_s", 86400.0, 600.0)
def test_results_are_forgotten(azure: StartAzure, setting: float) -> None:
    session = azure(operation_life_s=setting)
    reply = session.put(session.easy())
    assert session.ended(reply)["status"] == "Succeeded"
    session.let(setting - 60)
    assert session.http.get(reply.headers["Location"]).status_code == 200
    session.let(120)
    late = session.http.get(reply.headers["Location"])
    assert (late.status_code, late.json()["error"]["code"]) == (404, "OperationNotFound")
    assert session.job(reply)["state"] == "Succeeded"  # jobs are kept


@pytest.mark.behaviour("job_list", "job_names", "job_provisioning", "unlisted_words")
def test_jobs_are_trimmed_in_the_list_and_whole_alone(azure: StartAzure) -> None:
    session = azure()
    machine = session.easy()
    reply = session.put(machine)
    running = session.job(reply)
    assert (running["state"], running["provisioningState"], running["allowedActions"]) == (
        "Started",
        "Canceled",
        ["Cancel"],
    )
    session.wait(machine)
    failover, _ = session.fail_over(machine)
    rows = [row["properties"] for row in session.list(JOBS)]
    newest_first = ["Planned failover", "Complete initial replication", "Create or update protected item"]
    assert [row["displayName"] for row in rows] == newest_first
    assert [row["startTime"] for row in rows] == sorted((row["startTime"] for row in rows), reverse=True)
    for row in rows:
        assert {row[name] for name in ("tasks", "errors", "customProperties")} == {None}
        assert (row["provisioningState"], row["allowedActions"]) == ("Canceled", [])
        assert row["objectInternalId"] == row["objectName"] == machine["name"]
        assert row["objectInternalName"] == machine["properties"]["displayName"]
    assert rows[1]["objectId"] is None
    assert rows[0]["objectId"] == f"{ids.item(machine['name'])}/plannedFailover"
    enabling, moving = session.job(reply), session.job(failover)
    assert GUID.fullmatch(enabling["objectInternalId"])
    assert moving["objectInternalId"] == machine["name"]
    assert enabling["customProperties"]["instanceType"] == "JobDetails"
    assert moving["customProperties"]["instanceType"] == "FailoverJobDetails"
    [agent] = session.list(f"{ids.SOURCE_FABRIC}/fabricAgents")
    assert agent["properties"]["customProperties"]["instanceType"] == "VMwareMigrate"


@pytest.mark.behaviour("jobs_lag")
@thrown("jobs_lag_s", 0.0, 120.0)
def test_the_list_of_jobs_is_behind(azure: StartAzure, setting: float) -> None:
    session = azure(jobs_lag_s=setting)
    reply = session.put(session.easy())
    session.let(20)
    late = setting > 0
    states = [row["properties"]["state"] for row in session.list(JOBS)]
    assert (session.job(reply)["state"], states) == ("Started", [] if late else ["Started"])
    session.let(setting)
    assert [row["properties"]["state"] for row in session.list(JOBS)] == ["Started"]
    session.ended(reply)
    [row] = session.list(JOBS)
    assert session.job(reply)["state"] == "Succeeded"
    assert row["properties"]["state"] == ("Started" if late else "Succeeded")
    assert ("endTime" in row["properties"]) != late
    session.let(setting + 1)
    assert {row["properties"]["state"] for row in session.list(JOBS)} == {"Succeeded"}


@pytest.mark.behaviour("job_tasks")
@thrown("job_tasks", "tree", "null")
def test_a_job_may_hide_its_tasks(azure: StartAzure, setting: str) -> None:
    session = azure(job_tasks=setting)
    reply = session.put(session.awkward("powered_off"))
    session.ended(reply)
    job = session.job(reply)
    assert (job["tasks"] is None) == (setting == "null")
    assert job["errors"][0]["code"]
