# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Move a service's traffic, and hold it where it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

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
    complete_targets,
)
from ansible_collections.netra.remediation.plugins.module_utils.reconcile import Plan, converge, plan
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run
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
    "keep_tags": {"type": "bool", "default": True},
    "remove_tags": {"type": "list", "elements": "str", "default": []},
    "hold": {"type": "dict", "options": {"reason": {"type": "str", "required": True}, "holder": {"type": "str"}}},
    "refuse_when_held": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 300},
}


def run(options: Options, check_mode: bool) -> Result:
    """Compare, move what differs and wait until the traffic flows as asked."""
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
        if not revision or not target.get("percent"):
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
    observed = cloud_run.observed_options(service)
    wanted: dict[str, Any] = {}
    targets = targets_of(options, service)
    if targets is not None:
        wanted["traffic"] = targets
    held = cloud_run.hold_of(service)
    if "hold" in options:
        wanted["annotations"] = {cloud_run.HOLD: _mark(options["hold"], service)}
    decision = plan(FIELDS, wanted, observed, f"service {name}")
    moves = "traffic" in decision.changes and _shares(targets or []) != _shares(observed.get("traffic") or [])
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
    elif options.get("revision"):
        aim = {"latest": True} if options["revision"] == "latest" else {"revision": options["revision"]}
        percent = 100 if options.get("percent") is None else options["percent"]
        wanted = traffic.with_share(service, aim, percent)
    elif options["remove_tags"]:
        return traffic.without_tags(traffic.current_targets(service), options["remove_tags"])
    else:
        return None
    return traffic.shifted(service, wanted, keep_tags=options["keep_tags"], remove_tags=options["remove_tags"])


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
    rules={
        "mutually_exclusive": [("traffic", "revision")],
        "required_by": {"percent": ["revision"]},
    },
)
