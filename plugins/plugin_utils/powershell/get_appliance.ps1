# azlocal.migrate script: get_appliance
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# All that an appliance, or a Windows Server that is to become one, shows of itself. It changes nothing.
# Params: files (list of paths to look for and to hash)
param($Params)

$files = @($Params.files | Where-Object { $_ })
$settings = "$env:ProgramData\Microsoft Azure\Config"
$credentials = "$env:ProgramData\Microsoft Azure\CredStore"
$own = "$env:ProgramData\azlocal.migrate"
$applianceKey = 'HKLM:\SOFTWARE\Microsoft\AzureAppliance'
$ownKey = 'HKLM:\SOFTWARE\azlocal.migrate'
$serviceNames = 'asrgwy', 'asrmgmtsvc', 'amvmwdiscoverysvc'

function Get-RegistryValue($Key, $Name) {
    $entry = Get-ItemProperty -LiteralPath $Key -ErrorAction SilentlyContinue
    if ($entry -and $entry.PSObject.Properties[$Name]) { $entry.$Name }
}

function Get-JsonFile($Path) {
    # a file that is being written may be cut: then it is as if it were not there yet
    if (Test-Path -LiteralPath $Path -PathType Leaf) {
        try { Get-Content -LiteralPath $Path -Raw -Encoding UTF8 | ConvertFrom-Json } catch { $null }
    }
}

function Get-FileVersion($Path) {
    $info = [Diagnostics.FileVersionInfo]::GetVersionInfo($Path)
    if ($info.FileVersion) { "$($info.FileMajorPart).$($info.FileMinorPart).$($info.FileBuildPart)" } else { '' }
}

function Get-RebootPending {
    $marks = @(
        'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending'
        'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired'
    )
    $renames = Get-RegistryValue 'HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager' 'PendingFileRenameOperations'
    [bool](@($marks | Where-Object { Test-Path -LiteralPath $_ }).Count -or $renames)
}

function Get-Licence($Caption) {
    # the application id is that of Windows itself
    $filter = "ApplicationID='55c92734-d682-4d71-983e-d6ec3f16059f' AND PartialProductKey IS NOT NULL"
    $product = Get-CimInstance -ClassName SoftwareLicensingProduct -Filter $filter | Select-Object -First 1
    $evaluation = "$Caption" -match 'Evaluation' -or "$($product.Description)" -match 'TIMEBASED_EVAL'
    $names = 'Unlicensed', 'Licensed', 'OOBGrace', 'OOTGrace', 'NonGenuineGrace', 'Notification', 'ExtendedGrace'
    $left = $null
    if ($evaluation -and $product) { $left = [int][Math]::Floor($product.GracePeriodRemaining / 1440) }
    $status = 'Unknown'
    if ($product) { $status = $names[[int]$product.LicenseStatus] }
    [pscustomobject]@{
        Evaluation = [bool]$evaluation
        DaysLeft = $left
        Status = "$status"
    }
}

function Get-Proxy {
    # WinHTTP keeps its proxy as one value: three numbers, then two texts, each after its length
    $raw = [byte[]](Get-RegistryValue 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections' 'WinHttpSettings')
    $address = ''
    $bypass = ''
    if ($raw -and $raw.Length -ge 20) {
        $length = [BitConverter]::ToInt32($raw, 12)
        if ($length -gt 0) { $address = [Text.Encoding]::ASCII.GetString($raw, 16, $length) }
        $next = 16 + $length
        if ($raw.Length -ge $next + 4) {
            $more = [BitConverter]::ToInt32($raw, $next)
            if ($more -gt 0) { $bypass = [Text.Encoding]::ASCII.GetString($raw, $next + 4, $more) }
        }
    }
    if ($address -and $address -notmatch '://') { $address = "http://$address" }
    [pscustomobject]@{ Address = $address; Bypass = $bypass }
}

function Get-Throttle {
    foreach ($policy in @(Get-NetQosPolicy -ErrorAction SilentlyContinue)) {
        # releases name it differently
        $rate = $policy.ThrottleRateActionBitsPerSecond
        if ($null -eq $rate) { $rate = $policy.ThrottleRateAction }
        if ($rate) {
            [pscustomobject]@{
                Name = "$($policy.Name)"
                AppPath = "$($policy.AppPathNameMatchCondition)"
                BitsPerSecond = [int64]$rate
            }
        }
    }
}

function Get-Installer {
    $state = Get-JsonFile "$own\installer\state.json"
    $told = [pscustomobject]@{
        State = 'none'; Mode = ''; ExitCode = $null; StartedUtc = $null; EndedUtc = $null; LastLine = ''
    }
    if (-not $state) { return $told }
    $told.Mode = "$($state.Mode)"
    $told.StartedUtc = $state.StartedUtc
    $told.EndedUtc = $state.EndedUtc
    $told.ExitCode = $state.ExitCode
    $log = "$own\installer\output.log"
    if (Test-Path -LiteralPath $log) {
        $lines = @(Get-Content -LiteralPath $log -Tail 20 | Where-Object { "$_".Trim() })
        if ($lines.Count) { $told.LastLine = "$($lines[-1])".Trim() }
    }
    if ($state.EndedUtc) {
        $told.State = if ($state.ExitCode -eq 0) { 'done' } else { 'failed' }
    } else {
        # a restart of the machine ends the task, and nobody writes that down
        $task = Get-ScheduledTask -TaskName 'azlocal.migrate installer' -ErrorAction SilentlyContinue
        $told.State = if ($task -and "$($task.State)" -in 'Running', 'Queued') { 'running' } else { 'failed' }
    }
    $told
}

$os = Get-CimInstance -ClassName Win32_OperatingSystem
$current = Get-ItemProperty -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
$drive = Get-CimInstance -ClassName Win32_LogicalDisk -Filter "DeviceID='$env:SystemDrive'"
$memory = Get-CimInstance -ClassName Win32_PhysicalMemory | Measure-Object -Property Capacity -Sum
$cores = Get-CimInstance -ClassName Win32_Processor | Measure-Object -Property NumberOfLogicalProcessors -Sum
$edgeKeys = @(
    'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\msedge.exe'
    'HKLM:\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\App Paths\msedge.exe'
)
$explorer = Get-CimInstance -ClassName Win32_OptionalFeature -Filter "Name='Internet-Explorer-Optional-amd64'"

$uninstall = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\*'
$manager = Get-ItemProperty -Path $uninstall, $uninstall.Replace('SOFTWARE\', 'SOFTWARE\WOW6432Node\') -ErrorAction SilentlyContinue |
    Where-Object { "$($_.DisplayName)" -like 'Microsoft Azure*Configuration Manager*' } | Select-Object -First 1

$services = foreach ($service in @(Get-Service -Name $serviceNames -ErrorAction SilentlyContinue)) {
    [pscustomobject]@{
        Name = "$($service.Name)"
        DisplayName = "$($service.DisplayName)"
        Status = "$($service.Status)"
        StartType = "$($service.StartType)"
    }
}

$registry = [ordered]@{}
foreach ($name in @(
        'LocalCertThumbprint'
        'AzureMigrateApplianceAadAppCertThumbPrint'
        'AgentServiceCommAadAppClientId'
        'AzureMigrateApplianceAadAppClientId'
        'AgentServiceCommAadAppObjectId'
        'AgentServiceCommAadAppName'
        'AgentServiceCommAadAppSpnObjectId'
        'AzureMigrateApplianceAadAppTenantId'
    )) {
    $value = Get-RegistryValue $applianceKey $name
    if ($null -ne $value) { $registry[$name] = "$value" }
}

$certificates = foreach ($certificate in @(Get-ChildItem -LiteralPath Cert:\LocalMachine\My)) {
    [pscustomobject]@{
        Thumbprint = "$($certificate.Thumbprint)"
        Subject = "$($certificate.Subject)"
        NotAfterUtc = $certificate.NotAfter.ToUniversalTime().ToString('o')
        HasPrivateKey = [bool]$certificate.HasPrivateKey
    }
}

$vddk = "$env:ProgramFiles\VMware\VMware Virtual Disk Development Kit"
$library = "$vddk\bin\vixDiskLib.dll"
$libraryThere = Test-Path -LiteralPath $library -PathType Leaf
$libraryVersion = ''
$libraryHash = ''
if ($libraryThere) {
    $libraryVersion = Get-FileVersion $library
    $libraryHash = (Get-FileHash -LiteralPath $library -Algorithm SHA256).Hash.ToLowerInvariant()
}

$automatic = Get-RegistryValue $applianceKey 'AutoUpdate'
if ($null -ne $automatic) { $automatic = "$automatic" -notin '0', 'False' }

$found = foreach ($path in $files) {
    if (Test-Path -LiteralPath $path -PathType Leaf) {
        $file = Get-Item -LiteralPath $path
        [pscustomobject]@{
            Path = "$path"
            SizeBytes = [int64]$file.Length
            Sha256 = (Get-FileHash -LiteralPath $path -Algorithm SHA256).Hash.ToLowerInvariant()
            Version = Get-FileVersion $path
        }
    }
}

[pscustomobject]@{
    ComputerName = "$env:COMPUTERNAME"
    ClockUtc = [DateTime]::UtcNow.ToString('o')
    UptimeSeconds = [int64]([DateTime]::Now - $os.LastBootUpTime).TotalSeconds
    RebootPending = Get-RebootPending
    Os = [pscustomobject]@{
        Caption = "$($os.Caption)"
        Version = "$($os.Version)"
        InstallationType = "$($current.InstallationType)"
    }
    Licence = Get-Licence $os.Caption
    Hardware = [pscustomobject]@{
        ProcessorCount = [int]$cores.Sum
        MemoryMB = [int64]($memory.Sum / 1048576)
        SystemDriveBytes = [int64]$drive.Size
        SystemDriveFreeBytes = [int64]$drive.FreeSpace
    }
    Edge = [bool](@($edgeKeys | Where-Object { Test-Path -LiteralPath $_ }).Count)
    InternetExplorer = [bool]($explorer -and $explorer.InstallState -eq 1)
    Services = @($services)
    InstalledVersion = "$($manager.DisplayVersion)"
    ApplianceJson = Get-JsonFile "$settings\appliance.json"
    AutoUpdate = $automatic
    Registry = [pscustomobject]$registry
    Certificates = @($certificates)
    RetiredCertificates = @(Get-RegistryValue $ownKey 'RetiredCertificates')
    Vddk = [pscustomobject]@{
        Folder = $vddk
        Version = $libraryVersion
        Files = @(Get-ChildItem -LiteralPath $vddk -Recurse -File -ErrorAction SilentlyContinue).Count
        Sha256 = $libraryHash
    }
    Proxy = Get-Proxy
    QosPolicies = @(Get-Throttle)
    BlackoutWindows = "$((Get-JsonFile "$settings\GatewayDataWorker.json").BlackoutWindows)"
    GatewayRestartDue = [bool](Get-RegistryValue $ownKey 'GatewayRestartDue')
    ClusterCredentials = Test-Path -LiteralPath "$credentials\TargetClusterCredentials.json" -PathType Leaf
    Installer = Get-Installer
    Files = @($found)
}
