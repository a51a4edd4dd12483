# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every PowerShell script there is, whole, over Ansible's own winrm connection: a look first, then the work.

What the scripts do in detail is the subject of other tests; here none is missing.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.azlocal.migrate.plugins.plugin_utils import scripts
from ansible_collections.azlocal.migrate.tests.support import host_actions
from ansible_collections.azlocal.migrate.tests.support.appliance_host import PFX_PASSWORD, certificate
from ansible_collections.azlocal.migrate.tests.support.appliance_lab import (
    LABSRC,
    LABTGT,
    STORAGE,
    media_of,
    of_image,
    with_installer,
)
from lab import media, names
from lab.host.scripts import TWINS
from lab.runtime import Lab

SCRIPTS = {path.stem for path in (Path(scripts.__file__).parent / "powershell").glob("*.ps1")}
NODE = names.NODES[0]
FOLDER, ZIP = f"{STORAGE}\\{LABTGT}", f"{STORAGE}\\image.zip"
PRESET = {"Scenario": "VMware", "Cloud": "Public", "ScaleOut": False, "PrivateEndpoint": False, "AzureLocal": True}
Call = tuple[str, str, dict[str, Any]]


def walk(lab: Lab) -> list[Call]:
    """(script, place, params), in an order in which each has what it needs."""
    _folder, sums = media_of(lab)
    image = {"path": ZIP, "sha256": sums[media.IMAGE], "size_bytes": 0, "source": media.URL + media.IMAGE}
    machine = {
        "disk": f"{FOLDER}\\AzureMigrateTargetAppliance.vhdx", "generation": 2, "cpu_cores": 8, "memory_mb": 16384,
        "switch": "ConvergedSwitch(compute_management)", "vlan_id": 0, "clustered": True, "start": True,
    }  # fmt: skip
    thumbprint, pfx = certificate(1)
    app = {
        "tenant_id": names.TENANT, "client_id": "c-1", "object_id": "o-1", "service_principal_object_id": "s-1",
        "app_name": "labsrc-app", "thumbprint": thumbprint, "pfx": base64.b64encode(pfx).decode(),
        "pfx_password": PFX_PASSWORD, "remove_others": True,
    }  # fmt: skip
    return [
        ("put_file", NODE, image),
        ("expand_file", NODE, {"path": ZIP, "folder": FOLDER}),
        ("new_appliance_vm", NODE, {"name": LABTGT, "folder": FOLDER, **machine}),
        ("get_appliance_host", NODE, {"name": LABTGT, "folder": FOLDER, "files": [ZIP]}),
        ("get_storage", NODE, {"seed_names": [], "folders": []}),
        ("get_vms", NODE, {"names": [LABTGT]}),
        ("test_endpoints", NODE, {"endpoints": [{"name": NODE, "port": 0}], "timeout_s": 5}),
        ("remove_appliance_vm", NODE, {"name": LABTGT, "files": [ZIP]}),
        ("get_appliance", LABSRC, {"files": []}),
        ("set_appliance", LABSRC, {"bandwidth_limit_mbps": 200}),
        ("set_entra_app", LABSRC, app),
        (
            "install_appliance",
            LABSRC,
            {"folder": with_installer(lab.appliances[LABSRC]), "preset": PRESET, "answers": ["N"]},
        ),
        ("restart_appliance", LABSRC, {"delay_s": 0, "services": ["asrgwy"]}),
    ]


def test_each_script_looks_and_then_works_over_the_real_connection(lab: Callable[..., Lab]) -> None:
    running = lab(vms=0, estate="empty", stage="bare")
    of_image(running)
    calls = walk(running)
    assert {script for script, _place, _params in calls} == SCRIPTS
    for script, place, params in calls:
        carrier, _vars = host_actions.action(running, "connectivity", place)
        assert carrier._connection.transport == "winrm"
        try:
            foretold = scripts.run_script(carrier, script, {**params, "check": True})
            done = scripts.run_script(carrier, script, params)
        finally:
            scripts.let_go(carrier)
        if TWINS[script].write:
            assert (script, foretold["Changed"], done["Changed"]) == (script, True, True)
        else:
            assert (script, set(done)) == (script, set(foretold))
    heard = host_actions.calls(running)
    assert (
        [call["method"] for call in heard[::2]]
        == [call["method"] for call in heard[1::2]]
        == [name for name, *_ in calls]
    )
    assert [call["method"] for call in heard if call["write"]] == [name for name, *_ in calls if TWINS[name].write]
    assert [call["method"] for call in heard if call["request_bytes"] < len(scripts.script_text(call["method"]))] == []
