"""The memory limit of a container: how much it is, and who is above it.

https://cloud.google.com/run/docs/configuring/memory-limits
"""

from __future__ import annotations

import re
from collections.abc import Mapping

MIB = 1 << 20
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(Ki|Mi|Gi|k|M|G)?")
_UNITS = {"": 1, "Ki": 1 << 10, "Mi": MIB, "Gi": 1 << 30, "k": 10**3, "M": 10**6, "G": 10**9}


def limit(limits: Mapping[str, str]) -> int:
    """Return the bytes of a container's `memory` limit, 0 for none."""
    match = _QUANTITY.fullmatch(str(limits.get("memory", "")))
    return int(float(match[1]) * _UNITS[match[2] or ""]) if match else 0


def exceeded(allowed: int, used: int) -> str:
    """Return the line that Cloud Run logs when it ends an instance for its memory; both in bytes."""
    return (
        f"Memory limit of {allowed // MIB} MiB exceeded with {used // MIB} MiB used. Consider increasing the memory "
        "limit, see https://cloud.google.com/run/docs/configuring/memory-limits"
    )
