"""Optimistic concurrency (AIP-154)."""

from __future__ import annotations

from netra_sandbox.kernel.errors import stale


def check(resource: str, given: object, current: str) -> None:
    """Refuse a change that was meant for another version of a resource; none given means any."""
    if given and str(given).strip('"') != current.strip('"'):
        raise stale(resource, str(given), current)
