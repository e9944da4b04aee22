"""Which certificate a client is shown: the sandbox's own for Google's hosts, the load balancer's for the rest.

https://cloud.google.com/load-balancing/docs/ssl-certificates#certificate-selection
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from netra_sandbox.dataplane import dns
from netra_sandbox.front.authority import Authority, server_context
from netra_sandbox.services.compute import certificates, chain, material

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Served = dict[str, Any]
_MOST_KEPT = 256
# A record of TLS: alert, version 1.2, two bytes, fatal, handshake_failure (RFC 8446, 6 and 5.1).
HANDSHAKE_FAILURE = bytes.fromhex("15 0303 0002 02 28")


class Handshakes:
    """The server side of TLS for every host that has one."""

    def __init__(self, sandbox: Sandbox, authority: Authority, is_own: Callable[[str], bool]) -> None:
        self._sandbox = sandbox
        self._authority = authority
        self._is_own = is_own
        self._kept: dict[tuple[Any, ...], ssl.SSLContext] = {}

    def context(self, host: str) -> ssl.SSLContext | bytes | None:
        """Return the server side of TLS for a host, or the alert that refuses it; None where nothing listens."""
        if self._is_own(host) or dns.address_of(self._sandbox, host) is None:
            return self._authority.context(host)
        front = chain.front(self._sandbox, host, chain.HTTPS_PORT)
        if front is None:
            return None
        links = front.proxy.get("sslCertificates", [])
        if not any(certificates.served(self._sandbox, link) for link in links):
            return HANDSHAKE_FAILURE
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.num_tickets = 0
        context.sni_callback = lambda stream, name, _context: self._show(stream, name, links)
        return context

    def _show(self, stream: ssl.SSLObject | ssl.SSLSocket, name: str | None, links: Sequence[str]) -> int | None:
        found = [certificates.served(self._sandbox, link) for link in links]
        chosen = choose([entry for entry in found if entry is not None], name or "")
        if chosen is None:
            return ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE
        stream.context = self._context_of(chosen)
        return None

    def _context_of(self, served: Served) -> ssl.SSLContext:
        key = (*served["names"], served["not_before"], served["not_after"], served.get("pem"))
        if key not in self._kept:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            start, end = (datetime.fromisoformat(served[name]) for name in ("not_before", "not_after"))
            pem = served.get("pem")
            self._kept[key] = server_context(
                pem.encode() if pem else self._authority.issue(served["names"], start, end)
            )
        return self._kept[key]


def choose(found: Sequence[Served], name: str) -> Served | None:
    """Return the certificate for a name: the first that names it, else with a wildcard, else the first of all."""
    exact = (entry for entry in found if name.lower() in entry["names"])
    covering = (entry for entry in found if any(material.covers(given, name) for given in entry["names"]))
    return next(exact, None) or next(covering, None) or next(iter(found), None)
