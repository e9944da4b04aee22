"""What the instances of a region may have together, and the refusal of a service that could ask for more by itself.

https://cloud.google.com/run/docs/configuring/max-instances-limits: a deployment is refused when one service's most
instances could ask for more than the quota; what all services use together is counted when they scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.errors import invalid
from netra_sandbox.services.cloud_run.container_rules import cpu, gibibytes

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
KEY = "consumer-quota:"
UNLIMITED = -1
_FIELD = "scaling.max_instance_count"


@dataclass(frozen=True)
class Quota:
    """One quota of a project's region: its metric, its limit's name in refusals, and what it counts."""

    metric: str
    limit: str
    noun: str
    display_name: str
    unit: str
    default: int


# Limits as in the example of the page above: 1,000 CPUs, 2,000 GiB.
CPU = Quota(
    "run.googleapis.com/cpu_allocation",
    "CpuAllocPerProjectRegion",
    "CPU",
    "Total CPU allocation, in milli vCPU, per project per region",
    "milli vCPU",
    1_000_000,
)
MEMORY = Quota(
    "run.googleapis.com/mem_allocation",
    "MemAllocPerProjectRegion",
    "memory",
    "Total memory allocation, in bytes, per project per region",
    "By",
    2_000 * 2**30,
)
QUOTAS = (CPU, MEMORY)


def override(sandbox: Sandbox, quota: Quota) -> Resource | None:
    """Return what the consumer lowered a quota to in the sandbox's region, None where it did not."""
    return sandbox.store.get(f"{KEY}{quota.metric}")


def effective(sandbox: Sandbox, quota: Quota) -> int:
    """Return a quota of the sandbox's region; a consumer can only lower what it was given."""
    lowered = int((override(sandbox, quota) or {}).get("overrideValue", UNLIMITED))
    return quota.default if lowered == UNLIMITED else min(lowered, quota.default)


def check(sandbox: Sandbox, template: Resource) -> None:
    """Refuse a template whose most instances could ask for more than the region's quotas; one that names none may."""
    most = (template.get("scaling") or {}).get("maxInstanceCount")
    if not most:
        return
    each = {quota: _of_instance(quota, template) for quota in QUOTAS}
    violated = [quota for quota in QUOTAS if each[quota] * int(most) > effective(sandbox, quota)]
    if violated:
        first = violated[0]
        told = [
            f"{quota.limit} requested: {each[quota] * int(most)} allowed: {effective(sandbox, quota)}"
            for quota in violated
        ]
        words = (
            f"Max instances must be set to {effective(sandbox, first) // each[first]} or fewer to set the requested "
            f"total {first.noun}.\n"
            "Consider running your workload in a region with greater capacity, or requesting an increase in quota for "
            "this region if you are seeing sustained usage near this limit, see https://cloud.google.com/run/quotas.\n\n"
            "Quota violated:\n" + "\n".join(told)
        )
        raise invalid(f"{_FIELD}: {words}", field=_FIELD, description=words)


def _of_instance(quota: Quota, template: Resource) -> int:
    """Return what one instance asks for: milli vCPU or bytes of all its containers."""
    limits = [(container.get("resources") or {}).get("limits") or {} for container in template.get("containers") or ()]
    if quota is CPU:
        return round(sum(1000 * (cpu(given) or 0) for given in limits))
    return round(sum(2**30 * (gibibytes(given) or 0) for given in limits))
