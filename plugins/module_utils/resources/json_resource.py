# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read, write and wait for a resource of one of Google's JSON APIs whose changes are long-running operations."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation import changes, intent, paths, watch
from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import Change
from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline, poll
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import (
    DeadlineExceeded,
    NotFound,
    OperationFailed,
)
from ansible_collections.netra.remediation.plugins.module_utils.gcp import long_running
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.reconcile import Field, Plan, body

Shown = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """What distinguishes one kind of resource from another: where it lives and how its life goes on."""

    noun: str
    api: str
    parent: Callable[[Session], str]
    collection: str
    fields: tuple[Field, ...]
    ready: frozenset[str]
    failed: frozenset[str]
    name_parameter: str = ""
    name_field: str = ""
    identity: Callable[[Session], Mapping[str, Any]] = field(default=lambda _session: {})
    lock: Callable[[Mapping[str, Any]], Mapping[str, Any]] = field(default=lambda _resource: {})

    def path(self, session: Session, name: str = "") -> str:
        """Return the path of the collection, or of one resource in it."""
        place = f"/v1/{self.parent(session)}/{self.collection}"
        return f"{place}/{name}" if name else place


def read_resource(session: Session, kind: Kind, name: str) -> Shown | None:
    """Return one resource as the API speaks it, None where it does not exist."""
    try:
        return session.json(kind.api).get(kind.path(session, name), attempt=f"read {kind.noun} {name}")
    except NotFound:
        return None


def list_resources(session: Session, kind: Kind, *, all_locations: bool = False) -> tuple[list[Shown], list[str]]:
    """Return the resources of a kind and the locations that did not answer, in one call for a page of them.

    With ``all_locations`` those of every region, where the API reads ``-`` as any location.
    """
    path = kind.path(session)
    if all_locations:
        path = path.replace(f"/locations/{session.region}/", "/locations/-/")
    found: list[Shown] = []
    unreachable: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = session.json(kind.api).get(path, attempt=f"list the {kind.noun}s", **token)
        found += page.get(kind.collection) or page.get("items") or []
        unreachable += [str(location).rpartition("/")[2] for location in page.get("unreachable") or ()]
        if not page.get("nextPageToken"):
            return found, unreachable
        token = {"pageToken": page["nextPageToken"]}


class JsonResource:
    """Bring one resource to what a plan says."""

    def __init__(self, session: Session, kind: Kind, name: str, deadline: Deadline) -> None:
        self.session = session
        self.kind = kind
        self.name = name
        self.deadline = deadline
        self.client = session.json(kind.api)
        self.path = kind.path(session, name)

    def read(self) -> Shown | None:
        """Return the resource, None where it does not exist; in a check as the tasks before would leave it."""
        found = read_resource(self.session, self.kind, self.name)
        return foreseen(self.kind.fields, found, intent.foreseen(f"{self.kind.noun} {self.name}"))

    def shown(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return options as a plan has them: none of these is secret."""
        return values

    def preview(self, decision: Plan, observed: Shown | None) -> Shown | None:
        """Return what would be there; these APIs have no way to ask without doing."""
        if decision.action == "delete":
            return None
        return _merged(observed or {}, self._body(decision, observed))

    def apply(self, decision: Plan, observed: Shown | None) -> Shown | None:
        """Send the change, wait for its operation and for the resource to be usable."""
        attempt = f"{decision.action} {self.kind.noun} {self.name}"
        if decision.action == "delete":
            operation = self.client.delete(self.path, attempt=attempt)
        elif decision.action == "create":
            query = {self.kind.name_parameter: self.name} if self.kind.name_parameter else {}
            path = self.kind.path(self.session)
            operation = self.client.post(path, self._body(decision, observed), attempt=attempt, **query)
        else:
            query = {"updateMask": ",".join(decision.update_mask)} if self.kind.name_parameter else {}
            operation = self.client.patch(self.path, self._body(decision, observed), attempt=attempt, **query)
        long_running.wait(self.client, operation, self.deadline, attempt=attempt)
        return None if decision.action == "delete" else self._await()

    def _body(self, decision: Plan, observed: Shown | None) -> Shown:
        """Return what to send: the changed fields, and what identifies or locks the resource."""
        changes = body(self.kind.fields, decision.changes)
        if decision.action == "update":
            return _merged(changes, self.kind.lock(observed or {}))
        named = {self.kind.name_field: self.name} if self.kind.name_field else {}
        return _merged({**self.kind.identity(self.session), **named}, changes)

    def _await(self) -> Shown:
        current: Shown = {}
        for _attempt in poll(self.deadline):
            watch.heed(f"see {self.kind.noun} {self.name} ready")
            current = self.read() or {}
            if current.get("state") in self.kind.ready:
                return current
            if current.get("state") in self.kind.failed:
                raise OperationFailed(
                    f"Could not bring {self.kind.noun} {self.name} to readiness: its state is {current['state']}. "
                    "Look at it in the console, delete it where it holds no data, and run the task again.",
                    status="FAILED_PRECONDITION",
                    server_message=current.get("statusMessage"),
                )
        raise DeadlineExceeded(
            f"Could not see {self.kind.noun} {self.name} ready within {self.deadline.seconds:g} seconds. "
            "Raise wait_timeout or look at the last state seen.",
            last_seen=current,
        )


def foreseen(fields: Iterable[Field], resource: Shown | None, said: Iterable[Change]) -> Shown | None:
    """Return a resource as changes that are not made yet would leave it."""
    for change in said:
        if change.action == changes.DELETE:
            resource = None
            continue
        resource = copy.deepcopy(resource or {})
        for field_ in fields:
            there = paths.read(resource, field_.path or field_.option)
            paths.write(resource, field_.path or field_.option, changes.value_after(change, field_.option, there))
    return resource


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> Shown:
    """Lay one nested dictionary over another."""
    result = dict(below)
    for key, value in above.items():
        there = result.get(key)
        result[key] = _merged(there, value) if isinstance(value, Mapping) and isinstance(there, Mapping) else value
    return result


def network_name(network: str) -> str:
    """Return a network's short name; the APIs answer with it, with a path or with a URL."""
    return network.rpartition("/")[2]
