# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Long-running operations: the URLs that a client must follow as they stand, and what they answer.

The replication service's URL carries ARM's signature (t, c, s, h) and is 4 to 8 kB long. A client that rebuilds it,
cuts it off, or drops the query is refused.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

from .. import names
from . import ids
from .state import Azure, Job, Operation
from .wire import JSON, Answer, ArmError, Request, stamp

_PENDING = ("Started", "Pending")


def _headers(azure: Azure, url: str) -> dict[str, str]:
    return {"Azure-AsyncOperation": url, "Location": url, "Retry-After": str(azure.schedule.retry_after(15))}


def _signature(operation_id: str) -> str:
    """Four parameters; ``c`` is a certificate chain and makes the length."""
    seed = hashlib.sha512(operation_id.encode()).digest()
    chain = b"".join(hashlib.sha512(seed + bytes([n])).digest() for n in range(60 + seed[0] % 24))

    def text(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    ticks = int.from_bytes(seed[:6], "big") % 10**15
    return f"t=639{ticks:015d}&c=MII{text(chain)}&s={text(seed * 4)}&h={text(seed[:32])}"


def of_job(azure: Azure, job: Job, request: Request, extra: str = "", *, deletes: bool = False) -> dict[str, str]:
    """Headers of a 201 or 202 whose work is a job of the vault. ``extra`` is echoed from the request's query."""
    operation_id = f"{job.id}_{ids.VAULT_SERVICE_ID}"
    path = (
        f"{ids.SUBSCRIPTION}/providers/Microsoft.DataReplication/locations/{names.LOCATION}"
        f"/operationResults/{operation_id}"
    )
    query = f"api-version={request.api_version}{extra}&{_signature(operation_id)}"
    azure.operations[operation_id.lower()] = Operation(
        id=operation_id, path=path, query=query, began=azure.now(), job=job, deletes=deletes
    )
    return _headers(azure, f"{azure.base_url}{path}?{query}")


def of_place(
    azure: Azure,
    request: Request,
    namespace: str,
    location: str = names.CLUSTER_LOCATION,
    word: str = "operationStatuses",
) -> tuple[Operation, dict[str, str]]:
    """An operation of another provider; the caller sets its end."""
    operation_id = f"{azure.guid()}*{azure.hex(32).upper()}"
    path = f"{ids.SUBSCRIPTION}/providers/{namespace}/locations/{location}/{word}/{operation_id}"
    operation = _new(azure, request, operation_id, path)
    return operation, _headers(azure, f"{azure.base_url}{path}?{operation.query}")


def of_location(
    azure: Azure, request: Request, above: str, result: Callable[[], JSON], seconds: float
) -> tuple[Operation, dict[str, str]]:
    """An older way: there is a Location alone, which answers 202, and in the end what was asked for."""
    operation_id = azure.guid()
    operation = _new(azure, request, operation_id, f"{above}/{operation_id}")
    operation.result = result
    ends(azure, operation, seconds)
    url = f"{azure.base_url}{operation.path}?{operation.query}"
    return operation, {"Location": url, "Retry-After": str(azure.schedule.retry_after(15))}


def _new(azure: Azure, request: Request, operation_id: str, path: str) -> Operation:
    operation = Operation(id=operation_id, path=path, query=f"api-version={request.api_version}", began=azure.now())
    azure.operations[operation_id.lower()] = operation
    return operation


def ends(azure: Azure, operation: Operation, seconds: float, do: Callable[[], object] | None = None) -> None:
    """``do`` so many recorded seconds later; with that the operation has succeeded."""

    def end() -> None:
        if do is not None:
            do()
        operation.state = "Succeeded"

    azure.locked_after(seconds, end)


def _expired(azure: Azure, operation: Operation) -> bool:
    """Results are kept for a while after the end of the job."""
    ended = operation.job.ended if operation.job is not None else None
    if ended is None:
        return False
    return (azure.now() - ended).total_seconds() > azure.schedule.short(azure.switches.operation_life_s)


def get(azure: Azure, request: Request) -> Answer:
    operation = azure.operations.get(request.parts["operation"].lower())
    if operation is None or _expired(azure, operation):
        raise ArmError(404, "OperationNotFound", "The operation was not found, or its result has expired.")
    if azure.switches.check_signature and request.raw_query != operation.query:
        raise ArmError(
            403,
            "InvalidOperationSignature",
            "The operation URL must be used exactly as the service handed it out, its signature included.",
            gateway=True,
        )
    if operation.result is not None:
        return _by_location(azure, operation)
    state, ended, error = operation.state, None, operation.error
    if operation.job is not None:
        job = operation.job
        state = "InProgress" if job.state in _PENDING else ("Succeeded" if job.state == "Succeeded" else "Failed")
        ended = job.ended
        if state == "Failed" and job.errors:
            error = {"code": job.errors[0]["code"], "message": job.errors[0]["message"]}
    body: JSON = {"id": operation.path, "name": operation.id, "status": state, "startTime": stamp(operation.began)}
    if state == "InProgress":
        url = f"{azure.base_url}{operation.path}?{operation.query}"
        return Answer(status=202, body=body, headers=_headers(azure, url))
    if state == "Succeeded" and operation.deletes and azure.switches.delete_result == "204":
        return Answer(status=204)
    body["endTime"] = stamp(ended or operation.began)
    if error is not None:
        body["error"] = error
    return Answer(body=body)


def _by_location(azure: Azure, operation: Operation) -> Answer:
    if operation.state == "InProgress":
        url = f"{azure.base_url}{operation.path}?{operation.query}"
        return Answer(status=202, headers={"Location": url, "Retry-After": str(azure.schedule.retry_after(15))})
    return Answer(body=operation.result() if operation.result else None)
