# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a caller must be allowed to do in the project for each phase to do its work.

https://cloud.google.com/iam/docs/permissions-reference
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.contract import CLOUD_BUILD
from ansible_collections.netra.remediation.plugins.module_utils.checks.delivery_plan import asks_for, deliveries
from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import (
    BUILD,
    CONFIGURATION,
    DEPLOYMENT,
    INFRASTRUCTURE,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.image_proofs import proof_of

PUSHES = ("artifactregistry.repositories.uploadArtifacts", "artifactregistry.tags.get")
BUILDS = ("cloudbuild.builds.create", "cloudbuild.builds.get", "storage.buckets.get", "storage.objects.create")
SERVICES = ("run.services.create", "run.services.update", "iam.serviceAccounts.actAs")
READS_PAYLOADS = "secretmanager.versions.access"
JOBS = ("run.jobs.create", "run.jobs.update", "run.jobs.run", "logging.logEntries.list")
SECRETS = ("secretmanager.secrets.create", "secretmanager.versions.add")
PARTS = {
    "redis": ("redis.instances.create", "redis.instances.update"),
    "connector": ("vpcaccess.connectors.create", "vpcaccess.connectors.update"),
    "sql": ("cloudsql.instances.create", "cloudsql.instances.update"),
}


def needed_permissions(contract: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the permissions that each phase needs for what the contract names."""
    infrastructure = contract.get("infrastructure") or {}
    builds = BUILDS if contract.get("build_engine") in (None, CLOUD_BUILD) else PUSHES
    asked = {
        BUILD: builds if any(service.get("build") for service in contract["services"]) else (),
        INFRASTRUCTURE: tuple(name for part, names in PARTS.items() if infrastructure.get(part) for name in names),
        CONFIGURATION: _of_secrets(contract),
        DEPLOYMENT: (
            *SERVICES,
            *(JOBS if any(_has_job(contract, entry) for entry in contract["services"]) else ()),
            *_of_gates(contract),
        ),
    }
    return {phase: permissions for phase, permissions in asked.items() if permissions}


def _has_job(contract: Mapping[str, Any], service: Mapping[str, Any]) -> bool:
    return bool(proof_of(contract, service) or service.get("vpc_probe"))


def _of_gates(contract: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what reading what users get from new revisions needs."""
    gated = any(entry["whole"] for entry in deliveries(contract).values())
    limits = {"max_new_error_groups": "errorreporting.groups.list", "log_patterns": "logging.logEntries.list"}
    asked = [permission for limit, permission in limits.items() if asks_for(contract, limit)]
    return (*(("monitoring.timeSeries.list",) if gated else ()), *asked)


def _of_secrets(contract: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what making secrets needs, and comparing one with its source, which takes its payload."""
    compares = bool(contract.get("secret_payloads_given")) or any(
        secret.get("source") for secret in contract["secrets"]
    )
    makes = compares or any(secret.get("generate") is not None for secret in contract["secrets"])
    return (*(SECRETS if makes else ()), *((READS_PAYLOADS,) if compares else ()))
