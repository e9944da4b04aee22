# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One environment with many mistakes in its settings at once: each is told, and none of its clean twin."""

from __future__ import annotations

from typing import Any

import pytest
from broken_environments import (
    BALANCER,
    CERTIFICATE,
    FILE,
    GIVEN,
    HEALTHY,
    SERVICE,
    changed,
    contract,
    judged,
    variable,
)

ANYWHERE = "0.0.0.0"  # noqa: S104  what is searched for
RULES: dict[str, dict[str, Any]] = {
    "MODE": {"one_of": ["staging"]},
    "DB_PORT": {"type": "port", "equals": "5432"},
    "DB_NAME": {"pattern": "[a-z_]+"},
    "RETRIES": {"type": "whole"},
    "DEBUG": {"forbidden": True},
    "TRACE": {"forbidden": True},
    "LOG_LEVEL": {"required": True},
    "REGION": {"required": True},
    "CACHE_URL": {"derived_from": "redis://{redis_host}:6379"},
    "DATABASE_URL": {"derived_from": "postgresql://{DB_HOST}/{DB_NAME}"},
}
SOUND = {
    "MODE": "staging", "DB_PORT": "5432", "DB_NAME": "netra", "RETRIES": "3", "LOG_LEVEL": "info", "REGION": "r",
    "CORS_ORIGINS": "https://app.example.com", "OAUTH_REDIRECT_URI": "https://app.example.com/back",
    "JWT_ISSUER": "netra", "JWT_AUDIENCE": "users",
}  # fmt: skip
SCHEMA = {
    "cloud_run.cpu": {"type": "number"},
    "cloud_run.memory": {"pattern": r"\d+(Mi|Gi)"},
    "service": {"required": True},
}
PAGES = {"NEXT_PUBLIC_API_URL": "https://api.example.com", "JWT_ISSUER": "netra", "JWT_AUDIENCE": "users"}
# What is wrong in the revision that serves: variable → value; None takes it away.
WRONG: dict[str, str | None] = {
    "MODE": "production", "DB_PORT": "54320", "DB_NAME": "Netra-1", "RETRIES": "three", "DEBUG": "true", "TRACE": "1",
    "LOG_LEVEL": None, "REGION": None, "CACHE_URL": "redis://10.9.9.9:6379", "DATABASE_URL": "postgresql://old/netra",
    "P_1": "TEMPLATE", "P_2": "PLACEHOLDER_HOST", "P_3": "<actual-ip>", "P_4": "{{ x }}", "P_5": "changeme",
    "P_6": "${HOST}", "P_7_URL": "https://www.example.org", "REDIS_PEER_HOST": ANYWHERE, "P_8": "your-project-id",
    "P_9": "__HOST__", "CORS_ORIGINS": "https://app.example.com/", "ADMIN_ALLOWED_ORIGINS": "https://other.example.com",
    "OAUTH_REDIRECT_URI": "http://app.example.com/back", "LOGIN_CALLBACK_URL": "https://elsewhere.net/back",
    "JWT_ISSUER": "other", "JWT_AUDIENCE": "admins", "EVENTS_WS_URL": "https://api.example.com/ws",
    "BILLING_API_URL": "wss://api.example.com", "OLD_URL": "https://old-x-uc.a.run.app",
    "WORKER_URL": "https://worker-y-uc.a.run.app", "MAIL_URL": "https://mail.example.com",
    "DOCS_URL": "https://docs.example.com", "PLAIN_URL": "http://api.example.com", "PLAIN_WS": "ws://app.example.com",
    "BUCKET": "prod-uploads", "DATASET": "prod-events",
}  # fmt: skip
IN_FILE = {"cloud_run": {"cpu": "four", "memory": "4 GB", "cpus": 4, "memmory": "1Gi"}}


def the_contract() -> dict[str, Any]:
    api = {**GIVEN["services"][0], "environment": SOUND, "settings": RULES}
    web = {"name": "web", "host": "app.example.com", "environment": PAGES}
    files = [{"path": "staging.yaml", "service": "api", "schema": SCHEMA}]
    return contract(services=[api, web], config_files=files, forbidden_values=["prod-"])


def deployed(environment: dict[str, str | None], uri: str) -> dict[str, Any]:
    given = [variable(name, value) for name, value in environment.items() if value is not None]
    bound = [entry for entry in SERVICE["template"]["containers"][0]["env"] if "value_source" in entry]
    container = {**SERVICE["template"]["containers"][0], "env": given + bound}
    return {**SERVICE, "uri": uri, "template": {**SERVICE["template"], "containers": [container]}}


def environment(wrong: dict[str, str | None], file: dict[str, Any], **parts: Any) -> Any:
    live = {**SOUND, "REDIS_HOST": "10.0.0.3", "DB_HOST": "10.0.0.5", **wrong}
    api, web = deployed(live, "https://api-x-uc.a.run.app"), deployed(PAGES, "https://web-x-uc.a.run.app")
    values = {"service": "api", **file} if not wrong else file
    return changed(
        services={"api": api, "web": web},
        revisions={"api": [{**HEALTHY.revisions["api"][0], **api["template"]}]},
        config_files={"staging.yaml": {**FILE, "values": {"env_vars": SOUND, **values}}},
        **parts,
    )


def texts(observation: Any) -> list[str]:
    ours = ("CFG-", "NET-")
    found = judged(observation, the_contract())
    return [f"{f.summary} {f.evidence}" for f in found if f.id.startswith(ours) and f.id not in {"CFG-003", "NET-001"}]


@pytest.fixture(scope="module")
def told() -> str:
    domains = {"api.example.com": "FAILED_NOT_VISIBLE", "app.example.com": "FAILED_CAA_CHECKING"}
    managed = {"domains": list(domains), "status": "PROVISIONING", "domainStatus": domains}
    expiring = {**CERTIFICATE, "managed": managed, "expireTime": "2026-12-01T00:00:00Z"}
    answers = {"api.example.com": ["198.51.100.7"], "app.example.com": []}
    seen = environment(WRONG, IN_FILE, dns=answers, load_balancer={**BALANCER, "certificates": [expiring]})
    return "\n".join(texts(seen))


@pytest.mark.parametrize("name", WRONG)
def test_each_wrong_variable_is_told(told, name):
    assert name in told


@pytest.mark.parametrize(
    "words",
    [
        "cloud_run.cpu is 'four'", "cloud_run.memory is '4 GB'", "service is not set", "cloud_run.cpus",
        "cloud_run.memmory", "FAILED_NOT_VISIBLE", "FAILED_CAA_CHECKING", "expires in 5 day(s)",
        "leads to 198.51.100.7", "app.example.com does not resolve",
    ],
)  # fmt: skip
def test_each_other_mistake_is_told(told, words):
    assert words in told


def test_the_clean_twin_has_none_of_them():
    both = {**CERTIFICATE, "managed": {"domains": ["api.example.com", "app.example.com"], "status": "ACTIVE"}}
    answers = {host: ["203.0.113.1"] for host in ("api.example.com", "app.example.com")}
    found = texts(environment({}, {}, dns=answers, load_balancer={**BALANCER, "certificates": [both]}))
    assert [text for text in found if "URL map" not in text] == []  # the fixture's URL map knows one host only
