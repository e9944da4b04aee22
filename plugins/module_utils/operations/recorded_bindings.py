# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make templates what a recorded revision was made from, then disable the versions of secrets that a run made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import (
    BadInput,
    RemediationError,
    UnsafeChange,
)
from ansible_collections.netra.remediation.plugins.module_utils.gcp import run_library
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.operations import (
    cloud_run_service,
    secret_manager_secret,
)
from ansible_collections.netra.remediation.plugins.module_utils.record import undoing
from ansible_collections.netra.remediation.plugins.module_utils.record.runs import recorded_runs
from ansible_collections.netra.remediation.plugins.module_utils.record.written_files import (
    ALREADY,
    DONE,
    FAILED,
    REFUSED,
)
from ansible_collections.netra.remediation.plugins.module_utils.resources import (
    cloud_run_services,
    secret_manager,
    secret_readers,
)
from ansible_collections.netra.remediation.plugins.module_utils.resources.cloud_run_codec import decode_template
from ansible_collections.netra.remediation.plugins.module_utils.resources.cloud_run_traffic import short

TARGET: dict[str, dict[str, Any]] = {
    "service": {"type": "str", "required": True},
    "revision": {"type": "str", "required": True},
}
OPTIONS: dict[str, dict[str, Any]] = {
    "directory": {"type": "path", "required": True},
    "environment": {"type": "str", "required": True},
    "run": {"type": "str"},
    "services": {"type": "list", "elements": "dict", "options": TARGET, "required": True},
    "wait_timeout": {"type": "int", "default": 300},
    "fail_when_refused": {"type": "bool", "default": True},
}


@dataclass
class Undoing:
    """What was decided and done so far."""

    options: Options
    check_mode: bool
    items: list[dict[str, str]] = field(default_factory=list)
    diffs: list[dict[str, Any]] = field(default_factory=list)

    def tell(self, subject: str, outcome: str, reason: str) -> None:
        """Note what became of one thing."""
        self.items.append({"subject": subject, "outcome": outcome, "reason": reason})

    def perform(self, subject: str, operation: Operation, options: Mapping[str, Any], reason: str) -> bool:
        """Run another operation and note what became of it; say whether it did not fail."""
        try:
            result = operation.run({**self.options, **options}, self.check_mode)
        except RemediationError as error:
            self.tell(subject, REFUSED if isinstance(error, UnsafeChange) else FAILED, error.message)
            return False
        if result["changed"]:
            self.diffs.append({**result["diff"], "before_header": subject, "after_header": subject})
        self.tell(subject, DONE if result["changed"] else ALREADY, reason)
        return True


def run(options: Options, check_mode: bool) -> Result:
    """Bring back the templates first: a version that one of them reads stays."""
    run_library.need()
    session, undo = Session(options), Undoing(options, check_mode)
    place = options["directory"], options["environment"]
    made = undoing.versions_made(undoing.runs_to_undo(recorded_runs(*place), options.get("run") or None))
    brought = {each["service"]: each["revision"] for each in options["services"] if _restore(undo, session, each)}
    if made:
        users = _users(session, brought if check_mode else {})
        for secret, version in sorted(made):
            _disable(undo, session, secret, version, secret_readers.readers(users, secret, version))
    result: Result = {
        "changed": any(item["outcome"] == DONE for item in undo.items),
        "bindings": undo.items,
        "diff": undo.diffs,
    }
    left = [f"{item['subject']}: {item['reason']}" for item in undo.items if item["outcome"] in (REFUSED, FAILED)]
    if left and options["fail_when_refused"]:
        raise RemediationError(f"Could not undo all secret bindings. {'; '.join(left)}", **result)
    return result


def _restore(undo: Undoing, session: Session, each: Mapping[str, str]) -> bool:
    """Make a service's template what its revision has; its traffic is pinned to that and does not move."""
    subject, revision = f"template of {each['service']}", each["revision"]
    try:
        found = cloud_run_services.read_revision(session, each["service"], revision)
        if found is None:
            raise BadInput(f"service {each['service']} has no revision {revision}", option="services")
    except RemediationError as error:
        undo.tell(subject, FAILED, error.message)
        return False
    wanted = {**decode_template(found), "name": each["service"], "state": "present"}
    return undo.perform(subject, cloud_run_service.OPERATION, wanted, f"as {revision}")


def _users(session: Session, expected: Mapping[str, str]) -> dict[tuple[str, str], set[str]]:
    """Return who reads which version; of services in ``expected`` only that revision, as if all were done."""
    revisions = {short(entry["name"]): entry for entry in cloud_run_services.list_revisions(session, "-")}
    services = [
        {
            **service,
            "template": revisions.get(expected[name], {}),
            "traffic_statuses": _tags_and(expected[name], service),
        }
        if (name := short(service["name"])) in expected
        else service
        for service in cloud_run_services.list_services(session)
    ]
    return secret_readers.users_of(services, revisions)


def _tags_and(revision: str, service: Mapping[str, Any]) -> list[dict[str, Any]]:
    tagged = [{**target, "percent": 0} for target in service.get("traffic_statuses") or () if target.get("tag")]
    return [*tagged, {"revision": revision, "percent": 100}]


def _disable(undo: Undoing, session: Session, secret: str, version: str, users: list[str]) -> None:
    """Disable a version that the run made, where nobody reads it; it is never destroyed."""
    subject = f"version {version} of secret {secret}"
    if users:
        undo.tell(subject, REFUSED, f"{', '.join(users)} would miss it")
        return
    try:
        there = secret_manager.SecretResource(session, secret, None, policy=secret_manager.MATCH).read()
    except RemediationError as error:
        undo.tell(subject, FAILED, error.message)
        return
    state = ((there or {}).get("version_states") or {}).get(version, "gone")
    if state != "enabled":
        undo.tell(subject, ALREADY, f"it is {state}")
        return
    wanted = {"name": secret, "state": "present", "version_states": {version: "disabled"}, "payload_policy": "match"}
    undo.perform(subject, secret_manager_secret.OPERATION, wanted, "nothing reads it")


OPERATION = Operation(name="recorded_bindings", options=OPTIONS, run=run)
