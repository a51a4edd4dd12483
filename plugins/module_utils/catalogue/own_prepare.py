# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own codes about what stands before a replication: project, infrastructure, appliances, connectivity, rights."""

from __future__ import annotations

from .entry import Row, table

_ROWS: dict[str, Row] = {
    "appliance_elsewhere": (
        "the virtual machine of the target appliance is on a node that could not be asked, or on another one without a role",
        "Put that node into the inventory group azure_local_hosts, or run the task on it; Get-VM on each node shows which it is",
        "after_repair",
    ),
    "appliance_for_azure": (
        "the source appliance seems to have been set up for Azure, not for Azure Local",
        "If the portal says so too, remove its software and set it up anew",
        "after_repair",
    ),
    "appliance_licence_ends": (
        "the evaluation licence of the appliance's Windows ends soon, and the appliance with it",
        "Complete the migration before, or license this Windows now",
        "done",
    ),
    "appliance_no_key": (
        "the project does not know the appliance: its key was not generated",
        "Generate its key in the portal, with exactly this name",
        "after_repair",
    ),
    "appliance_other_image": (
        "the target appliance was made of another image than the one asked for",
        "Keep image and sha256 as they were, or remove the appliance with state absent first",
        "no",
    ),
    "appliance_other_role": (
        "the project knows the appliance of this name in the other role",
        "Correct source_appliance and target_appliance",
        "no",
    ),
    "appliance_registered": (
        "an appliance is still registered with the project that is to be removed",
        "Remove the appliances first: decommission_estate lists and removes what they leave",
        "after_repair",
    ),
    "appliance_registering": (
        "the appliance is registered, and its replication fabric or agent is not there yet",
        "Wait ten minutes; if it does not come, register the appliance anew",
        "later",
    ),
    "appliance_services": (
        "services of the appliance are stopped",
        "Start them, or restart the appliance",
        "after_repair",
    ),
    "appliance_silent": (
        "nothing was heard of the appliance for a while",
        "Power it on, see whether its services run and whether it reaches Azure",
        "after_repair",
    ),
    "appliance_site_gone": (
        "the project lists the appliance, and its site does not exist any more",
        "Generate a new key for it and register it anew",
        "after_repair",
    ),
    "appliance_skew": (
        "the clock of the appliance is wrong, or the controller's",
        "Give both a time source; tokens are refused beyond five minutes",
        "after_repair",
    ),
    "appliance_too_early": (
        "a target appliance can have a key only when servers were discovered",
        "See to the source appliance first",
        "later",
    ),
    "appliance_unconfigured": (
        "no Azure Local instance is configured in the target appliance",
        "Give it name and login of the instance in its configuration manager, and press Configure",
        "after_repair",
    ),
    "appliance_unregistered": (
        "the key of the appliance was generated, and it is not registered",
        "Paste the key in its configuration manager and sign in",
        "after_repair",
    ),
    "assignment_conditional": (
        "a role on the cache storage account was given with a condition",
        "Remove that assignment and run again: it is then made without a condition",
        "done",
    ),
    "bad_appliance_name": (
        "an appliance cannot have this name",
        "Take 1 to 14 letters and digits, and another name for each of the two appliances",
        "no",
    ),
    "bad_azure_name": ("Azure does not take this name", "Take a name that follows the rule in the message", "no"),
    "bad_cluster_id": (
        "cluster is not the id of an Azure Local instance",
        "Give the whole resource id, as the portal shows it under Properties",
        "no",
    ),
    "bad_resource_id": (
        "an option is not the id of such a resource",
        "Give the whole resource id, as the portal shows it under Properties",
        "no",
    ),
    "bad_tags": (
        "Azure does not take these tags",
        "Give at most 49, with names up to 512 and values up to 256 characters, none of < > % & \\ ? /",
        "no",
    ),
    "cache_account_closed": (
        "the cache storage account does not let the replication service in",
        "Have its owner enable public network access from all networks, or give another account",
        "after_repair",
    ),
    "cache_account_gone": (
        "the cache storage account that the project or the extension names is gone",
        "Run with replace: true to take another one, while no VM replicates",
        "after_repair",
    ),
    "cache_account_ignored": (
        "the project is linked to another cache storage account than the one given, and keeps it",
        "Leave cache_storage_account out; to change the account, take the infrastructure back first",
        "done",
    ),
    "cache_account_lax": (
        "the cache storage account is less strict than it could be",
        "Have its owner require TLS 1.2 and forbid public containers",
        "done",
    ),
    "cache_account_missing": (
        "the storage account that cache_storage_account names does not exist",
        "Correct cache_storage_account, or leave it out to have one made",
        "no",
    ),
    "cache_account_unfit": (
        "the storage account is not of the kind that the replication takes",
        "Give one that is Standard, StorageV2 and in the region of the project",
        "no",
    ),
    "discovery_not_started": (
        "the discovery of the source appliance is not started",
        "Give the vCenter account in its configuration manager, and press Start discovery",
        "after_repair",
    ),
    "discovery_running": (
        "the source appliance discovers, and no machine is shown yet",
        "Wait: the first ones are shown after about a quarter of an hour",
        "later",
    ),
    "discovery_silent": (
        "the discovery service of the source appliance is silent",
        "Start the discovery service in the appliance (amvmwdiscoverysvc)",
        "after_repair",
    ),
    "discovery_stale": (
        "the source appliance has told nothing new of its machines for long",
        "See in its configuration manager whether it still reaches vCenter",
        "after_repair",
    ),
    "discovery_stuck": (
        "discovery was started long ago, and no machine is shown",
        "Check the account and its rights in vCenter, then validate it again in the configuration manager",
        "after_repair",
    ),
    "endpoint_unreachable": (
        "a place does not reach all that it needs",
        "Mend what results names, each with its own remedy",
        "after_repair",
    ),
    "extension_failed": (
        "the replication extension failed to be made",
        "Mend what the message says, then run with replace: true",
        "after_repair",
    ),
    "extension_foreign": (
        "the vault holds a replication extension of other appliances",
        "Remove it, or run with replace: true, once no VM uses it",
        "after_repair",
    ),
    "extension_other_account": (
        "the replication extension uses another storage account than the project",
        "Run with replace: true to have it made anew, once no VM replicates",
        "after_repair",
    ),
    "fabric_critical": (
        "the replication fabric of the appliance is Critical",
        "Do what its errors recommend",
        "after_repair",
    ),
    "fabric_failed": (
        "the replication fabric of the appliance failed to be made",
        "Register the appliance anew",
        "after_repair",
    ),
    "fabric_warning": (
        "the replication fabric of the appliance bears errors, and works",
        "Look at the appliance's errors in the portal",
        "done",
    ),
    "file_hash": (
        "a file of the controller is not the one that is asked for",
        "Fetch the file again, or correct its SHA-256 in the task",
        "no",
    ),
    "file_unreadable": (
        "a file of the controller cannot be read, or is empty",
        "Correct the path, or let the user that runs Ansible read it",
        "no",
    ),
    "free_use_ends": (
        "the free use of the project ends soon, or has ended",
        "Complete the migrations before, or expect a charge",
        "done",
    ),
    "image_unclear": (
        "the image of the target appliance holds no disk, or several",
        "Give the file as Microsoft offers it, or name the disk",
        "no",
    ),
    "infrastructure_in_use": (
        "protected items use what is to be replaced",
        "Complete their migration or stop their replication first",
        "after_repair",
    ),
    "instance_disconnected": (
        "the Azure Local instance is not connected to Azure",
        "See whether its nodes run and reach Azure",
        "after_repair",
    ),
    "instance_not_found": (
        "the Azure Local instance does not exist, or is hidden from this identity",
        "Check cluster; the identity needs Reader on the instance",
        "no",
    ),
    "items_left": (
        "the vault of the project that is to be removed holds protected items",
        "Complete these migrations, or stop their replication",
        "after_repair",
    ),
    "link_changed_meanwhile": (
        "somebody else linked the project to another cache storage account while the run worked on it",
        "Run again: the account that the project is linked to by then is used",
        "later",
    ),
    "name_unknown": (
        "a name does not resolve where it is needed",
        "Make the name known there: in DNS, or in its hosts file",
        "after_repair",
    ),
    "network_full": (
        "a logical network has no free address left",
        "Add a pool to it, or free addresses",
        "after_repair",
    ),
    "no_location": (
        "the project does not exist, and nothing says in which region to make it",
        "Set location to one of the regions in the message",
        "no",
    ),
    "no_place": (
        "what this host is in the migration cannot be told from the inventory",
        "Set place, or put the host into source_appliance, target_appliance or azure_local_hosts",
        "no",
    ),
    "no_target_network": (
        "the Azure Local instance has no logical network",
        "Create one for each VLAN that VMs come from",
        "after_repair",
    ),
    "no_target_storage": (
        "the Azure Local instance has no storage path",
        "Create one on a volume with enough space",
        "after_repair",
    ),
    "no_volume": (
        "the cluster has no such volume online",
        "Name a volume that the cluster has, or bring it online",
        "no",
    ),
    "not_as_written": (
        "Azure accepted a change, and what is read does not show it",
        "Run again later; if it stays, somebody or a policy may change it back",
        "later",
    ),
    "not_made": (
        "Azure accepted a resource, and making it failed there",
        "Look at the resource in the portal and mend what it says; running again makes it anew",
        "after_repair",
    ),
    "other_tenant": (
        "the Azure Local instance and the project belong to two tenants, or the identity sees only one of them",
        "Make the project in a subscription of the instance's tenant, and give the identity Reader on the instance",
        "no",
    ),
    "policy_differs": (
        "the replication policy has other times than wanted",
        "Replication works with it; replace: true rewrites it while no VM replicates",
        "done",
    ),
    "policy_failed": (
        "the replication policy failed to be made",
        "Run with replace: true to have it made anew",
        "after_repair",
    ),
    "port_refused": (
        "a port that is needed refuses connections",
        "Start the service behind it, or let the port through the firewall",
        "after_repair",
    ),
    "port_silent": (
        "a port that is needed does not answer",
        "Let the port through the firewalls on the way; see that the machine is on",
        "after_repair",
    ),
    "project_elsewhere": (
        "the project lies in another region than was asked for, and cannot be moved",
        "Set location to the project's region, or leave it out",
        "no",
    ),
    "project_private": (
        "the project is made for private endpoints, which a migration to Azure Local cannot use",
        "Name another project; one is made where there is none",
        "no",
    ),
    "project_used_for_azure": (
        "the project discovers or migrates for Azure already, and cannot serve Azure Local",
        "Name another project; one is made where there is none",
        "no",
    ),
    "project_used_for_hyperv": (
        "the project discovers Hyper-V, and VMware cannot share it",
        "Name another project; one is made where there is none",
        "no",
    ),
    "providers_unregistered": (
        "resource providers are not registered, and this identity may not register them",
        "Have a Contributor of the subscription register them, then run again",
        "after_repair",
    ),
    "region_unsupported": (
        "a project for Azure Local may not lie in this region",
        "Choose a supported region: only metadata lies there; VMs and their disks may be anywhere",
        "no",
    ),
    "reserved_tag": (
        "a tag has the name by which the collection knows again what it made",
        "Take the tag azlocal.migrate out of tags; it is set without being asked for",
        "no",
    ),
    "resource_group_missing": (
        "the resource group of the project does not exist",
        "Check its name and the subscription, or have it made: create_resource_group: true",
        "no",
    ),
    "second_appliance": (
        "the project has another source or target appliance, and can have only one of each",
        "Give the name of the appliance that it has, or name another project",
        "no",
    ),
    "storage_full": (
        "a volume of the Azure Local instance is full",
        "Expand the volume, or free space on it",
        "after_repair",
    ),
    "storage_tight": (
        "a volume of the Azure Local instance is nearly full",
        "Expand the volume, or place fewer VMs on it",
        "done",
    ),
    "switch_unclear": (
        "the node has none or several external switches, and none is named",
        "Name one with switch",
        "no",
    ),
    "vault_gone": (
        "the replication vault that the project names does not exist any more",
        "Register the source appliance anew: the vault is made with it",
        "after_repair",
    ),
    "vcenter_failed": (
        "the source appliance cannot work with vCenter",
        "Check its account in vCenter and that the appliance reaches vCenter on port 443",
        "after_repair",
    ),
    "volume_full": (
        "the cluster volume has not enough free space for the appliance",
        "Free space there, or name another volume",
        "after_repair",
    ),
}

OWN_PREPARE = table(_ROWS)
