# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which stores are probed from where a service is, and what of it cannot be meant."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.checks.contract import checked
from ansible_collections.netra.remediation.plugins.module_utils.checks.desired_services import desired_services
from ansible_collections.netra.remediation.plugins.module_utils.checks.needed_permissions import needed_permissions
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation
from ansible_collections.netra.remediation.plugins.module_utils.checks.vpc_probes import vpc_probes
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput

DATABASE = {"name": "database", "kind": "postgres", "variables": {"url": "DATABASE_URL"}}
CACHE = {"name": "cache", "kind": "redis", "variables": {"host": "CACHE"}, "attempts": 2}
SERVICE = {
    "name": "api",
    "image": "app@sha256:1",
    "environment": {"DATABASE_URL": "postgresql://x", "CACHE": "10.0.0.1"},
    "vpc_connector": "link",
}

SEEN = Observation("p", "r", services={"api": None})


def probes(*targets: dict[str, Any], **service: Any) -> list[dict[str, Any]]:
    asked = checked({"services": [{**SERVICE, **service, "vpc_probe": {"targets": list(targets)}}]})
    assert "run.jobs.run" in needed_permissions(asked)["deployment"]
    return vpc_probes(asked, SEEN, desired_services(asked, SEEN))


def test_a_job_has_what_the_service_has_and_the_gate_limits_the_database() -> None:
    ((probe),) = probes(DATABASE, CACHE, {**DATABASE, "name": "replica", "max_connect_seconds": 1})
    assert (probe["name"], probe["service"], probe["image"]) == ("api-vpc-probe", "api", "app@sha256:1")
    assert probe["env"] == SERVICE["environment"]
    database, cache, replica = probe["targets"]
    assert (database["name"], database["max_connect_seconds"], database["attempts"]) == ("database of api", 2, 10)
    assert ("max_connect_seconds" in cache, cache["attempts"]) == (False, 2)
    assert replica["max_connect_seconds"] == 1


def test_a_service_that_stays_as_it_is_is_not_probed() -> None:
    asked = checked({"services": [{**SERVICE, "vpc_probe": {"targets": [CACHE]}}]})
    env = [{"name": name, "value": value} for name, value in SERVICE["environment"].items()]
    template = {"containers": [{"image": SERVICE["image"], "env": env}]}
    there = {
        "name": "api",
        "template": {**template, "vpc_access": {"connector": "projects/p/locations/r/connectors/link"}},
    }
    for service, probed in ((there, 0), ({**there, "template": template}, 1)):
        seen = Observation("p", "r", services={"api": service})
        assert len(vpc_probes(asked, seen, desired_services(asked, seen))) == probed


def test_a_change_that_makes_no_revision_starts_no_probe() -> None:
    asked = checked({"services": [{**SERVICE, "ingress": "all", "vpc_probe": {"targets": [CACHE]}}]})
    env = [{"name": name, "value": value} for name, value in SERVICE["environment"].items()]
    connector = {"connector": "projects/p/locations/r/connectors/link"}
    template = {"containers": [{"image": SERVICE["image"], "env": env}], "vpc_access": connector}
    closed = {"name": "api", "ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY", "template": template}
    seen = Observation("p", "r", services={"api": closed})
    assert vpc_probes(asked, seen, desired_services(asked, seen)) == []


def test_an_image_that_may_become_another_is_not_run() -> None:
    assert probes(DATABASE, image="app:latest") == []


@pytest.mark.parametrize(
    ("targets", "named"),
    [
        ([], "names nothing to probe"),
        ([DATABASE, DATABASE], "has a name that another target has, too"),
        ([{**DATABASE, "variables": {"url": "DATABASE"}}], "DATABASE, which is no variable of the service"),
        ([{**DATABASE, "kind": "mysql"}], "kind"),
        ([{**DATABASE, "values": {"url": "postgresql://u:p@h/d"}}], "gives its url, which all would see"),
    ],
)
def test_what_cannot_be_meant_is_refused(targets: list[dict[str, Any]], named: str) -> None:
    with pytest.raises(BadInput, match=named):
        probes(*targets)
