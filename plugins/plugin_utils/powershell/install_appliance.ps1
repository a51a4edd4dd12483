# azlocal.migrate script: install_appliance
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Starts Microsoft's AzureMigrateInstaller.ps1 as a scheduled task of SYSTEM, with its preset file, and with the answers to
# its questions on its standard input. It returns at once; get_appliance tells how the installer goes on.
# Params: folder (holds the installer), preset (what Preset.json says), arguments (list), answers (list), remove, check
param($Params)

$folder = "$($Params.folder)".TrimEnd('\')
$installer = "$folder\AzureMigrateInstaller.ps1"
$own = "$env:ProgramData\azlocal.migrate\installer"
$taskName = 'azlocal.migrate installer'

function Stop-Script($Id, $Message) {
    throw [System.Management.Automation.ErrorRecord]::new([Exception]::new($Message), $Id, 'NotSpecified', $null)
}

$task = Get-ScheduledTask -TaskName $taskName -ErrorAction SilentlyContinue
if ($task -and "$($task.State)" -in 'Running', 'Queued') {
    Stop-Script 'InstallerRunning' 'The installer is at work already.'
}
if (-not (Test-Path -LiteralPath $installer -PathType Leaf)) {
    Stop-Script 'InstallerMissing' "$folder holds no AzureMigrateInstaller.ps1."
}
if ($Params.check) {
    return [pscustomobject]@{ Started = $false; Changed = $true }
}

$arguments = @($Params.arguments | Where-Object { $_ })
$mode = 'install'
if ($Params.remove) {
    $mode = 'remove'
    $arguments += '-RemoveAzMigrate'
}
New-Item -ItemType Directory -Path $own -Force | Out-Null
Set-Content -LiteralPath "$folder\Preset.json" -Value (ConvertTo-Json $Params.preset) -Encoding ASCII
Set-Content -LiteralPath "$own\answers.txt" -Value @($Params.answers) -Encoding ASCII
Set-Content -LiteralPath "$own\run.json" -Encoding UTF8 -Value (ConvertTo-Json ([pscustomobject]@{
            Folder = $folder
            Installer = $installer
            Arguments = $arguments
        }))
Remove-Item -LiteralPath "$own\output.log", "$own\errors.log" -ErrorAction SilentlyContinue

# What the task runs. It has no words of ours but these: paths and arguments come out of run.json.
$runner = @'
$own = "$env:ProgramData\azlocal.migrate\installer"
$run = Get-Content -LiteralPath "$own\run.json" -Raw -Encoding UTF8 | ConvertFrom-Json
$words = @('-NoProfile', '-ExecutionPolicy', 'Unrestricted', '-File', "`"$($run.Installer)`"")
$words += @($run.Arguments | Where-Object { $_ })
$how = @{
    FilePath = 'powershell.exe'
    ArgumentList = $words
    WorkingDirectory = $run.Folder
    WindowStyle = 'Hidden'
    RedirectStandardInput = "$own\answers.txt"
    RedirectStandardOutput = "$own\output.log"
    RedirectStandardError = "$own\errors.log"
}
$code = -1
try {
    $started = Start-Process @how -PassThru
    # -Wait would wait for what the installer has started, too; the handle keeps the exit code
    $null = $started.Handle
    $started.WaitForExit()
    $code = $started.ExitCode
} finally {
    $state = Get-Content -LiteralPath "$own\state.json" -Raw -Encoding UTF8 | ConvertFrom-Json
    $state.EndedUtc = [DateTime]::UtcNow.ToString('o')
    $state.ExitCode = $code
    Set-Content -LiteralPath "$own\state.new" -Value (ConvertTo-Json $state) -Encoding UTF8
    Move-Item -LiteralPath "$own\state.new" -Destination "$own\state.json" -Force
}
'@
Set-Content -LiteralPath "$own\run.ps1" -Value $runner -Encoding UTF8
Set-Content -LiteralPath "$own\state.json" -Encoding UTF8 -Value (ConvertTo-Json ([pscustomobject]@{
            Mode = $mode
            ExitCode = $null
            StartedUtc = [DateTime]::UtcNow.ToString('o')
            EndedUtc = $null
        }))

$line = "-NoProfile -ExecutionPolicy Unrestricted -File `"$own\run.ps1`""
$action = New-ScheduledTaskAction -Execute 'powershell.exe' -Argument $line
$who = New-ScheduledTaskPrincipal -UserId 'SYSTEM' -LogonType ServiceAccount -RunLevel Highest
$limits = New-ScheduledTaskSettingsSet -ExecutionTimeLimit (New-TimeSpan -Hours 4)
Register-ScheduledTask -TaskName $taskName -Action $action -Principal $who -Settings $limits -Force | Out-Null
Start-ScheduledTask -TaskName $taskName

# the scheduler begins a moment later; before that, get_appliance would take the run for one that was cut off
for ($second = 0; $second -lt 30; $second++) {
    $now = "$((Get-ScheduledTask -TaskName $taskName).State)"
    $state = Get-Content -LiteralPath "$own\state.json" -Raw -Encoding UTF8 | ConvertFrom-Json
    if ($now -eq 'Running' -or $state.EndedUtc) { break }
    Start-Sleep -Seconds 1
}
[pscustomobject]@{ Started = $true; Changed = $true }
