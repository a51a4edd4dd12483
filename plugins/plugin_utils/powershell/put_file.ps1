# azlocal.migrate script: put_file
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Brings one file to this machine: fetches it, or takes a piece of it, or only tells how far it is.
# It changes: the file, and what has arrived of it in <path>.partial. The name is given when the SHA-256 fits.
# Params: path, sha256, size_bytes, check, and one of
#   source (https:// or http:// address, UNC path with user and password, or a path on this machine)
#   content and offset (a piece in base64, and where it begins; offset 0 begins anew)
param($Params)

$path = "$($Params.path)"
$partial = "$path.partial"
$wanted = "$($Params.sha256)".ToLowerInvariant()
$source = "$($Params.source)"
$content = "$($Params.content)"

function Stop-Script($Id, $Message) {
    throw [System.Management.Automation.ErrorRecord]::new([Exception]::new($Message), $Id, 'NotSpecified', $null)
}

function Get-Sha256($File) {
    (Get-FileHash -LiteralPath $File -Algorithm SHA256).Hash.ToLowerInvariant()
}

function Get-Length($File) {
    if (Test-Path -LiteralPath $File -PathType Leaf) { return [int64](Get-Item -LiteralPath $File -Force).Length }
    return [int64]0
}

function Get-Reply($Complete, $Offset, $Changed) {
    $size = $null
    $hash = $null
    if ($Complete) {
        $size = Get-Length $path
        $hash = $wanted
    }
    [pscustomobject]@{
        Path = $path
        Complete = [bool]$Complete
        SizeBytes = $size
        Sha256 = $hash
        NextOffset = [int64]$Offset
        Changed = [bool]$Changed
    }
}

function Close-Share {
    # one runspace may serve many runs of this script, as with psrp: what a run has opened it closes
    Remove-PSDrive -Name 'AzlocalMigrate' -Scope Global -Force -ErrorAction SilentlyContinue
}

function Open-Share($Unc) {
    # this logon cannot go further by itself: a share needs a login of its own
    $root = '\\' + (($Unc.TrimStart('\') -split '\\')[0..1] -join '\')
    if (-not "$($Params.user)") { Stop-Script 'AccessDenied' "$root needs a user and a password." }
    $secret = New-Object System.Security.SecureString
    foreach ($character in "$($Params.password)".ToCharArray()) { $secret.AppendChar($character) }
    $login = New-Object System.Management.Automation.PSCredential("$($Params.user)", $secret)
    Close-Share
    try {
        $null = New-PSDrive -Name 'AzlocalMigrate' -PSProvider FileSystem -Root $root -Credential $login -Scope Global
    } catch {
        Stop-Script 'AccessDenied' "$root cannot be opened: $($_.Exception.Message)"
    }
}

function Get-Shown($Address) {
    # of an address: no user, and no query or fragment, which may hold a token; a share or a path stays as it is
    if ($Address -notmatch '://') { return $Address }
    return $Address -replace '(?s)(?<=://)[^/?#]*@|[?#].*', ''
}

function Open-Web($Address, $Offset) {
    [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
    $request = [Net.WebRequest]::Create($Address)
    if ($Params.check) { $request.Method = 'HEAD' }
    if ($Offset -gt 0) { $request.AddRange([int64]$Offset) }
    try {
        return $request.GetResponse()
    } catch {
        $answer = $_.Exception.GetBaseException().Response
        if ($Offset -gt 0 -and $answer -and [int]$answer.StatusCode -eq 416) { return Open-Web $Address 0 }
        Stop-Script 'SourceNotFound' "$(Get-Shown $Address) cannot be fetched: $($_.Exception.GetBaseException().Message)"
    }
}

function Copy-Rest($From, $Offset) {
    # appends to what is there, or begins anew where the other side cannot go on from there
    $mode = [IO.FileMode]::Create
    if ($Offset -gt 0) { $mode = [IO.FileMode]::Append }
    $to = [IO.File]::Open($partial, $mode, [IO.FileAccess]::Write, [IO.FileShare]::None)
    try { $From.CopyTo($to, 4194304) } finally { $to.Dispose() }
}

function Receive-Source {
    $begun = Get-Length $partial
    if ($source -match '^https?://') {
        $answer = Open-Web $source $begun
        try {
            if ($Params.check) { return }
            if ([int]$answer.StatusCode -ne 206) { $begun = 0 }
            $stream = $answer.GetResponseStream()
            try { Copy-Rest $stream $begun } finally { $stream.Dispose() }
        } finally {
            $answer.Dispose()
        }
        return
    }
    $share = $source.StartsWith('\\')
    if ($share) { Open-Share $source }
    try {
        if (-not (Test-Path -LiteralPath $source -PathType Leaf)) {
            Stop-Script 'SourceNotFound' "$(Get-Shown $source) was not found."
        }
        if ($Params.check) { return }
        $from = [IO.File]::Open($source, [IO.FileMode]::Open, [IO.FileAccess]::Read, [IO.FileShare]::Read)
        try {
            if ($begun -gt $from.Length) { $begun = 0 }
            $null = $from.Seek($begun, [IO.SeekOrigin]::Begin)
            Copy-Rest $from $begun
        } finally {
            $from.Dispose()
        }
    } finally {
        if ($share) { Close-Share }
    }
}

function Receive-Piece {
    $there = [int64]0
    if ([int64]$Params.offset -gt 0) { $there = Get-Length $partial }
    if ([int64]$Params.offset -ne $there) { Stop-Script 'WrongOffset' "$there bytes are there." }
    $piece = [Convert]::FromBase64String($content)
    Copy-Rest ([IO.MemoryStream]::new($piece)) $there
}

function Complete-File {
    $found = Get-Sha256 $partial
    if ($found -ne $wanted) {
        Remove-Item -LiteralPath $partial -Force
        Stop-Script 'HashMismatch' "What arrived for $path has the SHA-256 $found, and $wanted is asked for."
    }
    Move-Item -LiteralPath $partial -Destination $path -Force
}

if ((Test-Path -LiteralPath $path -PathType Leaf) -and (Get-Sha256 $path) -eq $wanted) {
    return Get-Reply $true 0 $false
}
if (-not $source -and -not $content) {
    return Get-Reply $false (Get-Length $partial) $false
}
try {
    if (-not $Params.check) { $null = New-Item -ItemType Directory -Force -Path (Split-Path -Parent $path) }
    if ($source) {
        Receive-Source
    } elseif (-not $Params.check) {
        Receive-Piece
    }
    if ($Params.check) { return Get-Reply $false (Get-Length $partial) $true }
    if (-not $source -and (Get-Length $partial) -lt [int64]$Params.size_bytes) {
        return Get-Reply $false (Get-Length $partial) $true
    }
    Complete-File
} catch [System.IO.IOException] {
    # the last 16 bits are Windows' own number: 112 and 39 disk full, 32 in use
    switch ($_.Exception.GetBaseException().HResult -band 0xFFFF) {
        112 { Stop-Script 'NoSpace' "There is no space left for $path." }
        39 { Stop-Script 'NoSpace' "There is no space left for $path." }
        32 { Stop-Script 'FileInUse' "$partial is held by another program." }
    }
    throw
}
Get-Reply $true 0 $true
