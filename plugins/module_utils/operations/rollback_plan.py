# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out where traffic may go back to: the ledgers say what was good, the API says what is left of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import (
    BadInput,
    NotFound,
    PermissionDenied,
    RemediationError,
)
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.operations import schema_reading
from ansible_collections.netra.remediation.plugins.module_utils.record import runs
from ansible_collections.netra.remediation.plugins.module_utils.record.evidence import Knowledge, knowledge_of
from ansible_collections.netra.remediation.plugins.module_utils.record.rollback_decision import (
    Decision,
    Evidence,
    LiveRevision,
    LiveService,
    Request,
    decide,
)
from ansible_collections.netra.remediation.plugins.module_utils.record.schema_heads import Schema
from ansible_collections.netra.remediation.plugins.module_utils.resources import (
    artifact_registry,
    cloud_run,
    secret_manager,
)
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run_traffic as traffic

TRIAL_TAG = "rollback"
OPTIONS: dict[str, dict[str, Any]] = {
    "directory": {"type": "path", "required": True},
    "environment": {"type": "str", "required": True},
    "services": {"type": "list", "elements": "str"},
    "revisions": {"type": "dict", "default": {}},
    "revision": {"type": "str"},
    "away_from": {"type": "dict", "default": {}},
    "declared_good": {"type": "dict", "default": {}},
    "moved_in_run": {"type": "str"},
    "known_services": {"type": "list", "elements": "str"},
    "schemas": schema_reading.OPTION,
    "fail_when_refused": {"type": "bool", "default": True},
}


class Live:
    """Read services, revisions and secret versions, each once."""

    def __init__(self, session: Session, schemas: Mapping[str, Schema]) -> None:
        self._session, self._schemas = session, schemas
        self._secrets: dict[str, dict[str, Any]] = {}
        self._asked: dict[str, list[traffic.Target]] = {}

    def service(self, name: str) -> LiveService | None:
        """Return what serves, or None when there is no such service."""
        path = f"/v2/{self._session.location}/services/{name}"
        try:
            service = self._session.json("run").get(path, attempt=f"Reading service {name}")
        except NotFound:
            return None
        asked, stands = asked_of(service), standing(service)
        agree = not stands or traffic.canonical(asked)[0] == traffic.canonical(stands)[0]
        self._asked[name] = asked if agree else stands
        return LiveService(name, split_of(service), cloud_run.hold_of(service), agree, self._schemas.get(name))

    def trial(self, decision: Decision) -> list[dict[str, Any]]:
        """Return the traffic that is asked for now, with the revision to go back to behind a tag at 0 %.

        What follows the latest revision goes on following it: when the trial fails, taking the tag away undoes it.
        Where something else stands than is asked for, it is what stands, so that the trial moves nothing.
        """
        if decision.verdict != "planned":
            return []
        asked = [target for target in self._asked[decision.service] if target["percent"]]
        shares = [{name: value for name, value in target.items() if name != "tag"} for target in asked]
        return [*shares, {"revision": decision.revision, "percent": 0, "tag": TRIAL_TAG}]

    def revision(self, service: str, name: str) -> LiveRevision | None:
        """Return what is left of a revision, or None when it is gone."""
        path = f"/v2/{self._session.location}/services/{service}/revisions/{name}"
        try:
            revision = self._session.json("run").get(path, attempt=f"Reading revision {name}")
        except NotFound:
            return None
        found = {
            f"{secret}:{version}": self._secret(secret, version) for secret, version in secret_references(revision)
        }
        image = revision.get("containers", [{}])[0].get("image")
        return LiveRevision(
            image=image,
            failure=failure_of(revision),
            secret_versions={reference: version.get("state", "UNKNOWN") for reference, version in found.items()},
            image_exists=self._image_exists(image),
            made={reference: version["createTime"] for reference, version in found.items() if "createTime" in version},
        )

    def _image_exists(self, reference: str | None) -> bool | None:
        """Tell whether an image is left; None for another registry's, and where the caller may not look."""
        image = artifact_registry.parsed(reference)
        try:
            return artifact_registry.exists(self._session, image) if image and image.digest else None
        except PermissionDenied:
            return None

    def _secret(self, secret: str, version: str) -> dict[str, Any]:
        path = f"/v1/{secret_manager.full_name(self._session.project, secret)}/versions/{version}"
        if path not in self._secrets:
            try:
                attempt = f"Reading secret version {secret}:{version}"
                self._secrets[path] = self._session.json("secretmanager").get(path, attempt=attempt)
            except NotFound:
                self._secrets[path] = {"state": "gone"}
        return self._secrets[path]


def split_of(service: Mapping[str, Any]) -> dict[str, int]:
    """Return percent by revision as traffic flows now; a share of "latest" is its revision's."""
    latest = str(service.get("latestReadyRevision", "")).rsplit("/", 1)[-1]
    split: dict[str, int] = {}
    for target in service.get("trafficStatuses", []):
        revision = target.get("revision") or latest
        split[revision] = split.get(revision, 0) + int(target.get("percent", 0))
    return split


def standing(service: Mapping[str, Any]) -> list[traffic.Target]:
    """Return the targets as traffic flows now."""
    return [target for target in _targets(service, "trafficStatuses") if target["percent"]]


def asked_of(service: Mapping[str, Any]) -> list[traffic.Target]:
    """Return the targets that the service's specification asks for."""
    return _targets(service, "traffic") or [dict(target) for target in traffic.ALL_TO_LATEST]


def _targets(service: Mapping[str, Any], part: str) -> list[traffic.Target]:
    """Return a list of targets as the API's JSON has it."""
    return traffic.decode_targets([{**entry, "type_": entry.get("type")} for entry in service.get(part, [])])


def secret_references(revision: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the secret versions that a revision's containers read from their environment."""
    references = [
        entry["valueSource"]["secretKeyRef"]
        for container in revision.get("containers", [])
        for entry in container.get("env", [])
        if "secretKeyRef" in entry.get("valueSource", {})
    ]
    return sorted({(reference["secret"], reference.get("version", "latest")) for reference in references})


def failure_of(revision: Mapping[str, Any]) -> str | None:
    """Return why the revision cannot start, from its conditions; a retired revision's Ready says nothing either way."""
    for condition in revision.get("conditions", []):
        if condition.get("type") in ("Ready", "ContainerHealthy", "ContainerReady", "ResourcesAvailable"):
            retired = condition.get("revisionReason") in ("RETIRED", "RETIRING")
            if condition.get("state") == "CONDITION_FAILED" and not retired:
                return str(condition.get("message") or condition.get("reason") or condition["type"])
    return None


def run(options: Options, check_mode: bool) -> Result:  # noqa: ARG001 (reads only, in check mode too)
    """Return a decision per service; refuse when a service that was asked for has nowhere to go."""
    known = knowledge_of(runs.recorded_runs(options["directory"], options["environment"]))
    known.evidence += [
        Evidence(service, str(revision), "", "the contract", "declared")
        for service, revision in options["declared_good"].items()
        if revision
    ]
    requests = _requests(options, known)
    live = Live(Session(options), schema_reading.schemas_of(options["schemas"], requests))
    decisions = [_decision(options, live, known, name, request) for name, request in requests.items()]
    shown = [{**decision.as_dict(), "trial": live.trial(decision)} for decision in decisions]
    refused = [decision for decision in decisions if decision.verdict == "refused"]
    moved_nothing = bool(options.get("moved_in_run")) and not requests
    if options["fail_when_refused"] and not moved_nothing:
        _refuse(options, decisions, known)
    return {
        "changed": False,
        "services": shown,
        "planned": [decision for decision in shown if decision["verdict"] == "planned"],
        "refused": [f"{decision.service}: {decision.reason}" for decision in refused],
        "broken_ledgers": known.broken,
    }


def _requests(options: Options, known: Knowledge) -> dict[str, Request]:
    """Return what is asked of which service: those named, those a run moved, or all that evidence speaks of."""
    away_from: dict[str, str] = {**options["away_from"]}
    if options.get("revision"):
        return _requests({**options, **_of_one(options["revision"], known), "revision": None}, known)
    if options.get("moved_in_run"):
        moved = known.moved.get(options["moved_in_run"], {})
        away_from = {**moved, **away_from}
        names = [name for name in options.get("services") or moved if name in moved]
    elif options.get("services"):
        names = options["services"]
    else:
        names = sorted({evidence.service for evidence in known.evidence} | set(options["revisions"]))
    return {name: Request(away_from.get(name), options["revisions"].get(name)) for name in names}


def _of_one(revision: str, known: Knowledge) -> dict[str, Any]:
    """Return the options that one revision's name stands for: whose it is says the record."""
    names = {item.service for item in known.evidence if item.revision == revision}
    if not names:
        good = ", ".join(sorted({item.revision for item in known.evidence})) or "none"
        raise BadInput(
            f"Could not plan the rollback to {revision}: it is not on record as good. On record are: {good}. Name one "
            "of these, or declare it in remediation_last_known_good.",
            option="revision",
        )
    return {"services": sorted(names), "revisions": dict.fromkeys(names, revision)}


def _decision(options: Options, live: Live, known: Knowledge, name: str, request: Request) -> Decision:
    if options.get("known_services") is not None and name not in options["known_services"]:
        return Decision(name, "refused", "it is on record, but remediation_services does not name it any more")
    service = live.service(name)
    if service is None:
        return Decision(name, "refused", "there is no such service")
    return decide(service, known.evidence, known.departures, request, lambda revision: live.revision(name, revision))


def _refuse(options: Options, decisions: list[Decision], known: Knowledge) -> None:
    """Stop when a service named in the options is refused, or when nothing at all can go back."""
    named = set(options.get("services") or [])
    refused = [decision for decision in decisions if decision.verdict == "refused"]
    stopping = [decision for decision in refused if decision.service in named]
    if len(refused) == len(decisions):
        stopping = refused
    if not decisions:
        raise RemediationError(
            f"Planning the rollback of {options['environment']} failed: no record below {options['directory']} knows a "
            "good revision. Name one in remediation_last_known_good.",
            broken_ledgers=known.broken,
        )
    if stopping:
        why = "; ".join(f"{decision.service}: {decision.reason}" for decision in stopping)
        raise RemediationError(
            f"Rolling back {options['environment']} is refused. {why}.",
            services=[decision.as_dict() for decision in decisions],
            broken_ledgers=known.broken,
        )


OPERATION = Operation(name="rollback_plan", options=OPTIONS, run=run)
