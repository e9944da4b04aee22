# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge the infrastructure: by the field tables of the modules that repair it, and by what services say of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks import log_evidence
from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import (
    BY_HAND,
    DEPLOYMENT,
    ERROR,
    INFRASTRUCTURE,
    WARNING,
    Check,
    Finding,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import RemediationError
from ansible_collections.netra.remediation.plugins.module_utils.reconcile import plan
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run, cloud_sql, redis, vpc_access
from ansible_collections.netra.remediation.plugins.module_utils.resources.json_resource import network_name

PROVISION = "The infrastructure phase provisions it."
REDIS = Check(
    "INF-001", ERROR, INFRASTRUCTURE, "Redis is missing, not ready, or other than the contract says", PROVISION,
    "gcloud redis instances describe {resource} --region={region} --project={project}", ("infrastructure",),
)  # fmt: skip
CONNECTOR = Check(
    "INF-002", ERROR, INFRASTRUCTURE, "the VPC Access connector is", PROVISION,
    "gcloud compute networks vpc-access connectors describe {resource} --region={region} --project={project}",
    ("infrastructure",),
)  # fmt: skip
SQL = Check(
    "INF-003", ERROR, INFRASTRUCTURE, "the Cloud SQL instance is", PROVISION,
    "gcloud sql instances describe {resource} --project={project}", ("infrastructure",),
)  # fmt: skip
UNCONNECTED = Check(
    "INF-004", ERROR, DEPLOYMENT, "a service does not use its connector", "The deployment phase connects it.",
    "gcloud run services update {resource} --vpc-connector={connector} --region={region} --project={project}",
    ("services",),
)  # fmt: skip
API_OFF = Check(
    "INF-005", ERROR, BY_HAND, "an API that the environment needs is not enabled",
    "Enable it; that takes a minute to be in force.",
    "gcloud services enable {resource} --project={project}", ("apis",),
)  # fmt: skip
NETWORKS_DIFFER = Check(
    "INF-006", ERROR, BY_HAND, "the connector and Redis are in different networks",
    "Make the connector anew in Redis's network: neither can be moved.",
    "gcloud compute networks vpc-access connectors describe {resource} --region={region} --project={project}",
    ("infrastructure",),
)  # fmt: skip
REDIS_PASSWORD = Check(
    "INF-007", ERROR, BY_HAND, "Redis asks for a password that services do not have",
    "Turn AUTH off, or store its string as a secret and bind it to the services.",
    "gcloud redis instances update {resource} --no-enable-auth --region={region} --project={project}", ("logs",),
)  # fmt: skip
DATABASE_FULL = Check(
    "INF-008", ERROR, BY_HAND, "the database takes no more connections",
    "End sessions that nobody needs, raise max_connections or the machine type, and bound the services' pools.",
    "gcloud sql instances describe {resource} --format='value(settings.databaseFlags)' --project={project}", ("logs",),
)  # fmt: skip
DATABASE_SLOW = Check(
    "INF-009", ERROR, BY_HAND, "connecting to the database takes longer than the gate allows",
    "Repair its causes; where none is known, look at the instance's CPU, memory and connections.",
    "gcloud sql instances describe {resource} --project={project}", ("probes",),
)  # fmt: skip
ELSEWHERE = Check(
    "INF-010", ERROR, BY_HAND, "a resource of the name is in another region",
    "Correct remediation_region, or let the infrastructure phase make one in the region of the services.",
    "gcloud redis instances list --region={region} --project={project}", ("infrastructure",),
)  # fmt: skip
STATE_AHEAD = Check(
    "INF-011", WARNING, BY_HAND, "Terraform's state has a resource that does not exist",
    "A plan will make it again; remove it from the state when it is not to come back.",
    "terraform state rm '{address}'", ("terraform", "infrastructure"),
)  # fmt: skip
STATE_BEHIND = Check(
    "INF-012", ERROR, INFRASTRUCTURE, "a resource exists that Terraform's state does not know",
    "The infrastructure phase imports it; otherwise an apply fails because it exists already.", "terraform plan",
    ("terraform", "infrastructure"),
)  # fmt: skip

PARTS = {"redis": (REDIS, redis), "connector": (CONNECTOR, vpc_access), "sql": (SQL, cloud_sql)}
TERRAFORM_TYPES = {
    "redis": "google_redis_instance",
    "connector": "google_vpc_access_connector",
    "sql": "google_sql_database_instance",
}
APIS = {"redis": "redis.googleapis.com", "connector": "vpcaccess.googleapis.com", "sql": "sqladmin.googleapis.com"}
ALWAYS_NEEDED = ("run.googleapis.com", "secretmanager.googleapis.com")
DATABASE_GATE = "database_seconds"


def infrastructure_findings(contract: Mapping[str, Any], observation: Observation) -> Iterator[Finding]:
    """Find parts that are missing, not usable, in another place, or other than the contract says."""
    infrastructure = contract.get("infrastructure") or {}
    for part, (check, resource) in PARTS.items():
        wanted = infrastructure.get(part)
        if not wanted or part not in observation.infrastructure:
            continue
        name, live = wanted["name"], observation.infrastructure[part]
        complaint, evidence = _complaint(resource, wanted, live)
        if complaint:
            yield check.found(name, f"{resource.KIND.noun} {name} {complaint}", evidence)
        listed = observation.listed.get(part)
        regions = listed.elsewhere(name, observation.region) if listed and live is None else []
        if regions:
            summary = f"{resource.KIND.noun} {name} is in {', '.join(regions)} instead of {observation.region}"
            yield ELSEWHERE.found(name, summary, {"regions": regions, "wanted": observation.region})
    yield from _apis(contract, observation)
    yield from _networks(infrastructure, observation)
    yield from _terraform_state(contract, observation)


def _complaint(resource: Any, wanted: Mapping[str, Any], live: Mapping[str, Any] | None) -> tuple[str, dict[str, Any]]:
    if live is None:
        return "does not exist", {}
    if live.get("state") not in resource.KIND.ready:
        return f"is {live.get('state')}", {}
    desired = {name: value for name, value in wanted.items() if name != "name"}
    try:
        decision = plan(resource.FIELDS, desired, resource.observed_options(live), str(wanted["name"]))
    except RemediationError as error:
        return "differs in what cannot be changed", {"reason": error.message}
    differences = {
        name: f"{decision.before.get(name)} instead of {decision.after.get(name)}" for name in decision.changes
    }
    return ("is other than the contract says", differences) if differences else ("", {})


def _apis(contract: Mapping[str, Any], observation: Observation) -> Iterator[Finding]:
    enabled = observation.apis.get("enabled")
    if enabled is None:
        return
    infrastructure = contract.get("infrastructure") or {}
    needed = [*ALWAYS_NEEDED, *(api for part, api in APIS.items() if infrastructure.get(part))]
    if any(service.get("build") for service in contract["services"]):
        needed.append("cloudbuild.googleapis.com")
    for api in dict.fromkeys([*needed, *(contract.get("required_apis") or ())]):
        if api not in enabled:
            yield API_OFF.found(api, f"the API {api} is not enabled in the project")


def _networks(infrastructure: Mapping[str, Any], observation: Observation) -> Iterator[Finding]:
    """Compare the networks of what is there; where the contract names one, the part that departs from it says so."""
    connector, cache = observation.infrastructure.get("connector"), observation.infrastructure.get("redis")
    wanted = infrastructure.get("connector") or {}
    if not connector or not cache or wanted.get("network"):
        return
    networks = {
        "connector": network_name(str(connector.get("network") or "default")),
        "redis": network_name(str(cache.get("authorizedNetwork") or "default")),
    }
    if len(set(networks.values())) > 1:
        summary = (
            f"the connector is in {networks['connector']} and Redis in {networks['redis']}, so no service reaches it"
        )
        yield NETWORKS_DIFFER.found(str(wanted["name"]), summary, networks)


def _terraform_state(contract: Mapping[str, Any], observation: Observation) -> Iterator[Finding]:
    infrastructure, state = contract.get("infrastructure") or {}, observation.terraform.get("state")
    if state is None:
        return
    for part, kind in TERRAFORM_TYPES.items():
        wanted = infrastructure.get(part)
        if not wanted or part not in observation.infrastructure:
            continue
        known = [entry for entry in state.of_type(kind) if entry.values.get("name") == wanted["name"]]
        exists = observation.infrastructure[part] is not None
        if known and not exists:
            summary = f"{known[0].address} is in Terraform's state, and {wanted['name']} does not exist"
            yield STATE_AHEAD.found(
                wanted["name"], summary, {"address": known[0].address, "serial": state.serial}, address=known[0].address
            )
        elif exists and not known:
            summary = f"{wanted['name']} exists and is not in Terraform's state, so an apply would fail to create it"
            found = STATE_BEHIND.found(wanted["name"], summary, {"type": kind, "serial": state.serial})
            yield found if _imports(contract) else replace(found, phase=BY_HAND, severity=WARNING)


def _imports(contract: Mapping[str, Any]) -> bool:
    """Say whether the infrastructure phase brings into the state what exists."""
    terraform = (contract.get("infrastructure") or {}).get("terraform") or {}
    return contract.get("infrastructure_engine") != "tasks" and bool(terraform.get("import_existing", True))


def connection_findings(wanted: Mapping[str, Any], observation: Observation) -> Iterator[Finding]:
    """Find a deployed service that does not use the connector that its contract names."""
    name, connector = wanted["name"], wanted.get("vpc_connector")
    service = observation.services.get(name)
    if service is None or not connector:
        return
    full = cloud_run.connector_name(connector, observation.project, observation.region)
    live = cloud_run.observed_options(service).get("vpc_connector")
    if live != full:
        yield UNCONNECTED.found(
            name,
            "the service does not use its connector",
            {"connector": live, "wanted": full},
            service=name,
            connector=str(connector),
        )


def dependency_findings(
    contract: Mapping[str, Any], observation: Observation, symptoms: Mapping[str, Finding]
) -> Iterator[Finding]:
    """Find what services say of Redis and the database: in their logs (the symptoms by service), and by measuring."""
    infrastructure = contract.get("infrastructure") or {}
    told = {
        log_evidence.REDIS_AUTH: (REDIS_PASSWORD, "redis", "Redis asks for a password that the service does not send"),
        log_evidence.DATABASE_FULL: (DATABASE_FULL, "sql", "the database takes no more connections"),
    }
    seen: dict[str, Finding] = {}
    for service, symptom in symptoms.items():
        kind = str(symptom.evidence.get("kind"))
        if kind in told:
            check, part, summary = told[kind]
            resource = str((infrastructure.get(part) or {}).get("name") or part)
            evidence = {"service": service, "log": symptom.evidence["log"], "time": symptom.evidence["time"]}
            finding = check.found(resource, f"{summary}, says {service}", evidence)
            seen.setdefault(finding.key, finding)
    yield from seen.values()
    limit = contract["gates"][DATABASE_GATE]
    resource = str((infrastructure.get("sql") or {}).get("name") or "database")
    for service, probe in observation.probes.items():
        seconds = ((probe.get("observed") or {}).get("measures") or {}).get(DATABASE_GATE)
        if seconds is not None and seconds > limit:
            summary = f"{service} needs {seconds:.1f} s to connect to the database, the limit is {limit:g} s"
            evidence = {"seconds": seconds, "limit": limit}
            yield DATABASE_SLOW.found(f"{resource} from {service}", summary, evidence, service=service)
