# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way to a target: direct or through the environment's proxy, plain or TLS, each failure told in one sentence."""

from __future__ import annotations

import base64
import contextlib
import functools
import os
import socket
import ssl
import threading
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.probes import certificate as certificates
from ansible_collections.netra.remediation.plugins.module_utils.probes.contract import (
    Unhealthy,
    Unmeasured,
    excerpt,
    seconds_text,
)

HEADER_LIMIT = 65_536
# A name that whoever asks Google's APIs without a proxy has resolved already.
SURELY_THERE = "run.googleapis.com"
_NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


@dataclass(frozen=True)
class Proxy:
    """An HTTP proxy as https_proxy and its relatives name it."""

    host: str
    port: int
    authorization: str | None = None


@dataclass(frozen=True)
class Endpoint:
    """Where a probe connects to; scheme decides which proxy variable counts and is empty for a direct connection."""

    host: str
    port: int
    scheme: str = ""

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def proxy(self) -> Proxy | None:
        """Choose the proxy the way requests and curl do: by scheme, unless no_proxy names the host."""
        address = urllib.request.getproxies_environment().get(self.scheme) if self.scheme else None
        if not address or urllib.request.proxy_bypass(str(self)):
            return None
        parts = urlsplit(address if "//" in address else f"http://{address}")
        if parts.scheme != "http" or not parts.hostname:
            raise BadInput(f"{self.scheme}_proxy must be an http:// address with a host, not {parts.scheme}://")
        authorization = None
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
            authorization = "Basic " + base64.b64encode(pair).decode()
        return Proxy(parts.hostname, parts.port or 80, authorization)


# Reading a bundle takes 50 ms, and lru_cache alone lets all threads that come at once read it for themselves.
_READING = threading.Lock()


def trust(ca_file: str | None = None) -> ssl.SSLContext:
    """Verify servers against the named authorities, else REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE, else OpenSSL's defaults.

    OpenSSL's defaults honour SSL_CERT_FILE and SSL_CERT_DIR.
    """
    chosen = ca_file or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    with _READING:
        return _trust(chosen or "", os.environ.get("SSL_CERT_FILE", ""))


@functools.lru_cache(maxsize=8)
def _trust(chosen: str, _default: str) -> ssl.SSLContext:
    try:
        if not chosen:
            return ssl.create_default_context()
        if Path(chosen).is_dir():
            return ssl.create_default_context(capath=chosen)
        return ssl.create_default_context(cafile=chosen)
    except (OSError, ssl.SSLError) as error:
        raise BadInput(f"reading the certificate authorities in {chosen} failed: {error}; correct ca_file") from error


def addresses_of(host: str) -> list[str]:
    """Return the addresses that a name resolves to from here, none where there is no such name.

    Raises OSError where nobody answers about names: then nothing is known of this one.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError:
        return []
    except socket.gaierror as error:
        # Without a name server some systems say of every name that there is none.
        if error.errno in _NO_SUCH_NAME and host != SURELY_THERE and addresses_of(SURELY_THERE):
            return []
        raise OSError(error.errno, "the names of hosts are not resolved where this runs") from error
    return sorted({str(entry[4][0]) for entry in found})


def dial(endpoint: Endpoint, deadline: Deadline) -> socket.socket:
    """Open a TCP connection, straight to the endpoint."""
    seconds = deadline.remaining()
    try:
        return socket.create_connection((endpoint.host, endpoint.port), timeout=max(seconds, 0.001))
    except (OSError, UnicodeError) as error:
        raise Unhealthy(_refusal(endpoint, error, seconds)) from error


def _refusal(endpoint: Endpoint, error: Exception, seconds: float) -> str:
    what = f"connecting to {endpoint}"
    if isinstance(error, (socket.gaierror, UnicodeError)):
        detail = error.strerror if isinstance(error, OSError) else "not a host name"
        return f"{what} failed: the name does not resolve ({detail}); check its spelling and its DNS record"
    if isinstance(error, ConnectionRefusedError):
        return f"{what} was refused: nothing listens there; check that the server runs and that the port is right"
    if isinstance(error, TimeoutError):
        return (
            f"{what} got no answer within {seconds_text(seconds)}: packets are dropped on the way; "
            "check firewall rules, the network and its connector"
        )
    return f"{what} failed: {getattr(error, 'strerror', None) or error}; check the route from this host"


def open_stream(endpoint: Endpoint, deadline: Deadline) -> socket.socket:
    """Open a byte stream to the endpoint: through the environment's proxy when one applies, else direct."""
    proxy = endpoint.proxy()
    if proxy is None:
        return dial(endpoint, deadline)
    try:
        stream = dial(Endpoint(proxy.host, proxy.port), deadline)
    except Unhealthy as error:
        raise Unmeasured(f"{endpoint} was not reached, its proxy fails: {error.reason}") from error
    try:
        _tunnel(stream, endpoint, proxy, deadline)
    except BaseException:
        stream.close()
        raise
    return stream


def _tunnel(stream: socket.socket, endpoint: Endpoint, proxy: Proxy, deadline: Deadline) -> None:
    """Ask the proxy for a tunnel (RFC 9110, 9.3.6)."""
    lines = [f"CONNECT {endpoint} HTTP/1.1", f"Host: {endpoint}"]
    if proxy.authorization:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    where = f"the proxy {proxy.host}:{proxy.port}"
    try:
        stream.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        answer = _read_head(stream, deadline)
    except OSError as error:
        detail = "no answer in time" if isinstance(error, TimeoutError) else error.strerror or str(error)
        raise Unmeasured(f"asking {where} for a tunnel to {endpoint} failed: {detail}; check the proxy") from error
    status_line, _separator, rest = answer.partition(b"\r\n")
    words = status_line.split(b" ", 2)
    if not words[1:] or not words[1].startswith(b"2"):
        body = excerpt(rest.partition(b"\r\n\r\n")[2])
        said = f"«{excerpt(status_line)}»" + (f" «{body}»" if body else "")
        raise Unhealthy(f"{where} refused a tunnel to {endpoint}: {said}; check its rules and whether the host exists")


def _read_head(stream: socket.socket, deadline: Deadline) -> bytes:
    """Read up to the end of the header and not one byte further: what follows belongs to the tunnel."""
    received = b""
    while not received.endswith(b"\r\n\r\n") and len(received) < HEADER_LIMIT:
        stream.settimeout(max(deadline.remaining(), 0.001))
        byte = stream.recv(1)
        if not byte:
            break
        received += byte
    if received.startswith((b"HTTP/1.1 2", b"HTTP/1.0 2")):
        return received
    with contextlib.suppress(OSError):  # a refusal's body, for the reason
        stream.settimeout(max(min(deadline.remaining(), 1), 0.001))
        received += stream.recv(4 * 1024)
    return received


def start_tls(stream: socket.socket, endpoint: Endpoint, context: ssl.SSLContext, deadline: Deadline) -> ssl.SSLSocket:
    """Speak TLS on a stream; a refused certificate is fetched once more to say what it offered."""
    stream.settimeout(max(deadline.remaining(), 0.001))
    try:
        return context.wrap_socket(stream, server_hostname=endpoint.host)
    except ssl.SSLCertVerificationError as error:
        stream.close()
        raise refused_certificate(error, endpoint, deadline) from error
    except (OSError, ValueError) as error:
        stream.close()
        raise handshake_failure(error, endpoint) from error


def refused_certificate(error: ssl.SSLCertVerificationError, endpoint: Endpoint, deadline: Deadline) -> Unhealthy:
    """Tell which certificate was refused, and why."""
    seen = offered(endpoint, deadline)
    observed = seen.as_result(endpoint.host) if seen else {}
    return Unhealthy(certificates.explain(error, seen, endpoint.host, str(endpoint)), **observed)


def handshake_failure(error: Exception, endpoint: Endpoint) -> Unhealthy:
    """Tell why the TLS handshake itself did not come about."""
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
        return Unhealthy(certificates.explain(error, None, endpoint.host, str(endpoint)))
    if isinstance(error, TimeoutError):
        detail = "it accepted the connection and then said nothing in time; check whether the server behind it hangs"
    else:
        detail = "it closed the connection; check that this host name is served there and that the port speaks TLS"
    return Unhealthy(f"TLS with {endpoint} failed: {detail}")


def offered(endpoint: Endpoint, deadline: Deadline) -> certificates.Certificate | None:
    """Fetch and read the certificate that verification refused; none when the server does not show it again."""
    try:
        with _handshake(endpoint, certificates.blind_context(), deadline) as stream:
            raw = stream.getpeercert(binary_form=True)
        if not raw:
            return None
        with _handshake(endpoint, certificates.inspection_context(raw), deadline) as stream:
            parsed = stream.getpeercert()
    except (OSError, Unhealthy):
        return None
    return certificates.from_peer(parsed) if parsed else None


def _handshake(endpoint: Endpoint, context: ssl.SSLContext, deadline: Deadline) -> ssl.SSLSocket:
    stream = open_stream(endpoint, deadline)
    stream.settimeout(max(deadline.remaining(), 0.001))
    try:
        return context.wrap_socket(stream, server_hostname=endpoint.host)
    except BaseException:
        stream.close()
        raise
