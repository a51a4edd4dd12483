# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who must reach what: names, ports and addresses, each with why, and with what to do where it fails.

The ports are those of Microsoft's page on prerequisites, seen from the side that opens the connection. What a URL with a
star stands for cannot be tried: it is many names, most of them made for one project. One host under it is tried in its
place, and the row says so. ``sure`` is false where we infer that host from what was recorded in another region: that it
does not resolve then proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

PLACES = SOURCE, TARGET, HOST, CONTROLLER = "source_appliance", "target_appliance", "host", "controller"
AZURE, VCENTER, ESXI, CLUSTER, APPLIANCES, IMAGE = "azure", "vcenter", "esxi", "cluster", "appliances", "image"
CHECKS = (AZURE, VCENTER, ESXI, CLUSTER, APPLIANCES, IMAGE)
HTTPS, NFC, SMB, WINRM, CONFIGURATION_MANAGER = 443, 902, 445, (5985, 5986), 44368

_BOTH = (SOURCE, TARGET)
REMOTING = (
    "on that machine run Enable-PSRemoting -Force, and let 5985 (or 5986, with a certificate) through its firewall"
)
_SMB = "let TCP 445 through between the two, and see that the machine shares files (service LanmanServer)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """One row of the table. ``to``: what is reached. Of several ports one is enough; port 0: only the name."""

    places: tuple[str, ...]
    check: str
    to: str
    ports: tuple[int, ...]
    why: str
    remedy: str


NEEDS: tuple[Need, ...] = (
    Need(
        places=(*_BOTH, HOST),
        check=CLUSTER,
        to="cluster",
        ports=(0,),
        why="the Azure Local instance is spoken to by this name",
        remedy="add the name to DNS, or a line '<address of the cluster> <name>' to the hosts file there",
    ),
    Need(
        places=_BOTH,
        check=CLUSTER,
        to="cluster",
        ports=WINRM,
        why="WinRM: the appliance validates the instance, and prepares it for replication",
        remedy=REMOTING,
    ),
    Need(
        places=_BOTH,
        check=CLUSTER,
        to="cluster",
        ports=(SMB,),
        why="SMB: the appliance tests and uses a share of the cluster (error 60183 where it cannot)",
        remedy=_SMB,
    ),
    Need(
        places=(HOST,),
        check=CLUSTER,
        to="nodes",
        ports=(0,),
        why="the nodes of the instance know each other by these names",
        remedy="add the name to DNS",
    ),
    Need(
        places=_BOTH,
        check=CLUSTER,
        to="nodes",
        ports=WINRM,
        why="WinRM: the appliance works on every node of the instance",
        remedy=REMOTING,
    ),
    Need(
        places=_BOTH,
        check=CLUSTER,
        to="nodes",
        ports=(SMB,),
        why="SMB: the disks are written to the volumes of the instance",
        remedy=_SMB,
    ),
    Need(
        places=(SOURCE,),
        check=VCENTER,
        to="vcenter",
        ports=(HTTPS,),
        why="discovery, snapshots and changed blocks",
        remedy="let the port of vCenter through from the source appliance",
    ),
    Need(
        places=(SOURCE,),
        check=ESXI,
        to="esxi_hosts",
        ports=(HTTPS,),
        why="the disks of a snapshot are opened on the host that runs the VM",
        remedy="let TCP 443 of every ESXi host through from the source appliance",
    ),
    Need(
        places=(SOURCE,),
        check=ESXI,
        to="esxi_hosts",
        ports=(NFC,),
        why="NFC: the data of the snapshots is read from the host (error 1022 where it cannot)",
        remedy="let TCP 902 of every ESXi host through from the source appliance",
    ),
    Need(
        places=(SOURCE,),
        check=APPLIANCES,
        to=TARGET,
        ports=(SMB,),
        why="SMB: replicated data goes from appliance to appliance",
        remedy=_SMB,
    ),
    Need(
        places=(TARGET,),
        check=APPLIANCES,
        to=SOURCE,
        ports=(SMB,),
        why="SMB: both sides must be able to begin",
        remedy=_SMB,
    ),
    Need(
        places=(HOST,),
        check=IMAGE,
        to="image_hosts",
        ports=(HTTPS,),
        why="target_appliance has the image of the appliance fetched from there",
        remedy="let the host reach it, or put the image on a share or a volume and name that path",
    ),
    Need(
        places=(CONTROLLER,),
        check=VCENTER,
        to="vcenter",
        ports=(HTTPS,),
        why="this collection reads and changes VMs there",
        remedy="let the port of vCenter through from the controller",
    ),
    Need(
        places=(CONTROLLER,),
        check=ESXI,
        to="esxi_hosts",
        ports=(HTTPS,),
        why="source_appliance uploads the disks of the OVA to the host that vCenter chooses",
        remedy="let TCP 443 of the ESXi hosts through from the controller",
    ),
    *(
        Need(
            places=(CONTROLLER,),
            check=APPLIANCES,
            to=to,
            ports=(CONFIGURATION_MANAGER,),
            why="its configuration manager, which whoever registers it opens in a browser; tried from here instead of there",
            remedy="let TCP 44368 through from the workstation of that person; the page is there once the appliance is set up",
        )
        for to in _BOTH
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Url:
    """A documented address. ``host``: what is tried for it, ``{geo}`` the code of the project's region; empty: nothing."""

    url: str
    host: str
    why: str
    sure: bool = True


_IDENTITY = "signing in"
_SERVICE = "the services of Azure Migrate"
_REPLICATION = "control of the replication"
URLS: tuple[Url, ...] = (
    Url(url="*.portal.azure.com", host="portal.azure.com", why="the Azure portal"),
    Url(url="management.azure.com", host="management.azure.com", why="Azure Resource Manager"),
    Url(url="*.windows.net", host="login.windows.net", why=_IDENTITY),
    Url(url="*.microsoftonline.com", host="login.microsoftonline.com", why=_IDENTITY),
    Url(url="*.microsoftonline-p.com", host="secure.aadcdn.microsoftonline-p.com", why=_IDENTITY, sure=False),
    Url(url="*.microsoftazuread-sso.com", host="autologon.microsoftazuread-sso.com", why=_IDENTITY),
    Url(url="*.msftauth.net", host="aadcdn.msftauth.net", why=_IDENTITY),
    Url(url="*.msauth.net", host="aadcdn.msauth.net", why=_IDENTITY),
    Url(url="*.microsoft.com", host="graph.microsoft.com", why=_IDENTITY),
    Url(url="*.live.com", host="login.live.com", why=_IDENTITY),
    Url(url="*.office.com", host="www.office.com", why=_IDENTITY),
    Url(url="aka.ms", host="aka.ms", why="links to newer versions of the appliance's services"),
    Url(url="download.microsoft.com", host="download.microsoft.com", why="newer versions of the appliance's services"),
    Url(
        url="*.services.visualstudio.com",
        host="dc.services.visualstudio.com",
        why="logs of the appliance, for Microsoft's monitoring",
    ),
    Url(url="*.vault.azure.net", host="", why="the key vault of the project"),
    Url(url="*.servicebus.windows.net", host="", why="messages between the appliance and Azure Migrate"),
    Url(url="*.discoverysrv.windowsazure.com", host="", why=_SERVICE),
    Url(
        url="*.migration.windowsazure.com",
        host="discoverysrv.{geo}.prod.migration.windowsazure.com",
        why=_SERVICE,
        sure=False,
    ),
    Url(
        url="*.hypervrecoverymanager.windowsazure.com",
        host="pod01-rcm1.{geo}.hypervrecoverymanager.windowsazure.com",
        why=_REPLICATION,
        sure=False,
    ),
    Url(
        url="*.siterecovery.azure.com",
        host="agent-asrrp1.{geo}.siterecovery.azure.com",
        why=_REPLICATION,
        sure=False,
    ),
    Url(url="*.blob.core.windows.net", host="", why="the cache storage account of the project"),
)
# Codes of the regions that a project may lie in, as they stand in names of the services' hosts.
GEO = {
    "eastasia": "ea",
    "southeastasia": "sea",
    "northeurope": "ne",
    "westeurope": "we",
    "centralus": "cus",
    "westus2": "wus2",
}
