# azlocal.migrate script: test_endpoints
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Which names this machine resolves, and which TCP ports it reaches. All of them at the same time. It changes nothing.
# Params: endpoints (list of name and port; port 0 only resolves), timeout_s (of all of it together, twice)
param($Params)

$timeout = [TimeSpan]::FromSeconds([int]$Params.timeout_s)
$asked = @($Params.endpoints | Where-Object { $_ })

# every lookup runs at the same time: one that nobody answers takes long
$lookups = @{}
foreach ($endpoint in $asked) {
    $name = "$($endpoint.name)"
    if (-not $lookups.ContainsKey($name)) {
        $lookups[$name] = [Net.Dns]::BeginGetHostAddresses($name, $null, $null)
    }
}
$deadline = [DateTime]::UtcNow + $timeout
$addresses = @{}
foreach ($name in @($lookups.Keys)) {
    $addresses[$name] = @()
    $left = [Math]::Max(0, ($deadline - [DateTime]::UtcNow).TotalMilliseconds)
    if ($lookups[$name].AsyncWaitHandle.WaitOne([int]$left)) {
        try {
            $addresses[$name] = @([Net.Dns]::EndGetHostAddresses($lookups[$name]) | ForEach-Object { "$_" })
        } catch {
            $addresses[$name] = @()
        }
    }
}

$tries = foreach ($endpoint in $asked) {
    $try = [pscustomobject]@{
        Name = "$($endpoint.name)"
        Port = [int]$endpoint.port
        Client = $null
        Pending = $null
    }
    if ($try.Port -gt 0 -and $addresses[$try.Name].Count -gt 0) {
        $try.Client = New-Object System.Net.Sockets.TcpClient
        $try.Pending = $try.Client.BeginConnect($try.Name, $try.Port, $null, $null)
    }
    $try
}

$deadline = [DateTime]::UtcNow + $timeout
$results = foreach ($try in @($tries)) {
    $reachable = $null
    $reason = ''
    if ($addresses[$try.Name].Count -eq 0) {
        $reason = 'NotResolved'
        if ($try.Port -gt 0) { $reachable = $false }
    } elseif ($try.Client) {
        $reachable = $false
        $reason = 'TimedOut'
        $left = [Math]::Max(0, ($deadline - [DateTime]::UtcNow).TotalMilliseconds)
        if ($try.Pending.AsyncWaitHandle.WaitOne([int]$left)) {
            try {
                $try.Client.EndConnect($try.Pending)
                $reachable = $true
                $reason = ''
            } catch {
                # whoever says that there is no way there says the same as nobody
                if ("$($_.Exception.GetBaseException().SocketErrorCode)" -eq 'ConnectionRefused') { $reason = 'Refused' }
            }
        }
        $try.Client.Close()
    }
    [pscustomobject]@{
        Name = $try.Name
        Port = $try.Port
        Resolved = ($addresses[$try.Name].Count -gt 0)
        Addresses = @($addresses[$try.Name])
        Reachable = $reachable
        Reason = $reason
    }
}

[pscustomobject]@{
    Node = "$env:COMPUTERNAME"
    ClockUtc = [DateTime]::UtcNow.ToString('o')
    Results = @($results)
}
