"""JSON Web Tokens: written by the auth service, read by the backend, with the same key in both."""

from __future__ import annotations

import os
import time
from typing import Any

import jwt

ALGORITHM = "HS256"
ISSUER = "netra-auth-service"


def issue(user_id: int, email: str, kind: str, seconds: int) -> str:
    """Sign a token of a kind ("access" or "refresh")."""
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": str(user_id), "email": email, "kind": kind, "iat": now, "exp": now + seconds}
    return jwt.encode(claims, os.environ["JWT_SECRET_KEY"], algorithm=ALGORITHM)


def verify(token: str, kind: str = "access") -> dict[str, Any] | None:
    """Return the claims of a valid token of that kind, None for any other."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token, os.environ["JWT_SECRET_KEY"], algorithms=[ALGORITHM], issuer=ISSUER, options={"require": ["exp"]}
        )
    except jwt.InvalidTokenError:
        return None
    return claims if claims.get("kind") == kind else None
