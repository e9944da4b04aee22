"""How the faults of certificates and host names are brought about, each with its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from netra_sandbox.dataplane import dns
from netra_sandbox.faults.rules import FaultError
from netra_sandbox.services.compute import certificates

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Values = dict[str, Any]
Options = Mapping[str, Any]
ELSEWHERE = "192.0.2.1"  # an address for documentation (RFC 5737) that no forwarding rule gets


async def expire_certificate(sandbox: Sandbox, target: str, options: Options) -> Values:  # noqa: ARG001
    """Put a certificate's end into the past."""
    return _changed(certificates.expire, sandbox, target)


async def hold_certificate(sandbox: Sandbox, target: str, options: Options) -> Values:  # noqa: ARG001
    """Take a managed certificate back to where nobody has signed it."""
    return _changed(certificates.hold, sandbox, target)


async def renew_certificate(sandbox: Sandbox, target: str, before: Options) -> None:
    """Give a certificate the state it had."""
    try:
        certificates.restore(sandbox, target, before)
    except KeyError as error:
        raise FaultError(str(error.args[0])) from None


async def point_host(sandbox: Sandbox, target: str, options: Options) -> Values:
    """Let a host name lead to another address."""
    before = dns.address_of(sandbox, target)
    dns.point(sandbox, target, str(options["address"]))
    return {"address": before}


async def restore_host(sandbox: Sandbox, target: str, before: Options) -> None:
    """Let a host name lead where it led, or nowhere."""
    if before.get("address"):
        dns.point(sandbox, target, before["address"])
    else:
        dns.forget(sandbox, target)


def _changed(change: Callable[[Sandbox, str], Values], sandbox: Sandbox, target: str) -> Values:
    try:
        return change(sandbox, target)
    except KeyError as error:
        raise FaultError(str(error.args[0])) from None
