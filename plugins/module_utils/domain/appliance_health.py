# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One verdict on an appliance: how far it has come, what is wrong with it, and what a person has to do for it.

Facts: control-plane §2.1 (call 5), platform §3.1, §4. How often an appliance reports, how fast a discovery shows its
first machine, and whether a machine that has not changed is told anew, is not documented: the limits below are ours [I].
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from .appliance_rules import LICENCE_WARN_DAYS
from .appliance_view import SOURCE, View
from .problem import Problem

SILENT_S = 900  # an appliance that was not heard of for longer is silent; it reports twice a minute
STUCK_S = 2 * 3600  # a first machine is documented after a quarter of an hour
STALE_S = 24 * 3600  # a change of a VM is documented to be seen within half an hour
# Tokens and Kerberos tickets are refused beyond five minutes.
SKEW_WARN_S, SKEW_MOST_S = 60, 300

HEALTHY, UNHEALTHY = "healthy", "unhealthy"
NO_KEY = "no_key"
# What else keeps an appliance back: first what a person has to do, then what passes by itself.
_BY_A_PERSON = {
    "appliance_no_key": NO_KEY,
    "appliance_unregistered": "not_registered",
    "discovery_not_started": "not_discovering",
    "appliance_unconfigured": "not_configured",
}
_PASSING = {
    "appliance_registering": "registering",
    "discovery_running": "discovering",
    "appliance_too_early": "not_yet",
}
# What no waiting mends, because the appliance as it is will never be healthy.
LASTING = frozenset({"appliance_licence", "appliance_site_gone"})
# What stays until a person mends it, in Azure, in vCenter or in the appliance.
FOR_A_PERSON = frozenset({"appliance_skew", "discovery_stuck", "fabric_failed", "vcenter_failed"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """``status`` is that of the first reason that blocks; an appliance without one is healthy, whatever is warned of."""

    view: View
    status: str
    reasons: tuple[Problem, ...] = ()

    @property
    def healthy(self) -> bool:
        return self.status == HEALTHY

    @property
    def main(self) -> Problem | None:
        """The one reason to begin with."""
        return next((reason for reason in self.reasons if reason.blocks), None)

    @property
    def waiting_helps(self) -> bool:
        return not any(reason.code in LASTING for reason in self.reasons)

    @property
    def needs_a_person(self) -> bool:
        return self.status in _BY_A_PERSON.values()


def judge(view: View, now: dt.datetime, *, discovered: bool = True) -> Verdict:
    """``discovered``: whether the source appliance has found a machine; no target can have a key before."""
    reasons = tuple(_reasons(view, now, discovered))
    codes = [reason.code for reason in reasons if reason.blocks]
    status = {**_BY_A_PERSON, **_PASSING}.get(codes[0], UNHEALTHY) if codes else HEALTHY
    return Verdict(view=view, status=status, reasons=reasons)


def block(code: str, text: str, remedy: str) -> Problem:
    return Problem(code=code, severity="block", text=text, remedy=remedy)


def warn(code: str, text: str, remedy: str) -> Problem:
    return Problem(code=code, severity="warn", text=text, remedy=remedy)


def _reasons(view: View, now: dt.datetime, discovered: bool) -> Iterator[Problem]:
    """In the order of causes: what comes first explains what follows."""
    if view.known is None:
        yield _no_key(view, discovered)
        return
    if view.site is None:
        yield block(
            "appliance_site_gone",
            f"the project still lists {_name(view)}, and its site does not exist any more",
            "generate a new key for it and register it anew",
        )
        return
    if not view.registered:
        yield block(
            "appliance_unregistered",
            f"the key of {_name(view)} was generated, and it is not registered",
            "paste the key in its configuration manager and sign in",
        )
        return
    yield from _inside(view)
    silence = next(_silence(view, now), None)
    if silence is not None:
        yield silence
    yield from _fabric(view, explained=silence is not None)
    if view.role == SOURCE and (silence is None or silence.code == "agent_silent"):
        yield from _discovery(view, now)


def _no_key(view: View, discovered: bool) -> Problem:
    name, others = _name(view), f" (known: {', '.join(view.others)})" if view.others else ""
    if view.role != SOURCE and not discovered:
        return block(
            "appliance_too_early",
            f"{name} has no key yet, and can have one only when the source appliance has discovered servers",
            "see to the source appliance first",
        )
    text = f"the project does not know {name}{others}: its key was not generated"
    return block("appliance_no_key", text, "generate its key in the portal")


# -- alive --------------------------------------------------------------------------------------------------------


def _inside(view: View) -> Iterator[Problem]:
    """What only the appliance itself knows."""
    inside = view.inside
    if inside is None:
        return
    days, skew = inside.licence_days_left, inside.clock_skew_s
    if days is not None and days <= 0:
        yield block(
            "appliance_licence",
            f"the evaluation licence of the Windows of {_name(view)} has ended",
            "deploy a new appliance: activating this one afterwards does not repair it",
        )
    elif days is not None and days < LICENCE_WARN_DAYS:
        yield warn(
            "appliance_licence_ends",
            f"the evaluation licence of the Windows of {_name(view)} ends in {days} days, and the appliance with it",
            "complete the migration before, or license this Windows now",
        )
    if inside.stopped:
        yield block(
            "appliance_services",
            f"on {_name(view)} these services are stopped: {', '.join(inside.stopped)}",
            "start them, or restart the appliance",
        )
    if skew is not None and abs(skew) >= SKEW_WARN_S:
        ahead = "ahead of" if skew > 0 else "behind"
        yield Problem(
            code="appliance_skew",
            severity="block" if abs(skew) > SKEW_MOST_S else "warn",
            text=f"the clock of {_name(view)} is {abs(skew):.0f} s {ahead} the controller's",
            remedy="give both a time source; tokens are refused beyond five minutes",
        )


def _silence(view: View, now: dt.datetime) -> Iterator[Problem]:
    """Two services of one machine report on their own. Where both are silent, the machine is."""
    beat, agent = view.heartbeat, view.agent
    site_silent = beat is None or (now - beat).total_seconds() > SILENT_S
    agent_silent = agent is not None and not agent.responsive
    heard = max((moment for moment in (beat, agent and agent.heartbeat) if moment), default=None)
    if site_silent and (agent_silent or (agent is None and beat is not None)):
        error = view.inside.error if view.inside else ""
        there = f". It does not answer the controller either: {error}" if error else ""
        yield block(
            "appliance_silent",
            f"nothing was heard of {_name(view)} {_since(heard, now)}{there}",
            "power it on, see whether its services run and whether it reaches Azure",
        )
    elif agent is not None and agent_silent:
        yield block(
            "agent_silent",
            f"the replication agent of {_name(view)} does not answer, and was not heard {_since(agent.heartbeat, now)}",
            "start the replication services in the appliance (asrmgmtsvc, asrgwy)",
        )
    elif site_silent and agent is not None and view.role == SOURCE:  # a target appliance discovers nothing
        yield block(
            "discovery_silent",
            f"the discovery service of {_name(view)} was not heard {_since(beat, now)}",
            "start the discovery service in the appliance (amvmwdiscoverysvc)",
        )


def _fabric(view: View, *, explained: bool) -> Iterator[Problem]:
    """``explained``: the machine is silent, and whatever its fabric says follows from that."""
    fabric, agent = view.fabric, view.agent
    if view.role != SOURCE and (fabric is None or not fabric.cluster_id):
        yield block(
            "appliance_unconfigured",
            f"{_name(view)} is registered, and no Azure Local instance is configured in it",
            "give it name and login of the instance in its configuration manager, and press Configure",
        )
        return
    if fabric is not None and fabric.state.lower() in ("failed", "canceled"):
        yield block(
            "fabric_failed",
            f"the replication fabric {fabric.name} of {_name(view)} is {fabric.state}",
            "register the appliance anew",
        )
        return
    if fabric is None or fabric.state.lower() != "succeeded" or agent is None:
        lacks = "fabric" if fabric is None or agent is not None else "agent"
        yield block(
            "appliance_registering",
            f"{_name(view)} is registered, and its replication {lacks} is not there yet",
            "wait: it comes within ten minutes; if it does not, register the appliance anew",
        )
        return
    if not explained:
        yield from _health(view)


def _health(view: View) -> Iterator[Problem]:
    fabric, agent = view.fabric, view.agent
    if fabric is None or agent is None:
        return
    troubles = [*fabric.troubles, *(trouble for trouble in agent.troubles if trouble not in fabric.troubles)]
    if fabric.health.lower() == "critical":
        told = "; ".join(map(str, troubles)) or "no reason is given"
        remedy = "; ".join(dict.fromkeys(trouble.remedy for trouble in troubles if trouble.remedy))
        yield block(
            "fabric_critical",
            f"the replication fabric of {_name(view)} is Critical: {told}",
            remedy or "look at the appliance's errors in the portal",
        )
    elif fabric.health.lower() == "warning" or troubles:
        told = "; ".join(map(str, troubles)) or "no reason is given"
        text = f"the replication fabric of {_name(view)} is {fabric.health or 'of unknown health'}: {told}"
        yield warn("fabric_warning", text, "look at the appliance's errors in the portal")


# -- discovery ----------------------------------------------------------------------------------------------------


def _discovery(view: View, now: dt.datetime) -> Iterator[Problem]:
    known = view.known
    if known is not None and known.azure_local_source is False:
        yield warn(
            "appliance_for_azure",
            f"{_name(view)} seems to have been set up for a migration to Azure, not to Azure Local",
            "if the portal says so too, remove its software and set it up anew",
        )
    if not view.discovery_started:
        yield block(
            "discovery_not_started",
            f"{_name(view)} is registered, and its discovery is not started",
            "give the vCenter account in its configuration manager, and press Start discovery",
        )
        return
    grave = list(_vcenters(view))
    yield from grave
    if not view.found.any:
        if not any(problem.blocks for problem in grave):
            yield _nothing_found(view, now)
        return
    moments = [view.found.newest, *(vcenter.updated for vcenter in view.vcenters)]
    newest = max((moment for moment in moments if moment), default=None)
    if newest is not None and (now - newest).total_seconds() > STALE_S:
        yield warn(
            "discovery_stale",
            f"{_name(view)} has told nothing new of its machines {_since(newest, now)}",
            "see in its configuration manager whether it still reaches vCenter",
        )


def _vcenters(view: View) -> Iterator[Problem]:
    for vcenter in view.vcenters:
        if not vcenter.troubles:
            continue
        grave = any(trouble.grave for trouble in vcenter.troubles)
        remedies = "; ".join(dict.fromkeys(trouble.remedy for trouble in vcenter.troubles if trouble.remedy))
        yield Problem(
            code="vcenter_failed",
            severity="block" if grave else "warn",
            text=f"{_name(view)} cannot work with vCenter {vcenter.name}: {'; '.join(map(str, vcenter.troubles))}",
            remedy=remedies or "check its account there, and that the appliance reaches it on port 443",
        )


def _nothing_found(view: View, now: dt.datetime) -> Problem:
    began = min((vcenter.added for vcenter in view.vcenters if vcenter.added), default=None)
    if began is None or (now - began).total_seconds() <= STUCK_S:
        return block(
            "discovery_running",
            f"{_name(view)} discovers, and no machine is shown yet",
            "wait: the first ones are shown after about a quarter of an hour",
        )
    return block(
        "discovery_stuck",
        f"{_name(view)} has discovered for {_age(began, now)}, and no machine is shown",
        "check the account and its rights in vCenter, then validate it again in the configuration manager",
    )


# -- words --------------------------------------------------------------------------------------------------------


def _name(view: View) -> str:
    return f"{view.role} appliance {view.name}"


def _since(moment: dt.datetime | None, now: dt.datetime) -> str:
    return "ever" if moment is None else f"for {_age(moment, now)}"


def _age(moment: dt.datetime, now: dt.datetime) -> str:
    minutes = max(0, int((now - moment).total_seconds() // 60))
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // 1440} days"
