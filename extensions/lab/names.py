# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of everything that stands in the lab before a migration starts: one place, read by all simulators.

Ids have the odd case that the real services were recorded with.
"""

from __future__ import annotations

TENANT = "5a1ab0a7-0000-4000-8000-00000000000a"
CLIENT_ID = "c11e47a0-0000-4000-8000-00000000000c"
CLIENT_SECRET = "lab-secret-f3cd9a"  # noqa: S105 - the lab's own throw-away secret
PARTNER_TENANT = (
    "0b5e55ed-0000-4000-8000-00000000000b"  # the application is registered here too, the subscription is not
)
SUBSCRIPTION = "5b5c71b0-0000-4000-8000-000000000001"
SECOND_SUBSCRIPTION = "5b5c71b0-0000-4000-8000-000000000002"  # there where the switch of that name says so
LOCATION = "centralus"

# whose tokens the application's federated credential accepts
FEDERATED_ISSUER = "https://issuer.lab.example/"
FEDERATED_SUBJECT = "system:serviceaccount:lab:azlocal-migrate"
FEDERATED_AUDIENCE = "api://AzureADTokenExchange"
# managed identities of the machine that runs Ansible (client ids), and the header of App Service
SYSTEM_IDENTITY = "5e1f0000-0000-4000-8000-00000000001d"
USER_IDENTITY = "a551d000-0000-4000-8000-00000000001d"
IDENTITY_HEADER = "lab-header-51c2e7"

RESOURCE_GROUP = "rg-migrate-lab"
PROJECT = "migrate-lab"
SOURCE_APPLIANCE = "labsrc"
TARGET_APPLIANCE = "labtgt"

CLUSTER_RESOURCE_GROUP = "rg-azurelocal-lab"
CLUSTER = "lab-cl"
CLUSTER_LOCATION = "eastus"
TARGET_RESOURCE_GROUP = "rg-migrated-lab"
NODES = ("lab-node1", "lab-node2")

VCENTER_USER = "administrator@vsphere.local"
VCENTER_PASSWORD = "lab-vcenter-7Q!x"  # noqa: S105
HOST_USER = "LAB\\azlocal"
HOST_PASSWORD = "lab-host-2%kP"  # noqa: S105
APPLIANCE_USER = "Administrator"  # of the appliances' own Windows
APPLIANCE_PASSWORD = "lab-appliance-9T#w"  # noqa: S105

DATACENTER = "DC-Lab"
CLUSTERS = ("Cluster-A", "Cluster-B")
ESXI_HOSTS = ("esx01.lab.example", "esx02.lab.example", "esx03.lab.example", "esx04.lab.example")
DATASTORES = ("DS-Gold-01", "DS-Silver-01")

# port group -> (vlan, kind); kind "dvs" is a distributed port group, "std" a standard one
PORT_GROUPS: dict[str, tuple[int, str]] = {
    "dvPG-Prod-110": (110, "dvs"),
    "dvPG-DMZ-120": (120, "dvs"),
    "dvPG-Dhcp-130": (130, "dvs"),
    "VM Network": (0, "std"),
}

# logical network -> (vlan, allocation, prefix, pool start, pool end)
LOGICAL_NETWORKS: dict[str, tuple[int, str, str, str, str]] = {
    "lnet-prod-110": (110, "Static", "10.10.0.0/16", "10.10.0.20", "10.10.255.250"),
    "lnet-dmz-120": (120, "Static", "10.20.0.0/16", "10.20.0.20", "10.20.255.250"),
    "lnet-dhcp-130": (130, "Dynamic", "10.30.0.0/16", "", ""),
}

# storage path -> (path on the cluster, size MB, free MB)
STORAGE_PATHS: dict[str, tuple[str, int, int]] = {
    "UserStorage1": ("C:\\ClusterStorage\\UserStorage_1\\lab", 200_000_000, 150_000_000),
    "UserStorage2": ("C:\\ClusterStorage\\UserStorage_2\\lab", 100_000_000, 80_000_000),
    # on the same volume as the first: the space is there once
    "UserStorage1-Archive": ("C:\\ClusterStorage\\UserStorage_1\\archive", 200_000_000, 150_000_000),
}
