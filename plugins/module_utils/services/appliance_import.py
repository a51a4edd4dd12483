# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an OVA file to a virtual machine: checked and placed first, then imported; what fails leaves nothing behind.

The mark goes in three steps, each of which tells the next run what it may rely on: *importing* is part of the import itself,
*uploaded* is written after the last byte, *complete* when nothing is left to do. A killed run leaves a machine at one of
them. vCenter documents that it lets nobody change a machine while its import's lease is held, and that it removes the
machine when the lease ends in any other way than by being completed. So: a machine that is *uploaded* and can be changed is
whole; one that is *importing* and can be removed is nobody's work any more.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..clients.errors import ClientError, Conflict, InvalidRequest, NotFound, ReplyLost
from ..clients.ova import Descriptor, Ova
from ..clients.vcenter_import import ImportSpec, VcenterImport, is_held
from ..clients.vcenter_lease import KeepAlive, Lease, Ready
from ..clients.vcenter_upload import send
from ..domain import appliance_mark as marks
from ..domain import placement
from ..domain.appliance_mark import ApplianceMark
from ..domain.problem import Problem, blocking
from ..domain.source_appliance import Machine, Wanted

LEASE_S = 330  # a lease lives 300 s without a sign of its holder
UNDO_S = 20  # how long a failed run waits for vCenter to let go of what it made


@dataclass(frozen=True, kw_only=True)
class Source:
    """What a user says of the file, and of where its machine goes."""

    path: str
    wishes: placement.Wishes
    provisioning: str = "thin"
    verify_manifest: bool = False


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """Everything is known and nothing is done."""

    ova: Ova
    placed: placement.Placed
    spec: ImportSpec
    total_bytes: int
    warnings: tuple[str, ...]


def refuse(problems: Iterable[Problem]) -> None:
    """Stop at what blocks; the first names the code."""
    found = blocking(problems)
    if found:
        remedy = found[0].remedy
        raise InvalidRequest(
            "; ".join(problem.text for problem in found), code=found[0].code, remedy=remedy[:1].upper() + remedy[1:]
        )


def prepare(vcenter: VcenterImport, ova: Ova, wanted: Wanted, source: Source) -> Prepared:
    """All that can be checked without a write: cheap questions first, the file's hash, then vCenter's own view of it."""
    placed, problems = placement.resolve(map(placement.Place.parse, vcenter.placement()), source.wishes)
    refuse(problems)
    ova.require(wanted.sha256)
    if source.verify_manifest:
        ova.require_manifest()
    descriptor = ova.descriptor()
    if placed is None:
        raise InvalidRequest("there is no place for the appliance", code="placement_unusable")
    room = _room(descriptor, placed, wanted, source.provisioning)
    refuse(room)
    spec = vcenter.import_spec(
        descriptor.text,
        name=wanted.name,
        pool=placed.pool.id,
        host=placed.host.id,
        datastore=placed.datastore.id,
        network=(placed.network.type, placed.network.id),
        networks=descriptor.networks,
        provisioning=source.provisioning,
    )
    return Prepared(
        ova=ova,
        placed=placed,
        spec=spec,
        total_bytes=sum(ova.size(item.path) for item in spec.files),
        warnings=(*(problem.text for problem in room), *spec.warnings),
    )


def _room(descriptor: Descriptor, placed: placement.Placed, wanted: Wanted, provisioning: str) -> list[Problem]:
    """Disks, and the swap file that a running machine has beside them."""
    swap = wanted.memory_mb * 2**20
    full = descriptor.capacity_bytes + swap
    needed = descriptor.populated_bytes + swap if provisioning == "thin" else full
    return placement.space(placed.datastore, needed_bytes=needed, later_bytes=full)


def carry_out(vcenter: VcenterImport, wanted: Wanted, prepared: Prepared) -> None:
    """Import and upload. The machine is there afterwards and *uploaded*, or it is not there."""
    mark = ApplianceMark(name=wanted.name, sha256=wanted.sha256, run=uuid.uuid4().hex[:8])
    placed, lease, uploaded = prepared.placed, None, False
    notes = marks.note(prepared.spec.notes, mark)
    vcenter.prepare_marks()
    try:
        lease = vcenter.begin_import(
            prepared.spec, pool=placed.pool.id, folder=placed.folder.id, host=placed.host.id, notes=notes
        )
        ready = lease.ready()
        with KeepAlive(lease, ready, prepared.total_bytes) as alive:
            _tell(vcenter, ready.vm, mark)  # what may not be written is known before the upload
            _upload(vcenter, prepared, ready, alive)
            told = _tell(vcenter, ready.vm, mark.at(marks.UPLOADED))
            uploaded = True
            lease.complete()
        if not told:
            _tell(vcenter, ready.vm, mark.at(marks.UPLOADED))
    except BaseException as error:
        told_no = isinstance(error, ClientError) and not isinstance(error, ReplyLost) and lease is None
        if not (uploaded or told_no):
            left = _undo(vcenter, lease, mark)
            if isinstance(error, ClientError):
                error.message = f"{error.message.rstrip('.')}. {left}"
        raise


def _upload(vcenter: VcenterImport, prepared: Prepared, ready: Ready, alive: KeepAlive) -> None:
    trust = vcenter.upload_trust()
    for item in prepared.spec.files:
        url = ready.urls.get(item.device)
        if url is None:
            raise NotFound(f"vCenter names no address for {item.path} of the OVA", code="ova_unusable")
        size = prepared.ova.size(item.path)
        with prepared.ova.open(item.path) as content:
            send(url, content, size, trust=trust, create=item.create, sent=alive.sent)
    prepared.ova.require_unchanged()
    alive.check()


def _tell(vcenter: VcenterImport, moid: str, mark: ApplianceMark) -> bool:
    """Write the mark. False should vCenter hold even attributes while the import runs: then the notes have to do."""
    try:
        try:
            vcenter.set_mark(moid, marks.encode(mark))
        except ReplyLost:  # written or not, the same once more does no harm
            vcenter.set_mark(moid, marks.encode(mark))
    except ClientError as error:
        if not is_held(error):
            raise
        return False
    return True


def _undo(vcenter: VcenterImport, lease: Lease | None, mark: ApplianceMark) -> str:
    """Give the import up and see that nothing of this run is left. What can be said of it for the error's message."""
    left = "What was made of it may be left behind, or still appear; the next run removes it"
    gone = lease is not None  # else vCenter may not even have begun
    with contextlib.suppress(ClientError):
        if lease is not None:
            lease.abort()
    with contextlib.suppress(ClientError):
        for machine in map(Machine.parse, vcenter.machines_named(mark.name)):
            if machine.mark is not None and machine.mark.run == mark.run:
                left = f"The half-made virtual machine {machine.moid} is left behind; the next run removes it"
                with contextlib.suppress(NotFound):
                    vcenter.destroy(machine.moid, patience_s=UNDO_S)
                gone = True
        if gone:
            return "Nothing of it is left in vCenter"
    return left


# -- what an earlier run left --------------------------------------------------------------------------------------------


def discard(vcenter: VcenterImport, machine: Machine, patience_s: float) -> None:
    """Remove a half-made machine. One whose lease still runs goes by itself, or somebody else is making it."""
    with contextlib.suppress(NotFound), _somebody_elses(machine):
        vcenter.destroy(machine.moid, patience_s=patience_s)


def finish(vcenter: VcenterImport, wanted: Wanted, machine: Machine, patience_s: float) -> None:
    """Give an uploaded machine its size, and call it complete. One that vanishes was not whole after all."""
    if machine.mark is None:
        return
    mark = machine.mark.at(marks.COMPLETE)
    with contextlib.suppress(NotFound):
        if machine.power == "off":
            notes = marks.note(machine.notes, mark)
            with _somebody_elses(machine):
                vcenter.configure(
                    machine.moid,
                    cpu_cores=wanted.cpu_cores,
                    memory_mb=wanted.memory_mb,
                    notes=notes,
                    patience_s=patience_s,
                )
        vcenter.set_mark(machine.moid, marks.encode(mark))


@contextlib.contextmanager
def _somebody_elses(machine: Machine) -> Iterator[None]:
    """A lease that outlives its patience is kept alive by another run."""
    try:
        yield
    except ClientError as error:
        if not is_held(error):
            raise
        raise Conflict(
            f"another import of {machine.name} goes on ({machine.moid}), and vCenter lets nobody else touch it: {error}",
            code="appliance_import_running",
        ) from error
