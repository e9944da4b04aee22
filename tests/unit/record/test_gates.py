# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.record import gates


def measuring(seconds):
    return [{"name": "api", "observed": {"status": 200, "measures": {"database_seconds": seconds}}}]


@pytest.mark.parametrize(
    ("seconds", "limit", "verdict"),
    [
        (0.1, 2, gates.PASS),
        (8.2, 2, gates.FAIL),
        (2.0, 2, gates.FAIL),  # under two seconds, not up to them
        (None, 2, gates.INCONCLUSIVE),  # the answer has no such number
        (0.1, None, gates.INCONCLUSIVE),
    ],
)
def test_the_database_is_held_against_its_limit(seconds, limit, verdict):
    (gate,) = gates.database_gates(measuring(seconds), limit)
    assert (gate.name, gate.verdict, gate.measured) == ("database of api", verdict, seconds)
    assert gate.reason


@pytest.mark.parametrize("target", [{"name": "app"}, {"name": "app", "observed": {"status": 200}}])
def test_a_service_that_measures_no_database_has_no_such_gate(target):
    assert gates.database_gates([target], 2) == []


@pytest.mark.parametrize(
    ("verdicts", "overall"),
    [
        ([gates.PASS, gates.PASS], gates.PASS),
        ([gates.PASS, gates.FAIL, gates.INCONCLUSIVE], gates.FAIL),
        ([gates.PASS, gates.INCONCLUSIVE], gates.INCONCLUSIVE),
        ([], gates.INCONCLUSIVE),
    ],
)
def test_inconclusive_never_counts_as_a_pass(verdicts, overall):
    judged = [gates.Gate(f"gate {number}", verdict, None, None, "", "") for number, verdict in enumerate(verdicts)]
    assert gates.overall(judged) == overall
