# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Use a secret as a service does: connect with it, authenticate with it, sign with it and see who accepts that.

A reason never repeats a payload or what is in it; so what the probes of stores say of hosts and users goes no further.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from ansible_collections.netra.remediation.plugins.module_utils.probes import postgres, redis, web
from ansible_collections.netra.remediation.plugins.module_utils.probes.contract import Target, Unhealthy

# True: it works; False: what it is for refuses it; None: nobody could tell from here.
Answer = tuple["bool | None", str]
TOKEN_SECONDS = 60
REFUSALS = (401, 403)
_UNREACHED = "it could not be tried: the server could not be reached from here, or did not answer"


def use(kind: str, payload: str, target: Target, timeout: float) -> Answer:
    """Use a payload of a kind at a target, and tell whether it works."""
    return USES[kind](payload, target, timeout)


def _store(probe: Callable[[Target, float], Any], target: Target, timeout: float) -> Answer:
    try:
        probe(target, timeout)
    except Unhealthy as error:
        if error.observed.get("failure") == "auth":
            return False, "the server refuses it: check user, password and database, and whether it was rotated there"
        return None, _UNREACHED
    return True, "it works"


def _by_url(probe: Callable[[Target, float], Any], database: bool) -> Callable[[str, Target, float], Answer]:
    def use_url(payload: str, target: Target, timeout: float) -> Answer:
        try:
            parts = urlsplit(payload)
            found: dict[str, Any] = {"host": parts.hostname, "port": parts.port}
        except ValueError:
            return False, "it is no URL"
        if not found["host"]:
            return False, "it is a URL without a host"
        found |= {"user": unquote(parts.username or "") or None, "password": unquote(parts.password or "") or None}
        if database:
            found |= {"database": unquote(parts.path.strip("/")) or None}
            found |= {"sslmode": parse_qs(parts.query).get("sslmode", [None])[0]}
        else:
            found |= {"tls": parts.scheme == "rediss"}
        return _store(probe, {**target, **found}, timeout)

    return use_url


def _with_password(probe: Callable[[Target, float], Any]) -> Callable[[str, Target, float], Answer]:
    return lambda payload, target, timeout: _store(probe, {**target, "password": payload}, timeout)


def signed(key: bytes, claims: Mapping[str, Any]) -> str:
    """Return a token that is signed with HS256 (RFC 7515, 7519), valid for a minute."""
    now = int(time.time())
    parts = ({"alg": "HS256", "typ": "JWT"}, {"iat": now, "exp": now + TOKEN_SECONDS, **claims})
    text = ".".join(_encoded(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    return f"{text}.{_encoded(hmac.new(key, text.encode(), hashlib.sha256).digest())}"


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _jwt_key(payload: str, target: Target, timeout: float) -> Answer:
    """Sign here and let the service verify there; a service that accepts any key proves nothing."""
    claims, url = target.get("claims") or {}, target["url"]
    try:
        with_key, with_another = (
            web.request("GET", url, timeout=timeout, headers={"Authorization": f"Bearer {signed(key, claims)}"}).status
            for key in (payload.encode(), secrets.token_bytes(32))
        )
    except Unhealthy:
        return None, f"it could not be tried: {web.shown(url)} could not be reached from here, or did not answer"
    if with_key in REFUSALS:
        return False, f"{web.shown(url)} refuses what it signs ({with_key}): the service verifies with another key"
    if with_another not in REFUSALS:
        return None, f"{web.shown(url)} answers {with_another} to a token of another key, so it proves nothing"
    return True, f"what it signs is accepted, and what another key signs is refused ({with_another})"


USES: Mapping[str, Callable[[str, Target, float], Answer]] = {
    "postgres_url": _by_url(postgres.probe, database=True),
    "postgres_password": _with_password(postgres.probe),
    "redis_url": _by_url(redis.probe, database=False),
    "redis_password": _with_password(redis.probe),
    "jwt_key": _jwt_key,
}
