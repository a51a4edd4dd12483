# azlocal.migrate script: get_storage
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The cluster shared volumes with their free space, and which of the asked seed disks are there. It changes nothing.
# Params: seed_names (list, with or without extension), folders (list; none means all cluster shared volumes)
param($Params)

$seedNames = @($Params.seed_names | Where-Object { $_ })
$folders = @($Params.folders | Where-Object { $_ })
if ($folders.Count -eq 0) {
    $folders = @("$env:SystemDrive\ClusterStorage")
}

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

$seeds = @()
if ($seedNames.Count -gt 0) {
    # a folder that is missing must be an error: a disk that was not looked for is not proven absent
    $files = Get-ChildItem -LiteralPath $folders -Recurse -Depth 5 -File -Filter '*.vhd*'
    $seeds = foreach ($file in $files) {
        if ($seedNames -contains $file.Name -or $seedNames -contains $file.BaseName) {
            [pscustomobject]@{
                Name = "$($file.Name)"
                Path = "$($file.FullName)"
                SizeBytes = [int64]$file.Length
            }
        }
    }
}

[pscustomobject]@{
    Node = "$env:COMPUTERNAME"
    ClockUtc = [DateTime]::UtcNow.ToString('o')
    Volumes = @($volumes)
    Seeds = @($seeds)
}
