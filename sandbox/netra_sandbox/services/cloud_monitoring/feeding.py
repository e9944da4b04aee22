"""Count each request to a revision (https://cloud.google.com/monitoring/api/metrics_gcp_p_z#gcp-run)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netra_sandbox.runtime.events import ServedRequest
from netra_sandbox.telemetry.distributions import MILLISECONDS
from netra_sandbox.telemetry.metrics import Identity

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Labels = tuple[tuple[str, str], ...]


def listen(sandbox: Sandbox) -> None:
    """Count from now on."""
    sandbox.request_listeners.append(lambda served: request(sandbox, served))


def request(sandbox: Sandbox, served: ServedRequest) -> None:
    """Count a request that a revision answered, and how long that took."""
    now = sandbox.clock.seconds()
    labels = (("response_code", str(served.status)), ("response_code_class", f"{served.status // 100}xx"))
    places = revision_places(sandbox, served.service, served.revision)
    count = Identity("run.googleapis.com/request_count", labels, "cloud_run_revision", places)
    sandbox.metrics.count(count, now)
    latency = Identity("run.googleapis.com/request_latencies", labels, "cloud_run_revision", places)
    sandbox.metrics.distribute(latency, now, served.latency * 1000, MILLISECONDS)


def revision_places(sandbox: Sandbox, service: str, revision: str) -> Labels:
    """Return the labels of a revision's monitored resource."""
    return (
        ("project_id", sandbox.project),
        ("location", sandbox.region),
        ("service_name", service),
        ("configuration_name", service),
        ("revision_name", revision),
    )
