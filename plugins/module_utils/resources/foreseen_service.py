# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Know a service as changes that are not made yet would leave it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import (
    DELETE,
    Change,
    known_after,
    value_after,
)
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run, traffic_steps
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run_traffic as traffic

NEW_REVISION = known_after("the deployment")
CREATE = "create"


def change_shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return options as a plan has them: secrets marked, and the same traffic, hold and step in the same words."""
    shown = cloud_run.shown_options(values, marked=True)
    if shown.get("annotations"):
        shown["annotations"] = {name: _words(name, value, values) for name, value in shown["annotations"].items()}
    if shown.get("traffic"):
        shown["traffic"] = traffic.settled(shown["traffic"])
    return shown


def _words(name: str, value: str, values: Mapping[str, Any]) -> str:
    """Return what a mark of the collection says, without its time."""
    step = traffic_steps.from_mark(value) if name == traffic_steps.MARK else None
    hold = cloud_run.hold_of(values) if name == cloud_run.HOLD else None
    if step:
        return f"{step.percent} % to {step.to}"
    return json.dumps({key: hold.get(key) for key in ("reason", "holder")}) if hold else value


def makes_revision(change: Change) -> bool:
    """Tell whether a change of a service makes a revision."""
    options = {name.partition(".")[0] for name in change.fields}
    return change.action == CREATE or bool(options & cloud_run.TEMPLATE_NAMES)


def foreseen(service: Mapping[str, Any] | None, said: Iterable[Change]) -> dict[str, Any] | None:
    """Return a service as the changes would leave it; of its template only that it has a new revision."""
    found = None if service is None else dict(service)
    for change in said:
        found = None if change.action == DELETE else _after(found or {}, change)
    return found


def _after(service: dict[str, Any], change: Change) -> dict[str, Any]:
    if makes_revision(change):
        service = {**service, "latest_created_revision": NEW_REVISION, "latest_ready_revision": NEW_REVISION}
    targets = value_after(change, "traffic", None)
    if targets:
        sent = traffic.encode_targets(targets)
        service = {**service, "traffic": sent, "traffic_statuses": [_status(target) for target in sent]}
    return {**service, "annotations": value_after(change, "annotations", service.get("annotations") or {})}


def _status(target: Mapping[str, Any]) -> dict[str, Any]:
    return {**target, **({"uri": NEW_REVISION} if target.get("tag") else {})}
