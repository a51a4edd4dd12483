#!/usr/bin/env bash
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Other people's clients of Azure, each in an environment of its own: build/interop/cli has the Azure CLI,
# build/interop/azcollection has ansible-core and azure.azcollection. What cannot be had is named in a file <name>.missing,
# and its tests are skipped for that reason. A second call is instant.
set -uo pipefail
cd "$(dirname "$0")/.."

place=build/interop
ansible=ansible==14.5.0  # with azure.azcollection 3.21.0
mkdir -p -m 700 build "$place"

python=""
for candidate in python3.12 python3.13 "$HOME"/.pyenv/versions/3.1[23]*/bin/python .venv/bin/python python3; do
    if "$candidate" -c 'import sys, venv, ensurepip; raise SystemExit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        python=$candidate
        break
    fi
done

install() { # name, requirements
    local name=$1 requirements=$2 start=$SECONDS want
    local venv=$place/$name log=$place/$name.log
    want=$(printf '%s\n' "$PWD" "$python" "$ansible" "$name" | cat - "$requirements" tools/interop.sh | cksum)
    [ "$(cat "$venv/.stamp" 2>/dev/null)" = "$want" ] && return
    if [ -z "$python" ]; then
        echo "no Python >= 3.11 with venv was found" >"$place/$name.missing"
        return
    fi
    printf 'Installing %s into %s ...\n' "$requirements" "$venv"
    rm -rf "$venv"
    # Compiling thousands of files, of which the tests import a few, would take most of the time.
    if "$python" -m venv "$venv" >"$log" 2>&1 &&
        "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --no-compile -r "$requirements" >>"$log" 2>&1 &&
        { [ "$name" != azcollection ] || collection "$venv" >>"$log" 2>&1; }; then
        rm -f "$place/$name.missing"
        printf '%s' "$want" >"$venv/.stamp"
        printf 'Installed in %d s, %s\n' $((SECONDS - start)) "$(du -sh "$venv" | cut -f1)"
    else
        echo "pip could not install $requirements (all it said: $log)" >"$place/$name.missing"
        cat "$place/$name.missing"
    fi
}

collection() { # venv: azure.azcollection, out of the wheel that holds some hundred others
    local wheels=$1/wheels
    "$1/bin/python" -m pip download --disable-pip-version-check --no-input --no-deps -d "$wheels" "$ansible" &&
        "$1/bin/python" - "$1" <<'PYTHON'
import pathlib
import sys
import zipfile

venv = pathlib.Path(sys.argv[1])
wheel = next((venv / "wheels").glob("ansible-*.whl"))
with zipfile.ZipFile(wheel) as whole:
    names = [name for name in whole.namelist() if name.startswith("ansible_collections/azure/azcollection/")]
    whole.extractall(venv / "collections", names)
wheel.unlink()
PYTHON
}

install cli requirements/requirements-interop.txt
install azcollection requirements/requirements-interop-azcollection.txt
