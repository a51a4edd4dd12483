# azlocal.migrate script: set_entra_app
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Gives the appliance an Entra application of its own: the certificate into LocalMachine\My, then the eight registry values,
# and only then takes the former certificate away. Only certificates that these values named before are ever removed.
# A former certificate is noted first, and the note goes last: while it is there, the services are still to be restarted.
# Params: tenant_id, client_id, object_id, service_principal_object_id, app_name, thumbprint,
#         pfx (base64; empty: the certificate is there already), pfx_password, remove_others, check
param($Params)

$key = 'HKLM:\SOFTWARE\Microsoft\AzureAppliance'
$ownKey = 'HKLM:\SOFTWARE\azlocal.migrate'
$serviceNames = 'asrgwy', 'asrmgmtsvc', 'amvmwdiscoverysvc'
$thumbprint = "$($Params.thumbprint)".ToUpperInvariant()
$values = [ordered]@{
    LocalCertThumbprint = $thumbprint
    AzureMigrateApplianceAadAppCertThumbPrint = $thumbprint
    AgentServiceCommAadAppClientId = "$($Params.client_id)"
    AzureMigrateApplianceAadAppClientId = "$($Params.client_id)"
    AgentServiceCommAadAppObjectId = "$($Params.object_id)"
    AgentServiceCommAadAppName = "$($Params.app_name)"
    AgentServiceCommAadAppSpnObjectId = "$($Params.service_principal_object_id)"
    AzureMigrateApplianceAadAppTenantId = "$($Params.tenant_id)"
}

function Stop-Script($Id, $Message) {
    throw [System.Management.Automation.ErrorRecord]::new([Exception]::new($Message), $Id, 'NotSpecified', $null)
}

function Get-RegistryValue($Key, $Name) {
    $entry = Get-ItemProperty -LiteralPath $Key -ErrorAction SilentlyContinue
    if ($entry -and $entry.PSObject.Properties[$Name]) { $entry.$Name }
}

function Read-Pfx($Flags) {
    $certificates = New-Object System.Security.Cryptography.X509Certificates.X509Certificate2Collection
    try {
        $certificates.Import([Convert]::FromBase64String("$($Params.pfx)"), "$($Params.pfx_password)", $Flags)
    } catch {
        Stop-Script 'WrongPassword' 'The password of the certificate file is wrong, or it is none.'
    }
    $leaf = @($certificates | Where-Object { $_.Thumbprint -eq $thumbprint -and $_.HasPrivateKey })
    if ($leaf.Count -eq 0) {
        Stop-Script 'WrongCertificate' "The file does not hold the certificate $thumbprint with its private key."
    }
    $leaf[0]
}

$there = Test-Path -LiteralPath "Cert:\LocalMachine\My\$thumbprint"
$imported = -not $there
if ($Params.pfx) {
    # a logon over the network has no key store of its own
    (Read-Pfx 'MachineKeySet').Dispose()
} elseif (-not $there) {
    Stop-Script 'WrongCertificate' "No certificate $thumbprint is on this machine, and none was sent."
}

$former = "$(Get-RegistryValue $key 'LocalCertThumbprint')".ToUpperInvariant()
$retired = @(Get-RegistryValue $ownKey 'RetiredCertificates' | Where-Object { $_ -and $_ -ne $thumbprint })
if ($former -and $former -ne $thumbprint -and $retired -notcontains $former) { $retired += $former }
$written = @($values.Keys | Where-Object { "$(Get-RegistryValue $key $_)" -ne $values[$_] })
$removed = @()
if ($Params.remove_others) { $removed = @($retired | Where-Object { Test-Path -LiteralPath "Cert:\LocalMachine\My\$_" }) }

if (-not $Params.check) {
    if ($imported) {
        $store = New-Object System.Security.Cryptography.X509Certificates.X509Store 'My', 'LocalMachine'
        $store.Open('ReadWrite')
        try { $store.Add((Read-Pfx 'MachineKeySet, PersistKeySet, Exportable')) } finally { $store.Close() }
    }
    # written down first: a run that is cut off here is taken up by the next one
    if ($retired.Count) {
        if (-not (Test-Path -LiteralPath $ownKey)) { New-Item -Path $ownKey | Out-Null }
        Set-ItemProperty -LiteralPath $ownKey -Name 'RetiredCertificates' -Value ([string[]]$retired) -Type MultiString
    }
    if (-not (Test-Path -LiteralPath $key)) { New-Item -Path $key -Force | Out-Null }
    foreach ($name in $written) {
        Set-ItemProperty -LiteralPath $key -Name $name -Value $values[$name] -Type String
    }
    if ($retired.Count) {
        # services keep the key that they have opened; no document says that they look for a new one
        foreach ($service in @(Get-Service -Name $serviceNames -ErrorAction SilentlyContinue)) {
            if ("$($service.Status)" -ne 'Stopped') { Restart-Service -Name $service.Name -Force }
        }
    }
    # a restart that fails ends the script before this
    foreach ($old in $removed) {
        Remove-Item -LiteralPath "Cert:\LocalMachine\My\$old" -DeleteKey
    }
    if ($Params.remove_others -and $retired.Count) {
        Remove-ItemProperty -LiteralPath $ownKey -Name 'RetiredCertificates'
    }
}

[pscustomobject]@{
    Imported = [bool]$imported
    Values = @($written)
    Removed = @($removed)
    Changed = [bool]($imported -or $written.Count -or $retired.Count)
}
