# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options in module_utils/options/vcenter.py."""

from __future__ import annotations


class ModuleDocFragment:
    """How to reach vCenter."""

    DOCUMENTATION = r"""
options:
  hostname:
    description:
      - Name or address of the vCenter server.
      - Without it, the environment variable E(VMWARE_HOST) counts.
    type: str
  username:
    description:
      - User to sign in as, such as V(administrator@vsphere.local).
      - Without it, the environment variable E(VMWARE_USER) counts.
    type: str
  password:
    description:
      - Password of the user.
      - Without it, the environment variable E(VMWARE_PASSWORD) counts.
    type: str
  port:
    description:
      - Port of the vCenter server.
      - Without it, the environment variable E(VMWARE_PORT) counts.
    type: int
    default: 443
  validate_certs:
    description:
      - Whether the certificate of the vCenter server is verified. V(false) is for tests only; anybody on the way can then
        read and change everything, the password included.
      - Without it, the environment variable E(VMWARE_VALIDATE_CERTS) counts.
    type: bool
    default: true
  vcenter_ca_path:
    description:
      - Path of a PEM file with the certificate authority that signed the certificate of the vCenter server.
      - Without it, the environment variable E(VMWARE_CA_PATH) counts.
    type: path
requirements:
  - pyvmomi
"""
