# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cloud SQL: machine types, flags, what an instance may look like."""

from __future__ import annotations

from typing import Any

import pytest

from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.services.sql_admin import flags, resources, rules, tiers

SETTINGS: dict[str, Any] = {
    "tier": "db-g1-small",
    "edition": "ENTERPRISE",
    "dataDiskSizeGb": "10",
    "ipConfiguration": {"ipv4Enabled": True},
}
INSTANCE: dict[str, Any] = {"name": "db", "project": "p", "region": "r", "databaseVersion": "POSTGRES_17"}


def instance(**settings: Any) -> dict[str, Any]:
    return {**INSTANCE, "settings": {**SETTINGS, **settings}}


@pytest.mark.parametrize(
    ("tier", "edition", "words"),
    [
        ("db-f1-micro", "ENTERPRISE", None),
        ("db-custom-1-3840", "ENTERPRISE", None),
        ("db-custom-2-7680", "ENTERPRISE", None),
        ("db-custom-96-638976", "ENTERPRISE", None),
        ("db-perf-optimized-N-2", "ENTERPRISE_PLUS", None),
        ("db-n1-standard-1", "ENTERPRISE", "Only custom or shared-core"),
        ("db-custom-3-7680", "ENTERPRISE", "Only custom or shared-core"),
        ("db-custom-2-7681", "ENTERPRISE", "Only custom or shared-core"),
        ("db-custom-4-3584", "ENTERPRISE", "Only custom or shared-core"),
        ("db-custom-1-8192", "ENTERPRISE", "Only custom or shared-core"),
        ("db-g1-small", "ENTERPRISE_PLUS", "Use a predefined Tier"),
        ("db-perf-optimized-N-2", "ENTERPRISE", "Invalid Tier"),
        ("", "ENTERPRISE", "Only custom or shared-core"),
    ],
)
def test_a_machine_type_belongs_to_an_edition(tier: str, edition: str, words: str | None) -> None:
    fault = tiers.fault(tier, edition)
    assert (fault is None) if words is None else (words in str(fault))


@pytest.mark.parametrize(
    ("tier", "connections"),
    [
        ("db-f1-micro", 25),
        ("db-g1-small", 50),
        ("db-custom-1-3840", 100),
        ("db-custom-1-6144", 200),
        ("db-custom-2-7680", 400),
        ("db-custom-4-15360", 500),
        ("db-perf-optimized-N-16", 1000),
    ],
)
def test_the_memory_decides_about_the_connections(tier: str, connections: int) -> None:
    assert tiers.connections(tier) == connections


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([{"name": "max_connections", "value": "100"}, {"name": "log_connections", "value": "on"}], None),
        ([{"name": "default_transaction_isolation", "value": "serializable"}], None),
        ([{"name": "random_page_cost", "value": "1.1"}], None),
        ([{"name": "max_connections", "value": "13"}], "Invalid value"),
        ([{"name": "max_connections", "value": "many"}], "Invalid value"),
        ([{"name": "log_connections", "value": "true"}], "Invalid value"),
        ([{"name": "log_statement", "value": "some"}], "Invalid value"),
        ([{"name": "log_connections", "value": "on"}] * 2, "twice"),
        ([{"name": "fsync", "value": "off"}], "Invalid flag name: fsync"),
    ],
)
def test_a_flag_is_known_and_takes_values(given: list[dict[str, str]], words: str | None) -> None:
    fault = flags.fault(given)
    assert (fault is None) if words is None else (words in str(fault))


def test_the_server_is_started_with_the_flags_that_reach_it() -> None:
    given = [{"name": "work_mem", "value": "4096"}, {"name": "shared_buffers", "value": "1000"}]
    assert resources.server_settings(instance(databaseFlags=given)) == {"max_connections": "50", "work_mem": "4096"}
    more = [{"name": "max_connections", "value": "80"}]
    assert resources.server_settings(instance(databaseFlags=more)) == {"max_connections": "80"}


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "Upper"},
        {"name": "1db"},
        {"name": "db-"},
        {"name": "x" * 96},
        {"databaseVersion": "MYSQL_8_0"},
        instance(tier="db-n1-standard-1"),
        instance(dataDiskSizeGb="9"),
        instance(ipConfiguration={}),
        instance(databaseFlags=[{"name": "fsync", "value": "off"}]),
    ],
)
def test_an_instance_outside_the_rules_is_refused(changed: dict[str, Any]) -> None:
    rules.refuse(instance())
    with pytest.raises(ApiError):
        rules.refuse({**instance(), **changed})


@pytest.mark.parametrize("given", [{"region": "elsewhere"}, {"databaseVersion": "POSTGRES_18"}, {"name": "other"}])
def test_what_is_fixed_is_refused(given: dict[str, Any]) -> None:
    rules.refuse_change(instance(), instance(), {"region": "r", "databaseVersion": "POSTGRES_17"})
    with pytest.raises(ApiError, match="cannot be changed"):
        rules.refuse_change(instance(), instance(), given)


def test_a_disk_does_not_shrink() -> None:
    rules.refuse_change(instance(), instance(dataDiskSizeGb="20"), {})
    with pytest.raises(ApiError, match="cannot be decreased"):
        rules.refuse_change(instance(dataDiskSizeGb="20"), instance(dataDiskSizeGb="19"), {})


@pytest.mark.parametrize(
    ("version", "edition"),
    [
        ("POSTGRES_9_6", "ENTERPRISE"),
        ("POSTGRES_15", "ENTERPRISE"),
        ("POSTGRES_16", "ENTERPRISE_PLUS"),
        ("?", "ENTERPRISE"),
    ],
)
def test_the_version_decides_about_the_edition_where_none_is_named(version: str, edition: str) -> None:
    assert rules.edition_of(version) == edition
