# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import Entry
from ansible_collections.netra.remediation.plugins.module_utils.record.report import verdict_of

PASSED = ("gate", {"verdict": "pass"})
OPEN = ("gate", {"verdict": "inconclusive"})
END = ("finished", {})


@pytest.mark.parametrize(
    ("bodies", "verdict"),
    [
        pytest.param([PASSED, END], "passed", id="all gates pass"),
        pytest.param([END], "unproven", id="nobody walked the golden path"),
        pytest.param([PASSED], "open", id="no end on record"),
        pytest.param([("failure", {}), ("stopped", {}), END], "stopped", id="somebody stopped it"),
        pytest.param([("stopped", {}), END], "stopped", id="a signal stopped it"),
        pytest.param(
            [("failure", {}), ("stopped", {}), ("rolled_back", {}), END], "rolled_back", id="and took it back"
        ),
        pytest.param([("closed", {})], "killed", id="it died"),
        pytest.param([("failure", {}), ("closed", {})], "killed", id="it died while it failed"),
        pytest.param([PASSED, OPEN, END], "failed", id="an open question is no pass"),
        pytest.param([("failure", {}), END], "failed", id="a failure"),
        pytest.param([("failure", {}), ("rolled_back", {}), END], "rolled_back", id="a failure and a rollback"),
        pytest.param(
            [("failure", {}), ("rolled_back", {}), ("not_rolled_back", {}), END], "partly_rolled_back", id="half of it"
        ),
        pytest.param([("failure", {}), ("not_rolled_back", {}), END], "failed", id="a rollback that moved nothing"),
        pytest.param([("rolled_back", {}), PASSED, END], "passed", id="a rollback that was asked for"),
    ],
)
def test_the_verdict_follows_from_the_ledger(bodies, verdict: str) -> None:
    entries = [Entry(number, "", kind, body, "", "") for number, (kind, body) in enumerate(bodies)]
    assert verdict_of(entries) == verdict
