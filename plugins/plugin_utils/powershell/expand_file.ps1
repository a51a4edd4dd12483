# azlocal.migrate script: expand_file
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Unpacks a zip into a folder. Entries that lead out of the folder are refused.
# It changes: the files in the folder that the zip has and that are missing there or have another size.
# Params: path, folder, check
param($Params)

$path = "$($Params.path)"
$folder = "$($Params.folder)".TrimEnd('\')

function Stop-Script($Id, $Message) {
    throw [System.Management.Automation.ErrorRecord]::new([Exception]::new($Message), $Id, 'NotSpecified', $null)
}

if (-not (Test-Path -LiteralPath $path -PathType Leaf)) { Stop-Script 'SourceNotFound' "$path was not found." }
Add-Type -AssemblyName System.IO.Compression
Add-Type -AssemblyName System.IO.Compression.FileSystem
try {
    $archive = [IO.Compression.ZipFile]::OpenRead($path)
} catch {
    Stop-Script 'NotAnArchive' "$path is no zip archive."
}

$changed = $false
$files = @()
try {
    # look at all of them before anything is written
    $entries = foreach ($entry in $archive.Entries) {
        if (-not $entry.Name) { continue }
        $target = [IO.Path]::GetFullPath((Join-Path $folder $entry.FullName))
        if (-not $target.StartsWith("$folder\", [StringComparison]::OrdinalIgnoreCase)) {
            Stop-Script 'NotAnArchive' "$path holds paths that lead out of the folder."
        }
        [pscustomobject]@{ Entry = $entry; Target = $target }
    }
    foreach ($one in @($entries)) {
        $there = Get-Item -LiteralPath $one.Target -Force -ErrorAction SilentlyContinue
        if (-not $there -or $there.Length -ne $one.Entry.Length) {
            $changed = $true
            if (-not $Params.check) {
                $null = New-Item -ItemType Directory -Force -Path (Split-Path -Parent $one.Target)
                # under its own name only when it is whole
                $fresh = "$($one.Target).partial"
                [IO.Compression.ZipFileExtensions]::ExtractToFile($one.Entry, $fresh, $true)
                Move-Item -LiteralPath $fresh -Destination $one.Target -Force
            }
        }
        $files += [pscustomobject]@{ Path = $one.Target; SizeBytes = [int64]$one.Entry.Length }
    }
} catch [System.IO.IOException] {
    if (@(112, 39) -contains ($_.Exception.GetBaseException().HResult -band 0xFFFF)) {
        Stop-Script 'NoSpace' "There is no space left to unpack $path."
    }
    throw
} finally {
    $archive.Dispose()
}

[pscustomobject]@{
    Files = @($files)
    Changed = $changed
}
