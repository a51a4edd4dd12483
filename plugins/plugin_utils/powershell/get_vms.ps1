# azlocal.migrate script: get_vms
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The VMs that this node owns. It changes nothing.
# Params: names (list; none means all)
param($Params)

$names = @($Params.names | Where-Object { $_ })

function Get-DiskFact($Drive) {
    # a disk that cannot be opened is still worth its path
    $vhd = Get-VHD -Path $Drive.Path -ErrorAction SilentlyContinue
    $file = Get-Item -LiteralPath $Drive.Path -ErrorAction SilentlyContinue
    $written = ''
    if ($file) { $written = $file.LastWriteTimeUtc.ToString('o') }
    [pscustomobject]@{
        Path = "$($Drive.Path)"
        SizeBytes = [int64]$vhd.Size
        FileSizeBytes = [int64]$vhd.FileSize
        LastWriteUtc = $written
    }
}

function Get-AdapterFact($Adapter) {
    [pscustomobject]@{
        Name = "$($Adapter.Name)"
        MacAddress = "$($Adapter.MacAddress)"
        IPAddresses = @($Adapter.IPAddresses | ForEach-Object { "$_" })
        SwitchName = "$($Adapter.SwitchName)"
        Connected = [bool]$Adapter.Connected
        VlanId = [int]$Adapter.VlanSetting.AccessVlanId
    }
}

$vms = @(Get-VM | Where-Object { $names.Count -eq 0 -or $names -contains $_.Name })
$facts = foreach ($vm in $vms) {
    [pscustomobject]@{
        Name = "$($vm.Name)"
        Id = "$($vm.Id)"
        State = "$($vm.State)"
        Generation = [int]$vm.Generation
        ProcessorCount = [int]$vm.ProcessorCount
        MemoryStartupMB = [int64]($vm.MemoryStartup / 1048576)
        MemoryAssignedMB = [int64]($vm.MemoryAssigned / 1048576)
        Heartbeat = "$($vm.Heartbeat)"
        UptimeSeconds = [int64]$vm.Uptime.TotalSeconds
        NetworkAdapters = @($vm.NetworkAdapters | ForEach-Object { Get-AdapterFact $_ })
        Disks = @($vm.HardDrives | Where-Object { $_.Path } | ForEach-Object { Get-DiskFact $_ })
    }
}

[pscustomobject]@{
    Node = "$env:COMPUTERNAME"
    ClockUtc = [DateTime]::UtcNow.ToString('o')
    Vms = @($facts)
}
