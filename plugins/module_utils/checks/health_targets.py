# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where users meet the services of a contract, as targets for health_probe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.database_schema import told_by_health

# A gate that is missed by this much is missed; nobody waits for how far.
GRACE_SECONDS = 0.5


def health_targets(contract: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the target of each service that has a host, by the service's name."""
    limit = contract["gates"]["health_seconds"]
    return {
        service["name"]: {
            "name": service["name"],
            "kind": "http",
            "url": f"https://{service['host']}{service.get('health_path') or '/health'}",
            "timeout": limit + GRACE_SECONDS,
            "thresholds": {"max_seconds": limit},
            "expect": {"status": [200]},
            "measures": dict(service.get("measures") or {}),
            "tells": told_by_health(service),
        }
        for service in contract["services"]
        if service.get("host")
    }
