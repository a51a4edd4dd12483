# azlocal.migrate script: remove_appliance_vm
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Removes the virtual machine of the target appliance and its files.
# It changes: the role of the cluster, the VM of this node (it is turned off), the files named, folders that this empties.
# A VM with a disk that is not among the files named is somebody else's, and so is one without a disk elsewhere: refused.
# Params: name, files (paths), check
param($Params)

$name = "$($Params.name)"
$files = @($Params.files | Where-Object { $_ } | ForEach-Object { "$_" })
$removed = @()

function Stop-Script($Id, $Message) {
    throw [System.Management.Automation.ErrorRecord]::new([Exception]::new($Message), $Id, 'NotSpecified', $null)
}

$role = @(Get-ClusterGroup | Where-Object { $_.Name -eq $name })[0]
if ($role -and "$($role.OwnerNode.Name)" -ne "$env:COMPUTERNAME") {
    Stop-Script 'VmElsewhere' "$($role.OwnerNode.Name) owns $name."
}
$vm = @(Get-VM | Where-Object { $_.Name -eq $name })[0]
if ($vm) {
    $disks = @($vm.HardDrives | Where-Object { $_.Path } | ForEach-Object { "$($_.Path)" })
    $foreign = @($disks | Where-Object { $files -notcontains $_ })
    if ($foreign.Count -gt 0 -or ($disks.Count -eq 0 -and "$($vm.Path)" -notmatch '\\azlocal\.migrate\\')) {
        Stop-Script 'VmDiffers' "There is a VM $name with the disk $($foreign -join ', ')."
    }
    $removed += "VM $name"
    if (-not $Params.check) {
        if ("$($vm.State)" -ne 'Off') { Stop-VM -VM $vm -TurnOff -Force }
        if ($role) { Remove-ClusterGroup -Name $name -RemoveResources -Force }
        Remove-VM -Name $name -Force
    }
} elseif ($role) {
    Stop-Script 'VmDiffers' "There is a role $name, and no VM of that name."
} elseif ($files -match ('\\azlocal\.migrate\\{0}\\[0-9a-f]+\\{0}\\.+\.vmcx$' -f [regex]::Escape($name))) {
    # a VM without a role is shown by the node that made it, and by no other
    Stop-Script 'VmElsewhere' "Another node has made $name, which has no role in the cluster."
}

foreach ($file in $files) {
    # what belongs to the VM's configuration has gone with it
    if (Test-Path -LiteralPath $file -PathType Leaf) {
        $removed += $file
        if (-not $Params.check) { Remove-Item -LiteralPath $file -Force }
    }
}
if (-not $Params.check) {
    # the folders of ours, from the innermost outward, and only where nothing is left in them
    $folders = foreach ($file in $files) {
        $folder = Split-Path -Parent $file
        while ($folder -match '\\azlocal\.migrate(\\|$)') {
            $folder
            $folder = Split-Path -Parent $folder
        }
    }
    foreach ($folder in @($folders | Sort-Object -Unique | Sort-Object -Property Length -Descending)) {
        $there = Test-Path -LiteralPath $folder -PathType Container
        if ($there -and -not @(Get-ChildItem -LiteralPath $folder -Force | Select-Object -First 1)) {
            Remove-Item -LiteralPath $folder -Force
        }
    }
}

[pscustomobject]@{
    Removed = @($removed)
    Changed = ($removed.Count -gt 0)
}
