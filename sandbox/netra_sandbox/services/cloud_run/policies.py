"""IAM policies of services, in v1 and v2. https://cloud.google.com/run/docs/securing/managing-access."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netra_sandbox.kernel import iam_policies
from netra_sandbox.services.cloud_run import services

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox


def _service(sandbox: Sandbox, resource: str) -> str:
    return services.existing(sandbox, resource).key


iam_policies.serve("run.projects.locations.services", _service)
