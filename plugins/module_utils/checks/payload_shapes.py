# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shapes of payloads: a judge for each, which knows nothing of secrets.

Every judge takes the payload as text and returns what is wrong as the end of a sentence, or nothing. It never repeats
a part of the payload, and never says how near the payload is to being right.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

Judge = Callable[[str], "str | None"]

_LABEL = r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)"
_HOST_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_ITSELF = frozenset({"localhost", "localhost.localdomain", "127.0.0.1", "::1", "0.0.0.0", "::"})  # noqa: S104
_SQL_SOCKET = re.compile(r"/cloudsql/[a-z0-9.:-]+:[a-z0-9-]+:[a-z0-9-]+")
NAME = r"[A-Za-z0-9][A-Za-z0-9_.@:/-]*"
UUID = r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}"
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----\r?\n(.*?)-----END \1-----", re.DOTALL)
_PEM_HEADER = re.compile(r"^[\w-]+: .*$", re.MULTILINE)
LARGEST_PORT = 65535
FERNET_BYTES = 32
KEY_BYTES = 16
# RFC 7518, section 3.2: a key for HS256 has at least as many bits as the hash.
JWT_BYTES = 32
# DER: a SEQUENCE, whose length is short (below 128) or says in how many bytes it is written.
_SEQUENCE, _LONG = 0x30, 0x80


def host_or_address(text: str) -> str | None:
    """Ask for a host name, an address or the path of a Cloud SQL socket, which is not the service itself."""
    if "://" in text:
        return "must be a host name or an address and is a URL"
    if _SQL_SOCKET.fullmatch(text):
        return None
    bare = text.strip("[]").rstrip(".").lower()
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        if re.fullmatch(r"[\d.]+", bare) or not _HOST_NAME.fullmatch(bare):
            return "must be a host name or an address, without port and path"
    return "leads a service to itself and to no other" if bare in _ITSELF else None


def port(text: str) -> str | None:
    """Ask for a port."""
    fits = text.isascii() and text.isdigit() and not text.startswith("0") and int(text[:9]) <= LARGEST_PORT
    return None if fits else f"must be a port: a whole number from 1 to {LARGEST_PORT}"


def url(*schemes: str, needs: tuple[str, ...] = ()) -> Judge:
    """Judge a URL: its scheme, that it has a host and a port that can be, and what else its readers need."""

    def judge(text: str) -> str | None:
        try:
            parts = urlsplit(text)
            host, _port_number = parts.hostname, parts.port
        except ValueError:
            return "must be a URL, and its host or port is none"
        if "://" not in text or (schemes and parts.scheme.lower() not in schemes):
            beginnings = " or ".join(f"{scheme}://" for scheme in schemes)
            return f"must be a URL that begins with {beginnings}" if schemes else "must be a URL"
        host = host or parse_qs(parts.query).get("host", [""])[0]  # libpq's way to name a socket
        there = {"host": host, "user": parts.username, "password": parts.password, "path": parts.path.strip("/")}
        lacks = [_PARTS[part] for part in ("host", *needs) if not there[part]]
        if lacks:
            return f"lacks {' and '.join(lacks)}"
        if (
            any(map(str.isspace, text))
            or text.count("@") > 1
            or "#" in parts.netloc
            or (parts.fragment and "@" in parts.fragment)
        ):
            return "has a character in it that must be percent-encoded there"
        return host_or_address(host)

    return judge


_PARTS = {"host": "a host", "user": "a user", "password": "a password", "path": "the name of a database"}


def hexadecimal(text: str) -> str | None:
    """Ask for whole bytes in hexadecimal digits, enough for a key."""
    if not re.fullmatch(r"[0-9a-fA-F]+", text):
        return "must be hexadecimal digits and nothing else"
    if len(text) % 2:
        return "must have an even number of hexadecimal digits"
    return f"must hold {KEY_BYTES} bytes or more" if len(text) < 2 * KEY_BYTES else None


def decoded(text: str) -> bytes | None:
    """Return what text says in base64, of either alphabet, with or without its padding; None where it is none."""
    bare = "".join(text.split()).rstrip("=")
    if not bare or (("-" in bare or "_" in bare) and ("+" in bare or "/" in bare)):
        return None
    padded = bare.replace("-", "+").replace("_", "/") + "=" * (-len(bare) % 4)
    try:
        return base64.b64decode(padded, validate=True)
    except (binascii.Error, ValueError):
        return None


def in_base64(text: str) -> str | None:
    """Ask for base64, enough for a key."""
    content = decoded(text)
    if content is None:
        return "must be base64"
    return f"must hold {KEY_BYTES} bytes or more" if len(content) < KEY_BYTES else None


def fernet_key(text: str) -> str | None:
    """Hold a key against the specification: https://github.com/fernet/spec/blob/master/Spec.md#key-format."""
    content = decoded(text)
    if content is None or "+" in text or "/" in text or not text.endswith("=") or len(content) != FERNET_BYTES:
        return f"must be {FERNET_BYTES} bytes in URL-safe base64, as Fernet.generate_key makes them"
    return None


def pem(*labels: str) -> Judge:
    """Judge PEM blocks (RFC 7468): the marks, the base64 between them, and the DER in it."""

    def judge(text: str) -> str | None:
        if "\\n" in text and "-----BEGIN" in text:
            return "holds its line breaks as the two characters \\n"
        blocks = _PEM.findall(text.strip())
        if not blocks or text.strip().count("-----BEGIN") != len(blocks):
            return "must be PEM: a BEGIN line, base64 and an END line that match"
        if labels and not any(label.endswith(labels) for label, _body in blocks):
            return f"must hold a {labels[0].lower()}"
        for label, body in blocks:
            content = decoded(_PEM_HEADER.sub("", body))
            if content is None:
                return "must have base64 between its BEGIN and END lines"
            if "OPENSSH" not in label and "ENCRYPTED" not in body and not _is_whole_sequence(content):
                return "is cut off or altered: what its lines say is no whole key or certificate"
        return None

    return judge


def _is_whole_sequence(content: bytes) -> bool:
    if len(content) < 2 or content[0] != _SEQUENCE:  # noqa: PLR2004  tag and length
        return False
    if content[1] < _LONG:
        return len(content) == 2 + content[1]
    size = content[1] - _LONG
    return len(content) == 2 + size + int.from_bytes(content[2 : 2 + size], "big")


def json_document(text: str) -> str | None:
    """Ask for a JSON object or list."""
    try:
        document = json.loads(text)
    except ValueError:
        return "must be JSON"
    return None if isinstance(document, dict | list) else "must be a JSON object or list"


def service_account_key(text: str) -> str | None:
    """Ask for the JSON key of a service account."""
    try:
        document = json.loads(text)
    except ValueError:
        return "must be JSON: the key file of a service account"
    names = ("client_email", "private_key", "token_uri")
    if not isinstance(document, dict) or document.get("type") != "service_account" or not all(map(document.get, names)):
        return f"must be the key file of a service account, with {', '.join(names)}"
    wrong = pem("PRIVATE KEY")(str(document["private_key"]))
    return f"has a private_key that {wrong}" if wrong else None


def jwt_key(text: str) -> str | None:
    """Ask for what HS256 needs."""
    short = len(text.encode()) < JWT_BYTES
    return f"is shorter than the {JWT_BYTES} bytes that HS256 asks for" if short else None


def matching(pattern: str, words: str) -> Judge:
    """Return a judge that asks for a pattern."""
    expression = re.compile(pattern)
    return lambda text: None if expression.fullmatch(text) else f"is not shaped as {words}"
