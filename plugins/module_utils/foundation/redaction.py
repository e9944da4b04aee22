# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep secrets out of what people and logs see. Standard library only."""

from __future__ import annotations

import functools
import hashlib
import hmac
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

SENSITIVE = "(sensitive)"
_SECRET_NAME = re.compile(r"(?i)(^|_)(password|passwd|passphrase|secret|token|key|credentials?)(_|$)|_(pass|pwd|auth)$")
_BETWEEN_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[-.\s]")
_URL_PASSWORD = re.compile(r"(://[^\s:/@]*):[^\s/@]+@")

# Made when the file is imported: Ansible's workers are forked from one process, so one run has one key. It is stored
# nowhere, so a fingerprint says "the same" or "not the same" within a run and is worth nothing to a guesser after it.
_RUN_KEY = os.urandom(32)
# A plan has a key of its own, since the run that applies it is another one. Whoever has the plan can guess with it, so
# each guess costs this many rounds (a tenth of a second or so).
ROUNDS = 300_000
_plan_key: list[bytes] = []


def fingerprint(payload: str | bytes) -> str:
    """Return a short digest by which two payloads of one run, or of one plan, can be compared, never recovered."""
    content = payload.encode() if isinstance(payload, str) else payload
    if _plan_key:
        return _slow_fingerprint(_plan_key[0], content)
    return hmac.new(_RUN_KEY, content, hashlib.sha256).hexdigest()[:16]


def use_key(key: bytes) -> None:
    """Make fingerprints with the key of a plan from now on; with an empty one, with this run's own again."""
    _plan_key[:] = [key] if key else []


@functools.lru_cache(256)
def _slow_fingerprint(key: bytes, content: bytes) -> str:
    return hashlib.pbkdf2_hmac("sha256", content, key, ROUNDS).hex()[:16]


def looks_secret(name: str) -> bool:
    """Tell whether a value of this name must not be shown, wherever it comes from: DB_PASSWORD, dbPassword, api-key."""
    return bool(_SECRET_NAME.search(_BETWEEN_WORDS.sub("_", name)))


def shown_environment(values: Mapping[str, object] | None, *, marked: bool = False) -> dict[str, str]:
    """Return variables with the values that look like secrets hidden, also passwords inside URLs.

    Where two sides are compared, ``marked`` adds a fingerprint, so that a reader sees whether a hidden value changed.
    """
    return {name: _shown(name, str(value), marked) for name, value in (values or {}).items()}


def _shown(name: str, value: str, marked: bool) -> str:
    if not looks_secret(name):
        return without_url_passwords(value)
    return f"{SENSITIVE} {fingerprint(value)}" if marked else SENSITIVE


def without_url_passwords(text: str) -> str:
    """Return text, such as a line of a log, with the passwords inside URLs hidden."""
    return _URL_PASSWORD.sub(rf"\1:{SENSITIVE}@", text)


def redact(value: Any, secrets: Iterable[str]) -> Any:
    """Return a copy in which every occurrence of a secret reads ``(sensitive)``."""
    hidden = sorted({secret for secret in secrets if secret}, key=len, reverse=True)
    return _redact(value, hidden) if hidden else value


def _redact(value: Any, hidden: list[str]) -> Any:
    if isinstance(value, str):
        for secret in hidden:
            value = value.replace(secret, SENSITIVE)
        return value
    if isinstance(value, dict):
        return {_redact(key, hidden): _redact(entry, hidden) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_redact(entry, hidden) for entry in value]
    return value
