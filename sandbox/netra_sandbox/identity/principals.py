"""Callers and their credentials: access tokens, ID tokens, and JWTs that the holder of an account's key signs."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

from netra_sandbox.identity.accounts import PEM, SYSTEM_MANAGED, Accounts, unique_id
from netra_sandbox.identity.keys import TOKEN_URI, KeyPair, key_file, read_key_file
from netra_sandbox.kernel.clock import Clock

__all__ = ["KEY_FILES", "TOKEN_SECONDS", "TOKEN_URI", "Grant", "GrantError", "Principals"]

TOKEN_SECONDS = 3600
ISSUER = "https://accounts.google.com"
CLOUD = "https://www.googleapis.com/auth/cloud-platform"
READ_ONLY = f"{CLOUD}.read-only"
KEY_FILES = {"key.json": "remediator", "viewer.json": "viewer", "nobody.json": "nobody"}
_LONGEST_JWT_SECONDS = 3600  # https://developers.google.com/identity/protocols/oauth2/service-account#jwt-auth
_LEEWAY_SECONDS = 300
_API_SCOPE = "https://www.googleapis.com/auth/"
_ABOUT_THE_USER = {f"{_API_SCOPE}userinfo.email", f"{_API_SCOPE}userinfo.profile"}
_UNREASONABLE = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."


class GrantError(Exception):
    """A credential that is not accepted; the words are the token endpoint's."""


@dataclass(frozen=True)
class Grant:
    """Whom an access token stands for, until when (seconds since the epoch), and for what."""

    email: str
    expires: float
    scopes: tuple[str, ...] = (CLOUD,)

    def reaches(self, http_method: str) -> bool:
        """Tell whether the scopes reach an API at all; those of single APIs are not told apart."""
        if CLOUD in self.scopes or (READ_ONLY in self.scopes and http_method == "GET"):
            return True
        return any(scope.startswith(_API_SCOPE) and scope not in {*_ABOUT_THE_USER, READ_ONLY} for scope in self.scopes)


class Principals:
    """The tokens of one sandbox, and the key pairs of the accounts whose key files lie in its folder.

    Those live as long as the files, through every reset and restart; tokens as long as the process.
    """

    def __init__(self, accounts: Accounts, clock: Clock, folder: Path | None = None) -> None:
        self.accounts = accounts
        self.google = KeyPair()
        self._clock = clock
        self._grants: dict[str, Grant] = {}
        self._residents = {
            accounts.email(name): read_key_file(folder / file if folder else None) for file, name in KEY_FILES.items()
        }
        self._system: dict[str, KeyPair] = {}

    @property
    def remediator(self) -> str:
        """Return the account of `key.json`."""
        return self.accounts.email("remediator")

    def seed(self) -> None:
        """Make the accounts of the key files known."""
        for email, pair in self._residents.items():
            name = email.partition("@")[0]
            self.accounts.make(email, {"displayName": name.title()})
            self.accounts.add_key(email, pair)

    def key_file(self, name: str = "remediator") -> str:
        """Return the key file of a resident account."""
        email = self.accounts.email(name)
        return key_file(self._residents[email], self.accounts.project, email, unique_id(email))

    def issue(self, email: str, seconds: float = TOKEN_SECONDS, scopes: Iterable[str] = (CLOUD,)) -> str:
        """Make an access token for an account."""
        token = f"ya29.c.{secrets.token_urlsafe(48)}"
        now = self._clock.seconds()
        self._grants = {known: grant for known, grant in self._grants.items() if grant.expires > now}
        self._grants[token] = Grant(email, now + seconds, tuple(scopes))
        return token

    def revoke(self, token: str) -> bool:
        """Forget an access token; tell whether it was known."""
        return self._grants.pop(token, None) is not None

    def granted(self, token: str) -> Grant | None:
        """Return what an access token stands for while it is valid and its account active."""
        grant = self._grants.get(token)
        if grant is None or grant.expires <= self._clock.seconds() or self.accounts.active(grant.email) is None:
            return None
        return grant

    def identity_token(self, email: str, audience: str, *, with_email: bool = True) -> str:
        """Make an ID token (https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload)."""
        now = int(self._clock.seconds())
        claims: dict[str, Any] = {"iss": ISSUER, "aud": audience, "azp": email, "sub": unique_id(email)}
        claims |= {"iat": now, "exp": now + TOKEN_SECONDS}
        if with_email:
            claims |= {"email": email, "email_verified": True}
        return self.google.sign_jwt(claims)

    def identity(self, token: str, audiences: Iterable[str]) -> dict[str, Any] | None:
        """Return the claims of an ID token for one of the audiences, None for one that is not to be trusted."""
        try:
            claims = self._decoded(token, self.google.public_pem, ["aud", "exp", "iat", "sub"])
        except jwt.PyJWTError:
            return None
        wanted = {audience.rstrip("/") for audience in audiences}
        fits = claims.get("iss") == ISSUER and str(claims["aud"]).rstrip("/") in wanted
        return claims if fits and claims["exp"] > self._clock.seconds() else None

    def identity_of(self, token: str, audiences: Iterable[str]) -> str | None:
        """Return the e-mail of the account behind an ID token for one of the audiences, None for any other token."""
        claims = self.identity(token, audiences) or {}
        account = None if "email" in claims else self.accounts.find(str(claims.get("sub", "0")))
        email = claims.get("email") if account is None else account["email"]
        return None if email is None else str(email)

    def authenticate(self, authorization: str | None, host: str) -> Grant | None:
        """Return what an Authorization header grants for a request to `host`, None when it proves nothing."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        if token.strip() in self._grants:
            return self.granted(token.strip())
        try:
            claims = self.claims(token.strip())
        except GrantError:
            return None
        scopes = tuple(str(claims.get("scope") or CLOUD).split())
        return Grant(claims["iss"], float(claims["exp"]), scopes) if _covers(claims, host) else None

    def claims(self, token: str) -> dict[str, Any]:
        """Return the claims of a JWT that the holder of an active account's key signed (RFC 7523, section 3)."""
        try:
            identifier = str(jwt.get_unverified_header(token).get("kid") or "")
            issuer = str(jwt.decode(token, options={"verify_signature": False}).get("iss"))
            account = self.accounts.active(issuer)
            if account is None:
                # What a disabled account is told as well: github.com/googleapis/google-cloud-php/issues/3622.
                raise GrantError("Invalid grant: account not found")
            claims = self._signed(token, issuer, identifier)
        except jwt.InvalidSignatureError as error:
            raise GrantError("Invalid JWT Signature.") from error
        except jwt.PyJWTError as error:
            raise GrantError(f"{_UNREASONABLE} Check your iat and exp values in the JWT claim.") from error
        # Its holder signed it by this machine's time, not by the sandbox's.
        if not _lives(claims, time.time()):
            raise GrantError(f"{_UNREASONABLE} Check your iat and exp values in the JWT claim.")
        if claims["exp"] - claims["iat"] > _LONGEST_JWT_SECONDS:
            raise GrantError(_UNREASONABLE)
        return claims

    def system_pair(self, email: str) -> KeyPair:
        """Return the key that Google keeps for an account; making it takes a while, see `KeyPair.make`."""
        return self._system.setdefault(email, KeyPair())

    def system_key(self, email: str) -> KeyPair:
        """Return that key after its public half was written down."""
        pair = self.system_pair(email)
        if self.accounts.key(email, pair.identifier) is None:
            self.accounts.add_key(email, pair, SYSTEM_MANAGED)
        return pair

    def _signed(self, token: str, email: str, identifier: str) -> dict[str, Any]:
        named = [key for key in self.accounts.keys(email) if not key.get("disabled")]
        if identifier:
            named = [key for key in named if key["name"].rpartition("/")[2] == identifier]
        for key in named:
            try:
                return self._decoded(token, key[PEM], ["iss", "exp", "iat"])
            except jwt.InvalidSignatureError:
                continue
        raise jwt.InvalidSignatureError

    @staticmethod
    def _decoded(token: str, public_pem: str, required: list[str]) -> dict[str, Any]:
        # By whose clock the times are compared is the caller's part.
        options: Any = {"verify_aud": False, "verify_exp": False, "verify_iat": False, "require": required}
        claims: dict[str, Any] = jwt.decode(token, public_pem, algorithms=["RS256"], options=options)
        return claims


def _lives(claims: dict[str, Any], now: float) -> bool:
    try:
        return bool(claims["iat"] - _LEEWAY_SECONDS <= now <= claims["exp"] + _LEEWAY_SECONDS)
    except TypeError:
        return False


def _covers(claims: dict[str, Any], host: str) -> bool:
    """Tell whether a self-signed JWT is meant for a host: by audience, or by scope (AIP-4111)."""
    if claims.get("sub", claims["iss"]) != claims["iss"] or "target_audience" in claims:
        return False
    if claims.get("scope"):
        return True
    # One that names a scope has no audience at all (google-auth leaves it out).
    audience = str(claims.get("aud", "")).removeprefix("https://").rstrip("/")
    # A regional host takes the audience of the API: us-central1-run.googleapis.com, run.googleapis.com.
    return audience == host or host.endswith(f"-{audience}")
