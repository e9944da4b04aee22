# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An environment in which nothing is wrong, and for each check what makes it find something."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.contract import checked
from ansible_collections.netra.remediation.plugins.module_utils.checks.desired_services import desired_services
from ansible_collections.netra.remediation.plugins.module_utils.checks.diagnosis import diagnose
from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import Finding
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Listed, Observation, Unread
from ansible_collections.netra.remediation.plugins.module_utils.terraform.documents import read_document

REPOSITORY = "projects/p/locations/r/repositories/repo"
IMAGE = "r-docker.pkg.dev/p/repo/app"
CONNECTOR = "projects/p/locations/r/connectors/link"
ACCOUNT = "api@p.iam.gserviceaccount.com"
NOW = "2026-11-25T12:00:00Z"
GIVEN: dict[str, Any] = {
    "domain": "example.com",
    "services": [
        {
            "name": "api",
            "host": "api.example.com",
            "build": {"dockerfile": "Dockerfile", "image": IMAGE, "required_paths": ["app/monitoring"]},
            "vpc_connector": "link",
            "service_account": ACCOUNT,
            "timeout_seconds": 900,
            "environment": {"MODE": "staging"},
            "environment_from_outputs": {"REDIS_HOST": "{redis_host}", "DB_HOST": "{database_private_ip}"},
            "secrets": {"KEY": "api-key-staging"},
        }
    ],
    "secrets": [{"name": "api-key-staging"}],
    "infrastructure": {
        "redis": {"name": "cache", "tier": "BASIC", "memory_size_gb": 1},
        "connector": {"name": "link", "network": "net", "ip_cidr_range": "10.8.0.0/28"},
        "sql": {"name": "db", "tier": "db-g1-small"},
        "terraform": {"directory": "terraform"},
    },
    "config_files": [{"path": "staging.yaml", "service": "api"}],
    "last_known_good": {"api": "api-00001"},
}
CONTRACT = checked(GIVEN)
LATEST = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
REVISION = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"


def contract(**variables: Any) -> dict[str, Any]:
    """Return the contract with some of its variables replaced."""
    return checked({**GIVEN, **variables})


def of_service(**keys: Any) -> dict[str, Any]:
    """Return the contract with other keys of its service."""
    return contract(services=[{**GIVEN["services"][0], **keys}])


def variable(name: str, value: str) -> dict[str, Any]:
    """Return a plain variable as the API has it."""
    return {"name": name, "value": value}


def bound(name: str, secret: str, version: str) -> dict[str, Any]:
    """Return a variable that is bound to a secret."""
    return {"name": name, "value_source": {"secret_key_ref": {"secret": secret, "version": version}}}


ENV = [
    variable("MODE", "staging"),
    variable("REDIS_HOST", "10.0.0.3"),
    bound("KEY", "api-key-staging", "2"),
    variable("DB_HOST", "10.0.0.5"),
]
TEMPLATE = {
    "containers": [{"image": f"{IMAGE}@sha256:1", "env": ENV}],
    "vpc_access": {"connector": CONNECTOR},
    "service_account": ACCOUNT,
    "timeout": "900s",
}
SERVICE: dict[str, Any] = {
    "name": "projects/p/locations/r/services/api",
    "template": TEMPLATE,
    "latest_created_revision": "api-00001",
    "latest_ready_revision": "api-00001",
    "traffic": [{"type_": LATEST, "percent": 100}],
    "traffic_statuses": [{"type_": LATEST, "percent": 100, "revision": "api-00001"}],
}
READY = {"type_": "Ready", "state": "CONDITION_SUCCEEDED"}
REVISIONS = [{"name": "api-00001", "create_time": "2026-11-25T08:00:00Z", "conditions": [READY], **TEMPLATE}]
CERTIFICATE: dict[str, Any] = {
    "name": "cert",
    "managed": {"domains": ["api.example.com"], "status": "ACTIVE"},
    "expireTime": "2027-02-01T00:00:00Z",
}
BALANCER: dict[str, list[dict[str, Any]]] = {
    "addresses": [{"name": "ip", "address": "203.0.113.1"}],
    "forwarding_rules": [{"name": "rule", "target": "x/proxy", "portRange": "443-443", "IPAddress": "203.0.113.1"}],
    "https_proxies": [{"name": "proxy", "urlMap": "x/map", "sslCertificates": ["x/cert"]}],
    "url_maps": [
        {
            "name": "map",
            "hostRules": [{"hosts": ["api.example.com"], "pathMatcher": "api"}],
            "pathMatchers": [{"name": "api", "defaultService": "x/api-backend"}],
        }
    ],
    "backend_services": [
        {"name": "api-backend", "timeoutSec": 30, "backends": [{"group": "x/api-neg"}], "securityPolicy": "x/armor"}
    ],
    "endpoint_groups": [
        {"name": "api-neg", "networkEndpointType": "SERVERLESS", "cloudRun": {"service": "api"}, "region": "x/r"}
    ],
    "certificates": [CERTIFICATE],
    "security_policies": [{"name": "armor", "rules": [{"action": "allow", "priority": 2147483647}]}],
    "subnetworks": [{"name": "subnet", "network": "x/net", "ipCidrRange": "10.128.0.0/20"}],
}
REDIS = {
    "name": "projects/p/locations/r/instances/cache",
    "state": "READY",
    "host": "10.0.0.3",
    "tier": "BASIC",
    "memorySizeGb": 1,
    "authorizedNetwork": "projects/p/global/networks/net",
}
LINK = {"name": CONNECTOR, "state": "READY", "network": "net", "ipCidrRange": "10.8.0.0/28"}
SQL = {
    "name": "db",
    "state": "RUNNABLE",
    "settings": {"tier": "db-g1-small"},
    "ipAddresses": [{"type": "PRIVATE", "ipAddress": "10.0.0.5"}],
}
AGENT = "service-1@serverless-robot-prod.iam.gserviceaccount.com"
APIS = ["cloudbuild", "redis", "run", "secretmanager", "sqladmin", "vpcaccess"]


def state_of(*resources: tuple[str, str, dict[str, Any]], plan: bool = False) -> Any:
    """Return a Terraform document with resources (type, name, attributes)."""
    shown = [
        {"address": f"{kind}.{name}", "type": kind, "name": name, "values": values} for kind, name, values in resources
    ]
    root = {"root_module": {"resources": shown}}
    return read_document({"format_version": "1.2", ("planned_values" if plan else "values"): root})


KNOWN = (
    ("google_redis_instance", "cache", {"name": "cache", "region": "r"}),
    ("google_vpc_access_connector", "link", {"name": "link", "region": "r"}),
    ("google_sql_database_instance", "db", {"name": "db", "region": "r"}),
)
HEALTHY = Observation(
    project="p",
    region="r",
    time=NOW,
    services={"api": SERVICE},
    revisions={"api": REVISIONS},
    secrets={"api-key-staging": {"1": "DISABLED", "2": "ENABLED"}},
    secret_names={"all": ["api-key-staging"]},
    infrastructure={"redis": REDIS, "connector": LINK, "sql": SQL},
    listed={"redis": Listed((REDIS,)), "connector": Listed((LINK,)), "sql": Listed((SQL,))},
    errors={"api": {"revision": "api-00001", "count": 0, "groups": []}},
    contexts={"api": {"digest": "abc", "excluded": [], "missing": []}},
    builds={"api": {"id": "b", "digest": "sha256:1"}},
    config_files={"staging.yaml": {"exists": True, "service": "api", "placeholders": [], "differs": False}},
    probes={"api": {"healthy": True, "reason": "healthy in 0.1 s"}},
    load_balancer=BALANCER,
    logs={"api": []},
    images={REPOSITORY: [f"{IMAGE}@sha256:1"]},
    apis={"enabled": [f"{name}.googleapis.com" for name in APIS]},
    policies={
        "project": {
            f"serviceAccount:{ACCOUNT}": ["roles/secretmanager.secretAccessor"],
            f"serviceAccount:{AGENT}": ["roles/run.serviceAgent"],
        },
        "service api": {"allUsers": ["roles/run.invoker"]},
    },
    numbers={"p": "1"},
    quotas={"run": {"cpu": 20, "memory": 40 * 2**30}},
    terraform={"state": state_of(*KNOWN)},
)


def judged(observation: Observation, given: dict[str, Any] = CONTRACT, **more: Any) -> list[Finding]:
    """Return what the diagnosis finds."""
    return diagnose(given, observation, desired_services(given, observation), **more).findings


def changed(**parts: Any) -> Observation:
    """Return the healthy environment with other parts."""
    return dataclasses.replace(HEALTHY, **parts)


def service(**parts: Any) -> dict[str, Any]:
    """Return the services with other fields."""
    return {"api": {**copy.deepcopy(SERVICE), **parts}}


def container(**parts: Any) -> dict[str, Any]:
    """Return the services with another container."""
    found = copy.deepcopy(SERVICE)
    found["template"]["containers"][0].update(parts)
    return {"api": found}


def template(**parts: Any) -> dict[str, Any]:
    """Return the services with another template."""
    found = copy.deepcopy(SERVICE)
    found["template"].update(parts)
    return {"api": found}


def infrastructure(part: str, resource: Any, **listed: Any) -> Observation:
    """Return the environment with another part of its infrastructure."""
    return changed(infrastructure={**HEALTHY.infrastructure, part: resource}, listed={**HEALTHY.listed, **listed})


def balancer(part: str, **fields: Any) -> Observation:
    """Return the environment in which the only resource of a collection of the load balancer has other fields."""
    return changed(load_balancer={**BALANCER, part: [{**BALANCER[part][0], **fields}]})


def down(*lines: str, **parts: Any) -> Observation:
    """Return the environment whose endpoint is down and whose serving revision logged lines, newest first."""
    logs = [
        {"service": "api", "revision": "api-00001", "time": NOW, "severity": "ERROR", "line": line} for line in lines
    ]
    probe = {"healthy": False, "reason": "GET https://api.example.com/health answered 503", "observed": {"status": 503}}
    return changed(probes={"api": probe}, logs={"api": logs}, **parts)


FILE = {"exists": True, "service": "api", "placeholders": [], "differs": False}
SCHEMA = contract(
    config_files=[{"path": "staging.yaml", "service": "api", "schema": {"cloud_run.cpu": {"type": "number"}}}]
)


def of_two(api: dict[str, str] | None = None, web: dict[str, str] | None = None) -> dict[str, Any]:
    """Return the contract of a service and of the pages that call it, with variables."""
    first = {**GIVEN["services"][0], "environment": {"MODE": "staging", **(api or {})}}
    second = {"name": "web", "host": "app.example.com", "environment": {"NEXT_PUBLIC_API_URL": API, **(web or {})}}
    return contract(services=[first, second])


API = "https://api.example.com"
EXCLUDED = {"digest": "abc", "excluded": [{"path": "app/monitoring", "line": 3, "pattern": "**/monitoring"}]}
PINNED = {"traffic": [{"type_": REVISION, "revision": "api-00001", "percent": 100}]}
SPLIT = {"traffic": [{"type_": REVISION, "revision": "api-00000", "percent": 90}, {"type_": LATEST, "percent": 10}]}
BETWEEN_STEPS = {
    "traffic": [
        {"type_": REVISION, "revision": "api-00000", "percent": 90},
        {"type_": REVISION, "revision": "api-00001", "percent": 10},
    ],
    "annotations": {
        "netra-remediation-step": '{"to": "api-00001", "shares": {"api-00000": 90, "api-00001": 10}, '
        '"before": {"api-00000": 100}}'
    },
}
HELD = {"annotations": {"netra-remediation-hold": '{"reason": "a canary"}'}}
FAILED = {"type_": "Ready", "state": "CONDITION_FAILED", "message": "The container failed to start."}
BACKEND = ("google_compute_backend_service", "api", {"timeout_sec": 86400})
GROUP = ("google_compute_region_network_endpoint_group", "api", {"network_endpoint_type": "SERVERLESS", "region": "r"})
WILDCARD = ("google_compute_managed_ssl_certificate", "cert", {"managed": [{"domains": ["*.com"]}]})
ELSEWHERE = {**REDIS, "name": "projects/p/locations/elsewhere/instances/cache"}
TWO_KEYS = checked(
    {
        "services": [{"name": "api", "secrets": {"JWT_KEY": "one"}}, {"name": "web", "secrets": {"JWT_KEY": "two"}}],
        "secrets": [{"name": "one"}, {"name": "two"}],
    }
)
SAME_KEYS = checked({**TWO_KEYS, "secrets": [{"name": "one", "same_as": "two"}, {"name": "two"}]})
TWO_SECRETS = {"one": {"1": "ENABLED"}, "two": {"1": "ENABLED"}}
NO_NETWORK = {**GIVEN["infrastructure"], "connector": {"name": "link"}}
SILENCE = {"id": "RUN-004", "reason": "we know", "until": "2026-11-01"}


def audited(rule: str, text: str) -> tuple[Observation, dict[str, Any]]:
    """Return the environment in whose only secret an audit found something."""
    seen = {"kind": "port", "digest": "d", "complaints": [{"rule": rule, "text": text}]}
    return changed(payloads={"api-key-staging:2": seen}), contract(secret_payload_audit=True)


def connector(**keys: Any) -> dict[str, Any]:
    """Return the contract with another connector."""
    parts = GIVEN["infrastructure"]
    return contract(infrastructure={**parts, "connector": {**parts["connector"], **keys}})


# Id of a check → the environment in which it finds something, and the contract where that is another one.
BROKEN: dict[str, tuple[Observation, dict[str, Any]]] = {
    identity: found if isinstance(found, tuple) else (found, CONTRACT)
    for identity, found in {
        "BLD-001": changed(contexts={"api": EXCLUDED}),
        "BLD-002": changed(builds={"api": None}),
        "CFG-001": changed(
            config_files={
                "staging.yaml": {
                    "exists": True,
                    "service": "api",
                    "placeholders": [{"line": 1, "column": 13, "key": "REDIS_HOST", "token": "TEMPLATE"}],
                }
            }
        ),
        "CFG-002": changed(services=container(env=[variable("REDIS_HOST", "PLACEHOLDER"), *ENV[::2], ENV[3]])),
        "CFG-003": changed(services=container(env=[variable("MODE", "production"), *ENV[1:]])),
        "CFG-004": changed(services=container(env=[*ENV, variable("AUTH_URL", "https://auth.example.com")])),
        "CFG-005": (
            changed(services=container(env=[*ENV, variable("DATABASE", "prod-db")])),
            contract(forbidden_values=["prod-"]),
        ),
        "CFG-006": changed(services=container(env=[*ENV, variable("WS_URL", "ws://api.example.com/ws")])),
        "CFG-007": (
            changed(config_files={"staging.yaml": {**FILE, "values": {"env_vars": {"MODE": "production"}}}}),
            of_service(settings={"MODE": {"one_of": ["staging"]}}),
        ),
        "CFG-008": (changed(config_files={"staging.yaml": {**FILE, "values": {"cloud_run": {"cpu": "four"}}}}), SCHEMA),
        "CFG-009": (changed(config_files={"staging.yaml": {**FILE, "values": {"cloud_run": {"cpus": 4}}}}), SCHEMA),
        "CFG-010": (HEALTHY, of_two(api={"CORS_ORIGINS": "https://app.example.com/"})),
        "CFG-011": (HEALTHY, of_two(api={"OAUTH_REDIRECT_URI": "https://login.elsewhere.net/back"})),
        "CFG-012": (HEALTHY, of_two(api={"JWT_ISSUER": "netra"}, web={"JWT_ISSUER": "netra-auth"})),
        "CFG-013": (HEALTHY, of_two(web={"NEXT_PUBLIC_WS_URL": "https://api.example.com/ws"})),
        "CFG-014": (
            changed(services={"api": {**SERVICE, "uri": "https://api-x-uc.a.run.app"}}),
            of_two(api={"AUTH_URL": "https://auth-y-uc.a.run.app"}),
        ),
        "NET-010": changed(dns={"api.example.com": ["198.51.100.7"]}),
        "INF-001": infrastructure("redis", None, redis=Listed(())),
        "INF-002": infrastructure("connector", {**LINK, "state": "ERROR"}),
        "INF-003": infrastructure("sql", {**SQL, "settings": {"tier": "db-f1-micro"}}),
        "INF-004": changed(services=template(vpc_access={})),
        "INF-005": changed(apis={"enabled": [f"{name}.googleapis.com" for name in APIS if name != "redis"]}),
        "INF-006": (infrastructure("connector", {**LINK, "network": "default"}), contract(infrastructure=NO_NETWORK)),
        "INF-007": down("redis.exceptions.AuthenticationError: NOAUTH Authentication required."),
        "INF-008": down("psycopg.OperationalError: FATAL: sorry, too many clients already"),
        "INF-009": changed(
            probes={"api": {"healthy": True, "reason": "", "observed": {"measures": {"database_seconds": 8.04}}}}
        ),
        "INF-010": infrastructure("redis", None, redis=Listed((ELSEWHERE,))),
        "INF-011": infrastructure("redis", None, redis=Listed(())),
        "INF-012": changed(terraform={"state": state_of(*KNOWN[1:])}),
        "NET-001": balancer("certificates", managed={"domains": ["*.com"], "status": "ACTIVE"}),
        "NET-002": balancer(
            "certificates",
            managed={
                "domains": ["api.example.com"],
                "status": "PROVISIONING",
                "domainStatus": {"api.example.com": "FAILED_NOT_VISIBLE"},
            },
        ),
        "NET-003": balancer("certificates", expireTime="2026-12-01T00:00:00Z"),
        "NET-004": balancer("url_maps", hostRules=[]),
        "NET-005": balancer("backend_services", backends=[]),
        "NET-006": balancer("forwarding_rules", portRange="80-80"),
        "NET-007": balancer("backend_services", timeoutSec=86400),
        "NET-008": balancer("endpoint_groups", region="x/elsewhere"),
        "NET-009": balancer("security_policies", rules=[{"action": "deny(403)", "priority": 2147483647}]),
        "OBS-001": changed(errors={}, unread=(Unread("errors", "api", "PERMISSION_DENIED", "denied"),)),
        "OBS-002": (HEALTHY, contract(silenced=[SILENCE])),
        "PLN-001": changed(terraform={"plan": state_of(*KNOWN, GROUP, BACKEND, plan=True)}),
        "PLN-002": (HEALTHY, of_service(websocket_lifetime_seconds=86400)),
        "PLN-003": changed(terraform={"plan": state_of(*KNOWN, WILDCARD, plan=True)}),
        "PLN-004": changed(
            revisions={
                "api": [
                    {**REVISIONS[0], "containers": [{"image": f"{IMAGE}@sha256:1", "env": [bound("K", "k", "latest")]}]}
                ]
            }
        ),
        "PLN-005": (HEALTHY, contract(last_known_good={"api": "api-00000"})),
        "PLN-006": changed(
            terraform={
                "state": state_of(
                    ("google_redis_instance", "cache", {"name": "cache", "region": "elsewhere"}), *KNOWN[1:]
                )
            }
        ),
        "PLN-007": (HEALTHY, connector(ip_cidr_range="10.128.0.16/28")),
        "PLN-008": (changed(services=service(**PINNED, **HELD)), of_service(environment={"MODE": "other"})),
        "PLN-009": (
            Observation(project="p", region="r", secrets=TWO_SECRETS, digests={"one:1": "a", "two:1": "b"}),
            TWO_KEYS,
        ),
        "PLN-010": (HEALTHY, of_service(environment={"MODE": "staging", "WEB": "https://app.example.com"})),
        "PLN-011": (HEALTHY, of_service(timeout_seconds=86400)),
        "PLN-012": (HEALTHY, connector(ip_cidr_range="10.8.0.0/24")),
        "PLN-013": (HEALTHY, of_service(cpu="4", memory="1Gi")),
        "PLN-014": (HEALTHY, connector(min_instances=3, max_instances=3)),
        "RUN-001": changed(services={"api": None}),
        "RUN-002": changed(revisions={"api": [{**REVISIONS[0], "conditions": [FAILED]}]}),
        "RUN-003": changed(services=service(**PINNED)),
        "RUN-004": down(),
        "RUN-005": changed(services=template(health_check_disabled=True)),
        "RUN-006": changed(services=service(**SPLIT)),
        "RUN-007": changed(
            services=service(
                latest_created_revision="api-00002",
                terminal_condition={"state": "CONDITION_FAILED", "message": "The image was not found."},
            )
        ),
        "RUN-008": down("ModuleNotFoundError: No module named 'app.monitoring'"),
        "RUN-009": changed(images={REPOSITORY: []}),
        "RUN-010": changed(
            services=service(
                traffic=[{"type_": LATEST, "percent": 100}, {"type_": REVISION, "revision": "api-00000", "tag": "old"}]
            )
        ),
        "RUN-011": (changed(services=service(ingress="INGRESS_TRAFFIC_INTERNAL_ONLY")), of_service(ingress="internal")),
        "RUN-012": changed(policies={**HEALTHY.policies, "service api": {"user:a@b.c": ["roles/run.invoker"]}}),
        "RUN-013": changed(services=service(**BETWEEN_STEPS)),
        "RUN-014": changed(
            policies={
                **HEALTHY.policies,
                "project": {f"serviceAccount:{ACCOUNT}": ["roles/secretmanager.secretAccessor"]},
                f"repository {REPOSITORY}": {},
            }
        ),
        "RUN-015": (HEALTHY, of_service(cpu="4", memory="2Gi", max_instances=20)),
        "RUN-016": (
            HEALTHY,
            contract(services=[{**GIVEN["services"][0], "max_instances": 15}, {"name": "web", "max_instances": 10}]),
        ),
        "SEC-001": changed(secrets={"api-key-staging": None}),
        "SEC-002": changed(secrets={"api-key-staging": {"1": "DISABLED"}}),
        "SEC-003": changed(services=container(env=[*ENV[:2], ENV[3], bound("KEY", "api-key-staging", "latest")])),
        "SEC-004": changed(secrets={"api-key-staging": None}, secret_names={"all": ["api-keys-staging"]}),
        "SEC-005": changed(services=container(env=[*ENV[:2], ENV[3], bound("KEY", "api-key-staging", "1")])),
        "SEC-006": changed(policies={**HEALTHY.policies, "project": {}, "secret api-key-staging": {}}),
        "SEC-007": changed(permissions={"granted": ["run.services.get"]}),
        "SEC-008": changed(services=template(service_account="1-compute@developer.gserviceaccount.com")),
        "SEC-009": changed(services=container(env=[*ENV, variable("DB_PASSWORD", "hunter2")])),
        "SEC-010": audited("placeholder", "is a placeholder or holds one"),
        "SEC-011": audited("malformed", "must be a port: a whole number from 1 to 65535"),
        "SEC-012": audited("white_space", "ends with a line break, as echo writes one (printf does not)"),
        "SEC-013": audited("weak", "has so little chance in it that it could be found by trying"),
        "SEC-014": (
            Observation(project="p", region="r", secrets=TWO_SECRETS, digests={"one:1": "a", "two:1": "b"}),
            SAME_KEYS,
        ),
        "SEC-015": changed(secret_names={"all": ["api-key-staging", "api_keystaging"]}),
        "SEC-016": changed(secret_names={"all": ["api-key-staging", "left-over"]}),
        "SEC-017": changed(
            services=container(env=[*ENV[:2], ENV[3], bound("KEY", "api-key-staging", "latest")]),
            secrets={"api-key-staging": {"2": "ENABLED", "3": "DISABLED"}},
        ),
        "SLO-001": changed(errors={"api": {"revision": "api-00001", "count": 45, "groups": []}}),
        "SLO-002": changed(
            errors={
                "api": {
                    "revision": "api-00001",
                    "count": 1,
                    "groups": [{"count": 1, "message": "KeyError: 'USER'", "first_seen": "2026-11-25T09:00:00Z"}],
                }
            }
        ),
    }.items()
}
# What a repair needs, in short, for the check of the caller's permissions.
ASKED = {"deployment": ("run.services.get", "run.services.update")}
