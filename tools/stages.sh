#!/usr/bin/env bash
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs make targets one after the other, goes on when one fails, and ends with a table of results and seconds.
set -u

table=()
failed=0
began=$SECONDS
for stage in "$@"; do
    printf '\n=== %s\n' "$stage"
    start=$SECONDS
    if "${MAKE:-make}" --no-print-directory "$stage"; then
        result=passed
    else
        result=FAILED
        failed=$((failed + 1))
    fi
    table+=("$(printf '  %-12s %-7s %4d s' "$stage" "$result" $((SECONDS - start)))")
done

printf '\n=== summary\n'
printf '%s\n' "${table[@]}"
printf '  %d of %d stages passed in %d s\n' $(($# - failed)) $# $((SECONDS - began))
[ "$failed" -eq 0 ]
