# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may read the payload of a secret: which roles give it, and where nobody can tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.resources.project_access import granted

# Predefined roles with secretmanager.versions.access: https://cloud.google.com/secret-manager/docs/access-control
READERS = frozenset({"roles/secretmanager.secretAccessor", "roles/secretmanager.admin", "roles/owner"})
Bindings = Mapping[str, Iterable[str]]


def reads(bindings: Bindings, account: str) -> bool | None:
    """Tell whether a policy lets an account read payloads; None where a custom role may."""
    return granted(bindings, f"serviceAccount:{account}", READERS)


def secrets_to_look_at(contract: Mapping[str, Any], project: Bindings) -> list[str]:
    """Return the secrets whose own policy must be read, since the project's does not open them to a service."""
    return sorted(
        {
            secret
            for service in contract["services"]
            if service.get("service_account") and reads(project, service["service_account"]) is False
            for secret in (service.get("secrets") or {}).values()
        }
    )
