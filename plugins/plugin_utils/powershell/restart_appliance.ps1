# azlocal.migrate script: restart_appliance
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Starts or restarts the named services; without names, restarts the machine, a little later, so that this script can answer.
# Params: delay_s, services (list; none means the machine), check
param($Params)

$services = @($Params.services | Where-Object { $_ })
if ($services.Count -gt 0) {
    # looked for first: either all of them are restarted, or nothing is
    $found = @(Get-Service -Name $services)
    if (-not $Params.check) { $found | Restart-Service -Force }
} elseif (-not $Params.check) {
    & shutdown.exe /r /f /t ([int]$Params.delay_s) /d p:4:2 /c 'azlocal.migrate: restart after the installation' | Out-Null
    # 1190: a restart is planned already, by the installer itself
    if ($LASTEXITCODE -notin 0, 1190) { throw "shutdown.exe ended with code $LASTEXITCODE." }
}
[pscustomobject]@{ Changed = $true }
