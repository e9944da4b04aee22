# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge services: whether they are there, what they are, who serves, and what their logs say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks import log_evidence
from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import (
    BY_HAND,
    CRITICAL,
    DEPLOYMENT,
    DESCRIBE_SERVICE,
    ERROR,
    GOLDEN_PATH,
    WARNING,
    Check,
    Finding,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation
from ansible_collections.netra.remediation.plugins.module_utils.resources import (
    artifact_registry,
    cloud_run,
    cloud_run_traffic,
    traffic_steps,
)
from ansible_collections.netra.remediation.plugins.module_utils.resources.project_access import EVERYONE

ALL = {"latest": 100}
FOLLOWS_LATEST = "latest"
INVOKER = "roles/run.invoker"
LOG = (
    'gcloud logging read \'resource.type="cloud_run_revision" resource.labels.revision_name="{revision}" '
    "severity>=WARNING' --freshness=1h --project={project}"
)

MISSING = Check(
    "RUN-001", CRITICAL, DEPLOYMENT, "a service does not exist", "The deployment phase creates it.",
    DESCRIBE_SERVICE, ("services",),
)  # fmt: skip
NOT_READY = Check(
    "RUN-002", CRITICAL, GOLDEN_PATH, "the revision that serves is not ready", "Repair its causes, or roll back.",
    "gcloud run revisions describe {revision} --region={region} --project={project}", ("services", "revisions"),
)  # fmt: skip
PINNED = Check(
    "RUN-003", ERROR, DEPLOYMENT, "the traffic is pinned", "The deployment phase rolls forward.",
    "gcloud run services update-traffic {resource} --to-latest --region={region} --project={project}", ("services",),
)  # fmt: skip
UNHEALTHY = Check(
    "RUN-004", CRITICAL, GOLDEN_PATH, "an endpoint is not healthy",
    "Repair its causes; where none is known, read the log of the serving revision.",
    LOG, ("probes",),
)  # fmt: skip
UNPROBED = Check(
    "RUN-005", ERROR, DEPLOYMENT, "new revisions count as ready without a probe",
    "The deployment phase turns the check on again.",
    "gcloud run services update {resource} --no-deploy-health-check --region={region} --project={project}",
    ("services",),
)  # fmt: skip
SPLIT = Check(
    "RUN-006", WARNING, DEPLOYMENT, "a person split the traffic",
    "End the split, hold it, or set traffic to latest in its entry of remediation_services.",
    "gcloud run services update-traffic {resource} --to-latest --region={region} --project={project}", ("services",),
)  # fmt: skip
NEWEST_FAILED = Check(
    "RUN-007", ERROR, DEPLOYMENT, "the newest revision never became ready",
    "Repair its causes; the deployment phase then makes a new revision.",
    "gcloud run revisions describe {revision} --region={region} --project={project}", ("services",),
)  # fmt: skip
ENDS_AT_START = Check(
    "RUN-008", CRITICAL, GOLDEN_PATH, "instances of the revision that serves end at start, or fail in what they need",
    "Repair what the line names.", LOG, ("logs", "services"),
)  # fmt: skip
IMAGE_GONE = Check(
    "RUN-009", CRITICAL, BY_HAND, "the image of the revision that serves is gone",
    "No new instance can start: deploy a revision whose image is there, and keep clean-up policies off those in use.",
    "gcloud artifacts docker images list {repository} --project={project}", ("services", "revisions", "images"),
)  # fmt: skip
STALE_TARGET = Check(
    "RUN-010", WARNING, BY_HAND, "the traffic keeps a tag or a share for a revision that is gone or failed",
    "Take the target away, or the next deployment fails because of it.",
    "gcloud run services update-traffic {resource} --remove-tags={tag} --region={region} --project={project}",
    ("services", "revisions"),
)  # fmt: skip
WRONG_INGRESS = Check(
    "RUN-011", ERROR, BY_HAND, "the ingress refuses what the load balancer sends",
    "Set ingress to internal-and-cloud-load-balancing or all in the contract, so that the deployment phase changes it.",
    "gcloud run services update {resource} --ingress=internal-and-cloud-load-balancing --region={region} "
    "--project={project}",
    ("services",),
)  # fmt: skip
NOBODY_MAY_CALL = Check(
    "RUN-012", ERROR, BY_HAND, "a service with a public host lets nobody call it",
    "Let everybody call it (the load balancer passes requests on without credentials), or set invoker_iam_disabled.",
    "gcloud run services add-iam-policy-binding {resource} --member=allUsers --role=roles/run.invoker "
    "--region={region} --project={project}", ("services", "policies"),
)  # fmt: skip

BETWEEN_STEPS = Check(
    "RUN-013", ERROR, DEPLOYMENT, "a move of traffic stopped between two steps",
    "The deployment phase goes on with it, or starts anew where the contract asks for another revision by now.",
    DESCRIBE_SERVICE, ("services",),
)  # fmt: skip


def service_findings(wanted: Mapping[str, Any], observation: Observation) -> Iterator[Finding]:
    """Find a service that is missing, or whose settings keep users out or broken revisions in."""
    name = wanted["name"]
    if name not in observation.services:
        return
    service = observation.services[name]
    if service is None:
        yield MISSING.found(name, "the service does not exist", service=name)
        return
    live = cloud_run.observed_options(service)
    if live.get("health_check_disabled"):
        yield UNPROBED.found(name, "new revisions count as ready without a probe", service=name)
    if live.get("ingress") == "internal" and wanted.get("host"):
        summary = f"ingress is internal, so requests for {wanted['host']} that come through a load balancer get 404"
        yield WRONG_INGRESS.found(name, summary, {"ingress": "internal", "host": wanted["host"]}, service=name)
    yield from _invokers(wanted, live, observation)


def _invokers(wanted: Mapping[str, Any], live: Mapping[str, Any], observation: Observation) -> Iterator[Finding]:
    name = wanted["name"]
    own, project = observation.policies.get(f"service {name}"), observation.policies.get("project")
    if not wanted.get("host") or live.get("invoker_iam_disabled") or own is None or project is None:
        return
    if not any(INVOKER in policy.get(member, ()) for policy in (own, project) for member in EVERYONE):
        summary = f"nobody without credentials may call the service, so {wanted['host']} answers 403"
        callers = sorted(member for member, roles in own.items() if INVOKER in roles)
        yield NOBODY_MAY_CALL.found(name, summary, {"may_call": callers}, service=name)


def undecided_split(wanted: Mapping[str, Any], observation: Observation) -> dict[str, int] | None:
    """Return the shares of a service whose traffic a person split, unless a hold or the contract says what is meant.

    Nobody but that person knows what it is for. A move in steps, which splits traffic too, leaves its mark.
    """
    service = observation.services.get(wanted["name"])
    if service is None or wanted.get("traffic") == FOLLOWS_LATEST or observation.hold(wanted["name"]):
        return None
    if traffic_steps.unfinished(service):
        return None
    shares = cloud_run_traffic.shares_asked_for(service)
    return shares if len(shares) > 1 else None


def undecided_splits(contract: Mapping[str, Any], observation: Observation) -> list[dict[str, Any]]:
    """Return what a person must decide about first: service, shares, and the shares in words."""
    return [
        {"service": service["name"], "shares": shares, "text": in_words(shares)}
        for service in contract["services"]
        if (shares := undecided_split(service, observation))
    ]


def in_words(shares: Mapping[str, int]) -> str:
    """Return shares for people."""
    return ", ".join(f"{revision} {percent} %" for revision, percent in sorted(shares.items()))


def unmeasurable_gates(observation: Observation) -> list[str]:
    """Return the gates that will stay open because nobody may count what they ask for, each with what the API said."""
    return [f"errors of {entry.name}: {entry.message}" for entry in observation.unread if entry.part == "errors"]


def traffic_findings(wanted: Mapping[str, Any], observation: Observation) -> Iterator[Finding]:
    """Find serving revisions that are broken, newer ones that serve nobody, and splits."""
    name = wanted["name"]
    service, serving = observation.services.get(name), observation.serving(name)
    if service is None:
        return
    described = observation.revision(name, str(serving))
    if described and not described["ready"]:
        yield NOT_READY.found(
            name,
            f"revision {serving}, which serves, is not ready",
            {"reason": described.get("message")},
            service=name,
            revision=str(serving),
        )
    failed = cloud_run.failed_revision(service)
    if failed and failed != serving:
        reason = cloud_run.failure_of(service)
        summary = f"revision {failed} never became ready" + (f"; {serving} serves in its place" if serving else "")
        yield NEWEST_FAILED.found(name, summary, {"reason": reason}, service=name, revision=failed)
    yield from _pins(wanted, observation)
    yield from _stale_targets(name, service, observation)
    yield from _images(name, described, observation)


def _pins(wanted: Mapping[str, Any], observation: Observation) -> Iterator[Finding]:
    name, serving = wanted["name"], observation.serving(wanted["name"])
    service = observation.services[name] or {}
    split, step = undecided_split(wanted, observation), traffic_steps.unfinished(service)
    if step:
        summary = f"{step.to} got {step.percent} % of the traffic and then the move stopped ({in_words(step.shares)})"
        yield BETWEEN_STEPS.found(name, summary, {"before": step.before}, service=name)
    elif split:
        summary = f"the traffic is split ({in_words(split)}), and the deployment may not decide between them"
        yield SPLIT.found(name, summary, service=name)
    elif cloud_run_traffic.shares_asked_for(service) != ALL:
        held = observation.hold(name)
        yield PINNED.found(
            name,
            f"the traffic is pinned to {serving}" if serving else "the traffic is pinned to nothing that is ready",
            {"hold": (held or {}).get("reason")},
            service=name,
            severity=WARNING if held else ERROR,
            remedy="Lift the hold when its cause is repaired." if held else "",
        )


def _stale_targets(name: str, service: Mapping[str, Any], observation: Observation) -> Iterator[Finding]:
    if name not in observation.revisions:
        return
    for target in cloud_run_traffic.current_targets(service):
        if target.get("latest") or target["percent"]:
            continue
        revision = observation.revision(name, str(target.get("revision")))
        state = "is gone" if revision is None else "" if revision["ready"] else "never became ready"
        if state:
            tag = str(target.get("tag") or "")
            summary = f"the tag {tag} keeps revision {target.get('revision')}, which {state}"
            yield STALE_TARGET.found(name, summary, {"target": target}, service=name, tag=tag)


def _images(name: str, serving: Mapping[str, Any] | None, observation: Observation) -> Iterator[Finding]:
    image = ((serving or {}).get("template") or {}).get("image")
    if image and observation.has_image(image) is False:
        reference = artifact_registry.parsed(image)
        repository = reference.image.rpartition("/")[0] if reference else ""
        summary = f"the image of revision {(serving or {}).get('name')}, which serves, is not in {repository} any more"
        yield IMAGE_GONE.found(name, summary, {"image": image}, service=name, repository=repository)


def symptom_findings(observation: Observation) -> Iterator[Finding]:
    """Find what users notice, endpoints that are not healthy, with what the serving revision's log says of it."""
    for name, probe in observation.probes.items():
        if probe.get("healthy"):
            continue
        serving = str(observation.serving(name) or "")
        status = (probe.get("observed") or {}).get("status")
        evidence = {"status": status} if status else {}
        yield UNHEALTHY.found(name, str(probe.get("reason")), evidence, service=name, revision=serving)
    for name in observation.services:
        yield from _from_logs(name, observation)


def _from_logs(name: str, observation: Observation) -> Iterator[Finding]:
    """Say what the log of the serving revision says, while its endpoint is down or it is not ready.

    A log remembers what was repaired since: without a symptom that is there now, its lines mean nothing.
    """
    serving = observation.serving(name)
    described = observation.revision(name, str(serving))
    is_ill = observation.probes.get(name, {}).get("healthy") is False or bool(described and not described["ready"])
    entries = observation.logs.get(name) or []
    evidence = log_evidence.most_telling(entries, str(serving)) if serving and is_ill else None
    if evidence is None:
        return
    ended = log_evidence.ended_at_start(entries, str(serving))
    what = "instances end at start" if ended else "requests fail"
    told = {**evidence.as_dict(), "kind": evidence.kind, "names": evidence.what}
    yield ENDS_AT_START.found(name, f"{what}: {evidence.line}", told, service=name, revision=str(serving))
