# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is there of an Azure Migrate project: of a finished one 8 requests, 3 more where the instance has a
subscription of its own, and one for each further page of a list."""

from __future__ import annotations

import dataclasses
from typing import Any

from ..clients.arm import ArmClient
from ..clients.errors import AuthenticationFailed, ClientError, Conflict, NotFound
from ..domain import ids, ours, values
from ..domain.appliance_map import details_of, known
from ..domain.project_plan import assignment_id, has_role
from ..domain.project_removal import Used, vault_id
from ..domain.project_seen import DISCOVERY_SOLUTION, Seen, Wanted
from . import scope as where
from .project import NotReady

Json = dict[str, Any]
_OF_ANOTHER_TENANT = frozenset({"invalidauthenticationtokentenant", "subscriptionnotfound"})


class ProjectLook:
    """Reads, and nothing else."""

    def __init__(self, arm: ArmClient, wanted: Wanted) -> None:
        self.arm, self.wanted = arm, wanted

    def whole(self) -> Seen:
        """For ``present``. Of a provider that is not registered nothing can be there, so nothing is asked."""
        seen = Seen(providers=self._providers(), tenants=self._instance(), group=self.group())
        if seen.group is None or not self._registered(seen, "Microsoft.Migrate"):
            return seen
        seen = self._project(seen)
        if seen.principal_id:
            seen = self._roles(seen)
        return seen if not self._registered(seen, "Microsoft.OffAzure") else self._sites(seen)

    def rest(self) -> Seen:
        """For ``absent``: what may have been made, whatever state it is in."""
        seen = Seen(group=self.group())
        if seen.group is None:
            return seen
        seen = self._sites(self._project(seen))
        rows = self.assignments()
        if not any(ours.is_our_assignment(row, self.wanted.project_id) for row in rows):
            rows += self._own_role(seen)
        return dataclasses.replace(seen, assignments=tuple(rows))

    def used(self, seen: Seen) -> Used:
        """What hangs on the project that ``rest`` has found."""
        appliances = known(seen.solutions.get(DISCOVERY_SOLUTION.lower()))
        sites = [row.site_id for row in appliances if row.registered and row.site_id]
        vault = vault_id(seen)
        items = self._replication(f"{vault}/protectedItems") if vault else []
        fabrics = f"{self.wanted.group_id}/providers/Microsoft.DataReplication/replicationFabrics"
        return Used(
            items=tuple(values.text(row.get("name")) for row in items),
            sites=tuple(site for site in sites if self.there(site, where.OFF_AZURE[0])),
            fabrics=tuple(self._replication(fabrics)),
            contents=self.contents(),
        )

    # -- one by one ----------------------------------------------------------------------------------------------

    def group(self) -> Json | None:
        return self.there(self.wanted.group_id, where.RESOURCES)

    def contents(self) -> tuple[str, ...]:
        """The ids of everything in the resource group."""
        rows = self.arm.list(f"{self.wanted.group_id}/resources", where.RESOURCES)
        return tuple(values.text(row.get("id")) for row in rows)

    def assignments(self, params: dict[str, str] | None = None) -> list[Json]:
        """Role assignments on the resource group and above; the list shows those below it too."""
        path = f"{self.wanted.group_id}/providers/Microsoft.Authorization/roleAssignments"
        return self.arm.list(path, where.AUTHORIZATION, params or {"$filter": "atScope()"})

    def there(self, path: str, version: str) -> Json | None:
        """A resource, or None. A subscription that is not there is no answer to the question."""
        try:
            return self.arm.get(path, version)
        except (NotFound, Conflict) as error:
            if error.code.lower() == "subscriptionnotfound" or not _is_absence(error):
                raise
            return None

    # -- parts ---------------------------------------------------------------------------------------------------

    def _providers(self) -> dict[str, dict[str, str]]:
        return {subscription: self._states(subscription) for subscription in self.wanted.providers()}

    def _states(self, subscription: str) -> dict[str, str]:
        try:
            rows = self.arm.list(f"/subscriptions/{subscription}/providers", where.RESOURCES)
        except (AuthenticationFailed, NotFound) as error:
            raise self._foreign(error, subscription) from error
        return {values.text(row.get("namespace")).lower(): values.text(row.get("registrationState")) for row in rows}

    def _foreign(self, error: ClientError, subscription: str) -> ClientError:
        """A subscription that our tenant does not know, unless it is the project's own."""
        own = subscription.lower() == self.wanted.subscription_id.lower()
        if own or error.code.lower() not in _OF_ANOTHER_TENANT:
            return error
        return NotReady(
            f"subscription {subscription} is not in the tenant that this identity is signed in to, or the identity may "
            "see nothing in it; project, instance and VMs belong to one tenant",
            code="other_tenant",
            correlation_id=error.correlation_id,
        )

    def _instance(self) -> dict[str, str]:
        """The instance exists; and the tenants, where project and instance have two subscriptions."""
        cluster = self.wanted.cluster_id
        if not cluster:
            return {}
        if self.there(cluster, where.CLUSTER) is None:
            raise NotReady(
                f"there is no Azure Local instance {ids.name(cluster)} in resource group "
                f"{ids.segment(cluster, 'resourceGroups')} of subscription {ids.segment(cluster, 'subscriptions')}",
                code="instance_not_found",
            )
        two = {self.wanted.subscription_id.lower(), ids.segment(cluster, "subscriptions").lower()}
        if len(two) == 1:
            return {}
        return {
            name: values.text(self.arm.get(f"/subscriptions/{name}", where.RESOURCES).get("tenantId")) for name in two
        }

    def _registered(self, seen: Seen, namespace: str) -> bool:
        return seen.provider_state(self.wanted.subscription_id, namespace) == "registered"

    def _project(self, seen: Seen) -> Seen:
        project = self.there(self.wanted.project_id, where.MIGRATE_SETUP)
        solutions = self.solutions() if project is not None else {}
        return dataclasses.replace(seen, project=project, solutions=solutions)

    def solutions(self) -> dict[str, Json]:
        """By name. A row of the list that leaves the details out is read by itself."""
        rows = self.arm.list(f"{self.wanted.project_id}/solutions", where.MIGRATE_SETUP)
        whole = [
            row if _has_details(row) else self.arm.get(values.text(row.get("id")), where.MIGRATE_SETUP) for row in rows
        ]
        return {values.text(row.get("name")).lower(): row for row in whole}

    def _sites(self, seen: Seen) -> Seen:
        version = where.OFF_AZURE[0]
        return dataclasses.replace(
            seen,
            server_site=self.there(self.wanted.server_site_id, version),
            master_site=self.there(self.wanted.master_site_id, version),
        )

    def _roles(self, seen: Seen) -> Seen:
        rows = self.assignments({"$filter": f"principalId eq '{seen.principal_id}'"})
        listed = dataclasses.replace(seen, assignments=tuple(rows))
        if has_role(self.wanted, listed):
            return listed
        return dataclasses.replace(seen, assignments=(*rows, *self._own_role(seen)))

    def _own_role(self, seen: Seen) -> list[Json]:
        """Our own assignment, by its name: the list of them lags."""
        path = assignment_id(self.wanted, seen.principal_id)
        found = self.there(path, where.AUTHORIZATION) if seen.principal_id else None
        return [found] if found else []

    def _replication(self, path: str) -> list[Json]:
        try:
            return self.arm.list(path, self.arm.negotiate(path, where.DATA_REPLICATION))
        except (NotFound, Conflict) as error:
            if not _is_absence(error):
                raise
            return []


def _is_absence(error: ClientError) -> bool:
    """Of a provider that is not registered nothing can be there."""
    return isinstance(error, NotFound) or error.code.lower() == "missingsubscriptionregistration"


def _has_details(row: Json) -> bool:
    return bool(details_of(row)) or "details" in values.mapping(row.get("properties"))
