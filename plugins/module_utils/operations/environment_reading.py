# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read everything that a contract speaks of, at the same time."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.desired_services import (
    desired_file,
    desired_service,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.health_targets import health_targets
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation, Unread
from ansible_collections.netra.remediation.plugins.module_utils.checks.secret_supply import named_secrets
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import (
    ApiError,
    NotFound,
)
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.probes import runner
from ansible_collections.netra.remediation.plugins.module_utils.resources import (
    cloud_build,
    cloud_run_services,
    cloud_run_traffic,
    cloud_sql,
    error_reporting,
    json_resource,
    redis,
    vpc_access,
)
from ansible_collections.netra.remediation.plugins.module_utils.source import build_context, placeholders, yaml_text

AT_ONCE = 16
UNREADABLE = "UNREADABLE"
KINDS = {"redis": redis.KIND, "connector": vpc_access.KIND, "sql": cloud_sql.KIND}
Reader = Callable[[], Any]


class Reading:
    """Collect the parts of an observation; a part that may not be read is noted and not judged."""

    def __init__(self, session: Session, contract: Mapping[str, Any]) -> None:
        self.session = session
        self.contract = contract
        self.parts: dict[str, dict[str, Any]] = {}
        self.unread: list[Unread] = []

    def observe(self, *, probe: bool) -> Observation:
        """Read all parts and return them as one value."""
        session = self.session
        session.credentials, session.run_services(), session.run_revisions()
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="observe") as pool:
            pending = [pool.submit(self._read, part, name, read) for part, name, read in self._readers(probe)]
            for future in pending:
                future.result()
        return self._judge_files(self._as_observation())

    def _readers(self, probe: bool) -> list[tuple[str, str, Reader]]:
        contract = self.contract
        readers: list[tuple[str, str, Reader]] = []
        for service in contract["services"]:
            name = service["name"]
            readers.append(("services", name, partial(self._service, name)))
            if service.get("build") and not service.get("image"):
                readers.append(("contexts", name, partial(self._context, service)))
        if probe:
            targets = health_targets(contract)
            readers += [("probes", name, partial(runner.watch, target)) for name, target in targets.items()]
        for part, kind in KINDS.items():
            wanted = contract["infrastructure"].get(part)
            if wanted:
                readers.append(("infrastructure", part, partial(self._resource, kind, wanted["name"])))
        for secret in named_secrets(contract):
            readers.append(("secrets", secret, partial(self._versions, secret)))
        for file in contract["config_files"]:
            readers.append(("config_files", file["path"], partial(self._file, file)))
        return readers

    def _read(self, part: str, name: str, read: Reader) -> None:
        try:
            value = read()
        except ApiError as error:
            if error.status == "UNAUTHENTICATED" or not error.http:
                raise
            self.unread.append(Unread(part, name, error.status, error.message))
            return
        except (OSError, UnicodeDecodeError) as error:
            self.unread.append(Unread(part, name, UNREADABLE, _words(error)))
            return
        self.parts.setdefault(part, {})[name] = value

    def _resource(self, kind: json_resource.Kind, name: str) -> dict[str, Any] | None:
        return json_resource.read_resource(self.session, kind, name)

    def _service(self, name: str) -> dict[str, Any] | None:
        service = cloud_run_services.read_service(self.session, name)
        if service is None:
            return None
        self._read("revisions", name, lambda: cloud_run_services.list_revisions(self.session, name))
        shares = cloud_run_traffic.serving(service)
        if shares:
            serving = max(shares, key=lambda revision: shares[revision])
            self._read("errors", name, lambda: error_reporting.errors_of_last_hour(self.session, name, serving))
        return service

    def _versions(self, secret: str) -> dict[str, str] | None:
        path = f"/v1/projects/{self.session.project}/secrets/{secret}/versions"
        client = self.session.json("secretmanager")
        try:
            found = list(client.paged(path, "versions", attempt=f"list the versions of secret {secret}"))
        except NotFound:
            return None
        return {entry["name"].rpartition("/")[2]: entry["state"] for entry in found}

    def _context(self, service: Mapping[str, Any]) -> dict[str, Any]:
        build, name = service["build"], service["name"]
        root = os.path.normpath(os.path.join(self.contract["source_directory"], build.get("context") or "."))
        if not os.path.isdir(root):
            raise NotADirectoryError(
                errno.ENOTDIR, "not a directory; remediation_source_directory must be a checkout of the sources", root
            )
        tree, required = build_context.read_tree(root, build["dockerfile"]), list(build.get("required_paths") or ())
        digest = tree.digest(build["image"])
        self._read("builds", name, lambda: self._build(digest, build["image"]))
        return {
            "digest": digest,
            "ignore_file": os.path.join(root, tree.selection.ignore_file),
            "excluded": [entry.as_dict() for entry in tree.selection.exclusions(required)],
            "missing": tree.missing(required),
        }

    def _build(self, digest: str, image: str) -> dict[str, Any] | None:
        build = cloud_build.find_build(self.session, build_context.context_tag(digest), image)
        return {"id": build["id"], "digest": cloud_build.digest_of(build, image)} if build else None

    def _file(self, file: Mapping[str, Any]) -> dict[str, Any]:
        path = os.path.join(self.contract["source_directory"], file["path"])
        try:
            with open(path, encoding="utf-8") as source:
                text = source.read()
        except FileNotFoundError:
            if not os.path.isdir(self.contract["source_directory"]):
                raise
            return {"exists": False, "service": file["service"]}
        found = [entry.as_dict() for entry in placeholders.in_text(text)]
        return {"exists": True, "service": file["service"], "placeholders": found, "text": text}

    def _as_observation(self) -> Observation:
        return Observation(
            project=self.session.project,
            region=self.session.region,
            time=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            unread=tuple(sorted(self.unread, key=lambda entry: (entry.part, entry.name))),
            **self.parts,
        )

    def _judge_files(self, observation: Observation) -> Observation:
        """Compare the config files with what the contract wants of them; their text goes no further."""
        services = {service["name"]: service for service in self.contract["services"]}
        for file in self.contract["config_files"]:
            seen = self.parts.get("config_files", {}).get(file["path"], {})
            text = seen.pop("text", None)
            desired = desired_service(services[file["service"]], observation)
            if text is not None and not seen["placeholders"] and not desired.incomplete:
                seen["differs"] = yaml_text.merged(text, desired_file(self.contract, file, desired)) != text
        return observation


def _words(error: OSError | UnicodeDecodeError) -> str:
    """Say why a local file cannot be read, without what is in it."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    return f"{error.filename}: {error.strerror}"
