# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Know Secret Manager's secrets and their versions; payloads are compared by fingerprint and never returned.

https://cloud.google.com/secret-manager/docs/reference/rest
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation import intent
from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import Change, is_known, known_after
from ansible_collections.netra.remediation.plugins.module_utils.foundation.checksums import crc32c, refuse_damaged
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import NotFound
from ansible_collections.netra.remediation.plugins.module_utils.foundation.redaction import fingerprint
from ansible_collections.netra.remediation.plugins.module_utils.gcp.api_errors import attempting
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session, read_policy, write_policy
from ansible_collections.netra.remediation.plugins.module_utils.reconcile import Field, Plan
from ansible_collections.netra.remediation.plugins.module_utils.resources import foreseen_secret

STATES = ("enabled", "disabled", "destroyed")
FIELDS: tuple[Field, ...] = (
    Field("labels", kind="owned_map"),
    Field("locations", kind="set", immutable=True),
    Field("payload"),
    Field("version_states", kind="owned_map"),
)
# Compare the payload; have any payload; have one that chance made, which no fingerprint can predict.
MATCH, INITIAL, GENERATED = "match", "initial", "generated"
# In the place of a fingerprint: a version that is to have a successor, whatever it holds.
TOO_OLD = "to be renewed"
SecretDict = dict[str, Any]


def full_name(project: str, secret: str) -> str:
    """Return a secret's full name; a name that is full already may be of another project."""
    return secret if secret.startswith("projects/") else f"projects/{project}/secrets/{secret}"


def list_secrets(session: Session) -> list[SecretDict]:
    """Return the secrets of the project with their versions, by name; never a payload."""
    parent = f"projects/{session.project}"
    with attempting(f"list the secrets of {parent}"):
        found = list(session.secret_manager().list_secrets(parent=parent, **read_policy()))
    names = sorted(secret.name.rpartition("/")[2] for secret in found)
    return [secret for secret in (read_secret(session, name) for name in names) if secret is not None]


def read_secret(session: Session, name: str) -> SecretDict | None:
    """Return one secret and the states of its versions, None where it does not exist."""
    full, client = full_name(session.project, name), session.secret_manager()
    try:
        with attempting(f"read secret {full}"):
            secret = client.get_secret(name=full, **read_policy())
            versions = list(client.list_secret_versions(parent=full, **read_policy()))
    except NotFound:
        return None
    return {
        "name": name,
        "id": secret.name,
        "etag": secret.etag,
        "labels": dict(secret.labels),
        "locations": [replica.location for replica in secret.replication.user_managed.replicas],
        "create_time": secret.create_time.rfc3339() if secret.create_time else None,
        "versions": sorted(
            (
                {
                    "version": version.name.rpartition("/")[2],
                    "state": version.state.name.lower(),
                    "create_time": version.create_time.rfc3339() if version.create_time else None,
                    "etag": version.etag,
                }
                for version in versions
            ),
            key=lambda version: int(version["version"]),
            reverse=True,
        ),
    }


def newest_enabled(secret: Mapping[str, Any]) -> str | None:
    """Return the number of the newest version that can be read."""
    return next((version["version"] for version in secret["versions"] if version["state"] == "enabled"), None)


def describe(secret: Mapping[str, Any]) -> dict[str, Any]:
    """Return what tasks register of a secret."""
    versions = [{key: value for key, value in version.items() if key != "etag"} for version in secret["versions"]]
    return {
        **{key: secret[key] for key in ("name", "id", "labels", "locations", "create_time")},
        "latest_version": newest_enabled(secret),
        "versions": versions,
    }


def shown(payload: bytes, policy: str) -> str:
    """Return what diffs and results show of a payload that is wanted; one that nobody knows yet has no fingerprint."""
    if not is_known(payload.decode(errors="replace")):
        return known_after("the phases before")
    return GENERATED if policy == GENERATED else fingerprint(payload)


class SecretResource:
    """Bring one secret to what a plan says; the payload is known here and nowhere else."""

    def __init__(
        self, session: Session, name: str, payload: bytes | None, *, policy: str, newer_than: int | None = None
    ) -> None:
        self.session = session
        self.name = name
        self.full = full_name(session.project, name)
        self._payload = payload
        self._policy = policy
        self._newer_than = newer_than

    def read(self) -> SecretDict | None:
        """Return the secret and, where a payload is compared, the fingerprint of the newest version.

        In a check it is as the tasks before would leave it.
        """
        there = read_secret(self.session, self.name)
        secret = foreseen_secret.foreseen(there, self._said(), self._empty())
        if secret is None:
            return None
        newest = newest_enabled(secret)
        is_compared = self._policy == MATCH and "payload" in secret
        if self._payload is not None and newest and not is_compared:
            secret["payload"] = self._fingerprint_of(newest, self._payload)
        secret["version_states"] = {version["version"]: version["state"] for version in secret["versions"]}
        return secret

    def shown(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return options as a plan has them; of the payload they have only the fingerprint."""
        return values

    def preview(self, decision: Plan, observed: SecretDict | None) -> SecretDict | None:
        """Return what would be there; the API has no way to ask without doing."""
        if decision.action == "delete":
            return None
        empty = self._empty()
        kept = {name: decision.after.get(name) or empty[name] for name in ("labels", "locations")}
        return {**empty, **(observed or {}), **kept}

    def apply(self, decision: Plan, observed: SecretDict | None) -> SecretDict | None:
        """Write what the plan names and return the outcome."""
        client = self.session.secret_manager()
        with attempting(f"{decision.action} secret {self.full}"):
            if decision.action == "delete":
                request = {"name": self.full, "etag": (observed or {}).get("etag", "")}
                client.delete_secret(request=request, **write_policy())
                return None
            if decision.action == "create":
                self._create(client, decision)
            elif "labels" in decision.changes:
                self._label(client, decision, observed or {})
            if "payload" in decision.changes and self._payload is not None:
                self._add(client, self._payload)
            self._set_states(client, decision, observed or {"versions": []})
        return self.read()

    def _empty(self) -> SecretDict:
        return foreseen_secret.empty_secret(self.name, self.full)

    def _said(self) -> list[Change]:
        """Return what tasks before would do to the secret: this module's and Terraform's, which make no version."""
        by_terraform = [
            Change(change.resource, change.action, {})
            for change in intent.drafted()
            if change.fields.get("secret_id", {}).get("after") == self.name
        ]
        return [*by_terraform, *intent.foreseen(f"secret {self.name}")]

    def _fingerprint_of(self, version: str, payload: bytes) -> str:
        """Return what stands for a version's payload: its own, or what settles the question without reading it."""
        if self._policy == MATCH:
            return fingerprint(self._access(version))
        too_old = self._newer_than is not None and int(version) <= self._newer_than
        return TOO_OLD if too_old else shown(payload, self._policy)

    def _access(self, version: str) -> bytes:
        name = f"{self.full}/versions/{version}"
        with attempting(f"compare the payload of {name}"):
            answer = self.session.secret_manager().access_secret_version(name=name, **read_policy())
        content = bytes(answer.payload.data)
        refuse_damaged(content, answer.payload.data_crc32c, f"compare the payload of {name}")
        return content

    def _add(self, client: Any, payload: bytes) -> None:
        """Add a version; the server compares the checksum before it keeps anything."""
        sent = {"data": payload, "data_crc32c": crc32c(payload)}
        client.add_secret_version(request={"parent": self.full, "payload": sent}, **write_policy())

    def _create(self, client: Any, decision: Plan) -> None:
        locations = decision.changes.get("locations") or []
        replicas = {"user_managed": {"replicas": [{"location": location} for location in locations]}}
        secret: dict[str, Any] = {
            "labels": decision.changes.get("labels") or {},
            "replication": replicas if locations else {"automatic": {}},
        }
        request = {"parent": f"projects/{self.session.project}", "secret_id": self.name, "secret": secret}
        client.create_secret(request=request, **write_policy())

    def _label(self, client: Any, decision: Plan, observed: Mapping[str, Any]) -> None:
        secret = {"name": self.full, "etag": observed.get("etag", ""), "labels": decision.changes["labels"] or {}}
        client.update_secret(request={"secret": secret, "update_mask": {"paths": ["labels"]}}, **write_policy())

    def _set_states(self, client: Any, decision: Plan, observed: Mapping[str, Any]) -> None:
        known = {version["version"]: version for version in observed["versions"]}
        acts = {
            "enabled": client.enable_secret_version,
            "disabled": client.disable_secret_version,
            "destroyed": client.destroy_secret_version,
        }
        for version, state in (decision.changes.get("version_states") or {}).items():
            if known[version]["state"] != state:
                request = {"name": f"{self.full}/versions/{version}", "etag": known[version]["etag"]}
                acts[state](request=request, **write_policy())
