# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Service accounts of a case's own, and the two that a sandbox has besides its remediator."""

from __future__ import annotations

import base64
import json
import os
from typing import Any

import requests
from google.auth.transport.requests import AuthorizedSession
from google.oauth2 import service_account
from refusals import CATALOGUE

CLOUD = "https://www.googleapis.com/auth/cloud-platform"
IAM = "iam.googleapis.com/v1"
CREDENTIALS = "iamcredentials.googleapis.com/v1"
PROJECTS = "cloudresourcemanager.googleapis.com/v1/projects"


class Account:
    """A service account under a fresh name, without roles."""

    def __init__(self, target: Any) -> None:
        self.target = target
        self.identifier = f"c-{os.urandom(6).hex()}"
        self.parent = f"{IAM}/projects/{target.project}/serviceAccounts"
        made = target.call("POST", self.parent, {"accountId": self.identifier, "serviceAccount": {"displayName": "C"}})
        self.made = made
        self.email = str(made["email"])
        self.url = f"{self.parent}/{self.email}"

    def key(self) -> dict[str, Any]:
        """Return a new key of the account, as its file says it."""
        made = self.target.call("POST", f"{self.url}/keys", {})
        return dict(json.loads(base64.b64decode(made["privateKeyData"])))

    def session(self) -> AuthorizedSession:
        return session_of(self.key())

    def bind(self, role: str, member: str) -> None:
        """Let a member do something with the account."""
        policy = {"bindings": [{"role": role, "members": [member]}]}
        self.target.call("POST", f"{self.url}:setIamPolicy", {"policy": policy})

    def delete(self) -> None:
        self.target.send("DELETE", self.url)


def session_of(key: dict[str, Any]) -> AuthorizedSession:
    return AuthorizedSession(service_account.Credentials.from_service_account_info(key, scopes=[CLOUD]))


def with_role(target: Any, role: str, member: str, *, remove: bool = False) -> dict[str, Any]:
    """Add a role to the project's policy, or take it away, as clients do: read, change, write."""
    policy = target.call("POST", f"{PROJECTS}/{target.project}:getIamPolicy", {})
    bindings = [item for item in policy["bindings"] if (item["role"], item["members"]) != (role, [member])]
    bindings = [
        {**item, "members": [known for known in item["members"] if item["role"] != role or known != member]}
        for item in bindings
    ]
    if not remove:
        bindings.append({"role": role, "members": [member]})
    policy["bindings"] = bindings
    return dict(target.call("POST", f"{PROJECTS}/{target.project}:setIamPolicy", {"policy": policy}))


def refused(session: AuthorizedSession, http_method: str, url: str, body: Any = None) -> tuple[str, str, list[str]]:
    """Return status, message and reasons of a refusal."""
    answer = session.request(http_method, f"https://{url}", json=body, timeout=60)
    assert not answer.ok, answer.text
    error = answer.json()["error"]
    CATALOGUE.refused(url, error)
    return error["status"], error["message"], [detail.get("reason", "") for detail in error.get("details", ())]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def plain_get(url: str, token: str) -> requests.Response:
    return requests.get(f"https://{url}", headers=bearer(token), timeout=60)
