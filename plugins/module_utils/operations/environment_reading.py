# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read everything that a contract speaks of, at the same time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks import (
    image_access,
    payload_checks,
    secret_access,
    shared_keys,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.contract import CLOUD_BUILD
from ansible_collections.netra.remediation.plugins.module_utils.checks.desired_services import (
    desired_file,
    desired_service,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.health_targets import health_targets
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation, Unread
from ansible_collections.netra.remediation.plugins.module_utils.checks.secret_supply import named_secrets
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import ApiError
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operations import environment_collections as collections
from ansible_collections.netra.remediation.plugins.module_utils.operations import local_reading
from ansible_collections.netra.remediation.plugins.module_utils.operations.context_reading import read_context
from ansible_collections.netra.remediation.plugins.module_utils.operations.environment_collections import KINDS
from ansible_collections.netra.remediation.plugins.module_utils.probes import runner
from ansible_collections.netra.remediation.plugins.module_utils.probes.connection import Endpoint, addresses_of
from ansible_collections.netra.remediation.plugins.module_utils.resources import (
    artifact_registry,
    cloud_build,
    cloud_logging,
    cloud_run,
    cloud_run_traffic,
    error_reporting,
    load_balancer,
    project_access,
    run_quotas,
)
from ansible_collections.netra.remediation.plugins.module_utils.source import build_context, yaml_text
from ansible_collections.netra.remediation.plugins.module_utils.source.placeholder_scan import scan_config

AT_ONCE = 24
# How long a call may repeat what an API refuses for now, before the part counts as not answered.
PATIENCE_SECONDS = 10.0
UNREADABLE = "UNREADABLE"
CERTIFICATE_SECONDS = 2.5
ALL = "all"
LOCAL = frozenset({"contexts", "config_files", "terraform", "probes", "certificates", "dns"})
Reader = Callable[[], Any]


class Reading:
    """Collect the parts of an observation; a part that may not be read is noted and not judged."""

    def __init__(self, session: Session, contract: Mapping[str, Any]) -> None:
        self.session = session
        self.contract = contract
        self.names = [service["name"] for service in contract["services"]]
        self.parts: dict[str, dict[str, Any]] = {}
        self.unread: list[Unread] = []
        self.answered = False
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="observe")
        self._pending: list[Future[object]] = []

    def observe(self, *, probe: bool, permissions: Iterable[str] = ()) -> Observation:
        """Read all parts at the same time and return them as one value.

        Raises ApiError where Google does not know the caller, or where not one of its APIs could be reached.
        """
        session = self.session
        session.sign_in()
        with self._pool:
            if probe:
                self._ask_endpoints()  # the slowest to answer: they are asked before the clients are made
            session.run_services(), session.run_revisions()
            self._ask_apis(list(permissions))
            self._look_around()
            self._await()
            self._ask_payloads(self._as_observation())
            self._await()
        if not self.answered and self.unread:
            raise ApiError(self.unread[0].message, status=self.unread[0].status)
        return self._judge_files(self._as_observation())

    def _ask_payloads(self, observation: Observation) -> None:
        """Judge payloads where that was asked for; compare those that must be the same."""
        judged = payload_checks.to_judge(self.contract, observation)
        for reference, kind in judged.items():
            self._ask("payloads", reference, partial(collections.judged_payload, self.session, reference, kind))
        for reference in set(shared_keys.to_compare(self.contract, observation)) - set(judged):
            self._ask("digests", reference, partial(collections.payload_digest, self.session, reference))

    def _await(self) -> None:
        for future in self._pending:  # a reader may add others while it is awaited
            future.result()
        self._pending = []

    def _ask_apis(self, permissions: Sequence[str]) -> None:
        session, names = self.session, self.names
        self._begin(self._services)
        self._collect("revisions", names, partial(collections.revisions, session, names))
        self._begin(self._secrets)
        self._begin(self._policy)
        for part in KINDS:
            if self.contract["infrastructure"].get(part):
                self._begin(partial(self._infrastructure, part))
        for collection in load_balancer.COLLECTIONS:
            self._ask("load_balancer", collection, partial(load_balancer.list_collection, session, collection))
        for repository in collections.image_repositories(self.contract):
            self._ask("images", repository, partial(artifact_registry.list_images, session, repository))
        self._ask("quotas", "run", partial(run_quotas.region_limits, session))
        self._ask("apis", "enabled", partial(project_access.enabled_apis, session))
        if permissions:
            self._ask("permissions", "granted", partial(project_access.granted_permissions, session, permissions))
        self._collect("logs", names, partial(self._logs, datetime.now(UTC)))

    def _ask_endpoints(self) -> None:
        """Probe what the contract says users and services reach."""
        for name, target in health_targets(self.contract).items():
            self._ask("probes", name, partial(runner.watch, target))
        for host in sorted({service["host"] for service in self.contract["services"] if service.get("host")}):
            target = {"name": host, "kind": "tls", "host": host, "timeout": CERTIFICATE_SECONDS}
            self._ask("certificates", host, partial(runner.watch, target))
            if Endpoint(host, 443, "https").proxy() is None:  # behind a proxy, names are the proxy's to resolve
                self._ask("dns", host, partial(addresses_of, host))

    def _look_around(self) -> None:
        """Look at what is on this machine: the sources and Terraform's documents."""
        contract = self.contract
        self._begin(self._contexts)
        for file in contract["config_files"]:
            self._ask("config_files", file["path"], partial(self._file, file))
        for kind, path, needed in local_reading.terraform_documents(contract):
            self._ask(
                "terraform",
                kind,
                partial(local_reading.read_terraform, os.path.join(contract["source_directory"], path), needed),
            )

    def _begin(self, work: Callable[[], object]) -> None:
        self._pending.append(self._pool.submit(work))

    def _ask(self, part: str, name: str, read: Reader) -> None:
        self._begin(lambda: self._read(part, name, read))

    def _collect(self, part: str, names: Sequence[str], read: Reader) -> None:
        self._begin(lambda: self._read_all(part, names, read))

    def _read(self, part: str, name: str, read: Reader) -> None:
        """Read one entry of a part."""
        self._read_all(part, [name], lambda: {name: read()})

    def _read_all(self, part: str, names: Sequence[str], read: Reader) -> bool:
        """Read a part as name → value in one go; without an answer, note each name."""
        try:
            values = read()
        except ApiError as error:
            if error.status == "UNAUTHENTICATED":
                raise
            if error.http:
                self.answered = True
            self.unread += [Unread(part, name, error.status, error.message) for name in names]
            return False
        except (OSError, ValueError) as error:
            self.unread += [Unread(part, name, UNREADABLE, local_reading.words(error)) for name in names]
            return False
        if part not in LOCAL:
            self.answered = True
        self.parts.setdefault(part, {}).update(values)
        return True

    def _services(self) -> None:
        """Read the services; then the errors of the revisions that serve, the policies, and what they are bound to."""
        if not self._read_all("services", self.names, lambda: collections.services(self.session, self.names)):
            return
        services = self.parts["services"]
        known = set(named_secrets(self.contract))
        for name, service in services.items():
            if service is None:
                continue
            self._ask("policies", f"service {name}", partial(project_access.service_bindings, self.session, name))
            shares = cloud_run_traffic.serving(service)
            if shares:
                serving = max(shares, key=lambda revision: shares[revision])
                self._ask("errors", name, partial(error_reporting.errors_of_last_hour, self.session, name, serving))
            bound = cloud_run.observed_options(service).get("secret_env") or {}
            for secret in sorted({reference.rpartition(":")[0] for reference in bound.values()} - known):
                known.add(secret)
                self._ask("secrets", secret, partial(collections.versions, self.session, secret))

    def _secrets(self) -> None:
        """Read which secrets there are, then the versions of those that the contract names."""
        wanted = named_secrets(self.contract)
        try:
            listed = collections.secret_names(self.session)
        except ApiError as error:
            if error.status == "UNAUTHENTICATED":
                raise
            if error.http:
                self.answered = True
            self.unread += [Unread("secrets", name, error.status, error.message) for name in wanted]
            return
        self._read_all("secret_names", [ALL], lambda: {ALL: listed})
        for name in wanted:
            if name in listed:
                self._ask("secrets", name, partial(collections.versions, self.session, name))
            else:
                self._read("secrets", name, lambda: None)

    def _policy(self) -> None:
        """Read the project's policy; then those of the secrets that it does not open to the services' accounts."""
        if not self._read_all(
            "policies", ["project"], lambda: {"project": project_access.project_bindings(self.session)}
        ):
            return
        bindings = self.parts["policies"]["project"]
        for secret in secret_access.secrets_to_look_at(self.contract, bindings):
            self._ask("policies", f"secret {secret}", partial(project_access.secret_bindings, self.session, secret))
        project, repositories = self.session.project, collections.image_repositories(self.contract)
        number = partial(project_access.project_number, self.session)
        if repositories and self._read_all("numbers", [project], lambda: {project: number()}):
            place = image_access.Place(project, self.parts["numbers"][project], bindings)
            for repository in image_access.to_look_at(repositories, place):
                read = partial(collections.repository_policies, self.session, repository, place)
                self._collect("policies", [image_access.policy_of(repository)], read)

    def _infrastructure(self, part: str) -> None:
        wanted = self.contract["infrastructure"][part]["name"]
        if self._read_all("infrastructure", [part], lambda: self._find(part, wanted)):
            listed = self.parts["listed"][part]
            if self.session.region in listed.unreachable:
                del self.parts["infrastructure"][part]
                text = f"Could not list the {KINDS[part].noun}s: {self.session.region} did not answer (UNAVAILABLE)."
                self.unread.append(Unread("infrastructure", part, "UNAVAILABLE", text))

    def _find(self, part: str, wanted: str) -> dict[str, Any]:
        listed = collections.infrastructure(self.session, part)
        self.parts.setdefault("listed", {})[part] = listed
        return {part: listed.find(wanted, self.session.region)}

    def _logs(self, now: datetime) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in self.names}
        for entry in cloud_logging.recent_problems(self.session, self.names, now):
            found.setdefault(entry["service"], []).append(entry)
        return found

    def _contexts(self) -> None:
        """Read the contexts one after the other, since that computes and waits for nobody; then the builds of all."""
        wanted: dict[str, tuple[str, str]] = {}
        for service in self.contract["services"]:
            if service.get("build") and not service.get("image"):
                name, image = service["name"], service["build"]["image"]
                self._read("contexts", name, partial(read_context, service, self.contract["source_directory"]))
                context = self.parts.get("contexts", {}).get(name)
                if context:
                    wanted[name] = (build_context.context_tag(context["digest"]), image)
        if wanted and (self.contract.get("build_engine") or CLOUD_BUILD) == CLOUD_BUILD:
            self._read_all("builds", list(wanted), partial(cloud_build.find_builds, self.session, wanted))
        else:
            for name, (tag, image) in wanted.items():
                self._ask("builds", name, partial(self._pushed, tag, image))

    def _pushed(self, tag: str, image: str) -> dict[str, Any] | None:
        """Return what another engine than Cloud Build pushed of a context."""
        named = artifact_registry.parsed(image)
        digest = artifact_registry.tagged_digest(self.session, named, tag) if named else None
        return {"id": "", "digest": digest} if digest else None

    def _file(self, file: Mapping[str, Any]) -> dict[str, Any]:
        path = os.path.join(self.contract["source_directory"], file["path"])
        try:
            with open(path, encoding="utf-8") as source:
                text = source.read()
        except FileNotFoundError:
            if not os.path.isdir(self.contract["source_directory"]):
                raise
            return {"exists": False, "service": file["service"]}
        found = [entry.as_dict() for entry in scan_config(file["path"], text)]
        values = local_reading.config_values(text) if not found else None
        return {"exists": True, "service": file["service"], "placeholders": found, "values": values, "text": text}

    def _as_observation(self) -> Observation:
        digests = {reference: seen["digest"] for reference, seen in self.parts.get("payloads", {}).items()}
        return Observation(
            project=self.session.project,
            region=self.session.region,
            time=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            unread=tuple(sorted(self.unread, key=lambda entry: (entry.part, entry.name))),
            **{**self.parts, "digests": {**self.parts.get("digests", {}), **digests}},
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
