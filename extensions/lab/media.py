# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is downloaded for the appliances, small: the OVA, the image for Hyper-V, the VDDK, and the installer.

Each maker writes one file, the same bytes every time, and returns their SHA-256. What lies in the folder ``media`` of the
state folder can be fetched by every machine of the lab, at ``https://media.lab.example/<file>`` and, with the login of
the Azure Local hosts, as ``\\\\media.lab.example\\images\\<file>``.
"""

from __future__ import annotations

import hashlib
import io
import random
import struct
import tarfile
import zipfile
from pathlib import Path

from .appliances import PRODUCT

HOST = "media.lab.example"
URL = f"https://{HOST}/"
SHARE = f"\\\\{HOST}\\images\\"
OVA, IMAGE, VDDK, INSTALLER = (
    "AzureMigrateAppliance.ova",
    "AzureMigrateTargetAppliance.zip",
    "VMware-vix-disklib-8.0.2-22388865.x86_64.zip",
    "AzureMigrateInstaller.zip",
)
DISK_BYTES = 300_000
# the first bytes of the lab's own VHDX: so a VM that boots from it is known for an appliance
VHDX_MARK = b"vhdxfile azlocal.migrate lab, target appliance"

_OVF = """<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
  xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
  xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData"
  xmlns:vmw="http://www.vmware.com/schema/ovf">
  <References><File ovf:id="file1" ovf:href="{disk}" ovf:size="{bytes}"/></References>
  <DiskSection><Info>Disks</Info>
    <Disk ovf:diskId="vmdisk1" ovf:fileRef="file1" ovf:capacity="80" ovf:capacityAllocationUnits="byte * 2^30"
      ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/></DiskSection>
  <NetworkSection><Info>Networks</Info>
    <Network ovf:name="VM Network"><Description>The appliance's network</Description></Network></NetworkSection>
  <VirtualSystem ovf:id="AzureMigrateAppliance"><Info>A virtual machine</Info><Name>AzureMigrateAppliance</Name>
    <OperatingSystemSection ovf:id="112" vmw:osType="windows2019srvNext_64Guest"><Info>Guest</Info>
      <Description>Microsoft Windows Server 2022 (64-bit)</Description></OperatingSystemSection>
    <VirtualHardwareSection><Info>Hardware</Info>
      <System><vssd:ElementName>Hardware</vssd:ElementName><vssd:InstanceID>0</vssd:InstanceID>
        <vssd:VirtualSystemType>vmx-14</vssd:VirtualSystemType></System>
      <Item><rasd:ElementName>{cpus} virtual CPUs</rasd:ElementName><rasd:InstanceID>1</rasd:InstanceID>
        <rasd:ResourceType>3</rasd:ResourceType><rasd:VirtualQuantity>{cpus}</rasd:VirtualQuantity></Item>
      <Item><rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits><rasd:ElementName>Memory</rasd:ElementName>
        <rasd:InstanceID>2</rasd:InstanceID><rasd:ResourceType>4</rasd:ResourceType>
        <rasd:VirtualQuantity>{memory_mb}</rasd:VirtualQuantity></Item>
      <Item><rasd:Address>0</rasd:Address><rasd:ElementName>SCSI controller 0</rasd:ElementName>
        <rasd:InstanceID>3</rasd:InstanceID><rasd:ResourceSubType>lsilogicsas</rasd:ResourceSubType>
        <rasd:ResourceType>6</rasd:ResourceType></Item>
      <Item><rasd:AddressOnParent>0</rasd:AddressOnParent><rasd:ElementName>Hard disk 1</rasd:ElementName>
        <rasd:HostResource>ovf:/disk/vmdisk1</rasd:HostResource><rasd:InstanceID>4</rasd:InstanceID>
        <rasd:Parent>3</rasd:Parent><rasd:ResourceType>17</rasd:ResourceType></Item>
      <Item><rasd:AddressOnParent>7</rasd:AddressOnParent><rasd:Connection>VM Network</rasd:Connection>
        <rasd:ElementName>Network adapter 1</rasd:ElementName><rasd:InstanceID>5</rasd:InstanceID>
        <rasd:ResourceSubType>VmxNet3</rasd:ResourceSubType><rasd:ResourceType>10</rasd:ResourceType></Item>
    </VirtualHardwareSection>
    <ProductSection><Info>The product</Info><Product>{product}</Product><Vendor>Microsoft</Vendor></ProductSection>
  </VirtualSystem>
</Envelope>
"""


def make_ova(
    path: Path, *, product: str = PRODUCT, disk_bytes: int = DISK_BYTES, cpus: int = 8, memory_mb: int = 16384
) -> str:
    """A tar with descriptor, manifest and one disk. ``product``: something else than the appliance's is no appliance."""
    disk = "AzureMigrateAppliance-disk1.vmdk"
    vmdk = _vmdk(disk_bytes)
    ovf = _OVF.format(disk=disk, bytes=len(vmdk), product=product, cpus=cpus, memory_mb=memory_mb).encode()
    files = {"AzureMigrateAppliance.ovf": ovf, disk: vmdk}
    manifest = "".join(f"SHA256({name})= {hashlib.sha256(data).hexdigest()}\n" for name, data in files.items())
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in (*[*files.items()][:1], ("AzureMigrateAppliance.mf", manifest.encode()), (disk, vmdk)):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return _sha256(path)


def make_image(path: Path) -> str:
    """A zip with the one VHDX of the target appliance."""
    return _zip(path, {"AzureMigrateTargetAppliance.vhdx": VHDX_MARK + _noise("vhdx", DISK_BYTES)})


def make_vddk(path: Path, version: str = "8.0.2") -> str:
    """The Virtual Disk Development Kit for Windows, as far as anybody looks at it."""
    library = f"MZ vixDiskLib {version}\n".encode() + _noise("vddk", 50_000)
    return _zip(path, {"bin/vixDiskLib.dll": library, "bin/vixMntapi.dll": b"MZ", "lib/vixDiskLib.lib": b"!<arch>"})


def make_installer(path: Path) -> str:
    """The zip of the script install."""
    script = b"# AzureMigrateInstaller.ps1: the lab runs no PowerShell, it knows what this script does\n"
    return _zip(path, {"AzureMigrateInstaller.ps1": script, "Dra.Setup.Windows.msi": _noise("dra", 20_000)})


def make_all(folder: Path) -> dict[str, str]:
    """File -> SHA-256 of all four, and a list of them in SHA256SUMS."""
    folder.mkdir(mode=0o700, exist_ok=True)
    makers = {OVA: make_ova, IMAGE: make_image, VDDK: make_vddk, INSTALLER: make_installer}
    made = {name: make(folder / name) for name, make in makers.items()}
    sums = "".join(f"{sha256}  {name}\n" for name, sha256 in made.items())
    (folder / "SHA256SUMS").write_text(sums, encoding="ascii")
    return made


def _zip(path: Path, entries: dict[str, bytes]) -> str:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(zipfile.ZipInfo(name), data)  # a ZipInfo has a fixed date: the same bytes every time
    return _sha256(path)


def _vmdk(size: int) -> bytes:
    """Nobody boots it: the header of a stream-optimized disk, then noise."""
    header = struct.pack("<4sIIQQ", b"KDMV", 3, 0x30001, 80 * 2**30 // 512, 128)
    return header.ljust(512, b"\0") + _noise("vmdk", size - 512)


def _noise(seed: str, size: int) -> bytes:
    return random.Random(seed).randbytes(size)  # noqa: S311 - filling, no secret


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
