# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab hands to its users: the environment of any client, a wave over its estate, and an inventory."""

from __future__ import annotations

import csv
import hashlib
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from . import appliances, media, names
from .azure import identities, ids, imds
from .runtime import Lab

WAVE_COLUMNS = ("name", "wave", "app", "owner", "target_vm_name", "cpu_cores", "memory_mb", "arc", "os_type")

# port group -> (logical network, whether its addresses are static and move along)
_NETWORK_MAP = (
    ("dvPG-Prod-110", "lnet-prod-110", True),
    ("dvPG-DMZ-120", "lnet-dmz-120", True),
    ("dvPG-Dhcp-130", "lnet-dhcp-130", False),
    ("VM Network", "lnet-prod-110", False),
)


def write(lab: Lab) -> None:
    """Write lab.env, wave.csv and inventory.yml beside ca.pem."""
    lab.environment = environment(lab)
    (lab.state_dir / "azure").mkdir(mode=0o700, exist_ok=True)
    _private(lab.state_dir / "lab.env", _exports(lab.environment, other_identities(lab)))
    _write_wave(lab)
    head = "# The lab's inventory: the wave of wave.csv, the Azure Local hosts, and what all playbooks need to know.\n"
    _private(lab.state_dir / "inventory.yml", head + yaml.safe_dump(inventory(lab), sort_keys=False, width=120))


def environment(lab: Lab) -> dict[str, str]:
    """What any client of Azure and vCenter needs: this collection, Azure CLI, azure.azcollection, vmware.vmware."""
    ca = str(lab.tls.ca)
    found = {
        "LAB_STATE": str(lab.state_dir),
        "AZURE_SUBSCRIPTION_ID": names.SUBSCRIPTION,
        "AZURE_TENANT": names.TENANT,
        "AZURE_TENANT_ID": names.TENANT,
        "AZURE_CLIENT_ID": names.CLIENT_ID,
        "AZURE_SECRET": names.CLIENT_SECRET,
        "AZURE_CLIENT_SECRET": names.CLIENT_SECRET,
        "AZURE_CA_PATH": ca,
        "AZURE_DISABLE_INSTANCE_DISCOVERY": "true",
        "AZURE_CORE_INSTANCE_DISCOVERY": "false",
        "AZURE_CORE_COLLECT_TELEMETRY": "false",
        "AZURE_CONFIG_DIR": str(lab.state_dir / "azure"),
        "REQUESTS_CA_BUNDLE": ca,
        "SSL_CERT_FILE": ca,
        "VMWARE_USER": names.VCENTER_USER,
        "VMWARE_PASSWORD": names.VCENTER_PASSWORD,
        "VMWARE_VALIDATE_CERTS": "true",
        "VMWARE_CA_PATH": ca,
    }
    if azure := lab.servers.get("azure"):
        found["AZURE_CLOUD_ENVIRONMENT"] = f"https://localhost:{azure.port}"
        found["ARM_CLOUD_METADATA_URL"] = f"https://localhost:{azure.port}/metadata/endpoints?api-version=2019-05-01"
    if metadata := lab.servers.get("imds"):
        found["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = metadata.url  # only who asks for a managed identity looks at it
    if vcenter := lab.servers.get("vcenter"):
        found["VMWARE_HOST"] = "localhost"
        found["VMWARE_PORT"] = str(vcenter.port)
    return found


def other_identities(lab: Lab) -> dict[str, list[str]]:
    """How to sign in as another than the default, which is the secret: what to type after ``. lab.env``."""
    url = lab.servers["imds"].url if "imds" in lab.servers else ""
    without = "unset AZURE_SECRET AZURE_CLIENT_SECRET"
    return {
        "the same application by its certificate": [
            without,
            f"export AZURE_X509_CERTIFICATE_PATH={_quoted(str(lab.state_dir / identities.CERTIFICATE_FILE))}",
        ],
        "the same application by a federated token (workload identity)": [
            without,
            f"export AZURE_FEDERATED_TOKEN_FILE={_quoted(str(lab.state_dir / identities.TOKEN_FILE))}",
        ],
        "the managed identity of this machine": ["export ANSIBLE_AZURE_AUTH_SOURCE=msi", "unset AZURE_CLIENT_ID"],
        "a managed identity that was assigned to this machine": [
            f"export ANSIBLE_AZURE_AUTH_SOURCE=msi AZURE_CLIENT_ID={names.USER_IDENTITY}"
        ],
        "the same two as App Service gives them (besides the lines above)": [
            f"export IDENTITY_ENDPOINT={url}{imds.APP_SERVICE_PATH} IDENTITY_HEADER={names.IDENTITY_HEADER}"
        ],
    }


def _exports(variables: dict[str, str], others: dict[str, list[str]]) -> str:
    lines = ["# . lab.env: lets any client in this shell reach the lab, and only the lab."]
    lines += [f"export {name}={_quoted(value)}" for name, value in sorted(variables.items())]
    # a proxy must not be asked for loopback; what the user set stays
    lines += [f'export {name}="localhost,127.0.0.1${{{name}:+,${name}}}"' for name in ("NO_PROXY", "no_proxy")]
    for who, typed in others.items():
        lines += ["", f"# To sign in as {who}:", *(f"#   {line}" for line in typed)]
    return "\n".join(lines) + "\n"


def _quoted(value: str) -> str:
    quoted = shlex.quote(value)
    return quoted if quoted.startswith("'") else f"'{quoted}'"


def _write_wave(lab: Lab) -> None:
    from . import estate

    rows: list[dict[str, Any]] = [dict(row) for row in estate.waves(lab.world)] if lab.world.source else []
    more = [column for row in rows for column in row if column not in WAVE_COLUMNS]
    with (lab.state_dir / "wave.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*WAVE_COLUMNS, *dict.fromkeys(more)], restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def inventory(lab: Lab) -> dict[str, Any]:
    """A config of the collection's inventory plugin; its ``inventory`` part is an ordinary inventory."""
    return {
        "plugin": "azlocal.migrate.wave",
        "source": "wave.csv",
        "inventory": {
            "all": {
                "vars": _common_variables() | (_for_a_newcomer(lab) if lab.stage == "bare" else {}),
                "children": {
                    "azure_local_hosts": {
                        "hosts": _places(lab, names.NODES),
                        "vars": _connection(lab, names.HOST_USER, names.HOST_PASSWORD),
                    },
                    "source_appliance": _appliance(lab, names.SOURCE_APPLIANCE, appliances.SOURCE),
                    "target_appliance": _appliance(lab, names.TARGET_APPLIANCE, appliances.TARGET),
                },
            }
        },
    }


def _common_variables() -> dict[str, Any]:
    return {
        "azlocal_subscription_id": names.SUBSCRIPTION,
        "azlocal_resource_group": names.RESOURCE_GROUP,
        "azlocal_project": names.PROJECT,
        "azlocal_source_appliance": names.SOURCE_APPLIANCE,
        "azlocal_target_appliance": names.TARGET_APPLIANCE,
        "azlocal_cluster": names.CLUSTER,
        "azlocal_target_resource_group": (
            f"/subscriptions/{names.SUBSCRIPTION}/resourceGroups/{names.TARGET_RESOURCE_GROUP}"
        ),
        "azlocal_storage_path": "UserStorage1",
        "azlocal_network_map": [
            {"source": source, "logical_network": network} | ({"keep_ip": True} if keeps else {})
            for source, network, keeps in _NETWORK_MAP
        ],
        "azlocal_poll_interval_s": 1,
    }


def _for_a_newcomer(lab: Lab) -> dict[str, Any]:
    """What prepare, discover and replicate need where nothing stands yet. Only what everybody may know is in here."""
    folder = lab.state_dir / "media"

    def digest(name: str) -> str:
        return hashlib.sha256((folder / name).read_bytes()).hexdigest()

    return {
        "azlocal_location": names.LOCATION,
        "azlocal_cluster_id": ids.CLUSTER,
        "azlocal_create_resource_group": True,
        "azlocal_source_appliance_ova": str(folder / media.OVA),
        "azlocal_source_appliance_sha256": digest(media.OVA),
        "azlocal_source_appliance_datacenter": names.DATACENTER,
        "azlocal_source_appliance_cluster": names.CLUSTERS[0],
        "azlocal_source_appliance_datastore": names.DATASTORES[0],
        "azlocal_source_appliance_network": "VM Network",
        "azlocal_vddk": {"path": str(folder / media.VDDK), "sha256": digest(media.VDDK)},
        "azlocal_target_appliance_image": media.URL + media.IMAGE,
        "azlocal_target_appliance_sha256": digest(media.IMAGE),
    }


def _places(lab: Lab, of: Iterable[str]) -> dict[str, Any]:
    return {
        place: {"ansible_host": "127.0.0.1", "ansible_port": server.port}
        for place in of
        if (server := lab.servers.get(f"host:{place}"))
    }


def _appliance(lab: Lab, name: str, role: str) -> dict[str, Any]:
    """It answers once its machine runs and somebody has set up its Windows.

    Its address is that of its machine, as the other appliance has to reach it; the controller's own way is the lab's port.
    """
    found = _places(lab, [name])
    for place in found.values():
        place |= {"ansible_host": appliances.ADDRESSES[role], "ansible_winrm_host": place["ansible_host"]}
    return {"hosts": found, "vars": _connection(lab, names.APPLIANCE_USER, names.APPLIANCE_PASSWORD)}


def _connection(lab: Lab, user: str, password: str) -> dict[str, Any]:
    return {
        "ansible_connection": "winrm",
        "ansible_user": user,
        "ansible_password": password,
        "ansible_winrm_scheme": "https",
        "ansible_winrm_transport": "basic",
        "ansible_winrm_ca_trust_path": str(lab.tls.ca),
    }


def _private(path: Path, text: str) -> None:
    path.touch(mode=0o600, exist_ok=True)
    path.write_text(text, encoding="utf-8")
