# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput, RemediationError
from ansible_collections.netra.remediation.plugins.module_utils.operations import rollback_plan, run_record

LATEST, PINNED = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"
HERE = "projects/p/locations/r/services/api"


class Session:
    """An API with one service; whatever else is asked is a mistake."""

    project, location = "p", "projects/p/locations/r"

    def __init__(self, traffic: list[dict[str, Any]], stands: list[dict[str, Any]] | None = None) -> None:
        self.answers = {
            f"/v2/{HERE}": {
                "latestReadyRevision": f"{HERE}/revisions/api-2",
                "traffic": traffic,
                "trafficStatuses": [{"revision": "api-2", **target} for target in stands or traffic],
            },
            f"/v2/{HERE}/revisions/api-1": {"containers": [{"image": "img@sha256:1"}]},
        }

    def json(self, _api: str) -> Session:
        return self

    def get(self, path: str, **_: Any) -> dict[str, Any]:
        return self.answers[path]


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """Plan with records in which api-1 is declared good, and an API that shows the given traffic."""
    record = run_record.run(
        {"directory": str(tmp_path), "environment": "staging", "declared_good": {"api": "api-1"}, "finished": False},
        False,
    )

    def run(traffic: list[dict[str, Any]] | None = None, /, stands: Any = None, **options: Any) -> dict[str, Any]:
        monkeypatch.setattr(rollback_plan, "Session", lambda _options: Session(traffic or [], stands))
        defaults = {name: given["default"] for name, given in rollback_plan.OPTIONS.items() if "default" in given}
        place = {"directory": str(tmp_path), "environment": "staging"}
        return rollback_plan.run({**defaults, **place, **options}, False)

    run.record = record["run"]["id"]
    return run


def test_a_run_that_moved_nothing_has_nothing_to_plan(plan) -> None:
    found = plan(moved_in_run=plan.record)
    assert (found["services"], found["planned"], found["refused"]) == ([], [], [])


def test_without_any_record_a_person_must_name_a_revision(plan, tmp_path) -> None:
    with pytest.raises(RemediationError, match="Name one in remediation_last_known_good"):
        plan(directory=str(tmp_path / "none"))


def test_a_service_that_only_the_records_know_is_refused_before_it_is_read(plan) -> None:
    found = plan(known_services=["web"], fail_when_refused=False)
    assert found["refused"] == ["api: it is on record, but remediation_services does not name it any more"]
    assert found["planned"] == []


def test_it_does_not_stop_the_others(plan) -> None:
    found = plan([{"type": LATEST, "percent": 100}], known_services=["api"], declared_good={"gone": "gone-1"})
    assert [decision["service"] for decision in found["planned"]] == ["api"]
    assert found["refused"] == ["gone: it is on record, but remediation_services does not name it any more"]


@pytest.mark.parametrize(
    ("traffic", "shares"),
    [
        pytest.param([{"type": LATEST, "percent": 100}], [{"latest": True, "percent": 100}], id="goes on following"),
        pytest.param(
            [{"type": PINNED, "revision": "api-2", "percent": 100, "tag": "blue"}],
            [{"revision": "api-2", "percent": 100}],
            id="a pin stays",
        ),
        pytest.param([], [{"latest": True, "percent": 100}], id="nothing asked for is the latest"),
    ],
)
def test_a_trial_moves_nothing(plan, traffic, shares) -> None:
    (planned,) = plan(traffic)["planned"]
    assert planned["trial"] == [*shares, {"revision": "api-1", "percent": 0, "tag": "rollback"}]


def test_where_something_else_stands_than_is_asked_for_the_trial_asks_for_what_stands(plan) -> None:
    """The revision that is asked for never became ready, so the traffic never went there."""
    asked, stands = (
        [{"type": PINNED, "revision": "api-3", "percent": 100}],
        [{"type": PINNED, "revision": "api-2", "percent": 100}],
    )
    (planned,) = plan(asked, stands=stands)["planned"]
    assert planned["trial"][0] == {"revision": "api-2", "percent": 100}
    assert any("asks for another division" in caution for caution in planned["cautions"])


def test_one_revision_names_its_service(plan) -> None:
    (decision,) = plan([{"type": LATEST, "percent": 100}], revision="api-1")["services"]
    assert (decision["service"], decision["revision"]) == ("api", "api-1")
    with pytest.raises(BadInput, match=r"api-9: it is not on record as good. On record are: api-1"):
        plan(revision="api-9")
