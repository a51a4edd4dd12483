# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints docs/errors.md, which is made of the catalogue: python tools/errors_page.py > docs/errors.md"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping

from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue import rights
from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.entry import Meaning
from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.index import SYSTEMS

INTRO = """\
<!-- Made by tools/errors_page.py (make docs) of plugins/module_utils/catalogue. Change it there. -->

# Errors

Every failure shows the same four things: `msg`, one sentence that names the thing and why; `error_code`, one of the
codes below, or the other side's own where we do not know it; `remedy`, what to do; `correlation_id`, under which
Microsoft finds it again (of a VM whose job failed: the id of that job). `remedy` is the one below, unless this very case
has a more exact one.

**Again?** says whether running again helps: *no*, what was asked must change first; *later*, it passes by itself;
*after repair*, somebody has to mend something outside first; *done*, there is nothing left to do.
"""
NOTES = {
    "Kinds of errors": "All that our clients raise (each a `ClientError`; `UntrustedCertificate` is an `Unreachable`). "
    "Where the other side gave no code, the kind is the `error_code`.",
    "Phases of a VM": "The `error_code` of a VM that stopped in this phase and for which nobody named a closer reason.",
    "Replication service and appliances": "In errors of jobs and health errors of protected items. One that is not "
    "here is shown with the service's own words.",
    "Microsoft Entra": "One that is not here: [Microsoft's list](https://login.microsoftonline.com/error).",
    "vCenter": "Names of faults in the vSphere API. One that is not here is known by the nearest of its base types.",
    "Azure Local hosts": "PowerShell's error ids (or parts of them) and the fault numbers of WinRM.",
    "Our scripts on hosts and appliances": "What they throw themselves; the scripts are in [PowerShell scripts](powershell.md).",
}


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def section(title: str, rows: Mapping[str, Meaning]) -> Iterable[str]:
    yield from ("", f"## {title}", "")
    if title in NOTES:
        yield from (NOTES[title], "")
    yield from (row(["code", "means", "what to do", "again?"]), row(["---"] * 4))
    for code in sorted(rows, key=_order):
        meaning = rows[code]
        yield row([f"`{code}`", cell(meaning.means), cell(meaning.remedy), meaning.retry.replace("_", " ")])


def _order(code: str) -> tuple[str, int, str]:
    """Numbers by their size, words by the alphabet."""
    word = code.rstrip("0123456789")
    return word.lower(), int(code[len(word) :] or 0), code


def missing_rights() -> Iterable[str]:
    yield from ("", "## Missing rights", "")
    yield "A refusal names the action or privilege and its scope. `remedy` adds what usually holds it. Azure, first match:"
    yield from ("", row(["action begins with", "built-in role"]), row(["---"] * 2))
    for part, role in rights.ROLES:
        yield row([f"`{part}`", role])
    yield from (row(["any other `.../read`", "Reader"]), row(["any other", "Contributor"]))
    yield from ("", row(["vSphere privilege", "in the vSphere Client"]), row(["---"] * 2))
    for privilege, place in sorted(rights.PRIVILEGES.items()):
        yield row([f"`{privilege}`", cell(place)])


def page() -> str:
    lines = [INTRO.rstrip()]
    for title, rows in SYSTEMS.items():
        lines.extend(section(title, rows))
    lines.extend(missing_rights())
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
