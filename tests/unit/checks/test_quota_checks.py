# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the services ask for at their most is held against the quotas of their region, and told with numbers."""

from __future__ import annotations

from typing import Any

import pytest
from broken_environments import GIVEN, changed, contract, judged

GIBI = 2**30


def found(quotas: dict[str, float], *services: dict[str, Any]) -> dict[str, str]:
    """Return key → summary of what is found of services with the settings given."""
    named = [{**GIVEN["services"][0], **(services[0] if services else {})}]
    named += [{"name": f"more-{index}", **settings} for index, settings in enumerate(services[1:])]
    observation = changed(quotas={"run": quotas} if quotas else {})
    told = judged(observation, contract(services=named))
    return {finding.key: finding.summary for finding in told if finding.id in {"RUN-015", "RUN-016"}}


@pytest.mark.parametrize(
    ("quotas", "services", "keys"),
    [
        ({"cpu": 80}, [{"cpu": "4", "memory": "2Gi", "max_instances": 20}], []),
        ({"cpu": 79}, [{"cpu": "4", "memory": "2Gi", "max_instances": 20}], ["RUN-015 api cpu"]),
        ({"cpu": 5}, [{"cpu": "500m", "max_instances": 10}], []),
        ({"memory": 5 * GIBI}, [{"max_instances": 10}], []),  # 512Mi each
        ({"memory": 5 * GIBI}, [{"memory": "1Gi", "max_instances": 10}], ["RUN-015 api memory"]),
        ({"cpu": 10}, [{"max_instances": 6}, {"max_instances": 6}], ["RUN-016 r cpu"]),
        ({"cpu": 10}, [{"max_instances": 11}, {"max_instances": 6}], ["RUN-015 api cpu"]),
        ({"cpu": 10}, [{}, {"max_instances": 10}], []),  # who names no most is given what there is
        ({"cpu": 0}, [{"max_instances": 1}], ["RUN-015 api cpu"]),
        ({}, [{"cpu": "8", "memory": "4Gi", "max_instances": 1000}], []),  # nobody read them
    ],
)
def test_what_is_asked_for_is_held_against_the_quota(
    quotas: dict[str, float], services: list[dict[str, Any]], keys: list[str]
) -> None:
    assert list(found(quotas, *services)) == keys


def test_the_numbers_are_told() -> None:
    told = found({"cpu": 20, "memory": 60 * GIBI}, {"cpu": "4", "memory": "4Gi", "max_instances": 20})
    assert told == {
        "RUN-015 api cpu": "20 instances of 4 CPUs are 80 CPUs, the quota of r is 20 CPUs: "
        "max_instances may be at most 5",
        "RUN-015 api memory": "20 instances of 4 GiB are 80 GiB, the quota of r is 60 GiB: "
        "max_instances may be at most 15",
    }
