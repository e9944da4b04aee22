"""Service accounts and their public keys, as rows of the store.

An account is kept under `iam:projects/P/serviceAccounts/EMAIL` in the form of IAM's ServiceAccount, a key below it in
the form of ServiceAccountKey with its public key as PEM besides.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from netra_sandbox.identity.keys import KeyPair
from netra_sandbox.kernel.clock import Clock, format_time
from netra_sandbox.kernel.store import Store

Resource = dict[str, Any]
KEY = "iam:"
PEM = "publicPem"
DELETED = "iam-deleted:"
USER_MANAGED, SYSTEM_MANAGED = "USER_MANAGED", "SYSTEM_MANAGED"
_FOREVER = "9999-12-31T23:59:59Z"


class Accounts:
    """The service accounts of one project."""

    def __init__(self, store: Store, clock: Clock, project: str) -> None:
        self._store = store
        self._clock = clock
        self.project = project

    def email(self, account_id: str) -> str:
        """Return the e-mail of an account by the name before the @."""
        return f"{account_id}@{self.project}.iam.gserviceaccount.com"

    def make(self, email: str, fields: Mapping[str, Any] | None = None) -> Resource:
        """Store an account and return it; its unique id follows from its e-mail."""
        account: Resource = {"name": self.name(email), "projectId": self.project, "uniqueId": unique_id(email)}
        account |= {"email": email, "oauth2ClientId": account["uniqueId"], **(fields or {})}
        return self.put(account)

    def put(self, account: Resource) -> Resource:
        """Store what an account became, under a new etag."""
        account = account | {"etag": _etag()}
        self._store.put(KEY + account["name"], account)
        return account

    def find(self, identity: str) -> Resource | None:
        """Return an account by its e-mail or its unique id."""
        if identity.isdigit():
            return next((account for account in self.all() if account["uniqueId"] == identity), None)
        return self._store.get(KEY + self.name(identity))

    def active(self, email: str) -> Resource | None:
        """Return an account unless it is not there or disabled."""
        account = self.find(email)
        return None if account is None or account.get("disabled") else account

    def all(self) -> list[Resource]:
        """Return the project's accounts by their e-mails."""
        return self._store.list(f"{KEY}projects/{self.project}/serviceAccounts/", kind="serviceAccounts")

    def add_key(self, email: str, pair: KeyPair, kind: str = USER_MANAGED) -> Resource:
        """Keep the public half of a key of an account and return its row."""
        row: Resource = {
            "name": f"{self.name(email)}/keys/{pair.identifier}",
            "validAfterTime": format_time(self._clock.now()),
            "validBeforeTime": _FOREVER,
            "keyAlgorithm": f"KEY_ALG_RSA_{pair.bits}",
            "keyOrigin": "GOOGLE_PROVIDED",
            "keyType": kind,
            PEM: pair.public_pem,
        }
        self._store.put(KEY + row["name"], row)
        return row

    def key(self, email: str, identifier: str) -> Resource | None:
        """Return a key of an account."""
        return self._store.get(f"{KEY}{self.name(email)}/keys/{identifier}")

    def keys(self, email: str) -> list[Resource]:
        """Return the keys of an account."""
        return self._store.list(f"{KEY}{self.name(email)}/keys/", kind="keys")

    def put_key(self, row: Resource) -> None:
        """Store what a key became."""
        self._store.put(KEY + row["name"], row)

    def remove_key(self, row: Resource) -> None:
        """Forget a key."""
        self._store.delete(KEY + row["name"])

    def delete(self, account: Resource) -> None:
        """Delete an account with its keys; keep what an undelete brings back."""
        for row in self.keys(account["email"]):
            self.remove_key(row)
        self._store.delete(KEY + account["name"])
        self._store.put(DELETED + account["uniqueId"], account)

    def undelete(self, identity: str) -> Resource | None:
        """Bring back an account that was deleted, by its unique id; None when there is none or its e-mail is taken."""
        account = self._store.get(DELETED + identity)
        if account is None or self.find(account["email"]) is not None:
            return None
        self._store.delete(DELETED + identity)
        return self.put(account)

    def name(self, email: str) -> str:
        """Return the resource name of an account."""
        return f"projects/{self.project}/serviceAccounts/{email}"


def unique_id(email: str) -> str:
    """Return the 21 digits that name an account."""
    return str(10**20 + int.from_bytes(hashlib.sha256(email.encode()).digest()[:8]))


def _etag() -> str:
    return base64.b64encode(secrets.token_bytes(8)).decode()
