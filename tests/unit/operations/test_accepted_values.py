# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.resources import accepted_values


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("service", ["a", "netra-backend-staging", "a" * 49], ["", "A", "1a", "a-", "a_b", "a" * 50, "a\n"]),
        ("secret", ["a", "Upper_and-1", "9"], ["", "a b", "a/b", "a" * 256]),
        ("Redis instance", ["staging-redis", "a" * 40], ["a" * 41, "-a"]),
        ("VPC Access connector", ["staging-connector", "a" * 25], ["a" * 26, "a."]),
        ("Cloud SQL instance", ["staging-postgres"], ["postgres_1", "a" * 99]),
    ],
)
def test_names(kind, good, bad):
    for name in good:
        accepted_values.refuse_bad_name(kind, name)
    for name in bad:
        with pytest.raises(BadInput, match=f"no name for a {kind}") as refused:
            accepted_values.refuse_bad_name(kind, name)
        assert refused.value.option == "name"


@pytest.mark.parametrize(
    ("option", "good", "bad"),
    [
        ("cpu", ["1", "0.5", "500m", 2], ["lots", "1 CPU", "-1", "1.5m"]),
        ("memory", ["512Mi", "1.5Gi", "2G", "536870912"], ["lots", "512MB", "Mi", "1 Gi"]),
    ],
)
def test_quantities(option, good, bad):
    for value in [*good, None]:
        accepted_values.refuse_bad_quantities({option: value})
    for value in bad:
        with pytest.raises(BadInput, match=f"^{option} is ") as refused:
            accepted_values.refuse_bad_quantities({option: value})
        assert refused.value.option == option


@pytest.mark.parametrize("options", [{"subnet": "s"}, {"network": "n", "ip_cidr_range": "10.0.0.0/28"}])
def test_a_complete_connector(options):
    accepted_values.refuse_incomplete_connector("c", options)


@pytest.mark.parametrize("options", [{}, {"network": "n"}, {"ip_cidr_range": "10.0.0.0/28"}])
def test_an_incomplete_connector(options):
    with pytest.raises(BadInput, match="either subnet, or network and ip_cidr_range"):
        accepted_values.refuse_incomplete_connector("c", options)


@pytest.mark.parametrize("options", [{}, {"min_instances": 1}, {"min_instances": 2, "max_instances": 2}])
def test_instances_that_can_be(options):
    accepted_values.refuse_bad_instances(options)


def test_more_instances_at_least_than_at_most():
    with pytest.raises(BadInput, match="min_instances is 3, more than max_instances, which is 2"):
        accepted_values.refuse_bad_instances({"min_instances": 3, "max_instances": 2})


def test_values_become_the_text_that_a_process_sees():
    assert accepted_values.texts({"a": True, "b": 1, "c": "x"}) == {"a": "true", "b": "1", "c": "x"}
