"""What Cloud Run refuses of a service at once, in its words (v2: Service, RevisionTemplate, TrafficTarget)."""

from __future__ import annotations

from collections import Counter
from typing import Any

from netra_sandbox.kernel.errors import invalid
from netra_sandbox.services.cloud_run import template as templates
from netra_sandbox.services.cloud_run import traffic as traffics
from netra_sandbox.services.cloud_run.container_rules import check_access, check_containers
from netra_sandbox.services.cloud_run.metadata_rules import DNS_LABEL, MAX_LABEL, check_own_metadata, check_resource_id
from netra_sandbox.services.cloud_run.violations import check_range, seconds, violation

MAX_TIMEOUT_SECONDS = 3600
MAX_CONCURRENCY = 1000
MAX_DESCRIPTION = 512
MIN_TAG = 3
EVERYTHING = 100
_TEMPLATE = "service.template"


def check_service_id(service_id: str) -> None:
    """Refuse an id that is not a DNS label of fewer than 50 characters."""
    check_resource_id("CreateServiceRequest", "service_id", service_id)


def check_service(request: str, service_id: str, service: dict[str, Any]) -> None:
    """Refuse a service whose template or traffic breaks a rule; `request` names the message in the text."""
    template = service.get("template") or {}
    if len(service.get("description") or "") > MAX_DESCRIPTION:
        words = f"description should have at most {MAX_DESCRIPTION} characters."
        raise violation(request, "service.description", words)
    check_own_metadata(request, "service", service)
    check_own_metadata(request, _TEMPLATE, template)
    _check_template(request, service_id, template)
    check_containers(request, _TEMPLATE, template)
    check_access(request, _TEMPLATE, template)
    _check_scaling(request, "service.scaling", service.get("scaling") or {}, default=None)
    _check_traffic(request, service_id, service.get("traffic") or [])


def _check_template(request: str, service_id: str, template: dict[str, Any]) -> None:
    timeout = template.get("timeout")
    if timeout and not 1 <= seconds(timeout) <= MAX_TIMEOUT_SECONDS:
        words = f"timeout should be between 1 and {MAX_TIMEOUT_SECONDS} seconds."
        raise violation(request, f"{_TEMPLATE}.timeout", words)
    field = f"{_TEMPLATE}.max_instance_request_concurrency"
    check_range(request, field, template.get("maxInstanceRequestConcurrency"), 0, MAX_CONCURRENCY)
    scaling = template.get("scaling") or {}
    _check_scaling(request, f"{_TEMPLATE}.scaling", scaling, default=templates.DEFAULT_MAX_INSTANCES)
    _check_revision_name(request, service_id, template.get("revision") or "")


def _check_scaling(request: str, field: str, scaling: dict[str, Any], *, default: int | None) -> None:
    minimum, maximum = int(scaling.get("minInstanceCount") or 0), scaling.get("maxInstanceCount") or default
    for name, value in (("min_instance_count", minimum), ("max_instance_count", maximum)):
        if value is not None and int(value) < 0:
            raise violation(request, f"{field}.{name}", f"{name} should not be negative.")
    if maximum is not None and minimum > int(maximum):
        words = "min_instance_count should be less than or equal to max_instance_count."
        raise violation(request, f"{field}.min_instance_count", words)


def _check_revision_name(request: str, service_id: str, revision: str) -> None:
    if revision and not revision.startswith(f"{service_id}-"):
        words = (
            "The revision name must be prefixed by the name of the enclosing Service or Configuration with a trailing -"
        )
        raise invalid(f"metadata.name: {words}", field="metadata.name", description=words)
    if revision and (not DNS_LABEL.match(revision) or len(revision) > MAX_LABEL):
        words = "revision should use only lowercase letters, numbers and '-', and have at most 63 characters."
        raise violation(request, f"{_TEMPLATE}.revision", words)


def _check_traffic(request: str, service_id: str, targets: list[dict[str, Any]]) -> None:
    field = "service.traffic"
    for index, target in enumerate(targets):
        where = f"{field}[{index}]"
        names_revision = bool(target.get("revision"))
        if target.get("type") == traffics.LATEST and names_revision:
            raise violation(request, f"{where}.revision", "revision should be empty when type is LATEST.")
        if target.get("type") == traffics.REVISION and not names_revision:
            raise violation(request, f"{where}.revision", "revision is required when type is REVISION.")
        check_range(request, f"{where}.percent", target.get("percent"), 0, EVERYTHING)
        _check_tag(request, where, service_id, target.get("tag") or "")
    repeated = [tag for tag, count in Counter(target.get("tag") for target in targets).items() if tag and count > 1]
    if repeated:
        raise violation(request, field, f"tag should be unique among targets: {', '.join(map(str, repeated))}.")
    total = sum(int(target.get("percent") or 0) for target in targets)
    if targets and total != EVERYTHING:
        raise violation(request, field, f"percent should sum to 100, but sums to {total}.")


def _check_tag(request: str, where: str, service_id: str, tag: str) -> None:
    if not tag:
        return
    if len(tag) < MIN_TAG or not DNS_LABEL.match(tag):
        raise violation(
            request,
            f"{where}.tag",
            "tag should have at least 3 characters, use only lowercase letters, numbers and '-', "
            "begin with a letter and not end with a '-'.",
        )
    # The tag's host name is one DNS label: TAG---SERVICE-HASH-REGION.
    if len(f"{tag}---{service_id}-0123456789-uc") > MAX_LABEL:
        raise violation(request, f"{where}.tag", "tag and service name together are too long for a host name.")
