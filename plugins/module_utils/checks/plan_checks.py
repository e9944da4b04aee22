# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge the plan before anything is done: what the contract or Terraform asks for and cannot be, or will not last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks import planned_places, shared_keys
from ansible_collections.netra.remediation.plugins.module_utils.checks.configuration_checks import strange_host
from ansible_collections.netra.remediation.plugins.module_utils.checks.desired_services import (
    DesiredService,
    change_of,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import (
    BY_HAND,
    ERROR,
    WARNING,
    Check,
    Finding,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.lifetimes import limiting, websocket_hops
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation
from ansible_collections.netra.remediation.plugins.module_utils.probes.certificate import covers
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run, cloud_run_traffic
from ansible_collections.netra.remediation.plugins.module_utils.terraform.documents import Document, KnownResource

EDIT = "Correct it in the contract"
# https://cloud.google.com/run/quotas: the longest request time-out of a service.
LONGEST_REQUEST = 3600
# https://cloud.google.com/run/docs/configuring/services/cpu: CPU → least memory in MiB.
LEAST_MEMORY = {4: 2048, 6: 4096, 8: 4096}
CONNECTOR_BITS = 28
SMALLEST_CONNECTOR, LARGEST_CONNECTOR = 2, 10
MEBI = 2**20

BACKEND_TIMEOUT = Check(
    "PLN-001", ERROR, BY_HAND, "Terraform sets a time-out on a backend service before a serverless group",
    "Leave timeout_sec out: the API refuses it with 400, and Cloud Run's own time-out decides.",
    "grep -rn timeout_sec {directory}", ("terraform",),
)  # fmt: skip
LIFETIME = Check(
    "PLN-002", WARNING, BY_HAND, "a WebSocket is to live longer than a hop on its way lets it",
    "Let clients reconnect before the limit, and ask for no more than it.",
    "gcloud run services update {resource} --timeout=3600 --region={region} --project={project}",
)  # fmt: skip
CERTIFICATE = Check(
    "PLN-003", ERROR, BY_HAND, "a planned certificate does not name a host",
    "Name the host among the certificate's domains: a wildcard stands for exactly one label (RFC 6125, 6.4.3).",
    "terraform show -json", ("terraform",),
)  # fmt: skip
FLOATING_ROLLBACK = Check(
    "PLN-004", WARNING, BY_HAND, "the revision to roll back to reads secrets at `latest`",
    "Record a revision that is bound to numbers; this one gets today's payloads, whatever revision serves.",
    "gcloud run revisions describe {revision} --region={region} --project={project}", ("revisions",),
)  # fmt: skip
NO_WAY_BACK = Check(
    "PLN-005", WARNING, BY_HAND, "the revision to roll back to cannot start any more",
    "Name another revision in remediation_last_known_good, or record one with a run that passes its golden path.",
    "gcloud run revisions list --service={resource} --region={region} --project={project}", ("revisions", "images"),
)  # fmt: skip
REGIONS = Check(
    "PLN-006", ERROR, BY_HAND, "parts that must be in one region are planned for two",
    "Plan all of them for the region of the services: a connector and a serverless group reach no other.",
    "gcloud run services list --region={region} --project={project}",
)  # fmt: skip
OVERLAP = Check(
    "PLN-007", ERROR, BY_HAND, "address ranges of one network overlap",
    "Choose a range that nothing in the network has.",
    "gcloud compute networks subnets list --project={project}", ("load_balancer",),
)  # fmt: skip
HIDDEN_DEPLOY = Check(
    "PLN-008", WARNING, BY_HAND, "a pin will keep the next deployment from serving",
    "Lift the hold when its cause is repaired (remediation_lift_hold), or leave traffic out of Terraform.",
    "gcloud run services update-traffic {resource} --to-latest --region={region} --project={project}", ("services",),
)  # fmt: skip
KEYS_DIFFER = Check(
    "PLN-009", ERROR, BY_HAND, "two services sign and verify tokens with different keys",
    "Bind one secret, in one version, to both.",
    "gcloud run services describe {bound} --region={region} --project={project}", ("secrets",),
)  # fmt: skip
STRANGE_ADDRESS = Check(
    "PLN-010", ERROR, BY_HAND, "the contract leads to a host of the domain that no service has", f"{EDIT}.",
    "grep -rn {host} inventory",
)  # fmt: skip
REQUEST_TIMEOUT = Check(
    "PLN-011", ERROR, BY_HAND, "a service's request time-out is longer than Cloud Run lets it be",
    f"{EDIT}: at most 3600 seconds.",
    "gcloud run services update {resource} --timeout=3600 --region={region} --project={project}",
)  # fmt: skip
CONNECTOR_RANGE = Check(
    "PLN-012", ERROR, BY_HAND, "a connector's range is not a /28", f"{EDIT}: a /28 that nothing uses.",
    "gcloud compute networks vpc-access connectors describe {resource} --region={region} --project={project}",
)  # fmt: skip
MEMORY = Check(
    "PLN-013", ERROR, BY_HAND, "a service has too little memory for its CPUs", f"{EDIT}: more memory or fewer CPUs.",
    "gcloud run services update {resource} --memory={memory} --region={region} --project={project}",
)  # fmt: skip
CONNECTOR_SIZE = Check(
    "PLN-014", ERROR, BY_HAND, "a connector's instances are none that Google makes",
    f"{EDIT}: 2 to 10 instances, and fewer at least than at most.",
    "gcloud compute networks vpc-access connectors update {resource} --min-instances=2 --max-instances=10 "
    "--region={region} --project={project}",
)  # fmt: skip


def plan_findings(
    contract: Mapping[str, Any], observation: Observation, desired: Mapping[str, DesiredService]
) -> Iterator[Finding]:
    """Find what the contract and Terraform's plan ask for and cannot have."""
    # A plan says what will be, and knows better than the state that it starts from.
    known = [found for found in (observation.terraform.get(kind) for kind in ("plan", "state")) if found]
    documents = known[:1]
    for service in contract["services"]:
        yield from _service(service, contract)
        yield from _lifetime(service, observation)
        yield from _way_back(service["name"], contract, observation)
        yield from _hidden(service["name"], observation, desired.get(service["name"]))
    yield from _terraform(contract, documents)
    yield from _places(contract, observation, documents)
    yield from _keys(contract, observation)
    yield from _journey(contract)


def _service(service: Mapping[str, Any], contract: Mapping[str, Any]) -> Iterator[Finding]:
    name = service["name"]
    timeout = int(service.get("timeout_seconds") or 0)
    if timeout > LONGEST_REQUEST:
        summary = (
            f"timeout_seconds is {timeout}, and Cloud Run ends every request, WebSockets too, after {LONGEST_REQUEST} s"
        )
        yield REQUEST_TIMEOUT.found(name, summary, {"timeout_seconds": timeout}, service=name)
    cpu, memory = cloud_run.quantity(service.get("cpu") or "1"), cloud_run.quantity(service.get("memory") or "512Mi")
    least = LEAST_MEMORY.get(int(float(cpu)))
    if least and float(memory) < least * MEBI:
        summary = (
            f"{cpu} CPUs need at least {least // 1024}Gi of memory, and memory is {service.get('memory') or '512Mi'}"
        )
        yield MEMORY.found(
            name, summary, {"cpu": cpu, "least": f"{least}Mi"}, service=name, memory=f"{least // 1024}Gi"
        )
    hosts = {entry["host"] for entry in contract["services"] if entry.get("host")}
    for variable, value in (service.get("environment") or {}).items():
        host = strange_host(value, hosts, str(contract.get("domain") or ""))
        if host:
            summary = f"environment.{variable} of {name} leads to {host}, which no service of the contract has"
            yield STRANGE_ADDRESS.found(f"{name} {variable}", summary, {"value": str(value)}, service=name, host=host)


def _journey(contract: Mapping[str, Any]) -> Iterator[Finding]:
    hosts = {entry["host"] for entry in contract["services"] if entry.get("host")}
    for key in ("login_url", "health_url", "websocket_url"):
        value = (contract.get("journey") or {}).get(key)
        host = strange_host(value, hosts, str(contract.get("domain") or ""))
        if host:
            summary = f"remediation_journey.{key} leads to {host}, which no service of the contract has"
            yield STRANGE_ADDRESS.found(f"remediation_journey.{key}", summary, {"value": str(value)}, host=host)


def _lifetime(service: Mapping[str, Any], observation: Observation) -> Iterator[Finding]:
    wanted = int(service.get("websocket_lifetime_seconds") or 0)
    hops = websocket_hops(service, observation)
    hop, limit = limiting(hops)
    if wanted > limit:
        summary = f"a WebSocket is to live {wanted} s, and {hop} ends it after {limit} s"
        evidence = {"wanted": wanted, "effective": limit, "limiting_hop": hop, "hops": hops}
        yield LIFETIME.found(service["name"], summary, evidence, service=service["name"])


def _way_back(name: str, contract: Mapping[str, Any], observation: Observation) -> Iterator[Finding]:
    target = contract["last_known_good"].get(name)
    if not target or name not in observation.revisions or not observation.services.get(name):
        return
    revision = observation.revision(name, target)
    if revision is None:
        summary = f"revision {target}, to which a rollback would go, does not exist"
        yield NO_WAY_BACK.found(name, summary, {"revision": target}, service=name)
        return
    template = revision["template"]
    image = str(template.get("image") or "")
    if observation.has_image(image) is False:
        summary = f"the image of {target}, to which a rollback would go, is gone"
        yield NO_WAY_BACK.found(name, summary, {"revision": target, "image": image}, service=name)
    references = template.get("secret_env") or {}
    floating = sorted(variable for variable, reference in references.items() if str(reference).endswith(":latest"))
    if floating:
        summary = f"{target}, to which a rollback would go, reads {', '.join(floating)} at latest"
        yield FLOATING_ROLLBACK.found(name, summary, {"variables": floating}, service=name, revision=target)


def _hidden(name: str, observation: Observation, desired: DesiredService | None) -> Iterator[Finding]:
    """Find a held pin before a deployment that the contract asks for; without a hold, that moves the traffic."""
    service, hold = observation.services.get(name), observation.hold(name)
    if service is None or hold is None or desired is None:
        return
    if cloud_run_traffic.shares_asked_for(service) == {"latest": 100}:
        return
    fields = change_of(desired, observation).changed_fields
    if fields:
        summary = f"the traffic is held at {observation.serving(name)}, so what is deployed next serves nobody"
        evidence = {"hold": hold.get("reason"), "waiting_changes": fields}
        yield HIDDEN_DEPLOY.found(name, summary, evidence, service=name)


def _terraform(contract: Mapping[str, Any], documents: list[Document]) -> Iterator[Finding]:
    directory = str((contract["infrastructure"].get("terraform") or {}).get("directory") or ".")
    hosts = sorted({service["host"] for service in contract["services"] if service.get("host")})
    told: set[str] = set()
    for document in documents:
        serverless = planned_places.has_serverless_groups(document)
        for resource in document.of_type("google_compute_backend_service"):
            timeout = int(resource.values.get("timeout_sec") or planned_places.ONLY_TIMEOUT)
            if serverless and timeout != planned_places.ONLY_TIMEOUT and resource.address not in told:
                told.add(resource.address)
                summary = f"{resource.address} has timeout_sec {timeout} before a serverless group"
                yield BACKEND_TIMEOUT.found(resource.address, summary, {"timeout_sec": timeout}, directory=directory)
        names = planned_places.certificate_names(document)
        for host in [host for host in hosts if names and not any(covers(name, host) for name in names)]:
            if host not in told:
                told.add(host)
                summary = f"Terraform's certificates are for {', '.join(names)}, not for {host}"
                yield CERTIFICATE.found(host, summary, {"names": names})
        yield from _pinned_by_terraform(document, told)


def _pinned_by_terraform(document: Document, told: set[str]) -> Iterator[Finding]:
    for resource in document.of_type("google_cloud_run_v2_service"):
        pins = [entry.get("revision") for entry in resource.values.get("traffic") or () if entry.get("revision")]
        name = str(resource.values.get("name") or resource.address)
        if pins and f"PLN-008 {name}" not in told:
            told.add(f"PLN-008 {name}")
            summary = (
                f"{resource.address} pins the traffic to {', '.join(map(str, pins))}: each apply undoes a roll-forward"
            )
            yield HIDDEN_DEPLOY.found(name, summary, {"revisions": pins}, service=name)


def _places(contract: Mapping[str, Any], observation: Observation, documents: list[Document]) -> Iterator[Finding]:
    known: list[KnownResource] = [resource for document in documents for resource in document.resources]
    for what, region in planned_places.regions(contract, known).items():
        if region != observation.region:
            summary = f"{what} is planned for {region}, the services are in {observation.region}"
            yield REGIONS.found(what, summary, {"region": region, "wanted": observation.region})
    for first, second in planned_places.overlaps(planned_places.ranges(contract, observation, known)):
        summary = f"{first.range} of {first.what} overlaps {second.range} of {second.what} in network {first.network}"
        yield OVERLAP.found(first.what, summary, {"ranges": [str(first.range), str(second.range)], "with": second.what})
    connector = contract["infrastructure"].get("connector") or {}
    given = connector.get("ip_cidr_range")
    parsed = planned_places.parsed_range(given)
    if given and (parsed is None or parsed.prefixlen != CONNECTOR_BITS):
        yield CONNECTOR_RANGE.found(connector["name"], f"ip_cidr_range is {given}, which is no /28", {"range": given})
    least, most = int(connector.get("min_instances") or 2), int(connector.get("max_instances") or 10)
    if connector and not SMALLEST_CONNECTOR <= least < most <= LARGEST_CONNECTOR:
        summary = f"min_instances is {least} and max_instances {most}"
        yield CONNECTOR_SIZE.found(connector["name"], summary, {"min_instances": least, "max_instances": most})


def _keys(contract: Mapping[str, Any], observation: Observation) -> Iterator[Finding]:
    for source, variables in shared_keys.references(contract, observation).items():
        for variable, bound in variables.items():
            digests = {service: observation.digests.get(reference) for service, reference in bound.items()}
            if None in digests.values() or len(set(digests.values())) < 2:  # noqa: PLR2004  two keys that are one
                continue
            where = "the contract binds" if source == "contract" else "services are deployed with"
            words = ", ".join(f"{service}: {reference}" for service, reference in sorted(bound.items()))
            yield KEYS_DIFFER.found(
                f"{variable} ({source})",
                f"{where} different keys to {variable} ({words})",
                {"references": bound, "digests": digests},
                bound=min(bound).partition(" ")[0],
            )
