# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the next revision changes, and what would keep it from starting."""

from __future__ import annotations

from typing import Any

import pytest
from broken_environments import BROKEN, HEALTHY, REPOSITORY, changed, contract, judged, of_service
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.checks.catalogue import CHECKS
from ansible_collections.netra.remediation.plugins.module_utils.checks.desired_services import desired_services
from ansible_collections.netra.remediation.plugins.module_utils.checks.next_revision import (
    beyond_quota,
    difference,
    obstacles,
    parity,
    unstartable,
)


def found(observation: Any, given_contract: Any) -> tuple[list[dict[str, Any]], list[str]]:
    desired = desired_services(given_contract, observation)
    findings = judged(observation, given_contract)
    return parity(desired, observation), obstacles(desired, observation, findings)


def test_a_service_that_is_as_it_should_be_gets_no_revision() -> None:
    assert found(HEALTHY, contract()) == ([], [])


def test_names_are_compared_and_no_value_is_told() -> None:
    wanted = of_service(environment={"MODE": "very-secret-mode", "NEW": "very-secret-new"})
    (told,), obstacles_found = found(HEALTHY, wanted)
    assert told["environment"] == {"added": ["NEW"], "removed": [], "changed": ["MODE"]}
    assert told["text"] == "api: environment +NEW, ~MODE"
    assert "very-secret" not in str(told)
    assert obstacles_found == []


def test_an_image_that_is_gone_stops_a_new_revision_only() -> None:
    gone = changed(images={REPOSITORY: []})
    wanted = of_service(environment={"MODE": "other"})
    assert [text.split(" ", 1)[0] for text in found(gone, wanted)[1]] == ["image"]
    assert found(gone, contract())[1] == []
    assert found(changed(images={}), wanted)[1] == []  # nobody read it, so nobody knows


def test_a_secret_that_may_not_be_read_stops_a_new_revision() -> None:
    observation, its_contract = BROKEN["SEC-006"]
    changes = {**its_contract["services"][0], "environment": {"MODE": "other"}}
    wanted = {**its_contract, "services": [changes]}
    (stopping,) = found(observation, wanted)[1]
    assert stopping.startswith("SEC-006 api api-key-staging: ")


@pytest.mark.parametrize("identity", ["RUN-014", "RUN-015"])
def test_what_cloud_run_would_refuse_stops_a_new_revision(identity: str) -> None:
    observation, its_contract = BROKEN[identity]
    changes = {**its_contract["services"][0], "environment": {"MODE": "other"}}
    wanted = {**its_contract, "services": [changes]}
    (stopping,) = found(observation, wanted)[1]
    assert stopping.startswith(f"{identity} api")
    assert stopping.endswith(f"({CHECKS[identity].remedy.removesuffix('.')})")


@pytest.mark.parametrize(("identity", "is_beyond"), [("RUN-014", False), ("RUN-015", True), ("SEC-006", False)])
def test_only_the_quota_is_beyond_what_a_run_repairs_before(identity: str, is_beyond: bool) -> None:
    observation, its_contract = BROKEN[identity]
    changes = {**its_contract["services"][0], "environment": {"MODE": "other"}}
    wanted = {**its_contract, "services": [changes]}
    desired, findings = desired_services(wanted, observation), judged(observation, wanted)
    assert bool(beyond_quota(desired, observation, findings)) is is_beyond
    assert beyond_quota({}, observation, findings) == []
    # A rotation makes revisions that are as what serves, apart from a secret.
    assert bool(unstartable(["api"], findings)) is not is_beyond
    assert unstartable(["web"], findings) == []


def test_an_image_that_may_not_be_read_stops_no_service_that_stays_as_it_is() -> None:
    assert found(*BROKEN["RUN-014"])[1] == []


@given(*(st.dictionaries(st.sampled_from("ABCDE"), st.sampled_from("xyz")) for _side in range(2)))
def test_each_name_is_told_once(before: dict[str, str], after: dict[str, str]) -> None:
    told = difference(before, after)
    names = [name for names in told.values() for name in names]
    assert len(names) == len(set(names))
    assert set(names) == {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
