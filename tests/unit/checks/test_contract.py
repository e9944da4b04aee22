# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a contract may not say: each refusal names the variable, and none shows a password."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.checks.contract import checked
from ansible_collections.netra.remediation.plugins.module_utils.foundation import paths
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput

JOURNEY = {
    "login_url": "https://auth/login",
    "email": "a@b.c",
    "password_secret": "key",
    "health_url": "https://api/health",
    "websocket_url": "wss://api/ws",
    "prompt": "Hello?",
    "events": ["agent_completed"],
}
CONTRACT = {
    "services": [{"name": "api", "build": {"dockerfile": "Dockerfile", "image": "registry/api"}}],
    "secrets": [{"name": "key"}],
    "infrastructure": {"redis": {"name": "cache"}},
    "journey": JOURNEY,
}


def test_a_sound_contract_is_filled_in():
    complete = checked(CONTRACT)
    assert complete["waves"] == [["api"]]
    assert complete["gates"]["health_seconds"] == 2


@pytest.mark.parametrize(
    ("place", "value", "complaint"),
    [
        ("services.0.ingress", "internl", "remediation_services[0].ingress must be one of"),
        ("services.0.execution_environment", "gen3", "remediation_services[0].execution_environment must be one of"),
        ("services.0.vpc_egress", "all", "remediation_services[0].vpc_egress must be one of"),
        ("services.0.cpu", "lots", "remediation_services[0].cpu is 'lots'"),
        ("services.0.memory", "512MB", "remediation_services[0].memory is '512MB'"),
        ("services.0.port", "1.5", "remediation_services[0].port must be a whole number"),
        ("services.0.port", True, "remediation_services[0].port must be a whole number"),
        ("services.0.environment", {"A": None}, "remediation_services[0].environment.A has no value"),
        ("services.0.secrets", {"A": "kei"}, "did you mean 'key'?"),
        ("services.0.environment_from_outputs", {"A": "{redis}"}, "environment_from_outputs.A names 'redis'"),
        ("services.0.database_schema", {}, "remediation_services[0].database_schema says nowhere at which head it is"),
        (
            "services.0.database_schema",
            {"head": "1", "health_key": "a"},
            "database_schema has both health_key and head",
        ),
        ("services.0.database_schema", {"health_key": "a"}, "database_schema.health_key needs the service's host"),
        ("services.0.database_schema", {"heads": "1"}, "database_schema.heads is not known; did you mean head?"),
        ("services.0.helth_path", "/", "remediation_services[0].helth_path is not known; did you mean health_path?"),
        ("waves", [["web"]], "remediation_waves[0] names 'web'"),
        ("waves", [["api"], ["api"]], "remediation_waves names 'api' more than once"),
        ("infrastructure_engine", "terraform", "remediation_infrastructure.terraform is missing"),
        ("journey.password", "x", "remediation_journey has both password and password_secret"),
        ("journey.events", [], "remediation_journey.events is empty"),
        ("gates", {"health_seconds": "soon"}, "remediation_gates.health_seconds must be a number"),
        ("last_known_good", {"web": "web-1"}, "remediation_last_known_good.web names 'web'"),
        (
            "config_files",
            [{"path": "a.yaml", "service": "api"}, {"path": "./a.yaml", "service": "api"}],
            "remediation_config_files[1].path is ./a.yaml, which an entry before has too",
        ),
        ("config_files", [{"path": "a.yaml", "service": "web"}], "remediation_config_files[0].service names 'web'"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_name(place, value, complaint):
    contract = copy.deepcopy(CONTRACT)
    *parents, last = place.split(".")
    below = paths.read(contract, ".".join(parents)) if parents else contract
    below[last] = value
    with pytest.raises(BadInput) as refused:
        checked(contract)
    assert complaint in refused.value.message


@pytest.mark.parametrize(
    ("options", "meant"),
    [({"private": True}, True), ({"host": "a.b"}, True), ({"private": True, "host": "a.b"}, False)],
)
def test_a_private_service_has_no_host_at_which_users_without_a_token_meet_it(options, meant):
    contract = {**CONTRACT, "services": [{**CONTRACT["services"][0], **options}]}
    if meant:
        assert checked(contract)["services"][0]["name"] == "api"
        return
    with pytest.raises(BadInput, match=r"remediation_services\[0\]\.private is true, and users who come to a\.b have"):
        checked(contract)


def test_more_instances_at_least_than_at_most_are_refused():
    service = {"name": "api", "min_instances": 30, "max_instances": "20"}
    with pytest.raises(BadInput, match=r"remediation_services\[0\].min_instances is 30, more than max_instances"):
        checked({"services": [service]})


def test_a_password_of_the_wrong_type_is_not_shown():
    journey = {**JOURNEY, "password": 987654321}
    with pytest.raises(BadInput) as refused:
        checked({**CONTRACT, "journey": journey})
    assert "remediation_journey.password must be text" in refused.value.message
    assert "987654321" not in refused.value.message
