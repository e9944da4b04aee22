# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Know Cloud Run's services: their fields, what a task shows of them, when one is ready. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.redaction import shown_environment
from ansible_collections.netra.remediation.plugins.module_utils.reconcile import Field
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run_traffic as traffic
from ansible_collections.netra.remediation.plugins.module_utils.resources.cloud_run_codec import (
    decode_service,
    decode_template,
    split_reference,
)

HOLD = "netra-remediation-hold"
DEFAULT_ACCOUNT = "-compute@developer.gserviceaccount.com"
# What Cloud Run probes where no start-up probe is given.
DEFAULT_PROBE = {"initial_delay_seconds": 0, "timeout_seconds": 240, "period_seconds": 240, "failure_threshold": 1}
PROBE_DEFAULTS = {"initial_delay_seconds": 0, "timeout_seconds": 1, "period_seconds": 10, "failure_threshold": 3}
SUFFIXES = {"m": Decimal("0.001"), "k": Decimal(10**3), "M": Decimal(10**6), "G": Decimal(10**9)}
BINARY_SUFFIXES = {"Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30)}


def quantity(value: Any) -> str:
    """Return a Kubernetes quantity in one spelling: 1000m is 1, 1024Mi is 1Gi."""
    text = str(value).strip()
    for suffix, factor in {**BINARY_SUFFIXES, **SUFFIXES}.items():
        if text.endswith(suffix):
            text, scale = text.removesuffix(suffix), factor
            break
    else:
        scale = Decimal(1)
    try:
        return format((Decimal(text) * scale).normalize(), "f")
    except InvalidOperation:
        return str(value)


def probe_with_defaults(probe: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a start-up probe with what Google fills in, None for the one that is there anyway."""
    filled = {**PROBE_DEFAULTS, **{name: value for name, value in probe.items() if value is not None}}
    numbers = {name: filled[name] for name in DEFAULT_PROBE}
    is_tcp = filled.get("path") is None and filled.get("service") is None
    return None if is_tcp and numbers == DEFAULT_PROBE else filled


def _account(value: str) -> str | None:
    """Return None for the account that runs a service where none is given."""
    return None if value.endswith(DEFAULT_ACCOUNT) else value


def _references(values: Mapping[str, str]) -> dict[str, str]:
    return {name: ":".join(split_reference(reference)) for name, reference in values.items()}


# Everything in a template goes under the mask "template": naming less would keep template.revision, which collides.
SERVICE_FIELDS: tuple[Field, ...] = (
    Field("image", mask="template", required_on_create=True),
    Field("command", mask="template", kind="ordered"),
    Field("args", mask="template", kind="ordered"),
    Field("port", mask="template", default=8080),
    Field("env", mask="template", kind="map"),
    Field("secret_env", mask="template", kind="map", canonical=_references),
    Field("cpu", mask="template", default="1", canonical=quantity),
    Field("memory", mask="template", default=quantity("512Mi"), canonical=quantity),
    Field("cpu_idle", mask="template", default=False),
    Field("cpu_boost", mask="template", default=False),
    Field("startup_probe", mask="template", canonical=probe_with_defaults),
    Field("min_instances", mask="template", default=0),
    Field("max_instances", mask="template", default=100),
    Field("concurrency", mask="template", default=80),
    Field("timeout_seconds", mask="template", default=300),
    Field("service_account", mask="template", canonical=_account),
    Field("vpc_connector", mask="template"),
    Field("vpc_egress", mask="template", default="private-ranges-only"),
    Field("session_affinity", mask="template", default=False),
    Field("execution_environment", mask="template"),
    Field("health_check_disabled", mask="template", default=False),
    Field("failed_revision", mask="template"),
    Field("ingress", mask="ingress", default="all"),
    Field("invoker_iam_disabled", mask="invoker_iam_disabled", default=False),
    Field("labels", mask="labels", kind="owned_map"),
    Field("annotations", mask="annotations", kind="owned_map"),
    Field("traffic", mask="traffic", default=traffic.canonical(traffic.ALL_TO_LATEST), canonical=traffic.canonical),
)
OPTION_NAMES = tuple(field.option for field in SERVICE_FIELDS)
TEMPLATE_NAMES = frozenset(field.option for field in SERVICE_FIELDS if field.mask == "template")


def observed_options(service: Mapping[str, Any]) -> dict[str, Any]:
    """Return a service as option → value; ``failed_revision`` names a newest revision that never became ready."""
    return {**decode_service(service), "failed_revision": failed_revision(service)}


def failed_revision(service: Mapping[str, Any]) -> str | None:
    """Return the newest revision if Cloud Run gave up on it: the same template then needs a new one."""
    newest = traffic.short(service.get("latest_created_revision"))
    state = (service.get("terminal_condition") or {}).get("state")
    if state != "CONDITION_FAILED" or newest == traffic.short(service.get("latest_ready_revision")):
        return None
    return newest or None


def hold_of(service: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the hold that a rollback or a person left on a service; one that cannot be read still holds."""
    text = (service.get("annotations") or {}).get(HOLD)
    if not text:
        return None
    try:
        held = json.loads(text)
    except ValueError:
        held = None
    return held if isinstance(held, dict) else {"reason": text, "holder": "unknown", "time": "unknown"}


def connector_name(connector: str | None, project: str, region: str) -> str | None:
    """Return the full name of a connector that may be given in short."""
    if not connector or connector.startswith("projects/"):
        return connector or None
    return f"projects/{project}/locations/{region}/connectors/{connector}"


def is_settled(service: Mapping[str, Any]) -> bool:
    """Say whether Cloud Run is done with the newest generation."""
    generations = int(service.get("generation", 0)), int(service.get("observed_generation", 0))
    return not service.get("reconciling") and generations[0] == generations[1]


def is_ready(service: Mapping[str, Any]) -> bool:
    """Say whether the newest generation is in force; Ready alone is also shown before traffic has moved."""
    state = (service.get("terminal_condition") or {}).get("state")
    return is_settled(service) and state == "CONDITION_SUCCEEDED" and has_traffic_as_asked(service)


def has_traffic_as_asked(service: Mapping[str, Any]) -> bool:
    """Say whether the traffic that flows is the traffic asked for."""
    statuses = traffic.decode_targets(service.get("traffic_statuses"))
    return traffic.canonical(statuses) == traffic.canonical(traffic.current_targets(service))


def failure_of(service: Mapping[str, Any]) -> str | None:
    """Return why a service cannot become ready, None while it still may."""
    condition = service.get("terminal_condition") or {}
    if service.get("reconciling") or condition.get("state") != "CONDITION_FAILED":
        return None
    return str(condition.get("message") or condition.get("reason") or "Cloud Run gave no reason")


def describe_service(service: Mapping[str, Any]) -> dict[str, Any]:
    """Return what tasks register of a service; keys that are options too have the option's name and form."""
    statuses = traffic.decode_targets(service.get("traffic_statuses"))
    newest = traffic.short(service.get("latest_created_revision"))
    options = decode_service(service)
    return {
        "name": traffic.short(service.get("name")),
        "id": service.get("name"),
        "uid": service.get("uid"),
        "uri": service.get("uri"),
        "urls": list(service.get("urls") or []),
        "etag": service.get("etag"),
        "generation": int(service.get("generation", 0)),
        "observed_generation": int(service.get("observed_generation", 0)),
        "reconciling": bool(service.get("reconciling")),
        "ready": is_ready(service),
        "create_time": service.get("create_time"),
        "update_time": service.get("update_time"),
        "last_modifier": service.get("last_modifier"),
        "latest_ready_revision": traffic.short(service.get("latest_ready_revision")),
        "latest_created_revision": newest,
        "ingress": options["ingress"],
        "labels": dict(service.get("labels") or {}),
        "annotations": dict(service.get("annotations") or {}),
        "traffic": traffic.current_targets(service),
        "traffic_statuses": [
            {**status, "revision": status.get("revision") or traffic.short(service.get("latest_ready_revision"))}
            for status in statuses
        ],
        "template": shown_options(decode_template(service.get("template") or {})),
        "terminal_condition": describe_conditions([service.get("terminal_condition") or {}])[0],
        "conditions": describe_conditions(service.get("conditions")),
    }


def shown_options(options: Mapping[str, Any], *, marked: bool = False) -> dict[str, Any]:
    """Return options as results show them, without the values of variables that look like secrets."""
    env = options.get("env")
    return {**options, "env": shown_environment(env, marked=marked)} if env else dict(options)


def describe_revision(revision: Mapping[str, Any]) -> dict[str, Any]:
    """Return what tasks register of a revision; ``image`` and the like are options of M(cloud_run_service)."""
    conditions = describe_conditions(revision.get("conditions"))
    ready = next((condition for condition in conditions if condition["type"] == "Ready"), {})
    return {
        "name": traffic.short(revision.get("name")),
        "service": traffic.short(revision.get("service")),
        "create_time": revision.get("create_time"),
        "ready": ready.get("state") == "CONDITION_SUCCEEDED",
        "reason": ready.get("reason"),
        "message": ready.get("message"),
        "conditions": conditions,
        "template": shown_options(decode_template(revision)),
    }


def describe_conditions(conditions: Iterable[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    """Return conditions with one ``reason``, whichever of Google's families of reasons it comes from."""
    return [
        {
            "type": condition.get("type_"),
            "state": condition.get("state"),
            "reason": condition.get("reason") or condition.get("revision_reason") or condition.get("execution_reason"),
            "message": condition.get("message"),
        }
        for condition in conditions or ()
    ]


def candidate_of(service: Mapping[str, Any], tag: str | None) -> dict[str, Any] | None:
    """Return the revision that waits behind a tag and gets no traffic."""
    for status in describe_service(service)["traffic_statuses"]:
        if tag and status.get("tag") == tag and not status["percent"]:
            revision = traffic.short(service.get("latest_created_revision")) if status.get("latest") else None
            return {"revision": revision or status["revision"], "tag": tag, "url": status.get("url")}
    return None
