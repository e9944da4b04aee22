# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make payloads that only chance knows: what a secret may hold that nobody has to know."""

from __future__ import annotations

import base64
import secrets
import string
import uuid
from collections.abc import Callable, Mapping

DEFAULT_CHARACTERS = 48
DEFAULT_BYTES = 32
FERNET_BYTES = 32
_LETTERS = string.ascii_letters + string.digits


def _characters(length: int | None) -> str:
    return "".join(secrets.choice(_LETTERS) for _index in range(length or DEFAULT_CHARACTERS))


def _hexadecimal(length: int | None) -> str:
    return secrets.token_hex(length or DEFAULT_BYTES)


def _in_base64(length: int | None) -> str:
    return base64.b64encode(secrets.token_bytes(length or DEFAULT_BYTES)).decode()


def _url_safe(length: int | None) -> str:
    return secrets.token_urlsafe(length or DEFAULT_CHARACTERS)


def _fernet(_length: int | None) -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(FERNET_BYTES)).decode()


# Kind → how one is made of a length: in characters for text and passwords, in bytes for what is encoded.
GENERATORS: Mapping[str, Callable[[int | None], str]] = {
    "text": _characters,
    "password": _characters,
    "jwt_key": _url_safe,
    "hex": _hexadecimal,
    "base64": _in_base64,
    "fernet": _fernet,
    "uuid": lambda _length: str(uuid.uuid4()),
}


def generated(kind: str, length: int | None = None) -> bytes:
    """Return a new payload of a kind; kinds whose length is fixed take no notice of it."""
    return GENERATORS[kind](length).encode()
