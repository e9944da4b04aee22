# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether clients accept a server's certificate, for which names, and for how long."""

from __future__ import annotations

from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline
from ansible_collections.netra.remediation.plugins.module_utils.probes import certificate as certificates
from ansible_collections.netra.remediation.plugins.module_utils.probes import connection
from ansible_collections.netra.remediation.plugins.module_utils.probes.contract import Observation, Target, Unhealthy

SLOW = "look at the load of the server that ends TLS"


def probe(target: Target, timeout: float) -> Observation:
    """Shake hands once as any client does, then look at how long the certificate stays valid."""
    endpoint = connection.Endpoint(target["host"], target.get("port") or 443, "https")
    deadline = Deadline(timeout)
    context = connection.trust(target.get("ca_file"))
    with connection.start_tls(connection.open_stream(endpoint, deadline), endpoint, context, deadline) as stream:
        certificate = certificates.from_peer(stream.getpeercert() or {})
        observed = certificate.as_result(endpoint.host) | {"protocol": stream.version()}
    wanted = (target.get("thresholds") or {}).get("min_days_left")
    if wanted is not None and certificate.days_left < wanted:
        raise Unhealthy(
            f"the certificate of {endpoint} ends in {certificate.days_left} day(s), on "
            f"{certificate.not_after:%Y-%m-%d}, less than the wanted {wanted}; check why it was not renewed",
            **observed,
        )
    return Observation(observed)
