# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import pathlib
import time
from typing import Any

import jwt
import pytest

from netra_sandbox.discovery.index import api_of
from netra_sandbox.front import request_log
from netra_sandbox.identity.accounts import Accounts
from netra_sandbox.identity.principals import GrantError, Principals
from netra_sandbox.kernel.clock import Clock
from netra_sandbox.kernel.store import Store
from netra_sandbox.services.checksums import crc32c

RUN = "run.googleapis.com"


@pytest.fixture(scope="module")
def principals(tmp_path_factory: pytest.TempPathFactory) -> Principals:
    return made(tmp_path_factory.mktemp("store"))


def made(folder: pathlib.Path) -> Principals:
    clock = Clock()
    principals = Principals(Accounts(Store(folder / "state.sqlite"), clock, "netra-staging"), clock)
    principals.seed()
    principals.accounts.make(principals.accounts.email("deployer"))
    return principals


def signed(principals: Principals, **changes: Any) -> str:
    content = json.loads(principals.key_file())
    now = int(time.time())
    claims = {"iss": principals.remediator, "sub": principals.remediator, "aud": f"https://{RUN}/"}
    claims |= {"iat": now, "exp": now + 3600} | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, content["private_key"], algorithm="RS256", headers={"kid": content["private_key_id"]})


@pytest.mark.parametrize(
    ("changes", "host", "accepted"),
    [
        ({}, RUN, True),
        ({}, f"us-central1-{RUN}", True),
        ({}, "secretmanager.googleapis.com", False),
        ({"aud": "https://run.googleapis.com"}, RUN, True),
        ({"aud": "x", "scope": "https://www.googleapis.com/auth/cloud-platform"}, "redis.googleapis.com", True),
        ({"iss": "mallory@evil.example"}, RUN, False),
        ({"sub": "deployer@netra-staging.iam.gserviceaccount.com"}, RUN, False),
        ({"target_audience": "https://x"}, RUN, False),
        ({"exp": int(time.time()) - 1000}, RUN, False),
        ({"exp": int(time.time()) + 9000}, RUN, False),
        ({"exp": None}, RUN, False),
    ],
)
def test_jwts_that_the_key_file_signed(
    principals: Principals, changes: dict[str, Any], host: str, accepted: bool
) -> None:
    found = principals.authenticate(f"Bearer {signed(principals, **changes)}", host)
    assert (found and found.email) == (principals.remediator if accepted else None)


def test_a_jwt_of_another_key_or_of_none_is_refused(principals: Principals, tmp_path: pathlib.Path) -> None:
    foreign = signed(made(tmp_path))
    unsigned = jwt.encode({"iss": principals.remediator, "aud": f"https://{RUN}/"}, None, algorithm="none")
    for token in (foreign, unsigned, "a.b.c", ""):
        assert principals.authenticate(f"Bearer {token}", RUN) is None
        with pytest.raises(GrantError):
            principals.claims(token)


def test_access_tokens_stand_for_an_account_until_they_expire(principals: Principals) -> None:
    deployer = principals.accounts.email("deployer")
    granted = principals.authenticate(f"Bearer {principals.issue(deployer)}", RUN)
    assert granted is not None
    assert granted.email == deployer
    assert principals.authenticate(f"Bearer {principals.issue(deployer, -1)}", RUN) is None
    assert principals.authenticate(f"Basic {principals.issue(deployer)}", RUN) is None


@pytest.mark.parametrize(
    ("host", "api"),
    [
        ("run.googleapis.com", "run"),
        ("us-central1-run.googleapis.com", "run"),
        ("europe-west10-run.googleapis.com", "run"),
        ("run.googleapis.com.evil.example", ""),
        ("evilrun-googleapis.com", ""),
        ("x.run.googleapis.com", ""),
    ],
)
def test_the_api_behind_a_host(host: str, api: str) -> None:
    assert api_of(host) == api


@pytest.mark.parametrize(
    ("verb", "method", "write"),
    [
        ("GET", "run.projects.locations.services.get", False),
        ("PATCH", "run.projects.locations.services.patch", True),
        ("DELETE", "redis.projects.locations.instances.delete", True),
        ("POST", "secretmanager.projects.secrets.addVersion", True),
        ("GET", "secretmanager.projects.secrets.versions.access", False),
        ("POST", "run.projects.locations.operations.wait", False),
        ("POST", "iamcredentials.projects.serviceAccounts.generateAccessToken", False),
        ("POST", "", False),
    ],
)
def test_which_requests_are_writes(verb: str, method: str, write: bool) -> None:
    assert request_log.is_write(verb, method) is write


def test_the_checksum_of_rfc_3720() -> None:
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA
