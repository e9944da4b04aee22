"""Conditions of services and revisions, and the words in which Cloud Run explains a failed roll-out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Condition = dict[str, Any]

TROUBLESHOOTING = "https://cloud.google.com/run/docs/troubleshooting#container-failed-to-start"


@dataclass(frozen=True)
class Failure:
    """Why a revision cannot serve: the operation's status, the words, and the reason on the conditions."""

    status: str
    message: str
    reason: str = ""
    revision_reason: str = ""

    def reasons(self) -> dict[str, str]:
        """Return the reason fields of a condition; the API has one of the two."""
        if self.revision_reason:
            return {"revisionReason": self.revision_reason}
        return {"reason": self.reason or "REVISION_FAILED"}


def condition(kind: str, state: str, time: str, message: str = "", severity: str = "", **reasons: str) -> Condition:
    """Return one condition without its empty fields."""
    fields = {"message": message, "severity": severity, **reasons}
    return {"type": kind, "state": f"CONDITION_{state}", "lastTransitionTime": time} | {
        key: value for key, value in fields.items() if value
    }


def service_pending(time: str) -> tuple[Condition, list[Condition]]:
    """Return the terminal condition and the conditions of a service being rolled out."""
    return condition("Ready", "RECONCILING", time), [
        condition("RoutesReady", "RECONCILING", time),
        condition("ConfigurationsReady", "RECONCILING", time),
    ]


def service_ready(time: str) -> tuple[Condition, list[Condition]]:
    """Return the terminal condition and the conditions of a service that serves as asked."""
    return condition("Ready", "SUCCEEDED", time), [
        condition("RoutesReady", "SUCCEEDED", time),
        condition("ConfigurationsReady", "SUCCEEDED", time),
    ]


def service_failed(time: str, failure: Failure, culprit: str) -> tuple[Condition, list[Condition]]:
    """Return the same after a failure of the ConfigurationsReady or RoutesReady part."""
    parts = [
        condition(kind, "FAILED", time, failure.message, **failure.reasons())
        if kind == culprit
        else condition(kind, "SUCCEEDED", time)
        for kind in ("RoutesReady", "ConfigurationsReady")
    ]
    return condition("Ready", "FAILED", time, failure.message, **failure.reasons()), parts


def revision_pending(time: str) -> list[Condition]:
    """Return the conditions of a revision whose first instance is starting."""
    return [
        condition("Ready", "RECONCILING", time),
        condition("Active", "RECONCILING", time, severity="INFO", revisionReason="PENDING"),
        condition("ContainerHealthy", "RECONCILING", time),
        condition("ContainerReady", "RECONCILING", time),
        condition("ResourcesAvailable", "RECONCILING", time),
    ]


def revision_serving(time: str, *, health_checked: bool, minimum: int) -> list[Condition]:
    """Return the conditions of a revision that may serve."""
    skipped = {} if health_checked else {"revisionReason": "HEALTH_CHECK_SKIPPED"}
    conditions = [
        condition("Ready", "SUCCEEDED", time),
        condition("Active", "SUCCEEDED", time, severity="INFO"),
        condition("ContainerHealthy", "SUCCEEDED", time, **skipped),
        condition("ContainerReady", "SUCCEEDED", time),
        condition("ResourcesAvailable", "SUCCEEDED", time),
    ]
    if minimum:
        conditions.append(condition("MinInstancesProvisioned", "SUCCEEDED", time, severity="INFO"))
    return conditions


def revision_retired(time: str) -> list[Condition]:
    """Return the conditions of a revision that no traffic reaches: Ready stays true, even for a broken one."""
    retired = {"revisionReason": "RETIRED"}
    return [
        condition("Ready", "SUCCEEDED", time, **retired),
        condition("Active", "FAILED", time, "Revision retired.", "INFO", **retired),
        condition("ContainerHealthy", "RECONCILING", time, **retired),
        condition("ContainerReady", "SUCCEEDED", time),
        condition("ResourcesAvailable", "RECONCILING", time, **retired),
        condition("MinInstancesProvisioned", "FAILED", time, severity="INFO", **retired),
    ]


def revision_failed(time: str, failure: Failure) -> list[Condition]:
    """Return the conditions of a revision whose first instance did not come up."""
    words = failure.message.partition(" is not ready and cannot serve traffic. ")[2] or failure.message
    reasons = failure.reasons()
    culprit = "ContainerHealthy" if failure.revision_reason else "ResourcesAvailable"
    return [
        condition("Ready", "FAILED", time, words, **reasons),
        condition("Active", "FAILED", time, severity="INFO", **reasons),
        *(
            condition(kind, "FAILED", time, words, **reasons)
            if kind == culprit
            else condition(kind, "RECONCILING", time, revisionReason="PENDING")
            for kind in ("ContainerHealthy", "ContainerReady", "ResourcesAvailable")
        ),
    ]


def state_of(resource: dict[str, Any], kind: str = "Ready") -> str:
    """Return a condition's state without its prefix, empty when the resource has no such condition."""
    for item in resource.get("conditions", []):
        if item["type"] == kind:
            return str(item["state"]).removeprefix("CONDITION_")
    return ""


def logs_url(project: str, service: str, revision: str) -> str:
    """Return the address of a revision's logs in the console."""
    resource = f"cloud_run_revision/service_name/{service}/revision_name/{revision}"
    selected = f"resource.type%3D%22cloud_run_revision%22%0Aresource.labels.revision_name%3D%22{revision}%22"
    return (
        f"https://console.cloud.google.com/logs/viewer?project={project}&resource={resource}&advancedFilter={selected}"
    )


def did_not_listen(revision: str, port: int, logs_url: str, *, custom_probe: bool) -> Failure:
    """Explain a container that exited, or did not pass its start-up probe in time."""
    if custom_probe:
        words = "The user-provided container failed the configured startup probe checks. "
    else:
        words = (
            "The user-provided container failed to start and listen on the port defined provided by the "
            f"PORT={port} environment variable within the allocated timeout. This can happen when the container port "
            "is misconfigured or if the timeout is too short. The health check timeout can be extended. "
        )
    return Failure(
        "FAILED_PRECONDITION",
        f"{not_ready(revision)}{words}Logs for this revision might contain more information.\n\nLogs URL: {logs_url} "
        f"\nFor more troubleshooting guidance, see {TROUBLESHOOTING}",
        revision_reason="HEALTH_CHECK_CONTAINER_ERROR",
    )


def image_missing(revision: str, image: str) -> Failure:
    """Explain an image that the registry does not hold."""
    return Failure("NOT_FOUND", f"{not_ready(revision)}Image '{image}' not found.", reason="CONTAINER_MISSING")


def image_denied(revision: str, agent: str, image: str) -> Failure:
    """Explain an image that Cloud Run's agent may not read (cloud.google.com/run/docs/troubleshooting)."""
    words = (
        f"Google Cloud Run Service Agent {agent} must have permission to read the image, {image}. Ensure that the "
        "provided container image URL is correct and that the above account has permission to access the image. If you "
        "just enabled the Cloud Run API, the permissions might take a few minutes to propagate."
    )
    return Failure("PERMISSION_DENIED", f"{not_ready(revision)}{words}", reason="CONTAINER_PERMISSION_DENIED")


def secret_unavailable(revision: str, place: str, words: str) -> Failure:
    """Explain a secret version that could not be read; `place` is where the template names it."""
    return Failure("INTERNAL", f"{not_ready(revision)}{place}: {words}", reason="SECRETS_ACCESS_CHECK_FAILED")


def secret_denied(revision: str, place: str, version: str, account: str) -> Failure:
    """Explain a secret that the revision's service account may not read."""
    words = (
        f"Permission denied on secret: {version} for Revision service account {account}. The service account used must "
        "be granted the 'Secret Manager Secret Accessor' role (roles/secretmanager.secretAccessor) at the secret, "
        "project or higher level."
    )
    return secret_unavailable(revision, place, words)


def not_mountable(revision: str, words: str) -> Failure:
    """Explain volumes on a machine where, unlike on Cloud Run, nothing can be mounted."""
    return Failure("UNIMPLEMENTED", f"{not_ready(revision)}The sandbox cannot mount volumes on this machine: {words}.")


def connector_missing(revision: str, connector: str) -> Failure:
    """Explain a VPC Access connector that is not there or not ready."""
    return Failure(
        "FAILED_PRECONDITION",
        f"{not_ready(revision)}VPC connector {connector} does not exist, "
        "or Cloud Run does not have permission to use it.",
        reason="VPC_NETWORK_NOT_FOUND",
    )


def revision_gone(revision: str) -> Failure:
    """Explain traffic to a revision that is not there."""
    return Failure(
        "INTERNAL",
        f"Revision '{revision}' does not exist or is deleted. "
        "Update all traffic to route to currently available revisions.",
    )


def revision_unready(revision: str) -> Failure:
    """Explain traffic to a revision that never became ready."""
    return Failure("FAILED_PRECONDITION", not_ready(revision).strip())


def not_ready(revision: str) -> str:
    """Return the sentence with which every failed roll-out begins."""
    return f"Revision '{revision}' is not ready and cannot serve traffic. "
