#!/usr/bin/env bash
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs the development set without constraints on each Python named and pins what came.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
freezes=()
for version in "$@"; do
    for python in "python$version" "$HOME/.pyenv/versions/$version".*/bin/python; do
        "$python" -c '' 2>/dev/null && break
    done
    printf 'Python %s: installing\n' "$version"
    "$python" -m venv "$work/$version"
    "$work/$version/bin/python" -m pip install -q --disable-pip-version-check -r requirements/requirements-dev.txt
    "$work/$version/bin/python" -m pip freeze >"$work/$version.txt"
    freezes+=("$version=$work/$version.txt")
done
python3 tools/pin.py "${freezes[@]}" >"$work/constraints.txt"
cp "$work/constraints.txt" requirements/constraints.txt
