# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have a Cloud Run service as described; a change may wait behind a tag until it has proved itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput, UnsafeChange

# Here, so that it is imported once, before Ansible forks its workers.
from ansible_collections.netra.remediation.plugins.module_utils.gcp import run_library
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.reconcile import Plan, converge, plan
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run, traffic_steps
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run_traffic as traffic
from ansible_collections.netra.remediation.plugins.module_utils.resources.accepted_values import (
    refuse_bad_instances,
    refuse_bad_name,
    refuse_bad_quantities,
    text,
    texts,
)
from ansible_collections.netra.remediation.plugins.module_utils.resources.cloud_run_codec import (
    EGRESS,
    EXECUTION_ENVIRONMENTS,
    INGRESS,
)
from ansible_collections.netra.remediation.plugins.module_utils.resources.cloud_run_services import ServiceResource

WHOLE = 100
TARGET: dict[str, dict[str, Any]] = {
    "revision": {"type": "str"},
    "latest": {"type": "bool"},
    "percent": {"type": "int", "default": 0},
    "tag": {"type": "str"},
}
PROBE: dict[str, dict[str, Any]] = {
    "path": {"type": "str"},
    "port": {"type": "int"},
    "initial_delay_seconds": {"type": "int"},
    "timeout_seconds": {"type": "int"},
    "period_seconds": {"type": "int"},
    "failure_threshold": {"type": "int"},
}
OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "image": {"type": "str"},
    "command": {"type": "list", "elements": "str"},
    "args": {"type": "list", "elements": "str"},
    "port": {"type": "int"},
    "env": {"type": "dict"},
    "secret_env": {"type": "dict", "no_log": False},
    "cpu": {"type": "str"},
    "memory": {"type": "str"},
    "cpu_idle": {"type": "bool"},
    "cpu_boost": {"type": "bool"},
    "startup_probe": {"type": "dict", "options": PROBE},
    "min_instances": {"type": "int"},
    "max_instances": {"type": "int"},
    "concurrency": {"type": "int"},
    "timeout_seconds": {"type": "int"},
    "service_account": {"type": "str"},
    "vpc_connector": {"type": "str"},
    "vpc_egress": {"type": "str", "choices": list(EGRESS)},
    "session_affinity": {"type": "bool"},
    "execution_environment": {"type": "str", "choices": list(EXECUTION_ENVIRONMENTS)},
    "health_check_disabled": {"type": "bool"},
    "ingress": {"type": "str", "choices": list(INGRESS)},
    "invoker_iam_disabled": {"type": "bool"},
    "labels": {"type": "dict"},
    "annotations": {"type": "dict"},
    "traffic": {"type": "list", "elements": "dict", "options": TARGET},
    "candidate_tag": {"type": "str"},
    "wait_timeout": {"type": "int", "default": 300},
}


def run(options: Options, check_mode: bool) -> Result:
    """Compare, change what differs and wait until it serves as asked."""
    refuse_bad_name("service", options["name"])
    refuse_bad_quantities(options)
    refuse_bad_instances(options)
    run_library.need()
    session, tag = Session(options), options.get("candidate_tag")
    resource = ServiceResource(session, options["name"], Deadline(options["wait_timeout"]))
    wanted = None if options["state"] == "absent" else desired(options, session.project, session.region)
    decision, outcome = converge(
        resource, lambda there: decide(wanted, there, tag, resource.full), check_mode=check_mode
    )
    service = cloud_run.describe_service(outcome) if outcome else None
    candidate = cloud_run.candidate_of(outcome, tag) if outcome else None
    result = decision.as_result()
    result["diff"] = {side: cloud_run.shown_options(options, marked=True) for side, options in result["diff"].items()}
    return {**result, "service": service, "candidate": candidate}


def desired(options: Options, project: str, region: str) -> dict[str, Any]:
    """Return what was asked for, in the form in which the API answers."""
    wanted = {name: value for name, value in options.items() if name in cloud_run.OPTION_NAMES}
    if "vpc_connector" in wanted:
        wanted["vpc_connector"] = cloud_run.connector_name(wanted["vpc_connector"], project, region)
    for name in ("env", "secret_env"):
        if wanted.get(name):
            wanted[name] = texts({key: value for key, value in wanted[name].items() if value is not None})
    for name in ("labels", "annotations"):
        if wanted.get(name):
            wanted[name] = {key: None if value is None else text(value) for key, value in wanted[name].items()}
    if wanted.get("traffic"):
        wanted["traffic"] = complete_targets(wanted["traffic"])
    return wanted


def complete_targets(targets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Refuse traffic that does not say who gets all of it."""
    for target in targets:
        if bool(target.get("revision")) == bool(target.get("latest")):
            raise BadInput("Each entry of traffic needs either revision or latest.", option="traffic")
    total = sum(int(target.get("percent") or 0) for target in targets)
    if total != WHOLE:
        raise BadInput(f"The percentages in traffic add up to {total} instead of 100.", option="traffic")
    return targets


def decide(wanted: Mapping[str, Any] | None, service: Mapping[str, Any] | None, tag: str | None, name: str) -> Plan:
    """Plan the change; with a tag the traffic stays where it is until the new revision has proved itself."""
    observed = cloud_run.observed_options(service) if service is not None else None
    if wanted is None:
        return plan(cloud_run.SERVICE_FIELDS, None, observed, f"service {name}")
    wanted = {**wanted, "failed_revision": None} if service is not None else dict(wanted)
    decision = plan(cloud_run.SERVICE_FIELDS, wanted, observed, f"service {name}")
    makes_revision = decision.action == "create" or "template" in decision.update_mask
    if tag and (makes_revision or (service is not None and waits_for_its_tag(service, tag))):
        # What another revision got in steps goes back: the new one starts from those who served before.
        before = traffic_steps.taken_back(service) if service is not None and makes_revision else service
        waiting = {**wanted, "traffic": traffic.with_candidate(before, tag)}
        if before != service:
            waiting["annotations"] = {**(wanted.get("annotations") or {}), traffic_steps.MARK: None}
        decision = plan(cloud_run.SERVICE_FIELDS, waiting, observed, f"service {name}")
    if service is not None:
        refuse_to_move_what_is_held(service, wanted, decision, name)
    return decision


def waits_for_its_tag(service: Mapping[str, Any], tag: str) -> bool:
    """Say whether the newest revision has yet to prove itself, and whether a move to it in steps lost its tag."""
    tags = {target.get("tag") for target in traffic.current_targets(service)}
    return traffic.has_pending_revision(service) or (traffic_steps.unfinished(service) is not None and tag not in tags)


def refuse_to_move_what_is_held(
    service: Mapping[str, Any], wanted: Mapping[str, Any], decision: Plan, name: str
) -> None:
    """Raise UnsafeChange where the change gives users another revision although a hold stands."""
    held = cloud_run.hold_of(service)
    lifts = cloud_run.HOLD in (wanted.get("annotations") or {})
    if not held or lifts:
        return
    now = traffic.current_targets(service)
    then = decision.changes.get("traffic") or (traffic.ALL_TO_LATEST if "traffic" in decision.changes else now)
    follows = any(target.get("latest") and target.get("percent") for target in then)
    moves = traffic.effective_shares(service, then) != traffic.effective_shares(service, now)
    if moves or (follows and "template" in decision.update_mask):
        raise UnsafeChange(
            f"Could not change service {name}: that moves its traffic, which is held ({held.get('reason')}, by "
            f"{held.get('holder')} at {held.get('time')}). Let the new revision wait behind candidate_tag, or lift the "
            "hold with cloud_run_traffic and hold null.",
            hold=held,
        )


OPERATION = Operation(
    name="cloud_run_service",
    options=OPTIONS,
    run=run,
    several=True,
    rules={"mutually_exclusive": [("traffic", "candidate_tag")]},
)
