# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wave files: what is read, and what is said about what cannot be read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.plugin_utils import wave_file
from ansible_collections.azlocal.migrate.plugins.plugin_utils.wave_file import Parsed, Row


def csv(text: str | bytes, name: str = "wave.csv") -> Parsed:
    return wave_file.read_all([(name, text if isinstance(text, bytes) else text.encode())])


def yml(text: str) -> Parsed:
    return csv(text, "wave.yml")


def rows(parsed: Parsed) -> list[Row]:
    assert parsed.errors == [], wave_file.explain(parsed.errors)
    return parsed.rows


def one(text: str) -> dict[str, Any]:
    (row,) = rows(csv(text))
    return row.host_vars()


def error(parsed: Parsed) -> str:
    assert len(parsed.errors) == 1, [str(problem) for problem in parsed.errors]
    return str(parsed.errors[0])


# -- tables ------------------------------------------------------------------------------------------------------------


def test_a_row_becomes_typed_variables() -> None:
    text = (
        "name,wave,app,cpu_cores,memory_mb,auto_resync,generation,security,os_type,arc,depends_on,hold_days,cmdb_ci\n"
        "erp-db01,1,erp,8,32768,yes,2,Secure Boot,Windows,none,dc01; dns01,14,CI-7\n"
    )
    assert one(text) == {
        "azlocal_name": "erp-db01",
        "azlocal_wave": "1",
        "azlocal_app": "erp",
        "azlocal_cpu_cores": 8,
        "azlocal_memory_mb": 32768,
        "azlocal_auto_resync": True,
        "azlocal_generation": "2",
        "azlocal_security": "secure_boot",
        "azlocal_os_type": "windows",
        "azlocal_arc": "none",
        "azlocal_depends_on": ["dc01", "dns01"],
        "azlocal_hold_days": 14,
        "cmdb_ci": "CI-7",
    }


def test_empty_cells_are_not_given() -> None:
    assert one("name,wave,cpu_cores,note\nvm1,1, ,\n") == {"azlocal_name": "vm1", "azlocal_wave": "1"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_out(delimiter: str) -> None:
    assert one(f"name{delimiter}owner\nvm1{delimiter}a\n") == {"azlocal_name": "vm1", "azlocal_owner": "a"}


def test_a_semicolon_table_may_hold_commas() -> None:
    assert one("name;depends_on\nvm1;a,b\n")["azlocal_depends_on"] == ["a", "b"]


def test_the_hint_of_excel_is_followed() -> None:
    assert one("sep=;\nname;app\nvm1;x\n")["azlocal_app"] == "x"


def test_header_names_are_forgiving() -> None:
    assert one(" Name ,CPU Cores,target-vm-name,azlocal_app,Cost (EUR)\nvm1,2,t1,x,7\n") == {
        "azlocal_name": "vm1",
        "azlocal_cpu_cores": 2,
        "azlocal_target_vm_name": "t1",
        "azlocal_app": "x",
        "cost_eur": "7",
    }


def test_ansibles_own_words_get_the_prefix() -> None:
    assert one("name,environment,tags\nvm1,prod,x\n") == {
        "azlocal_name": "vm1",
        "azlocal_environment": "prod",
        "azlocal_tags": "x",
    }


def test_blank_lines_and_comments_are_skipped_but_counted() -> None:
    parsed = csv('# our wave, "first\nname,cpu_cores\n\n  # not yet: vm0,1\nvm1,2\n,,\nvm2,x\n')
    assert "wave.csv, row 7, column cpu_cores: 'x' is not a whole number" in error(parsed)


def test_a_cell_of_several_lines_is_one_row() -> None:
    parsed = csv('name,note\nvm1,"a\n# b\nc"\nvm2,x\nvm2,y\n')
    assert "row 4, column name: 'vm2' is also in wave.csv row 3" in error(parsed)


def test_rows_of_excel_with_trailing_delimiters() -> None:
    assert one("name;app;;\nvm1;x;;\n;;;\n") == {"azlocal_name": "vm1", "azlocal_app": "x"}


@pytest.mark.parametrize(
    "data",
    [
        "name,owner\nvm1,Müller\n".encode(),
        "\ufeffname,owner\nvm1,Müller\n".encode(),
        "name\towner\nvm1\tMüller\n".encode("utf-16"),
    ],
    ids=["utf-8", "bom", "utf-16"],
)
def test_encodings(data: bytes) -> None:
    parsed = csv(data)
    assert rows(parsed)[0].values["owner"] == "Müller"
    assert parsed.notes == []


def test_windows_1252_is_read_and_said() -> None:
    parsed = csv("name,owner\nvm1,Müller\n".encode("cp1252"))
    assert rows(parsed)[0].values["owner"] == "Müller"
    assert "Windows-1252" in parsed.notes[0]


def test_other_bytes_are_refused() -> None:
    assert "neither UTF-8 nor Windows-1252" in error(csv(b"name\n\x81\x8d"))
    assert "workbook" in error(csv(b"PK\x03\x04..."))


@pytest.mark.parametrize(
    ("column", "cell", "says"),
    [
        ("cpu_cores", "0", "0 is out of range"),
        ("cpu_cores", "four", "'four' is not a whole number"),
        ("memory_mb", "16.5", "'16.5' is not a whole number"),
        ("order", "-1", "-1 is out of range"),
        ("hold_days", "1e3", "'1e3' is not a whole number"),
        ("auto_resync", "maybe", "'maybe' is neither yes nor no"),
        ("generation", "3", "use one of: auto, 1, 2"),
        ("security", "tpm", "use one of: auto, none, secure_boot, trusted_launch"),
        ("os_type", "bsd", "use one of: auto, windows, linux"),
        ("arc", "keep", "use one of: none, fresh, reuse"),
        ("instance_uuid", "503f", "'503f' is not a UUID"),
        ("disks", "[1", "is not JSON"),
        ("disks", "[NaN]", "is not JSON"),
        ("nics", "{}", "is not a list of mappings"),
        ("dynamic_memory", "[]", "is not a mapping"),
        ("network_map", '["a"]', "is not a list of mappings"),
        ("owner", "#N/A", "could not work out"),
        ("owner", "a\x07b", "control character"),
        ("wave", "!!!", "gives no group name"),
        ("depends_on", "VM1", "depends on itself"),
    ],
)
def test_a_bad_cell_names_file_row_and_column(column: str, cell: str, says: str) -> None:
    quoted = '"' + cell.replace('"', '""') + '"'
    text = error(csv(f"name,{column}\nvm1,{quoted}\n"))
    assert text.startswith(f"wave.csv, row 2, column {column}: ")
    assert says in text
    assert "Do this: " in text


def test_json_cells() -> None:
    disks = [{"match": "scsi0:1", "include": False}]
    text = json.dumps(disks).replace('"', '""')
    assert one(f'name,disks\nvm1,"{text}"\n')["azlocal_disks"] == disks


@pytest.mark.parametrize("name", ["{{ x }}", "a{% if %}", "{# c #}"])
def test_a_name_with_template_marks_is_refused(name: str) -> None:
    assert "template marks" in error(csv(f'name\n"{name}"\n'))


def test_a_missing_name_column_is_told_with_what_was_found() -> None:
    assert "row 1, column name: there is no such column (found: 'VM', 'Wave')" in error(csv("VM,Wave\nvm1,1\n"))


def test_a_row_without_a_name() -> None:
    assert "row 2, column name: is empty" in error(csv("name,app\n,x\n"))


def test_the_same_column_twice() -> None:
    assert "'CPU cores' and 'cpu_cores' are the same" in error(csv("name,CPU cores,cpu_cores\nvm1,1,2\n"))


def test_a_cell_too_many() -> None:
    assert "row 2: the cell 'y' has no column" in error(csv("name,app\nvm1,x,y\n"))


def test_an_open_quote_does_not_swallow_the_rest_in_silence() -> None:
    assert "row 3: the row cannot be read" in error(csv('name,app\nvm1,x\nvm2,"y\nvm3,z\n'))


def test_an_empty_file() -> None:
    assert "the file is empty" in error(csv(""))
    assert rows(csv("name,wave\n")) == []


def test_a_column_with_a_slip_of_the_pen_is_noted() -> None:
    parsed = csv("name,cpu_core\nvm1,2\n")
    assert rows(parsed)[0].values == {"cpu_core": "2"}
    assert "was 'cpu_cores' meant?" in parsed.notes[0]


def test_all_errors_at_once_but_twenty_shown() -> None:
    parsed = csv("name,cpu_cores\n" + "".join(f"vm{n},x\n" for n in range(30)))
    text = wave_file.explain(parsed.errors)
    assert "30 errors" in text
    assert text.count("\n  - ") == 20
    assert "and 10 more" in text


# -- across files ------------------------------------------------------------------------------------------------------


def test_a_vm_in_two_files_names_both_places() -> None:
    parsed = wave_file.read_all([("a.csv", b"name\nvm1\n"), ("b.yml", b"- app: x\n  name: vm1\n")])
    assert error(parsed).startswith("b.yml, line 1, column name: 'vm1' is also in a.csv row 2")


def test_two_vms_of_one_target_name() -> None:
    parsed = csv("name,target_vm_name\nvm1,App01\nvm2,app01\n")
    assert "row 3, column target_vm_name: the target would be called 'app01', as that of wave.csv row 2" in error(
        parsed
    )
    assert "column target_vm_name" in error(csv("name,target_vm_name\nvm1,VM2\nvm2,\n"))


def test_twins_by_uuid() -> None:
    uuids = ["503fa9d0-1c2b-4d3e-8f90-a1b2c3d4e5f6", "503FA9D0-1c2b-4d3e-8f90-a1b2c3d4e5f7"]
    parsed = csv(f"name,instance_uuid\ntwin (a),{uuids[0]}\ntwin (b),{uuids[1]}\n")
    assert [row.values["instance_uuid"] for row in rows(parsed)] == [uuid.lower() for uuid in uuids]


def test_one_uuid_in_two_rows_names_both_places() -> None:
    uuid = "503fa9d0-1c2b-4d3e-8f90-a1b2c3d4e5f6"
    said = error(csv(f"name,instance_uuid\nvm1,{uuid}\nvm2,{uuid.upper()}\n"))
    assert said.startswith("wave.csv, row 3, column instance_uuid: 'vm2' is the VM of wave.csv row 2 ('vm1') again")
    assert uuid in said


def test_one_machine_id_in_two_files_names_both_places() -> None:
    machine = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.OffAzure/VMwareSites/site/machines/m1"
    tree = f"- name: vm2\n  machine_id: {machine.upper()}/\n"
    parsed = wave_file.read_all([("a.csv", f"name,machine_id\nvm1,{machine}\n".encode()), ("b.yml", tree.encode())])
    assert error(parsed).startswith("b.yml, line 1, column machine_id: 'vm2' is the VM of a.csv row 2 ('vm1') again")


def test_rows_without_ids_are_not_one_vm() -> None:
    assert len(rows(csv("name,instance_uuid,machine_id\nvm1,,\nvm2,,\n"))) == 2


def test_groups() -> None:
    parsed = csv("name,wave,app\na,1,Shop Front\nb,Wave 1,shop-front\nc,wave_pilot,7\nd,,\n")
    assert [(row.wave_group, row.app_group) for row in rows(parsed)] == [
        ("wave_1", "app_Shop_Front"),
        ("wave_1", "app_shop_front"),
        ("wave_pilot", "app_7"),
        ("", ""),
    ]


# -- YAML --------------------------------------------------------------------------------------------------------------

ENTRY = """
- name: erp-db01
  wave: 1
  CPU-cores: 4
  depends_on: [dc01, dns01]
  network_map:
    - {source: "dvPG-*", logical_network: lnet-110}
  dynamic_memory: {enabled: true, maximum_mb: 8192}
  window: 2026-11-21
  go_live: 2026-11-21
  contacts: {dba: a@example.com}
"""


def test_yaml_rows() -> None:
    (row,) = rows(yml(ENTRY))
    assert row.host_vars() == {
        "azlocal_name": "erp-db01",
        "azlocal_wave": "1",
        "azlocal_cpu_cores": 4,
        "azlocal_depends_on": ["dc01", "dns01"],
        "azlocal_network_map": [{"source": "dvPG-*", "logical_network": "lnet-110"}],
        "azlocal_dynamic_memory": {"enabled": True, "maximum_mb": 8192},
        "azlocal_window": "2026-11-21",
        "go_live": "2026-11-21",
        "contacts": {"dba": "a@example.com"},
    }


def test_yaml_under_vms_and_with_anchors() -> None:
    text = "vms:\n  - &base {name: a, app: x, cpu_cores: 2}\n  - <<: *base\n    name: b\n"
    assert [(row.name, row.values) for row in rows(yml(text))] == [
        ("a", {"app": "x", "cpu_cores": 2}),
        ("b", {"app": "x", "cpu_cores": 2}),
    ]


def test_yaml_names_stay_as_they_are_written() -> None:
    assert [row.name for row in rows(yml("- name: 0123\n- name: on\n- name: 1e3\n- name: 2026-11-21\n"))] == [
        "0123",
        "on",
        "1e3",
        "2026-11-21",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no VMs"),
        ("vms:\n", "holds no VMs"),
        ("x: 1\n", "not one of vms: alone"),
        ("just text", "there is no list of VMs"),
        ("- vm1\n", "line 1: this entry of the list is not a VM"),
        ("- name: a\n  app: [x]\n", "column app: holds a list or a mapping"),
        ("- name: a\n  x: !!int ''\n", "line 2, column x: the value cannot be read"),
        ("- name: a\n  x: !secret y\n", "is not understood here"),
        ("- name: a\n  x: &x [*x]\n", "nested too deeply"),
        ("- name: a\n  app: x\n  app: y\n", "line 3, column app: the column is there twice"),
        ("- name: a\n - b\n", "this is not YAML"),
        ("- {name: a, disks: {x: 1}}\n", "is not a list of mappings"),
        ("- {name: a, depends_on: [[b]]}\n", "is not a list of names"),
        ("- {? [a] : b}\n", "a column name is not text"),
    ],
)
def test_what_is_wrong_with_yaml(text: str, says: str) -> None:
    found = error(yml(text))
    assert found.startswith("wave.yml")
    assert says in found


def test_a_yaml_bomb_is_refused() -> None:
    lines = ["- name: a", "  l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"  l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 8)]
    assert "is nested too deeply or is too long" in wave_file.explain(yml("\n".join(lines)).errors)


def test_other_endings_are_refused() -> None:
    assert "ending in '.xlsx'" in error(csv("name\n", "wave.xlsx"))


# -- anything ----------------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    ["name", "cpu_cores", ",", ";", "\t", "\n", "\r\n", '"', "#", "vm1", "- ", ": ", "{", "}", "[", "]", "&a", "*a", "<<",
     "!!int", "!!bool", "!!timestamp", "'", "|", "?", "\x00", "\ufeff", "é", "{{", "1", "vms:"]
)  # fmt: skip
ANY_TEXT = st.text(max_size=200) | st.lists(PIECES, max_size=40).map("".join)


@given(ANY_TEXT, st.sampled_from(["a.csv", "a.yml"]))
def test_any_text_gives_rows_or_errors(text: str, name: str) -> None:
    check(wave_file.parse_text(text, name))
    check(wave_file.parse_text("name,app\n" + text if name == "a.csv" else "- name: a\n  x: " + text, name))


@given(st.binary(max_size=200), st.sampled_from(["a.csv", "a.yml"]))
def test_any_bytes_give_rows_or_errors(data: bytes, name: str) -> None:
    check(wave_file.read_all([(name, data)]))


def check(parsed: Parsed) -> None:
    for row in parsed.rows:
        assert row.name
        assert "{{" not in row.name
        json.dumps(row.host_vars(), ensure_ascii=False, allow_nan=False).encode()
    text = wave_file.explain(parsed.errors)
    assert all(str(problem).startswith(problem.source) for problem in parsed.errors)
    assert len(text) < 20_000
