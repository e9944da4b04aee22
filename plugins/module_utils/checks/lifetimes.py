# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a WebSocket can live: the least of what each hop on its way allows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run

# https://cloud.google.com/run/docs/configuring/request-timeout: the default, and the most that there is.
DEFAULT_REQUEST, LONGEST_REQUEST = 300, 3600


def websocket_hops(service: Mapping[str, Any], observation: Observation) -> dict[str, int]:
    """Return hop → seconds after which it ends a WebSocket.

    The time-out that the contract wants of the service counts, else the deployed one; never more than Cloud Run lets it
    be. A backend service counts only before other than serverless groups, which have no time-out of their own:
    https://cloud.google.com/load-balancing/docs/backend-service#timeout-setting
    """
    live = cloud_run.observed_options(observation.services.get(service["name"]) or {})
    wanted = int(service.get("timeout_seconds") or live.get("timeout_seconds") or DEFAULT_REQUEST)
    hops = {f"the request time-out of {service['name']}": wanted, "Cloud Run's longest request": LONGEST_REQUEST}
    chain = observation.chain(service["host"]) if service.get("host") else None
    if chain is not None and chain.backend is not None and chain.groups and not chain.is_serverless:
        hops[f"backend service {chain.backend.get('name')}"] = int(chain.backend.get("timeoutSec") or 30)
    return hops


def limiting(hops: Mapping[str, int]) -> tuple[str, int]:
    """Return the hop that ends a connection first, and after how many seconds."""
    return min(hops.items(), key=lambda hop: hop[1])
