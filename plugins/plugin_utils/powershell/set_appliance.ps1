# azlocal.migrate script: set_appliance
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Proxy of WinHTTP, automatic update, limit of the bandwidth (a QoS policy of this machine) and the blackout windows of the
# gateway. Null leaves a thing as it is; an empty text or 0 takes it away.
# That the gateway has not read its file yet is noted before the file is written, and the note goes when it has restarted.
# Params: proxy_address, proxy_bypass, auto_update, bandwidth_limit_mbps, blackout_windows, check
param($Params)

$key = 'HKLM:\SOFTWARE\Microsoft\AzureAppliance'
$ownKey = 'HKLM:\SOFTWARE\azlocal.migrate'
$policyName = 'ThrottleReplication'
$gatewayFile = "$env:ProgramData\Microsoft Azure\Config\GatewayDataWorker.json"
$set = @()

function Invoke-Netsh($Words) {
    $said = & netsh.exe @Words
    if ($LASTEXITCODE -ne 0) { throw "netsh $($Words[0..2] -join ' ') failed: $said" }
}

# A proxy and what goes around it are set together, so one that is not given is read first.
if ($null -ne $Params.proxy_address -or $null -ne $Params.proxy_bypass) {
    if ($null -ne $Params.proxy_address) { $set += 'proxy_address' }
    if ($null -ne $Params.proxy_bypass) { $set += 'proxy_bypass' }
    if (-not $Params.check) {
        $address = "$($Params.proxy_address)"
        if (-not $address -and $null -eq $Params.proxy_address) {
            throw 'A list of what goes around the proxy needs the address of the proxy.'
        }
        if ($address) {
            $words = @('winhttp', 'set', 'proxy', ($address -replace '^http://', ''))
            if ($Params.proxy_bypass) { $words += "$($Params.proxy_bypass)" }
            Invoke-Netsh $words
        } else {
            Invoke-Netsh @('winhttp', 'reset', 'proxy')
        }
    }
}

if ($null -ne $Params.auto_update) {
    $set += 'auto_update'
    if (-not $Params.check) {
        if (-not (Test-Path -LiteralPath $key)) { New-Item -Path $key -Force | Out-Null }
        Set-ItemProperty -LiteralPath $key -Name 'AutoUpdate' -Value ([int][bool]$Params.auto_update) -Type DWord
    }
}

if ($null -ne $Params.bandwidth_limit_mbps) {
    $set += 'bandwidth_limit_mbps'
    if (-not $Params.check) {
        Get-NetQosPolicy -Name $policyName -ErrorAction SilentlyContinue | Remove-NetQosPolicy -Confirm:$false
        if ($Params.bandwidth_limit_mbps -gt 0) {
            $policy = @{
                Name = $policyName
                AppPathNameMatchCondition = 'GatewayWindowsService.exe'
                ThrottleRateActionBitsPerSecond = [uint64]($Params.bandwidth_limit_mbps * 1000000)
            }
            New-NetQosPolicy @policy | Out-Null
        }
    }
}

if ($null -ne $Params.blackout_windows) {
    $set += 'blackout_windows'
    if (-not $Params.check) {
        # the file may hold more than this one setting
        $content = [pscustomobject]@{}
        if (Test-Path -LiteralPath $gatewayFile -PathType Leaf) {
            # the words of a failed conversion would quote the whole file
            try { $content = Get-Content -LiteralPath $gatewayFile -Raw -Encoding UTF8 | ConvertFrom-Json } catch { $content = $null }
            if (-not $content) { throw "$gatewayFile is no JSON." }
        }
        $content | Add-Member -NotePropertyName 'BlackoutWindows' -NotePropertyValue "$($Params.blackout_windows)" -Force
        if (-not (Test-Path -LiteralPath $ownKey)) { New-Item -Path $ownKey | Out-Null }
        Set-ItemProperty -LiteralPath $ownKey -Name 'GatewayRestartDue' -Value 1 -Type DWord
        # UTF-8 without a mark at its beginning
        [IO.File]::WriteAllText("$gatewayFile.new", (ConvertTo-Json $content -Depth 8))
        Move-Item -LiteralPath "$gatewayFile.new" -Destination $gatewayFile -Force
        # it reads the file when it starts
        Get-Service -Name asrgwy -ErrorAction SilentlyContinue | Restart-Service -Force
        Remove-ItemProperty -LiteralPath $ownKey -Name 'GatewayRestartDue'
    }
}

[pscustomobject]@{ Set = @($set); Changed = [bool]$set.Count }
