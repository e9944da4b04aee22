"""Password hashes of the users table: scrypt$<salt>$<key>, both in hexadecimal."""

from __future__ import annotations

import hashlib
import hmac
import secrets


def _derive(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**13, r=8, p=1)


def hash_password(password: str) -> str:
    salt = secrets.token_bytes(16)
    return f"scrypt${salt.hex()}${_derive(password, salt).hex()}"


def is_password(password: str, stored: str) -> bool:
    scheme, salt, key = stored.split("$")
    return scheme == "scrypt" and hmac.compare_digest(_derive(password, bytes.fromhex(salt)), bytes.fromhex(key))
