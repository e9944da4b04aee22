# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Server certificates: what one says, whether it covers a host, and what a refused one offered."""

from __future__ import annotations

import ipaddress
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

DAY = 86_400
# OpenSSL's X509_V_ERR_* codes (x509_vfy.h) that have a remedy of their own.
NOT_YET_VALID, EXPIRED, OTHER_NAME, OTHER_ADDRESS = 9, 10, 62, 64
UNKNOWN_ISSUER = (18, 19, 20, 21)
# OpenSSL's X509_V_FLAG_NO_CHECK_TIME (x509_vfy.h), which Python's ssl does not name.
NO_CHECK_TIME = 0x200000


@dataclass(frozen=True)
class Certificate:
    """The fields of a server certificate that decide whether clients accept it."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_after: datetime
    days_left: int

    def as_result(self, host: str) -> dict[str, Any]:
        """Describe the certificate, as a client that asked for this host sees it, in a task's result."""
        return {
            "covers_host": any(covers(name, host) for name in self.names),
            "subject": self.subject,
            "issuer": self.issuer,
            "names": list(self.names),
            "not_after": self.not_after.isoformat().replace("+00:00", "Z"),
            "days_left": self.days_left,
        }


def covers(name: str, host: str) -> bool:
    """Match a certificate's name with a host: a wildcard stands for one label, the leftmost (RFC 9525, 6.3)."""
    try:
        return ipaddress.ip_address(name) == ipaddress.ip_address(host)
    except ValueError:
        pass
    name, host = name.lower().rstrip("."), host.lower().rstrip(".")
    if not name.startswith("*."):
        return name == host
    label, dot, parent = host.partition(".")
    return bool(label and dot) and parent == name[2:] and "." in parent


def from_peer(parsed: Mapping[str, Any]) -> Certificate:
    """Read what ssl.SSLSocket.getpeercert() returns for a certificate that was verified."""
    expiry = ssl.cert_time_to_seconds(parsed["notAfter"])
    subject = _distinguished(parsed.get("subject", ()))
    # Only the alternative names count: clients stopped reading the common name long ago (RFC 9525, 2).
    names = tuple(value for kind, value in parsed.get("subjectAltName", ()) if kind in {"DNS", "IP Address"})
    return Certificate(
        subject=subject,
        issuer=_distinguished(parsed.get("issuer", ())),
        names=names,
        not_after=datetime.fromtimestamp(expiry, UTC),
        days_left=int((expiry - time.time()) // DAY),
    )


def explain(error: ssl.SSLError, certificate: Certificate | None, host: str, where: str) -> str:
    """Say why a client refuses this server's certificate, what was offered, and who can repair it."""
    code = getattr(error, "verify_code", None)
    if certificate is None or code is None:
        return f"TLS with {where} failed ({_library_text(error)}); check that this port speaks TLS and not plain text"
    if code in {OTHER_NAME, OTHER_ADDRESS}:
        return other_name(certificate, host, where)
    if code == EXPIRED:
        expired = f"{certificate.not_after:%Y-%m-%d}, {-certificate.days_left} day(s) ago"
        return f"the certificate of {where} expired on {expired}; renew it and check why its renewal stopped"
    if code == NOT_YET_VALID:
        return f"the certificate of {where} is not valid yet; check the clock of this host and the certificate's dates"
    if code in UNKNOWN_ISSUER:
        return (
            f"the certificate of {where} was issued by {certificate.issuer or 'an unnamed issuer'}, which is not "
            "trusted here; install one from a public authority, or name the authority in REQUESTS_CA_BUNDLE or ca_file"
        )
    return (
        f"the certificate of {where} is refused ({_library_text(error)}); "
        f"look at it with: openssl s_client -connect {where}"
    )


def other_name(certificate: Certificate, host: str, where: str) -> str:
    """Say which names were offered instead of the host that was asked for."""
    offered = ", ".join(certificate.names) or "no name at all"
    hint = " (a wildcard covers exactly one label)" if any(name.startswith("*.") for name in certificate.names) else ""
    return (
        f"the certificate of {where} is for {offered}, not for {host}{hint}; "
        f"issue one that names {host} or correct the host"
    )


def inspection_context(certificate: bytes) -> ssl.SSLContext:
    """Trust exactly this one certificate, whatever its dates, names and issuer, so that ssl shows its fields.

    Never use it to send anything: ssl.SSLSocket.getpeercert() is empty for a certificate that was not verified, and
    this is the standard library's only way to read a refused one.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags = ssl.VerifyFlags(int(context.verify_flags) | NO_CHECK_TIME)
    context.load_verify_locations(cadata=certificate)
    return context


def blind_context() -> ssl.SSLContext:
    """Accept any certificate, only to fetch it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _distinguished(name: Any) -> str:
    pairs = [pair for relative in name for pair in relative]
    common = [value for key, value in pairs if key == "commonName"]
    return common[0] if common else ", ".join(f"{key}={value}" for key, value in pairs)


def _library_text(error: ssl.SSLError) -> str:
    return str(getattr(error, "verify_message", "") or error.reason or error)
