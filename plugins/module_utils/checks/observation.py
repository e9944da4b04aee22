# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was read of an environment, in one value that the checks judge; nothing in it can be asked again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.resources import (
    artifact_registry,
    cloud_run,
    cloud_run_codec,
    cloud_run_traffic,
    cloud_sql,
    redis,
    vpc_access,
)
from ansible_collections.netra.remediation.plugins.module_utils.resources.load_balancer import Chain, chain_of
from ansible_collections.netra.remediation.plugins.module_utils.terraform.documents import Document

ENABLED = "ENABLED"
# Which part of the infrastructure has which output.
OUTPUT_PARTS = {
    "database_private_ip": "sql",
    "database_public_ip": "sql",
    "database_instance_name": "sql",
    "database_connection_name": "sql",
    "redis_host": "redis",
    "redis_port": "redis",
    "vpc_connector_name": "connector",
}


@dataclass(frozen=True)
class Unread:
    """A part of the environment that could not be read, which is a finding of its own."""

    part: str
    name: str
    status: str
    message: str

    def as_dict(self) -> dict[str, str]:
        """Return the failed read as results show it."""
        return {"part": self.part, "name": self.name, "status": self.status, "message": self.message}


@dataclass(frozen=True)
class Listed:
    """All resources of one kind that the project has, and the locations that did not answer."""

    items: tuple[Mapping[str, Any], ...]
    unreachable: tuple[str, ...] = ()

    def find(self, name: str, region: str) -> dict[str, Any] | None:
        """Return the resource of a name in a region; one that has no location in its name is the project's."""
        for item in self.items:
            full = str(item.get("name") or "")
            location = location_of(item)
            if full.rpartition("/")[2] == name and location in ("", region):
                return dict(item)
        return None

    def elsewhere(self, name: str, region: str) -> list[str]:
        """Return the other regions that have a resource of the name."""
        named = [item for item in self.items if str(item.get("name") or "").rpartition("/")[2] == name]
        return sorted({location_of(item) for item in named} - {"", region})


def location_of(item: Mapping[str, Any]) -> str:
    """Return the location in a resource's name, empty where it has none."""
    return str(item.get("name") or "").partition("/locations/")[2].partition("/")[0]


@dataclass(frozen=True)
class Observation:
    """The environment at one moment. In the mappings None means "is not there", a missing key "was not read"."""

    project: str
    region: str
    time: str = ""
    services: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    revisions: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    secrets: Mapping[str, Mapping[str, str] | None] = field(default_factory=dict)
    infrastructure: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    database: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    contexts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    builds: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    config_files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    probes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    certificates: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    listed: Mapping[str, Listed] = field(default_factory=dict)
    secret_names: Mapping[str, list[str]] = field(default_factory=dict)
    dns: Mapping[str, list[str]] = field(default_factory=dict)
    load_balancer: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    logs: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    images: Mapping[str, list[str] | None] = field(default_factory=dict)
    apis: Mapping[str, list[str]] = field(default_factory=dict)
    permissions: Mapping[str, list[str]] = field(default_factory=dict)
    policies: Mapping[str, Mapping[str, list[str]] | None] = field(default_factory=dict)
    numbers: Mapping[str, str] = field(default_factory=dict)
    quotas: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    terraform: Mapping[str, Document | None] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    payloads: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    unread: tuple[Unread, ...] = ()

    def was_unread(self, part: str, name: str) -> bool:
        """Tell whether something was asked for and not answered, so that nobody knows whether it is there."""
        return any((entry.part, entry.name) == (part, name) for entry in self.unread)

    def newest_version(self, secret: str) -> str | None:
        """Return the newest enabled version of a secret: what a service may be bound to."""
        versions = self.secrets.get(secret) or {}
        enabled = [number for number, state in versions.items() if state == ENABLED]
        return max(enabled, key=int, default=None)

    def hold(self, service: str) -> dict[str, Any] | None:
        """Return why a service is pinned, if someone said so on the service."""
        hold = cloud_run.hold_of(self.services.get(service) or {})
        return {"service": service, **hold} if hold else None

    def serving(self, service: str) -> str | None:
        """Return the revision that gets most of a service's traffic."""
        shares = cloud_run_traffic.serving(self.services.get(service) or {})
        return max(shares, key=lambda revision: shares[revision], default=None)

    def revision(self, service: str, name: str) -> dict[str, Any] | None:
        """Return what tasks register of a revision, None where it is not there or was not read."""
        for entry in self.revisions.get(service) or ():
            if cloud_run_traffic.short(entry.get("name")) == name:
                return cloud_run.describe_revision(entry)
        return None

    def live_options(self, service: str) -> dict[str, Any] | None:
        """Return with what the revision that serves was made, else the service's template; None where neither is."""
        serving = self.serving(service)
        for entry in self.revisions.get(service) or ():
            if serving and cloud_run_traffic.short(entry.get("name")) == serving:
                return cloud_run_codec.decode_template(entry)
        live = self.services.get(service)
        return cloud_run.observed_options(live) if live else None

    def has_image(self, image: str) -> bool | None:
        """Tell whether an image is left, by its digest; None where it has none or its repository was not read."""
        reference = artifact_registry.parsed(image)
        if reference is None or not reference.digest or reference.repository not in self.images:
            return None
        return reference.pinned in (self.images[reference.repository] or ())

    def chain(self, host: str) -> Chain | None:
        """Return what a request for a host passes, None where a part of the load balancer could not be read."""
        if any(entry.part == "load_balancer" for entry in self.unread) or not self.load_balancer:
            return None
        return chain_of(self.load_balancer, host)

    def output_was_unread(self, output: str) -> bool:
        """Tell whether what has an output could not be read."""
        return self.was_unread("infrastructure", OUTPUT_PARTS[output])

    def outputs(self) -> dict[str, str | None]:
        """Return what the infrastructure offers to the services, under the names Terraform has for it."""
        instance = self.infrastructure.get("sql") or {}
        cache = self.infrastructure.get("redis") or {}
        connector = self.infrastructure.get("connector") or {}
        found = {
            "database_private_ip": cloud_sql.address(instance, "PRIVATE"),
            "database_public_ip": cloud_sql.address(instance, "PRIMARY"),
            "database_instance_name": instance.get("name"),
            "database_connection_name": instance.get("connectionName"),
            "redis_host": cache.get("host"),
            "redis_port": cache.get("port"),
            "vpc_connector_name": str(connector.get("name") or "").rpartition("/")[2],
        }
        return {name: str(value) if value else None for name, value in found.items()}

    def as_dict(self) -> dict[str, Any]:
        """Return the observation as results and records show it: without payloads and without what looks like one."""
        describe = {"redis": redis.describe, "sql": cloud_sql.describe, "connector": vpc_access.describe}
        return {
            "project": self.project,
            "region": self.region,
            "time": self.time,
            "services": {name: _shown_service(service) for name, service in self.services.items()},
            "revisions": {
                name: [cloud_run.describe_revision(revision) for revision in revisions]
                for name, revisions in self.revisions.items()
            },
            **self._shown_secrets(),
            "infrastructure": {
                part: None if resource is None else describe[part](resource)
                for part, resource in self.infrastructure.items()
            },
            "database": dict(self.database),
            "errors": {name: dict(errors) for name, errors in self.errors.items()},
            "contexts": {name: dict(context) for name, context in self.contexts.items()},
            "builds": {name: None if build is None else dict(build) for name, build in self.builds.items()},
            "config_files": {
                path: {key: seen for key, seen in file.items() if key != "values"}  # some of them may be secret
                for path, file in self.config_files.items()
            },
            "probes": {name: dict(probe) for name, probe in self.probes.items()},
            "certificates": {host: dict(seen) for host, seen in self.certificates.items()},
            "dns": {host: list(addresses) for host, addresses in self.dns.items()},
            "load_balancer": {
                kind: [str(item.get("name")) for item in items] for kind, items in self.load_balancer.items()
            },
            # Lines are in the evidence of findings only: a log may say more than a record should keep.
            "logs": {name: len(entries) for name, entries in self.logs.items()},
            "images": {name: None if found is None else len(found) for name, found in self.images.items()},
            "apis": list(self.apis.get("enabled") or ()),
            "quotas": dict(self.quotas.get("run") or {}),
            "terraform": {
                kind: None
                if found is None
                else {"serial": found.serial, "resources": [r.address for r in found.resources]}
                for kind, found in self.terraform.items()
            },
            "unread": [unread.as_dict() for unread in self.unread],
        }

    def _shown_secrets(self) -> dict[str, Any]:
        return {
            "secrets": {
                name: None
                if versions is None
                else {"newest_enabled": self.newest_version(name), "versions": dict(versions)}
                for name, versions in self.secrets.items()
            },
            "payloads": {
                reference: {"kind": seen["kind"], "complaints": [entry["rule"] for entry in seen["complaints"]]}
                for reference, seen in self.payloads.items()
            },
        }


def _shown_service(service: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if service is None else cloud_run.describe_service(service)
