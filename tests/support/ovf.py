# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small OVF package: its descriptor, and disks of random bytes; alone, and as the one file that an OVA is."""

from __future__ import annotations

import hashlib
import io
import random
import tarfile
from pathlib import Path

DESCRIPTOR, DISKS = "appliance.ovf", ("appliance-disk1.vmdk", "appliance-disk2.vmdk")
DISK_BYTES = 3_000_017  # no round number: the last piece of an upload is a short one

OVF = f"""<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
  xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
  xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData"
  xmlns:vmw="http://www.vmware.com/schema/ovf">
  <References>
    <File ovf:id="file1" ovf:href="appliance-disk1.vmdk" ovf:size="{DISK_BYTES}"/>
    <File ovf:id="file2" ovf:href="appliance-disk2.vmdk" ovf:size="{DISK_BYTES}"/>
  </References>
  <DiskSection><Info>Disks</Info>
    <Disk ovf:diskId="vmdisk1" ovf:fileRef="file1" ovf:capacity="80" ovf:capacityAllocationUnits="byte * 2^30"
      ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/>
    <Disk ovf:diskId="vmdisk2" ovf:fileRef="file2" ovf:capacity="{10 * 2**30}"
      ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/>
  </DiskSection>
  <NetworkSection><Info>Networks</Info><Network ovf:name="nat"><Description>nat</Description></Network></NetworkSection>
  <VirtualSystem ovf:id="appliance"><Info>A virtual machine</Info><Name>appliance</Name>
    <OperatingSystemSection ovf:id="112" vmw:osType="windows2019srvNext_64Guest"><Info>Guest</Info>
      <Description>Microsoft Windows Server 2022 (64-bit)</Description></OperatingSystemSection>
    <VirtualHardwareSection><Info>Hardware</Info>
      <System><vssd:ElementName>Hardware</vssd:ElementName><vssd:InstanceID>0</vssd:InstanceID>
        <vssd:VirtualSystemType>vmx-14</vssd:VirtualSystemType></System>
      <Item><rasd:InstanceID>1</rasd:InstanceID><rasd:ResourceType>3</rasd:ResourceType>
        <rasd:VirtualQuantity>8</rasd:VirtualQuantity></Item>
      <Item><rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits><rasd:InstanceID>2</rasd:InstanceID>
        <rasd:ResourceType>4</rasd:ResourceType><rasd:VirtualQuantity>16384</rasd:VirtualQuantity></Item>
      <Item><rasd:InstanceID>3</rasd:InstanceID><rasd:ResourceSubType>lsilogicsas</rasd:ResourceSubType>
        <rasd:ResourceType>6</rasd:ResourceType></Item>
      <Item><rasd:AddressOnParent>0</rasd:AddressOnParent><rasd:HostResource>ovf:/disk/vmdisk1</rasd:HostResource>
        <rasd:InstanceID>4</rasd:InstanceID><rasd:Parent>3</rasd:Parent><rasd:ResourceType>17</rasd:ResourceType></Item>
      <Item><rasd:AddressOnParent>1</rasd:AddressOnParent><rasd:HostResource>ovf:/disk/vmdisk2</rasd:HostResource>
        <rasd:InstanceID>5</rasd:InstanceID><rasd:Parent>3</rasd:Parent><rasd:ResourceType>17</rasd:ResourceType></Item>
      <Item><rasd:Connection>nat</rasd:Connection><rasd:InstanceID>6</rasd:InstanceID>
        <rasd:ResourceSubType>VmxNet3</rasd:ResourceSubType><rasd:ResourceType>10</rasd:ResourceType></Item>
      <vmw:Config ovf:required="false" vmw:key="firmware" vmw:value="efi"/>
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
"""


def write_ova(path: Path, descriptor: str = OVF, *, spoil: str = "") -> str:
    """The package in one file, and the file's SHA-256. ``spoil`` names a file that is not as the manifest says."""
    files = {DESCRIPTOR: descriptor.encode()}
    files |= {name: random.Random(name).randbytes(DISK_BYTES) for name in DISKS}
    lines = [f"SHA256({name})= {hashlib.sha256(data).hexdigest()}\n" for name, data in files.items() if name != spoil]
    lines += [f"SHA256({spoil})= {hashlib.sha256(b'another').hexdigest()}\n"] if spoil else []
    files = {DESCRIPTOR: files.pop(DESCRIPTOR), "appliance.mf": "".join(lines).encode(), **files}
    with tarfile.open(path, "w") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return hashlib.sha256(path.read_bytes()).hexdigest()
