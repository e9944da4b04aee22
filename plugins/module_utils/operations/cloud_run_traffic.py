# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Move a service's traffic, and hold it where it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import is_known
from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import (
    BadInput,
    NotFound,
    UnsafeChange,
)
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.operations.cloud_run_service import (
    TARGET,
    WHOLE,
    complete_targets,
)
from ansible_collections.netra.remediation.plugins.module_utils.reconcile import Plan, converge, plan
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run, traffic_steps
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run_traffic as traffic
from ansible_collections.netra.remediation.plugins.module_utils.resources.cloud_run_services import (
    ServiceResource,
    read_revision,
)

FIELDS = tuple(field for field in cloud_run.SERVICE_FIELDS if field.option in {"traffic", "annotations"})
OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "traffic": {"type": "list", "elements": "dict", "options": TARGET},
    "revision": {"type": "str"},
    "percent": {"type": "int"},
    "step": {"type": "bool", "default": False},
    "keep_tags": {"type": "bool", "default": True},
    "remove_tags": {"type": "list", "elements": "str", "default": []},
    "hold": {"type": "dict", "options": {"reason": {"type": "str", "required": True}, "holder": {"type": "str"}}},
    "newest": {"type": "str"},
    "refuse_when_held": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 300},
}


def run(options: Options, check_mode: bool) -> Result:
    """Compare, move what differs and wait until the traffic flows as asked."""
    _refuse_whole_step(options)
    session, name = Session(options), options["name"]
    deadline = Deadline(options["wait_timeout"])
    # The newest revision may be broken; what matters here is whether the traffic flows as asked.
    resource = ServiceResource(session, name, deadline, flows_as_asked)

    def decide_with_revisions(there: Mapping[str, Any] | None) -> Plan:
        decision = decide(options, there)
        refuse_missing_revisions(session, name, decision)
        return decision

    decision, outcome = converge(resource, decide_with_revisions, check_mode=check_mode)
    return {**decision.as_result(), "service": cloud_run.describe_service(outcome) if outcome else None}


def refuse_missing_revisions(session: Session, name: str, decision: Plan) -> None:
    """Raise BadInput before the move when a revision that is to serve is not there."""
    for target in decision.changes.get("traffic") or ():
        revision = target.get("revision")
        if not revision or not target.get("percent") or not is_known(revision):
            continue
        found = read_revision(session, name, revision)
        if found is None:
            raise BadInput(
                f"Could not move the traffic of service {name}: it has no revision {revision}. "
                "List its revisions with netra.remediation.cloud_run_service_info.",
                option="revision",
            )


def flows_as_asked(service: Mapping[str, Any]) -> bool:
    """Say whether Cloud Run is done and the traffic is where it was sent."""
    return cloud_run.is_settled(service) and cloud_run.has_traffic_as_asked(service)


def decide(options: Options, service: Mapping[str, Any] | None) -> Plan:
    """Plan the move; where a hold stands, only whoever sets or lifts one moves traffic."""
    name = options["name"]
    if service is None:
        raise NotFound(
            f"Could not move the traffic of service {name}: it does not exist. Check name, project and region.",
            status="NOT_FOUND",
        )
    _refuse_another_newest(options, service)
    observed = cloud_run.observed_options(service)
    wanted: dict[str, Any] = {}
    targets = targets_of(options, service)
    if targets is not None:
        wanted["traffic"] = targets
    held = cloud_run.hold_of(service)
    moves = targets is not None and _shares(targets) != _shares(traffic.current_targets(service))
    marks = step_mark(options, service, targets) if moves else {}
    if "hold" in options:
        marks[cloud_run.HOLD] = _mark(options["hold"], service)
    if marks:
        wanted["annotations"] = marks
    decision = plan(FIELDS, wanted, observed, f"service {name}")
    if held and "hold" not in options and options["refuse_when_held"] and moves:
        raise UnsafeChange(
            f"Could not move the traffic of service {name}: it is held ({held.get('reason')}, by {held.get('holder')} "
            f"at {held.get('time')}). Lift the hold with hold null, in playbooks with remediation_lift_hold=true.",
            hold=held,
        )
    return decision


def targets_of(options: Options, service: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Return the traffic asked for, None where only tags or the hold are meant."""
    wanted: list[dict[str, Any]] | None = options.get("traffic")
    if wanted:
        wanted = complete_targets(wanted)
    elif options.get("step"):
        name = _step_revision(options, service)
        percent = max(options["percent"], traffic.serving(service).get(name, 0))
        wanted = traffic.with_share(service, {"revision": name}, percent)
    elif options.get("revision"):
        aim = {"latest": True} if options["revision"] == "latest" else {"revision": options["revision"]}
        percent = 100 if options.get("percent") is None else options["percent"]
        wanted = traffic.with_share(service, aim, percent)
    elif options["remove_tags"]:
        return traffic.without_tags(traffic.current_targets(service), options["remove_tags"])
    else:
        return None
    return traffic.shifted(service, wanted, keep_tags=options["keep_tags"], remove_tags=options["remove_tags"])


def step_mark(
    options: Options, service: Mapping[str, Any], targets: list[dict[str, Any]] | None
) -> dict[str, str | None]:
    """Return the mark of a step; any other move ends what was under way."""
    if not options.get("step"):
        return {traffic_steps.MARK: None}
    step = traffic_steps.next_step(service, targets or [], _step_revision(options, service))
    return {traffic_steps.MARK: step.as_mark()}


def _step_revision(options: Options, service: Mapping[str, Any]) -> str:
    """Return the revision of a step by name, so that a share stays its own when a newer one comes."""
    newest = traffic.short(service.get("latest_created_revision"))
    return newest if options["revision"] == "latest" else str(options["revision"])


def _refuse_another_newest(options: Options, service: Mapping[str, Any]) -> None:
    """Raise UnsafeChange where what ``latest`` means is not what was proved."""
    newest = traffic.short(service.get("latest_created_revision"))
    if options.get("newest") and options["newest"] != newest:
        raise UnsafeChange(
            f"Could not move the traffic of service {options['name']}: its newest revision is {newest}, and it was to "
            f"be {options['newest']}. Somebody deployed meanwhile, and nobody proved that revision. Run again.",
            newest=newest,
        )


def _refuse_whole_step(options: Options) -> None:
    if options["step"] and not 0 < options["percent"] < WHOLE:
        raise BadInput(
            f"percent is {options['percent']}, and a step gives a revision more than 0 and less than 100. "
            "Leave step out of the move that ends it.",
            option="percent",
        )


def _mark(wanted: Mapping[str, Any] | None, service: Mapping[str, Any]) -> str | None:
    """Return the annotation; the same hold stays word for word, so that asking twice changes nothing."""
    if wanted is None:
        return None
    if not wanted.get("reason"):
        raise BadInput("hold needs a reason: whoever wants to roll forward must know what to look at.", option="hold")
    said = {"reason": wanted["reason"], "holder": wanted.get("holder") or "netra.remediation"}
    held = cloud_run.hold_of(service)
    if held and {name: held.get(name) for name in said} == said:
        return str(service["annotations"][cloud_run.HOLD])
    return json.dumps({**said, "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}, sort_keys=True)


def _shares(targets: list[dict[str, Any]]) -> Any:
    return traffic.canonical(targets)[0]


OPERATION = Operation(
    name="cloud_run_traffic",
    options=OPTIONS,
    run=run,
    several=True,
    rules={
        "mutually_exclusive": [("traffic", "revision")],
        "required_by": {"percent": ["revision"]},
        "required_if": [("step", True, ("revision", "percent"))],
    },
)
