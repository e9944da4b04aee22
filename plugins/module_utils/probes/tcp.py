# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether something accepts connections on a port. Direct, never through a proxy."""

from __future__ import annotations

from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline
from ansible_collections.netra.remediation.plugins.module_utils.probes import connection
from ansible_collections.netra.remediation.plugins.module_utils.probes.contract import Observation, Target

SLOW = "look at the network between this host and the server"


def probe(target: Target, timeout: float) -> Observation:
    """Open one connection and close it."""
    endpoint = connection.Endpoint(target["host"], target["port"])
    with connection.dial(endpoint, Deadline(timeout)) as stream:
        return Observation({"address": stream.getpeername()[0]})
