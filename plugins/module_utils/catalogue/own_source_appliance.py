# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own codes about the source appliance on vCenter: its file, its place, its import, its state."""

from __future__ import annotations

from .entry import Row, table

_ROWS: dict[str, Row] = {
    "appliance_import_running": (
        "another run imports the virtual machine of this name at this moment",
        "Let the other run end, then run again; after a killed run vCenter lets go within five minutes",
        "later",
    ),
    "appliance_missing": (
        "there is no virtual machine of this name, or there are several",
        "Check the name; vCenter must know exactly one machine of that name",
        "after_repair",
    ),
    "appliance_no_shutdown": (
        "the appliance does not shut down by itself",
        "Shut Windows down at the console of the appliance, then run again",
        "after_repair",
    ),
    "appliance_not_ours": (
        "the virtual machine of this name was not deployed by source_appliance, so it is left alone",
        "Choose another name, or set adopt to true for a Windows Server of your own",
        "no",
    ),
    "appliance_odd": (
        "the virtual machine is marked as half made, and it runs",
        "Look at it in vCenter: keep it and take the mark out of its notes, or remove it",
        "after_repair",
    ),
    "appliance_other_ova": (
        "the appliance was deployed from another file than the one asked for",
        "Keep sha256 as it was, or remove the appliance with state absent first",
        "no",
    ),
    "appliance_restless": (
        "the appliance is not as wanted however often it is changed",
        "See in vCenter who else changes the virtual machine, then run again",
        "later",
    ),
    "appliance_too_small": (
        "the appliance has, or is to have, less than it needs",
        "Leave cpu_cores and memory_mb out; a machine that runs is given more after state powered_off",
        "no",
    ),
    "appliance_twice": (
        "several virtual machines carry the mark of the same appliance",
        "Remove or rename all but one of them in vCenter",
        "after_repair",
    ),
    "appliance_unfit": (
        "the virtual machine cannot be the appliance as it is",
        "Mend what the message names, or deploy the OVA",
        "after_repair",
    ),
    "datastore_full": (
        "the datastore has no room for the appliance",
        "Free space on it, or name another datastore",
        "after_repair",
    ),
    "datastore_tight": (
        "the disks of the appliance may outgrow the datastore",
        "Keep an eye on the datastore, or name another one",
        "done",
    ),
    "ova_changed": (
        "the OVA file was changed while it was read",
        "Let nothing write to the file while this runs, then run again",
        "later",
    ),
    "ova_hash": (
        "the OVA file is not the one that is asked for",
        "Download it again, or correct sha256; each release of the appliance has another hash",
        "no",
    ),
    "ova_unreadable": (
        "the OVA file cannot be opened",
        "Set ova to the path of the downloaded file on the machine that runs Ansible",
        "no",
    ),
    "ova_unusable": (
        "the file is not an OVA with one virtual machine, or it is damaged",
        "Download the OVA of the Azure Migrate appliance for VMware again",
        "no",
    ),
    "placement_ambiguous": (
        "several objects in vCenter have the name that was given",
        "Give the path of the one that is meant",
        "no",
    ),
    "placement_needed": (
        "vCenter has several places for the appliance, and nothing says which",
        "Set the option that the message names",
        "no",
    ),
    "placement_unknown": (
        "vCenter has no such place, or hides it from this account",
        "Give the name or path of one that is there",
        "no",
    ),
    "placement_unusable": (
        "the place exists, and cannot take the appliance now",
        "Name a datastore and a network that one running host reaches both, or bring a host back",
        "after_repair",
    ),
    "upload_failed": (
        "an ESXi host did not take a file of the OVA",
        "See in vCenter whether host and datastore are well, and whether this machine reaches the host on 443; then run again",
        "later",
    ),
}

OWN_SOURCE_APPLIANCE = table(_ROWS)
