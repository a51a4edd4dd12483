# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that could not be asked: one sentence, whatever the connection plugin said."""

from __future__ import annotations

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.index import find
from ansible_collections.azlocal.migrate.plugins.plugin_utils.scripts import connection_failure, silent


def test_a_fault_of_winrm_is_looked_up_by_its_number() -> None:
    said = "winrm send_input failed; {'wsmanfault_code': 2150859174, 'message': 'access is denied by a quota'}"
    known = find("2150859174")
    assert known is not None
    told = connection_failure("node1", RuntimeError(said))
    assert told == f"node1 could not be asked: {known.means} (2150859174). {known.remedy}"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("fault 2150999999: connection refused", "it refuses connections on this port"),
        ("the specified credentials were rejected by the server", "the login was refused"),
        ("something quite new", "something quite new"),
    ],
)
def test_what_has_no_number_that_we_know_is_read_in_words(said: str, meant: str) -> None:
    assert connection_failure("node1", RuntimeError(said)) == f"node1 could not be asked: {meant}"


@pytest.mark.parametrize(
    ("said", "nobody"),
    [
        ("basic: HTTPSConnectionPool(...): [Errno 111] Connection refused", True),
        ("basic: ('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))", True),
        ("the connection attempt timed out", True),
        ("[Errno -2] Name or service not known", True),
        ("[Errno 113] No route to host", True),
        ("{'wsmanfault_code': 2150859046}", True),
        ("{'wsmanfault_code': 2150859174, 'message': 'timed out'}", False),
        ("fault 2150999999: connection refused", True),
        ("the specified credentials were rejected by the server", False),
        ("SSLError(SSLCertVerificationError(1, 'certificate verify failed'))", False),
        ("winrm or requests is not installed: No module named 'winrm'", False),
        ("something quite new", False),
    ],
)
def test_silence_is_told_from_a_refusal(said: str, nobody: bool) -> None:
    assert silent(RuntimeError(said)) is nobody
