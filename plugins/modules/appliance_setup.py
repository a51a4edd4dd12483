# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of appliance_setup; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: appliance_setup
short_description: Set an Azure Migrate appliance up from within
version_added: 0.1.0
description:
  - Works inside the Windows of a source or target appliance for Azure Local, over the host's own connection (C(winrm),
    C(psrp) or C(ssh)). Runs small PowerShell scripts; the page docs/powershell.md says what each of them touches.
  - Checks Windows, licence and hardware first. Then runs the installer where the software is missing, places the VDDK,
    brings the Entra application of the appliance, and sets proxy, automatic update, bandwidth limit and blackout windows.
    What is as wanted already is left alone.
  - The project key and the pages of the configuration manager have no documented interface. There this stops, without
    failing, with RV(waiting_for) - who does what, where, and the data to paste. Run it again afterwards; it goes on from there.
    It never prompts.
  - Every step can be cut off and be run again.
author:
  - azlocal.migrate contributors (@azlocal)
options:
  role:
    description: Which of the two appliances the host is.
    type: str
    choices: [source, target]
    required: true
  name:
    description: Name of the appliance in the project, 1 to 14 letters and digits. The project key is generated for this name.
    type: str
    required: true
  state:
    description:
      - V(present) sets up what is given.
      - V(removed) removes the software with the installer's C(RemoveAzMigrate), which takes the registration with it. Windows,
        the VDDK and certificates stay, and so does what Azure knows of the appliance.
    type: str
    choices: [present, removed]
    default: present
  force:
    description: With O(state=removed), remove the software of an appliance that is registered. Its replications stop.
    type: bool
    default: false
  installer:
    description:
      - Microsoft's installer (C(AzureMigrateInstaller.zip)), used only where the software is missing, or is to be removed. It runs
        unattended as a scheduled task, with every question answered, and is waited for. Windows restarts afterwards.
      - An appliance that was deployed from its image needs none to be set up.
    type: dict
    suboptions:
      path:
        description: Path of the zip on the controller. It is sent in pieces; a transfer that broke off goes on where it ended.
        type: path
      source:
        description: A URL, a share, or a path of the appliance, from which the appliance fetches the zip itself.
        type: str
      folder:
        description: A folder on the appliance into which the zip was unpacked already.
        type: str
      sha256:
        description: SHA-256 of the zip; with O(installer.folder), of C(AzureMigrateInstaller.ps1) in it. Nothing else is run.
        type: str
        required: true
      username:
        description: Who may read O(installer.source), where it is a share.
        type: str
      password:
        description: The password of O(installer.username).
        type: str
  vddk:
    description:
      - VMware's Virtual Disk Development Kit for Windows, version 8.0.0, 8.0.1 or 8.0.2, for the source appliance. Others are
        refused. It needs a login at Broadcom, so it is neither shipped nor downloaded by this collection.
      - A supported version that somebody else has placed there is left as it is.
    type: dict
    suboptions:
      path:
        description: Path of the zip on the controller.
        type: path
      source:
        description: A URL, a share, or a path of the appliance, from which the appliance fetches the zip itself.
        type: str
      sha256:
        description: SHA-256 of the zip.
        type: str
        required: true
      username:
        description: Who may read O(vddk.source), where it is a share.
        type: str
      password:
        description: The password of O(vddk.username).
        type: str
  entra_app:
    description:
      - The Entra application by which the appliance signs in, instead of one that its registration makes. It needs the role
        Contributor on the project's resource group, and its certificate must have been uploaded to it.
      - Each appliance needs an application of its own. One that another appliance of the inventory has in its variable
        C(azlocal_entra_app), or that O(other_client_ids) names, is refused.
      - Another O(entra_app.thumbprint) replaces the certificate. The new one is imported and set first, the former removed after.
    type: dict
    suboptions:
      tenant_id:
        description: The tenant.
        type: str
        required: true
      client_id:
        description: The application (client) id.
        type: str
        required: true
      object_id:
        description: The object id of the application registration.
        type: str
        required: true
      service_principal_object_id:
        description: The object id of its enterprise application (service principal).
        type: str
        required: true
      name:
        description: The application's display name.
        type: str
        required: true
      thumbprint:
        description: The certificate's SHA-1 thumbprint.
        type: str
        required: true
      certificate_path:
        description: PFX file with certificate and private key on the controller. Not needed once it is on the appliance.
        type: path
      certificate:
        description: The same file as base64.
        type: str
      certificate_password:
        description: The password of the PFX file.
        type: str
  other_client_ids:
    description: Client ids of the applications of other appliances, which this one must not have.
    type: list
    elements: str
    default: []
  proxy_address:
    description:
      - HTTP proxy of the machine (WinHTTP), as C(http://name:port). HTTPS is not supported by the appliance. Empty takes it away.
      - User and password do not belong in here. The configuration manager has a proxy setting of its own, with both.
    type: str
  proxy_bypass:
    description: What goes around the proxy, separated by semicolons.
    type: str
  auto_update:
    description: Whether the appliance updates its own software, which it does when nobody says anything.
    type: bool
  bandwidth_limit_mbps:
    description:
      - Limit of what the source appliance sends to the target, in megabits per second. V(0) takes the limit away.
      - This limit and O(blackout_windows) are the only ways to hold replication back. The service has no pause.
    type: int
  blackout_windows:
    description:
      - Hours in which the source appliance replicates nothing, in its own time zone. An empty list takes all away.
      - A failover that is started in a blackout window fails.
      - A change restarts the gateway service of the appliance.
    type: list
    elements: dict
    suboptions:
      days:
        description: English names of the days on which it begins.
        type: list
        elements: str
        required: true
      start:
        description: When it begins, as C("22:00"). The quotes matter, YAML takes C(22:00) for a number.
        type: str
        required: true
      hours:
        description: How long it lasts, 1 to 24.
        type: int
        required: true
  project:
    description: The Azure Migrate project; only told to whoever generates the key.
    type: str
  resource_group:
    description: The project's resource group; only told to whoever generates the key.
    type: str
  vcenter_address:
    description: Name or address of the vCenter; only told to whoever adds it in the configuration manager.
    type: str
  vcenter_username:
    description: The vCenter account of the appliance; only told to whoever adds it in the configuration manager.
    type: str
  vcenter_password:
    description:
      - The password of that account. It is only looked at for characters that the appliance cannot take (anything that is not
        ASCII, C(& ; " ' ^ \ % < >) and the pound sign), and goes nowhere.
    type: str
  cluster_fqdn:
    description: Full name of the Azure Local system; only told to whoever gives its credentials in the configuration manager.
    type: str
  cluster_domain:
    description: Its domain, told likewise.
    type: str
  cluster_username:
    description: The account of the Azure Local system, told likewise.
    type: str
  key_generated:
    description:
      - Whether Azure knows that the key of this appliance was generated, as M(azlocal.migrate.appliance_info) sees it. Only
        decides which words tell a person what to do.
    type: bool
  configured:
    description: Whether Azure knows that the target appliance was configured. It is then not asked for again.
    type: bool
  replaces:
    description:
      - Name of the dead target appliance of the same project whose place this new one takes, as in
        M(azlocal.migrate.project) and M(azlocal.migrate.infrastructure). The steps are the same; whoever generates the key is
        told of it.
    type: str
  answer_timeout_s:
    description:
      - How long to wait for the host's first answer, because a machine that starts needs some minutes. After that it is taken for one
        whose Windows was never set up at its console.
    type: int
    default: 120
  timeout_s:
    description: How long to wait for the installer, and for a restart.
    type: int
    default: 3600
  poll_interval_s:
    description: Pause between two looks.
    type: int
    default: 15
  progress:
    description: Lines of progress on the terminal; V(auto) shows them where somebody looks at one.
    type: str
    choices: [auto, 'on', 'off']
    default: auto
attributes:
  action:
    description: Runs on the controller as an action plugin.
    support: full
  check_mode:
    description: Says what it would do. Steps after the installation are foretold from what is there before it.
    support: full
  diff_mode:
    description: Shows what is changed, without secrets.
    support: full
notes:
  - C(become) is refused, because Ansible ignores it for this way of running scripts on C(winrm). Connect as a local
    administrator of the appliance.
  - The scripts have not run on real Windows yet.
  - To replace a dead target appliance, deploy a new virtual machine with M(azlocal.migrate.target_appliance), run this with
    the name of the dead one in O(replaces), and let somebody generate a new key in the same project. The replications of the project go on with it.
"""

EXAMPLES = r"""
- name: Set the source appliance up as far as a program can
  azlocal.migrate.appliance_setup:
    role: source
    name: labsrc
    vddk:
      path: /srv/media/VMware-vix-disklib-8.0.2-22388865.x86_64.zip
      sha256: 6c1a1b7e0b9d0f7b8c5ad8f7b0c1f8e3c9a4d5e6f70819a2b3c4d5e6f7081920
    bandwidth_limit_mbps: 400
    blackout_windows:
      - {days: [Monday, Tuesday, Wednesday, Thursday, Friday], start: "08:00", hours: 9}
    project: migrate-lab
    resource_group: rg-migrate-lab
    vcenter_address: vcenter.example.com
    vcenter_username: svc-migrate@vsphere.local
    cluster_fqdn: lab-cl.example.com
  register: source_setup

- name: Show what somebody has to do now
  ansible.builtin.debug:
    var: source_setup.waiting_for
  when: source_setup.waiting_for is not none

- name: Set the target appliance up, with an Entra application of its own
  azlocal.migrate.appliance_setup:
    role: target
    name: labtgt
    entra_app:
      tenant_id: 5a1ab0a7-0000-4000-8000-00000000000a
      client_id: c11e47a0-0000-4000-8000-0000000000d1
      object_id: c11e47a0-0000-4000-8000-0000000000d2
      service_principal_object_id: c11e47a0-0000-4000-8000-0000000000d3
      name: labtgt-migrate
      thumbprint: 0F1E2D3C4B5A69788796A5B4C3D2E1F00F1E2D3C
      certificate_path: /srv/secrets/labtgt.pfx
      certificate_password: "{{ labtgt_pfx_password }}"
    cluster_fqdn: lab-cl.example.com
    cluster_domain: example.com
"""

RETURN = r"""
waiting_for:
  description:
    - What only a person can do next; null when nothing is left to do from within.
    - C(step) is one of C(first_boot), C(vddk), C(key), C(registration), C(vcenter_credentials), C(cluster_credentials), C(discovery)
      and C(cluster). C(who), C(what) and C(where) are plain sentences, C(data) is what to paste. No secret is among it.
  returned: success
  type: dict
  sample:
    step: discovery
    who: somebody who may sign in to the appliance
    what: The appliance is registered, and discovery is not started. ...
    where: "configuration manager of the appliance: https://labsrc:44368"
    data: {appliance: labsrc, configuration_manager: "https://labsrc:44368"}
steps:
  description: What was done, in order; in check mode, what would be. Also returned on failure - what was done before it.
  returned: always
  type: list
  elements: str
  sample: [place the VDDK, "set bandwidth_limit_mbps"]
appliance:
  description:
    - What the appliance shows of itself at the end - C(computer_name), C(installed), C(version), C(registered),
      C(discovery_started), C(cluster_credentials), C(services), C(windows), C(licence_days_left), C(cpu_cores), C(memory_mb),
      C(entra_client_id), C(entra_thumbprint), C(vddk_version), C(proxy_address), C(proxy_bypass), C(auto_update),
      C(bandwidth_limit_mbps), C(blackout_windows) and C(clock_utc).
    - Null where it did not answer.
  returned: success
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.azlocal.migrate.plugins.module_utils.options.appliance_setup import SPEC


def main() -> None:
    module = AnsibleModule(argument_spec=SPEC, supports_check_mode=True)
    module.fail_json(
        msg="appliance_setup runs on the controller as an action plugin. Call it by its full name, "
        "azlocal.migrate.appliance_setup, from a playbook, with the collection installed on the controller."
    )


if __name__ == "__main__":
    main()
