#!/usr/bin/env bash
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs make targets one after the other, goes on when one fails, and ends with a table of results and seconds.
# Targets named in BESIDE run at the same time as the others, on the core that these leave idle; their output comes last.
set -u

make="${MAKE:-make}"
beside="${BESIDE:-}"
table=()
failed=0
began=$SECONDS
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

note() { # stage, exit code, seconds
    local result=passed
    if [ "$2" -ne 0 ]; then
        result=FAILED
        failed=$((failed + 1))
    fi
    table+=("$(printf '  %-12s %-7s %4d s' "$1" "$result" "$3")")
}

for stage in $beside; do
    (
        start=$SECONDS
        "$make" --no-print-directory "$stage" >"$logs/$stage" 2>&1 </dev/null
        echo "$? $((SECONDS - start))" >"$logs/$stage.end"
    ) &
done

for stage in "$@"; do
    printf '\n=== %s\n' "$stage"
    start=$SECONDS
    "$make" --no-print-directory "$stage"
    note "$stage" $? $((SECONDS - start))
done

wait
for stage in $beside; do
    printf '\n=== %s (beside the others)\n' "$stage"
    cat "$logs/$stage"
    read -r code seconds <"$logs/$stage.end"
    note "$stage" "$code" "$seconds"
done

printf '\n=== summary\n'
printf '%s\n' "${table[@]}"
printf '  %d of %d stages passed in %d s\n' $((${#table[@]} - failed)) "${#table[@]}" $((SECONDS - began))
[ "$failed" -eq 0 ]
