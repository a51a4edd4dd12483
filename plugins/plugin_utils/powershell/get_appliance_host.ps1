# azlocal.migrate script: get_appliance_host
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a virtual machine of the target appliance needs and finds on this node of the cluster. It changes nothing.
# Params: name (of the VM), folder (whose files are listed; may be empty), files (paths to hash as well)
param($Params)

$name = "$($Params.name)"
$folder = "$($Params.folder)"
$hashed = @($Params.files | Where-Object { $_ } | ForEach-Object { "$_" })

$volumes = foreach ($volume in @(Get-ClusterSharedVolume)) {
    foreach ($info in @($volume.SharedVolumeInfo)) {
        [pscustomobject]@{
            Name = "$($volume.Name)"
            Path = "$($info.FriendlyVolumeName)"
            SizeBytes = [int64]$info.Partition.Size
            FreeBytes = [int64]$info.Partition.FreeSpace
            State = "$($volume.State)"
            OwnerNode = "$($volume.OwnerNode.Name)"
        }
    }
}

$switches = foreach ($switch in @(Get-VMSwitch)) {
    [pscustomobject]@{
        Name = "$($switch.Name)"
        Type = "$($switch.SwitchType)"
    }
}

# the cluster knows the role from every node, Hyper-V only shows the VMs of its own
$role = $null
foreach ($group in @(Get-ClusterGroup | Where-Object { $_.Name -eq $name })) {
    $role = [pscustomobject]@{
        Name = "$($group.Name)"
        OwnerNode = "$($group.OwnerNode.Name)"
        State = "$($group.State)"
    }
}

$vm = $null
foreach ($found in @(Get-VM | Where-Object { $_.Name -eq $name })) {
    $adapter = @($found.NetworkAdapters)[0]
    $vm = [pscustomobject]@{
        Name = "$($found.Name)"
        Id = "$($found.Id)"
        State = "$($found.State)"
        Generation = [int]$found.Generation
        ProcessorCount = [int]$found.ProcessorCount
        MemoryStartupMB = [int64]($found.MemoryStartup / 1048576)
        SwitchName = "$($adapter.SwitchName)"
        VlanId = [int]$adapter.VlanSetting.AccessVlanId
        DiskPaths = @($found.HardDrives | Where-Object { $_.Path } | ForEach-Object { "$($_.Path)" })
        IPAddresses = @($found.NetworkAdapters | ForEach-Object { $_.IPAddresses } | Where-Object { $_ } | ForEach-Object { "$_" })
        Clustered = [bool]$found.IsClustered
    }
}

$listed = @()
if ($folder -and (Test-Path -LiteralPath $folder -PathType Container)) {
    $listed = @(Get-ChildItem -LiteralPath $folder -Recurse -File -Force)
}
$paths = @($listed | ForEach-Object { $_.FullName })
foreach ($path in $hashed) {
    if ($paths -notcontains $path -and (Test-Path -LiteralPath $path -PathType Leaf)) {
        $listed += Get-Item -LiteralPath $path -Force
    }
}
$files = foreach ($file in $listed) {
    $hash = $null
    if ($hashed -contains $file.FullName) {
        $hash = (Get-FileHash -LiteralPath $file.FullName -Algorithm SHA256).Hash.ToLowerInvariant()
    }
    [pscustomobject]@{
        Path = "$($file.FullName)"
        SizeBytes = [int64]$file.Length
        Sha256 = $hash
    }
}

[pscustomobject]@{
    Node = "$env:COMPUTERNAME"
    ClockUtc = [DateTime]::UtcNow.ToString('o')
    Volumes = @($volumes)
    Switches = @($switches)
    Vm = $vm
    Role = $role
    Files = @($files)
}
