# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Address ranges, regions and lifetimes: what the plan and the world say, and where they clash."""

from __future__ import annotations

import ipaddress

import pytest
from broken_environments import HEALTHY, balancer, of_service
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.checks.lifetimes import limiting, websocket_hops
from ansible_collections.netra.remediation.plugins.module_utils.checks.planned_places import (
    Placed,
    overlaps,
    parsed_range,
)

NETWORKS = st.sampled_from(["a", "b"])
RANGES = st.builds(
    lambda last, prefix: ipaddress.ip_network(f"10.0.0.{last}/{prefix}", strict=False),
    st.integers(0, 255),
    st.integers(26, 30),
)


@given(st.lists(st.tuples(RANGES, NETWORKS), max_size=6))
def test_overlaps_are_those_of_the_addresses(entries):
    placed = [Placed(str(number), found, network) for number, (found, network) in enumerate(entries)]
    told = {frozenset((first.what, second.what)) for first, second in overlaps(placed)}
    expected = {
        frozenset((first.what, second.what))
        for first in placed
        for second in placed
        if first is not second and first.network == second.network and set(first.range) & set(second.range)
    }
    assert told == expected


def test_docker_has_its_range_in_every_network():
    (pair,) = overlaps([Placed("subnetwork x", ipaddress.ip_network("172.17.4.0/24"), "a")])
    assert pair[1].what == "Docker's bridge"


@pytest.mark.parametrize("text", ["", None, "10.0.0.0/33", "google-managed-services", "10.0.0.1/28"])
def test_what_is_no_range(text):
    assert parsed_range(text) is None


@pytest.mark.parametrize(
    ("keys", "observation", "hop", "seconds"),
    [
        ({"timeout_seconds": 900}, HEALTHY, "the request time-out of api", 900),
        ({"timeout_seconds": 7200}, HEALTHY, "Cloud Run's longest request", 3600),
        ({"timeout_seconds": 900}, balancer("backend_services", timeoutSec=30), "the request time-out of api", 900),
        (
            {"timeout_seconds": 900},
            balancer("endpoint_groups", networkEndpointType="INTERNET_FQDN_PORT"),
            "backend service api-backend",
            30,
        ),
        ({"timeout_seconds": None}, HEALTHY, "the request time-out of api", 900),  # the deployed one
    ],
)
def test_the_hop_that_ends_a_websocket_first(keys, observation, hop, seconds):
    service = of_service(**keys)["services"][0]
    assert limiting(websocket_hops(service, observation)) == (hop, seconds)
