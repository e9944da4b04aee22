"""DNS as data: which address a host name leads to. Records are rows of the store; scenarios and faults write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

KEY = "dns:"


def point(sandbox: Sandbox, host: str, address: str) -> None:
    """Let a host name lead to an address (an A record)."""
    name = _normal(host)
    sandbox.store.put(KEY + name, {"name": name, "type": "A", "address": address})


def forget(sandbox: Sandbox, host: str) -> None:
    """Remove a host's record."""
    sandbox.store.delete(KEY + _normal(host))


def address_of(sandbox: Sandbox, host: str) -> str | None:
    """Return the address that a host name leads to, None for a name that is not there."""
    record = sandbox.store.get(KEY + _normal(host))
    return None if record is None else str(record["address"])


def hosts(sandbox: Sandbox) -> list[str]:
    """Return the host names that have a record."""
    return [str(record["name"]) for record in sandbox.store.list(KEY)]


def _normal(host: str) -> str:
    return host.rstrip(".").lower()
