# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run that is told to stop has moved half-way, and what goes on record as good."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation.watch import Sign
from ansible_collections.netra.remediation.plugins.module_utils.record.entries import entries_of, gates_of, half_moved
from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import Entry

SHARE = ("traffic_moved", {"service": "api", "to": "api-2", "percent": 10})
WHOLE = ("traffic_moved", {"service": "api", "to": "api-2", "percent": None})
OTHER = ("traffic_moved", {"service": "web", "to": "web-2"})
HEALTH = {"api": {"tells": {"schema_head": "42"}}, "web": {"tells": {"schema_head": None}}, "auth": {}}
BACK = ("rolled_back", {"service": "api", "revision": "api-1"})


def failure(kind: str, **facts: str) -> dict[str, Any]:
    return {"failure": {"task": "t", "result": {"failed": True, "msg": "m", "failure": {"kind": kind, **facts}}}}


STOP = failure(**Sign("stop_file", "ada ordered it").stopped("go on").as_failure())


@pytest.mark.parametrize(
    ("options", "said", "expected"),
    [
        (STOP, [], []),
        (STOP, [SHARE, OTHER], ["api"]),
        (STOP, [SHARE, WHOLE], []),
        (STOP, [WHOLE, SHARE], ["api"]),
        (STOP, [SHARE, BACK], []),
        (failure(**Sign("stop_file", "ada", then="roll_back").stopped("go on").as_failure()), [SHARE], []),
        (failure("stopped", reason="the lock was lost", then="stop"), [SHARE], []),
        (failure("api_error"), [SHARE], []),
        ({}, [SHARE], []),
    ],
)
def test_what_was_moved_half_way_goes_back(options: Any, said: Any, expected: list[str]) -> None:
    entries = [Entry(number, "", kind, body, "", "") for number, (kind, body) in enumerate(said)]
    assert half_moved(options, entries) == expected


def test_what_is_good_is_on_record_with_the_schema_of_then() -> None:
    health = [{"name": name, "healthy": True, "observed": seen} for name, seen in HEALTH.items()]
    good = {"revision": "r-1", "image": "i", "secret_versions": {}}
    options = {
        "gates": {"health": health, "schema_heads": {"web": "7", "api": "stale"}, "limits": {}},
        "good": dict.fromkeys(("api", "web", "auth"), good),
        "finished": False,
    }
    judged = gates_of(options)
    noted = {
        body["service"]: body.get("schema_head")
        for kind, body in entries_of(options, judged, None)
        if kind == "last_known_good"
    }
    assert noted == {"api": "42", "web": "7", "auth": None}
