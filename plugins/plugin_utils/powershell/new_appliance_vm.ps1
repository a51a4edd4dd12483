# azlocal.migrate script: new_appliance_vm
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Makes the virtual machine of the target appliance: what is missing of machine, cluster role and running.
# It changes: a VM of this node and its configuration below the folder, a role of the cluster, the VM's power.
# The disk is attached last: a VM of ours without a disk is one that a run left half made, and is completed.
# Params: name, folder, disk, generation, cpu_cores, memory_mb, switch, vlan_id (0: none), clustered, start, check
param($Params)

$name = "$($Params.name)"
$disk = "$($Params.disk)"
$folder = "$($Params.folder)".TrimEnd('\')
$memory = [int64]$Params.memory_mb * 1048576
$did = @()

function Stop-Script($Id, $Message) {
    throw [System.Management.Automation.ErrorRecord]::new([Exception]::new($Message), $Id, 'NotSpecified', $null)
}

$role = @(Get-ClusterGroup | Where-Object { $_.Name -eq $name })[0]
if ($role -and "$($role.OwnerNode.Name)" -ne "$env:COMPUTERNAME") {
    Stop-Script 'VmElsewhere' "$($role.OwnerNode.Name) owns $name."
}
$vm = @(Get-VM | Where-Object { $_.Name -eq $name })[0]
$whole = $false
if ($vm) {
    $disks = @($vm.HardDrives | Where-Object { $_.Path } | ForEach-Object { "$($_.Path)" })
    $begun = ($disks.Count -eq 0) -and "$($vm.Path)".StartsWith("$folder\", [StringComparison]::OrdinalIgnoreCase)
    $whole = $disks -contains $disk
    if (-not $whole -and -not $begun) {
        Stop-Script 'VmDiffers' "There is a VM $name with the disk $($disks -join ', ')."
    }
} elseif (@(Get-ChildItem -LiteralPath "$folder\$name" -Recurse -Filter '*.vmcx' -ErrorAction SilentlyContinue)) {
    # what New-VM writes: a VM without a role is shown by the node that made it, and by no other
    Stop-Script 'VmElsewhere' "Another node has made $name, which has no role in the cluster yet."
}
if (-not @(Get-VMSwitch | Where-Object { $_.Name -eq "$($Params.switch)" })) {
    Stop-Script 'SwitchNotFound' "There is no virtual switch $($Params.switch)."
}
if (-not $whole -and -not (Test-Path -LiteralPath $disk -PathType Leaf)) {
    Stop-Script 'DiskNotFound' "$disk was not found."
}
$starts = $Params.start -and -not ($vm -and "$($vm.State)" -eq 'Running')
if ($starts -and [int64](Get-CimInstance Win32_OperatingSystem).FreePhysicalMemory * 1024 -lt $memory) {
    Stop-Script 'NoMemory' "$env:COMPUTERNAME has less than $($Params.memory_mb) MB of free memory."
}

if (-not $whole) {
    $did += 'created'
    if (-not $Params.check) {
        if (-not $vm) {
            $null = New-VM -Name $name -Path $folder -NoVHD -Generation ([int]$Params.generation) -MemoryStartupBytes $memory
            $vm = @(Get-VM | Where-Object { $_.Name -eq $name })[0]
        }
        Set-VM -VM $vm -ProcessorCount ([int]$Params.cpu_cores) -StaticMemory -MemoryStartupBytes $memory `
            -AutomaticCheckpointsEnabled $false -Notes 'Azure Migrate target appliance, made by the Ansible collection azlocal.migrate.'
        $adapter = @(Get-VMNetworkAdapter -VM $vm)[0]
        if (-not $adapter) {
            Add-VMNetworkAdapter -VM $vm
            $adapter = @(Get-VMNetworkAdapter -VM $vm)[0]
        }
        Connect-VMNetworkAdapter -VMNetworkAdapter $adapter -SwitchName "$($Params.switch)"
        if ([int]$Params.vlan_id -gt 0) {
            Set-VMNetworkAdapterVlan -VMNetworkAdapter $adapter -Access -VlanId ([int]$Params.vlan_id)
        }
        Add-VMHardDiskDrive -VM $vm -Path $disk
        if ([int]$Params.generation -eq 2) {
            Set-VMFirmware -VM $vm -FirstBootDevice (@(Get-VMHardDiskDrive -VM $vm)[0])
        }
    }
}
if ($Params.clustered -and -not $role) {
    $did += 'clustered'
    if (-not $Params.check) { $null = Add-ClusterVirtualMachineRole -VMName $name }
}
if ($starts) {
    $did += 'started'
    if (-not $Params.check) { Start-VM -Name $name }
}

$vm = @(Get-VM | Where-Object { $_.Name -eq $name })[0]
[pscustomobject]@{
    Id = $(if ($vm) { "$($vm.Id)" })
    Name = $name
    Node = "$env:COMPUTERNAME"
    State = "$($vm.State)"
    Did = @($did)
    Changed = ($did.Count -gt 0)
}
