#!/usr/bin/env bash
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Sets up a virtual environment in which this checkout is the collection azlocal.migrate, or says in one line why not.
#
#   tools/env.sh VENV run     what `make lab` and a user need
#   tools/env.sh VENV dev     that, and what the tests and linters need
#
# PYTHON names the interpreter to use; without it the first Python >= 3.11 found is taken. A second call is instant.
set -euo pipefail

venv=$1
set_name=$2
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

say() { printf '%s\n' "$*"; }
die() { printf 'azlocal.migrate: %s\n' "$*" >&2; exit 1; }

fits() { "$1" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
version_of() { "$1" -c 'import platform; print(platform.python_version())'; }

# Version managers leave shims on PATH that exist but refuse to run, so each candidate has to prove itself.
find_python() {
    local candidate
    if [ -n "${PYTHON:-}" ]; then
        for candidate in "$PYTHON" "$HOME"/.pyenv/versions/"${PYTHON#python}"*/bin/python; do
            fits "$candidate" && { printf '%s\n' "$candidate"; return; }
        done
        die "PYTHON=$PYTHON is not a Python >= 3.11 that runs here"
    fi
    for candidate in python3.13 python3.12 python3.11 python3 "$HOME"/.pyenv/versions/3.1[1-9]*/bin/python; do
        fits "$candidate" && { printf '%s\n' "$candidate"; return; }
    done
    die "needs Python >= 3.11 and found none; install one, or name it: make env PYTHON=/path/to/python3.12"
}

make_venv() {
    local python
    python=$(find_python) || exit 1
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        die "$python has no venv or ensurepip; on Debian and Ubuntu install python3-venv for it"
    say "Making $venv with Python $(version_of "$python") ($python)"
    "$python" -m venv --clear "$venv" || die "$python could not make a virtual environment in $venv"
}

# Ansible finds the collection in site-packages from any directory, without ansible.cfg or an environment variable.
link_collection() {
    local parent
    parent=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/ansible_collections/azlocal
    mkdir -p "$parent"
    ln -sfn "$root" "$parent/migrate"
}

install() {
    local requirements=$1 log=$venv/pip.log start=$SECONDS
    say "Installing $requirements into $venv ..."
    if ! "$venv/bin/python" -m pip install --disable-pip-version-check --no-input \
        -r "$requirements" -c requirements/constraints.txt >"$log" 2>&1; then
        grep -v '^WARNING: Location' "$log" | tail -n 15 >&2
        die "pip could not install $requirements (all it said: $log)"
    fi
    say "Installed in $((SECONDS - start)) s"
}

case $set_name in
    run) files=(requirements/requirements.txt) ;;
    dev) files=(requirements/requirements.txt requirements/requirements-dev.txt) ;;
    *) die "unknown set '$set_name': run or dev" ;;
esac
if [ "$set_name" = dev ]; then
    command -v git >/dev/null || die "needs git, which is not installed"
fi

# The stamp holds everything that would make the environment another one, the folder's own name included: a virtual
# environment cannot be moved.
want=$(printf '%s\n' "$root/$venv"; cat "${files[@]}" requirements/constraints.txt tools/env.sh)
want=$(printf '%s' "$want" | cksum)
stamp=$venv/.stamp-$set_name

if [ -x "$venv/bin/python" ] && fits "$venv/bin/python"; then
    if [ -n "${PYTHON:-}" ]; then
        asked=$(find_python) || exit 1
        asked=$(version_of "$asked")
        [ "$asked" = "$(version_of "$venv/bin/python")" ] ||
            die "$venv is Python $(version_of "$venv/bin/python"), not $asked; add VENV=.venv-$asked, or remove $venv"
    fi
    [ "$(cat "$stamp" 2>/dev/null)" = "$want" ] && exit 0
else
    make_venv
fi
link_collection
install "${files[${#files[@]} - 1]}"
printf '%s' "$want" >"$stamp"
