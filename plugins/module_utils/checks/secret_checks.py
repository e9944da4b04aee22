# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge secrets: whether they are there, whether what services refer to can be read, and by whom."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks import secret_access
from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import (
    BY_HAND,
    CONFIGURATION,
    DEPLOYMENT,
    ERROR,
    WARNING,
    Check,
    Finding,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import ENABLED, Observation
from ansible_collections.netra.remediation.plugins.module_utils.checks.secret_supply import named_secrets
from ansible_collections.netra.remediation.plugins.module_utils.foundation.redaction import looks_secret
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run

LATEST = "latest"
DEFAULT_ACCOUNT = "-compute@developer.gserviceaccount.com"
# How alike two names must be for one to be taken for the other, as difflib measures it.
ALIKE = 0.75

MISSING = Check(
    "SEC-001", ERROR, CONFIGURATION, "a secret does not exist",
    "The configuration phase makes one that can be generated; any other must be added by hand.",
    "gcloud secrets create {resource} --data-file=- --project={project}", ("secrets",),
)  # fmt: skip
DISABLED = Check(
    "SEC-002", ERROR, CONFIGURATION, "a secret has no enabled version", "Enable a version or add one.",
    "gcloud secrets versions list {resource} --project={project}", ("secrets",),
)  # fmt: skip
FLOATING = Check(
    "SEC-003", ERROR, DEPLOYMENT, "a service reads secrets at `latest`", "The deployment phase binds numbers.",
    "gcloud run services describe {resource} --region={region} --project={project}", ("services",),
)  # fmt: skip
OTHER_NAME = Check(
    "SEC-004", ERROR, BY_HAND, "a secret is stored under another name",
    "Store the payload under the name that services read, or bind the other name.",
    "gcloud secrets versions access latest --secret={stored_as} --project={project} | "
    "gcloud secrets create {resource} --data-file=- --project={project}", ("secrets", "secret_names"),
)  # fmt: skip
UNREADABLE_VERSION = Check(
    "SEC-005", ERROR, DEPLOYMENT, "a service is bound to a version that cannot be read",
    "The deployment phase binds the newest enabled version; enable the bound one to keep it.",
    "gcloud secrets versions enable {version} --secret={secret} --project={project}", ("services", "secrets"),
)  # fmt: skip
NO_ACCESS = Check(
    "SEC-006", ERROR, BY_HAND, "a service's account may not read a secret that it is bound to",
    "Grant the account roles/secretmanager.secretAccessor on the secret.",
    "gcloud secrets add-iam-policy-binding {secret} --member=serviceAccount:{account} "
    "--role=roles/secretmanager.secretAccessor --project={project}", ("policies",),
)  # fmt: skip
LACKS_PERMISSIONS = Check(
    "SEC-007", WARNING, BY_HAND, "the caller lacks, in the project, what the phases have to do",
    "Grant the caller the roles, run as an account that has them, or make sure that it has them on the resources.",
    "gcloud projects get-iam-policy {project}", ("permissions",),
)  # fmt: skip
DEFAULT_IDENTITY = Check(
    "SEC-008", WARNING, BY_HAND, "a service runs as the project's default account",
    "Give the service an account of its own with the roles that it needs (service_account in the contract).",
    "gcloud iam service-accounts create {service} --project={project}", ("services",),
)  # fmt: skip
PLAIN_TEXT = Check(
    "SEC-009", WARNING, BY_HAND, "a variable that looks like a secret holds its value in plain text",
    "Store the value in Secret Manager and bind it (secrets in the contract).",
    "gcloud secrets create NAME --data-file=- --project={project}", ("services",),
)  # fmt: skip
DEAD_LATEST = Check(
    "SEC-017", ERROR, DEPLOYMENT, "a service reads `latest`, and the newest version is disabled or destroyed",
    "The deployment phase binds the newest enabled version; enable the newest to keep it.",
    "gcloud secrets versions list {secret} --project={project}", ("services", "secrets"),
)  # fmt: skip


def secret_findings(contract: Mapping[str, Any], observation: Observation) -> Iterator[Finding]:
    """Find secrets that are missing, cannot be read, or are stored under another name than services read."""
    for name in named_secrets(contract):
        if name not in observation.secrets:
            continue
        if observation.secrets[name] is None:
            yield MISSING.found(name, f"secret {name} does not exist")
            stored_as = _stored_as(name, contract, observation)
            if stored_as:
                summary = f"secret {name} does not exist, and {stored_as}, which nothing in the contract names, does"
                yield OTHER_NAME.found(name, summary, {"stored_as": stored_as}, stored_as=stored_as)
        elif observation.newest_version(name) is None:
            versions = dict(observation.secrets[name] or {})
            yield DISABLED.found(name, f"secret {name} has no enabled version", {"versions": versions})


def _stored_as(name: str, contract: Mapping[str, Any], observation: Observation) -> str | None:
    """Return the secret that nobody speaks of and whose name is most like the missing one's."""
    known = set(named_secrets(contract))
    unclaimed = [found for names in observation.secret_names.values() for found in names if found not in known]
    return next(iter(difflib.get_close_matches(name, unclaimed, 1, ALIKE)), None)


def binding_findings(wanted: Mapping[str, Any], observation: Observation) -> Iterator[Finding]:
    """Find what is wrong with how one deployed service gets its secrets."""
    name = wanted["name"]
    service = observation.services.get(name)
    if service is None:
        yield from _refused(wanted, {}, {}, observation)
        return
    live = cloud_run.observed_options(service)
    references = {variable: str(reference) for variable, reference in (live.get("secret_env") or {}).items()}
    floating = sorted(variable for variable, reference in references.items() if reference.endswith(f":{LATEST}"))
    if floating:
        summary = "secrets are bound to latest, which no rollback can restore"
        yield FLOATING.found(name, summary, {"variables": floating}, service=name)
    yield from _unreadable(name, references, observation)
    yield from _refused(wanted, live, references, observation)
    account = live.get("service_account")
    if not account or str(account).endswith(DEFAULT_ACCOUNT):
        summary = "the service runs as the default compute account, which often may change the whole project"
        yield DEFAULT_IDENTITY.found(name, summary, {"account": account or "the default"}, service=name)
    exposed = sorted(
        variable
        for variable, value in (live.get("env") or {}).items()
        if looks_secret(variable) and value and not str(value).isdigit() and str(value).lower() not in ("true", "false")
    )
    if exposed:
        summary = f"variables that look like secrets hold their values in plain text: {', '.join(exposed)}"
        yield PLAIN_TEXT.found(name, summary, {"variables": exposed}, service=name)


def _unreadable(name: str, references: Mapping[str, str], observation: Observation) -> Iterator[Finding]:
    for reference in sorted(set(references.values())):
        secret, _colon, version = reference.rpartition(":")
        versions = observation.secrets.get(secret)
        if not versions or versions.get(version) == ENABLED:
            continue
        if version == LATEST:
            yield from _dead_latest(name, secret, versions)
            continue
        state = versions.get(version, "not there")
        variables = sorted(variable for variable, bound in references.items() if bound == reference)
        yield UNREADABLE_VERSION.found(
            f"{name} {reference}",
            f"{', '.join(variables)} is bound to version {version} of secret {secret}, which is {state.lower()}",
            {"variables": variables, "state": state},
            service=name,
            secret=secret,
            version=version,
        )


def _dead_latest(name: str, secret: str, versions: Mapping[str, str]) -> Iterator[Finding]:
    """``latest`` is the version with the highest number, whatever its state: no instance starts on a disabled one."""
    newest = max(versions, key=int)
    if versions[newest] != ENABLED:
        summary = f"latest of secret {secret} is version {newest}, which is {versions[newest].lower()}"
        yield DEAD_LATEST.found(
            f"{name} {secret}", summary, {"version": newest, "state": versions[newest]}, service=name, secret=secret
        )


def _refused(
    wanted: Mapping[str, Any], live: Mapping[str, Any], references: Mapping[str, str], observation: Observation
) -> Iterator[Finding]:
    """Judge the account that the next revision runs as, for what is bound and what the contract will bind."""
    name, account = wanted["name"], wanted.get("service_account") or live.get("service_account")
    project = observation.policies.get("project")
    if not account or project is None or secret_access.reads(project, account) is not False:
        return
    secrets = {reference.rpartition(":")[0] for reference in references.values()}
    for secret in sorted(secrets | set((wanted.get("secrets") or {}).values())):
        own = observation.policies.get(f"secret {secret}")
        if own is None or secret_access.reads(own, account) is not False:
            continue
        summary = f"{account} may not read secret {secret}, so no instance can start"
        yield NO_ACCESS.found(
            f"{name} {secret}", summary, {"account": account}, service=name, secret=secret, account=str(account)
        )


def permission_findings(asked: Mapping[str, tuple[str, ...]], observation: Observation) -> Iterator[Finding]:
    """Find what the caller may not do of what each phase needs (phase → permissions)."""
    granted = observation.permissions.get("granted")
    if granted is None:
        return
    for phase, permissions in asked.items():
        missing = sorted(set(permissions) - set(granted))
        if missing:
            summary = f"the caller lacks in the project what the {phase} phase needs: {', '.join(missing)}"
            yield LACKS_PERMISSIONS.found(phase, summary, {"missing": missing})
