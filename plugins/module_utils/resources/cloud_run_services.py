# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read, write and wait for Cloud Run's services through Google's client."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation import intent
from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline, poll
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import (
    DeadlineExceeded,
    NotFound,
    OperationFailed,
)
from ansible_collections.netra.remediation.plugins.module_utils.gcp import long_running
from ansible_collections.netra.remediation.plugins.module_utils.gcp.api_errors import attempting
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import (
    Session,
    read_policy,
    run_client_library,
    write_policy,
)
from ansible_collections.netra.remediation.plugins.module_utils.reconcile import Plan
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run, foreseen_service
from ansible_collections.netra.remediation.plugins.module_utils.resources.cloud_run_codec import encode_service

ServiceDict = dict[str, Any]
NOUN = "service"  # how plans and messages call one


def read_service(session: Session, name: str) -> ServiceDict | None:
    """Return one service, None where it does not exist."""
    full = f"{session.location}/services/{name}"
    try:
        with attempting(f"read service {full}"):
            return message_dict(session.run_services().get_service(name=full, **read_policy()))
    except NotFound:
        return None


def list_services(session: Session) -> list[ServiceDict]:
    """Return the services of the region, by name."""
    with attempting(f"list the services of {session.location}"):
        found = [
            message_dict(entry)
            for entry in session.run_services().list_services(parent=session.location, **read_policy(session.patience))
        ]
    return sorted(found, key=lambda service: str(service["name"]))


def list_revisions(session: Session, service: str) -> list[dict[str, Any]]:
    """Return the revisions of a service, newest first; the service ``-`` stands for all of the region."""
    parent = f"{session.location}/services/{service}"
    with attempting(f"list the revisions of {parent}"):
        policy = read_policy(session.patience)
        found = [message_dict(entry) for entry in session.run_revisions().list_revisions(parent=parent, **policy)]
    return sorted(found, key=lambda revision: str(revision.get("create_time")), reverse=True)


def read_revision(session: Session, service: str, revision: str) -> dict[str, Any] | None:
    """Return one revision, None where it does not exist."""
    full = f"{session.location}/services/{service}/revisions/{revision}"
    try:
        with attempting(f"read revision {full}"):
            return message_dict(session.run_revisions().get_revision(name=full, **read_policy()))
    except NotFound:
        return None


class ServiceResource:
    """Bring one service to what a plan says."""

    def __init__(
        self,
        session: Session,
        name: str,
        deadline: Deadline,
        is_reached: Callable[[Mapping[str, Any]], bool] = cloud_run.is_ready,
    ) -> None:
        self.session = session
        self.name = name
        self.full = f"{session.location}/services/{name}"
        self.deadline = deadline
        self.is_reached = is_reached

    def read(self) -> ServiceDict | None:
        """Return the service, None where it does not exist; in a check as the tasks before would leave it."""
        said = intent.foreseen(f"{NOUN} {self.name}")
        return foreseen_service.foreseen(read_service(self.session, self.name), said)

    def shown(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return options as a plan has them."""
        return foreseen_service.change_shown(values)

    def preview(self, decision: Plan, observed: ServiceDict | None) -> ServiceDict | None:
        """Send the same request for validation only: bad limits, names and references show up in check mode.

        What names things that are not there yet, such as an image that is still to be built, no server can judge.
        """
        said = intent.foreseen(f"{NOUN} {self.name}")
        if len(said) <= 1 and not intent.names_what_is_to_come(decision.changes, f"{NOUN} {self.name}"):
            answer = self._send(decision, observed, validate_only=True)
        else:
            answer = None if decision.action == "delete" else encode_service(observed, decision.changes)
        return None if answer is None else foreseen_service.foreseen(answer, said)

    def apply(self, decision: Plan, observed: ServiceDict | None) -> ServiceDict | None:
        """Write against the etag that was read and wait until the service is as asked."""
        try:
            answer = self._send(decision, observed, validate_only=False)
        except OperationFailed:
            # A newest revision that is broken fails the operation of every later change, also of one that only moves
            # traffic away from it. What flows decides.
            answer = self.read() if decision.update_mask and "template" not in decision.update_mask else None
            if answer is None or not self.is_reached(answer) or not _stands(decision, observed or {}, answer):
                raise
        if decision.action == "delete":
            return None
        return self._await(answer)

    def _send(self, decision: Plan, observed: ServiceDict | None, *, validate_only: bool) -> ServiceDict | None:
        verb = decision.action
        attempt = f"{'validate, without doing it, to ' if validate_only else ''}{verb} service {self.full}"
        with attempting(attempt):
            if verb == "delete":
                operation = self._delete(observed or {}, validate_only)
            elif verb == "create":
                operation = self._create(decision, validate_only)
            else:
                operation = self._update(decision, observed or {}, validate_only)
            pending = operation.operation
            if pending.done:
                return message_dict(operation.result()) if verb != "delete" else None
        client = self.session.json("run")
        response = long_running.wait(client, {"name": pending.name}, self.deadline, attempt=attempt)
        return _from_json(response) if verb != "delete" and response else None

    def _create(self, decision: Plan, validate_only: bool) -> Any:
        changes = {"cpu_idle": True, **decision.changes}
        request = {
            "parent": self.session.location,
            "service_id": self.name,
            "service": _to_message(encode_service(None, changes)),
            "validate_only": validate_only,
        }
        return self.session.run_services().create_service(request=request, **write_policy())

    def _update(self, decision: Plan, observed: ServiceDict, validate_only: bool) -> Any:
        wanted = encode_service(observed, decision.changes)
        request = run_client_library().UpdateServiceRequest(
            service=_to_message({**wanted, "name": self.full, "etag": observed.get("etag", "")}),
            update_mask={"paths": decision.update_mask},
            validate_only=validate_only,
        )
        return self.session.run_services().update_service(request=request, **write_policy())

    def _delete(self, observed: ServiceDict, validate_only: bool) -> Any:
        request = {"name": self.full, "etag": observed.get("etag", ""), "validate_only": validate_only}
        return self.session.run_services().delete_service(request=request, **write_policy())

    def _await(self, service: ServiceDict | None) -> ServiceDict:
        """Return the service once it is as asked, its own words where it cannot become so."""
        for _attempt in poll(self.deadline, 0.1):
            if service is not None and self.is_reached(service):
                return service
            reason = cloud_run.failure_of(service or {}) if self.is_reached is cloud_run.is_ready else None
            if reason:
                raise OperationFailed(
                    f"Could not bring service {self.full} to readiness: {reason.rstrip('.')}. "
                    "Read the revision's logs, correct the service and run the task again.",
                    status="FAILED_PRECONDITION",
                    server_message=reason,
                )
            service = self.read()
        raise DeadlineExceeded(
            f"Could not see service {self.full} ready within {self.deadline.seconds:g} seconds. "
            "Raise wait_timeout or look at the last state seen.",
            last_seen=cloud_run.describe_service(service or {}),
        )


def _stands(decision: Plan, observed: ServiceDict, service: ServiceDict) -> bool:
    """Tell whether a service has what was written besides its traffic: what flows says nothing of a hold."""
    wanted = encode_service(observed, decision.changes)
    return all(wanted.get(path) == service.get(path) for path in decision.update_mask if path != "traffic")


def message_dict(message: Any) -> dict[str, Any]:
    """Return a message as a dictionary without defaults, enumerations by name."""
    found: dict[str, Any] = type(message).to_dict(
        message, use_integers_for_enums=False, always_print_fields_with_no_presence=False
    )
    return found


def _to_message(service: Mapping[str, Any]) -> Any:
    return run_client_library().Service.from_json(json.dumps(service))


def _from_json(answer: Mapping[str, Any]) -> ServiceDict:
    """Return an operation's response, JSON as the API speaks it, in the form of the client's own answers."""
    message = run_client_library().Service.from_json(json.dumps(dict(answer)), ignore_unknown_fields=True)
    return message_dict(message)
