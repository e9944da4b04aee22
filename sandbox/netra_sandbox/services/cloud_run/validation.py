"""What Cloud Run refuses at once, in its words (Cloud Run v2: Service, RevisionTemplate, TrafficTarget)."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from netra_sandbox.kernel.errors import ApiError, invalid
from netra_sandbox.services.cloud_run import template as templates
from netra_sandbox.services.cloud_run import traffic as traffics

MAX_SERVICE_ID = 49
MAX_TIMEOUT_SECONDS = 3600
MAX_CONCURRENCY = 1000
MAX_PROBE_SECONDS = 240
MIN_TAG = 3
MAX_LABEL = 63
EVERYTHING = 100
RESERVED_VARIABLES = ("PORT", "K_SERVICE", "K_CONFIGURATION", "K_REVISION")
_DNS_LABEL = re.compile(r"^[a-z]([-a-z0-9]*[a-z0-9])?$")
_CONNECTOR = re.compile(r"^projects/[^/]+/locations/[^/]+/connectors/[^/]+$")
_DURATION = re.compile(r"^(\d+)(\.\d+)?s$")
_CPU = re.compile(r"^(\d+m|\d+(\.\d+)?)$")
_MEMORY = re.compile(r"^\d+(\.\d+)?(Ki|Mi|Gi|k|M|G)?$")


def check_service_id(service_id: str) -> None:
    """Refuse an id that is not a DNS label of fewer than 50 characters."""
    if not _DNS_LABEL.match(service_id) or len(service_id) > MAX_SERVICE_ID:
        raise _violation(
            "CreateServiceRequest",
            "service_id",
            "Resource name must use only lowercase letters, numbers and '-'. Must begin with a letter "
            "and cannot end with a '-'. Maximum length is 49 characters.",
        )


def check_service(request: str, service_id: str, service: dict[str, Any]) -> None:
    """Refuse a service whose template or traffic breaks a rule; `request` names the message in the text."""
    template = service.get("template") or {}
    _check_containers(request, template)
    _check_template(request, service_id, template)
    _check_traffic(request, service_id, service.get("traffic") or [])


def seconds(duration: str) -> float:
    """Return a protobuf JSON duration's seconds."""
    match = _DURATION.match(duration)
    if match is None:
        raise ValueError(f"{duration!r} is not a duration")
    return float(duration[:-1])


def _check_containers(request: str, template: dict[str, Any]) -> None:
    containers = template.get("containers") or []
    field = "service.template.containers"
    if not containers:
        raise _violation(request, field, "template.containers should contain at least one container.")
    for index, container in enumerate(containers):
        where = f"{field}[{index}]"
        if not container.get("image"):
            raise _violation(request, f"{where}.image", "image is required.")
        if len(container.get("ports") or []) > 1:
            raise _violation(request, f"{where}.ports", "ports should contain 0 or 1 port.")
        _check_variables(request, where, container.get("env") or [])
        _check_limits(request, where, (container.get("resources") or {}).get("limits") or {})
        _check_startup_probe(request, where, container.get("startupProbe") or {})


def _check_variables(request: str, where: str, variables: list[dict[str, Any]]) -> None:
    reserved = [item.get("name") for item in variables if item.get("name") in RESERVED_VARIABLES]
    if reserved:
        raise _violation(
            request,
            f"{where}.env",
            f"The following reserved env names were provided: {', '.join(map(str, reserved))}. "
            "These values are automatically set by the system.",
        )
    counted = Counter(item.get("name") for item in variables)
    repeated = [str(name) for name, count in counted.items() if count > 1]
    if repeated:
        raise _violation(request, f"{where}.env", f"Environment variable names must be unique: {', '.join(repeated)}.")
    for index, item in enumerate(variables):
        reference = (item.get("valueSource") or {}).get("secretKeyRef")
        if not item.get("name"):
            raise _violation(request, f"{where}.env[{index}].name", "name is required.")
        if reference is not None and not reference.get("secret"):
            raise _violation(request, f"{where}.env[{index}].value_source.secret_key_ref.secret", "secret is required.")


def _check_limits(request: str, where: str, limits: dict[str, str]) -> None:
    for key, pattern in (("cpu", _CPU), ("memory", _MEMORY)):
        if key in limits and not pattern.match(str(limits[key])):
            raise _violation(request, f"{where}.resources.limits.{key}", f"Invalid value {limits[key]!r} for {key}.")


def _check_startup_probe(request: str, where: str, probe: dict[str, Any]) -> None:
    field = f"{where}.startup_probe"
    for key, words in (("initialDelaySeconds", "initial_delay_seconds"), ("periodSeconds", "period_seconds")):
        if not 0 <= int(probe.get(key) or 0) <= MAX_PROBE_SECONDS:
            raise _violation(request, f"{field}.{words}", f"{words} must be between 0 and {MAX_PROBE_SECONDS}.")
    if probe and int(probe.get("timeoutSeconds") or 1) > int(probe.get("periodSeconds") or 10):
        raise _violation(request, f"{field}.timeout_seconds", "timeout_seconds must not exceed period_seconds.")


def _check_template(request: str, service_id: str, template: dict[str, Any]) -> None:
    timeout = template.get("timeout")
    if timeout and not (_DURATION.match(timeout) and 1 <= seconds(timeout) <= MAX_TIMEOUT_SECONDS):
        raise _violation(
            request, "service.template.timeout", f"timeout should be between 1 and {MAX_TIMEOUT_SECONDS} seconds."
        )
    if not 0 <= int(template.get("maxInstanceRequestConcurrency") or 0) <= MAX_CONCURRENCY:
        raise _violation(
            request,
            "service.template.max_instance_request_concurrency",
            f"max_instance_request_concurrency should be between 0 and {MAX_CONCURRENCY}.",
        )
    connector = (template.get("vpcAccess") or {}).get("connector")
    if connector and not _CONNECTOR.match(connector):
        raise _violation(
            request,
            "service.template.vpc_access.connector",
            "connector should have the format projects/{project}/locations/{location}/connectors/{connector}.",
        )
    _check_scaling(request, template.get("scaling") or {})
    _check_revision_name(service_id, template.get("revision") or "")


def _check_scaling(request: str, scaling: dict[str, Any]) -> None:
    minimum = int(scaling.get("minInstanceCount") or 0)
    maximum = int(scaling.get("maxInstanceCount") or templates.DEFAULT_MAX_INSTANCES)
    if minimum > maximum:
        raise _violation(
            request,
            "service.template.scaling.min_instance_count",
            "min_instance_count should be less than or equal to max_instance_count.",
        )


def _check_revision_name(service_id: str, revision: str) -> None:
    if revision and not revision.startswith(f"{service_id}-"):
        words = (
            "The revision name must be prefixed by the name of the enclosing Service or Configuration with a trailing -"
        )
        raise invalid(f"metadata.name: {words}", field="metadata.name", description=words)


def _check_traffic(request: str, service_id: str, targets: list[dict[str, Any]]) -> None:
    field = "service.traffic"
    for index, target in enumerate(targets):
        where = f"{field}[{index}]"
        names_revision = bool(target.get("revision"))
        if target.get("type") == traffics.LATEST and names_revision:
            raise _violation(request, f"{where}.revision", "revision should be empty when type is LATEST.")
        if target.get("type") == traffics.REVISION and not names_revision:
            raise _violation(request, f"{where}.revision", "revision is required when type is REVISION.")
        if not 0 <= int(target.get("percent") or 0) <= EVERYTHING:
            raise _violation(request, f"{where}.percent", "percent should be between 0 and 100.")
        _check_tag(request, where, service_id, target.get("tag") or "")
    repeated = [tag for tag, count in Counter(target.get("tag") for target in targets).items() if tag and count > 1]
    if repeated:
        raise _violation(request, field, f"tag should be unique among targets: {', '.join(map(str, repeated))}.")
    total = sum(int(target.get("percent") or 0) for target in targets)
    if targets and total != EVERYTHING:
        raise _violation(request, field, f"percent should sum to 100, but sums to {total}.")


def _check_tag(request: str, where: str, service_id: str, tag: str) -> None:
    if not tag:
        return
    if len(tag) < MIN_TAG or not _DNS_LABEL.match(tag):
        raise _violation(
            request,
            f"{where}.tag",
            "tag should have at least 3 characters, use only lowercase letters, numbers and '-', "
            "begin with a letter and not end with a '-'.",
        )
    # The tag's host name is one DNS label: TAG---SERVICE-HASH-REGION.
    if len(f"{tag}---{service_id}-0123456789-uc") > MAX_LABEL:
        raise _violation(request, f"{where}.tag", "tag and service name together are too long for a host name.")


def _violation(request: str, field: str, words: str) -> ApiError:
    path = f"Violation in {request}.{field}"
    return invalid(f"{path}: {words}", field=path, description=words)
