# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a request goes, by pure decisions: ingress, the weighted split, bonds, and the tokens it carries."""

from __future__ import annotations

import datetime
import math
import pathlib
import random
from typing import Any

import pytest

from netra_sandbox.dataplane import affinity, invocation, router
from netra_sandbox.identity.accounts import Accounts
from netra_sandbox.identity.principals import Principals
from netra_sandbox.kernel.clock import Clock
from netra_sandbox.kernel.store import Store

LATEST = {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 70}
SERVICE = {
    "latestReadyRevision": "projects/p/locations/l/services/s/revisions/s-2",
    "trafficStatuses": [LATEST, {"revision": "s-1", "percent": 30, "tag": "old"}, {"revision": "s-0", "tag": "dark"}],
}
# service → whether it is reached from outside, from inside, through a load balancer
ADMISSION: list[tuple[dict[str, Any], bool, bool, bool]] = [
    ({}, True, True, True),
    ({"ingress": "INGRESS_TRAFFIC_ALL"}, True, True, True),
    ({"ingress": "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"}, False, True, True),
    ({"ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY"}, False, True, False),
    ({"ingress": "INGRESS_TRAFFIC_NONE"}, False, False, False),
    ({"ingress": "INGRESS_TRAFFIC_ALL", "defaultUriDisabled": True}, False, False, True),
    ({"ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY", "defaultUriDisabled": True}, False, False, False),
]


@pytest.mark.parametrize(("service", "outside", "inside", "balanced"), ADMISSION)
def test_ingress_admits(service: dict[str, Any], outside: bool, inside: bool, balanced: bool) -> None:
    assert router.admits(service, balanced=False) is outside
    assert router.admits(service, balanced=False, internal=True) is inside
    assert {router.admits(service, balanced=True, internal=internal) for internal in (False, True)} == {balanced}


@pytest.mark.parametrize(
    ("path", "reserved"),
    [
        ("/healthz", True),
        ("/_ah/warmup", True),
        ("/eventlog", True),
        ("/health", False),
        ("/quiz", False),
        ("/", False),
    ],
)
def test_reserved_paths(path: str, reserved: bool) -> None:
    assert router.is_reserved(path) is reserved


@pytest.mark.parametrize(("tag", "revision"), [("old", "s-1"), ("dark", "s-0"), ("none", None)])
def test_a_tag_names_its_revision(tag: str, revision: str | None) -> None:
    assert router.choose(SERVICE, tag, 0.5) == revision


def test_the_split_is_binomial_over_ten_thousand_requests() -> None:
    draw, number = random.Random(7), 10_000  # noqa: S311  a repeatable choice
    chosen = [router.choose(SERVICE, "", draw.random()) for _ in range(number)]
    assert set(chosen) == {"s-1", "s-2"}
    assert abs(chosen.count("s-2") - 0.7 * number) < 4 * math.sqrt(number * 0.7 * 0.3)


def test_a_cookie_says_what_was_written_into_it() -> None:
    header = affinity.set_cookie("s-1", "ab" * 64, datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
    name, _, rest = header.partition("=")
    assert affinity.read(rest.partition(";")[0]) == affinity.Bond("s-1", "ab" * 16)
    assert (name, "expires=Sat, 31-Jan-2026 00:00:00 GMT" in header) == ("GAESA", True)


@pytest.mark.parametrize("cookie", [None, "", "nonsense", "////", "YWJj"])
def test_a_foreign_cookie_binds_nothing(cookie: str | None) -> None:
    assert affinity.read(cookie) is None


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({}, None),
        ({"Authorization": "Bearer abc"}, "abc"),
        ({"Authorization": "bearer abc"}, "abc"),
        ({"Authorization": "Basic abc"}, ""),
        ({"X-Serverless-Authorization": "Bearer one", "Authorization": "Bearer two"}, "one"),
        ({"X-Serverless-Authorization": "Bearer one"}, "one"),
    ],
)
def test_the_token_that_counts(headers: dict[str, str], token: str | None) -> None:
    header = invocation.presented(headers)
    assert (invocation.bearer(headers[header]) if header else None) == token


def test_a_token_loses_its_signature_and_nothing_else() -> None:
    assert invocation.without_signature("bearer a.b.c") == "bearer a.b.SIGNATURE_REMOVED_BY_GOOGLE"


def test_an_id_token_stands_for_its_account_until_it_expires_and_for_its_audience(tmp_path: pathlib.Path) -> None:
    clock = Clock()
    principals = Principals(Accounts(Store(tmp_path / "state.sqlite"), clock, "p"), clock)
    token = principals.identity_token("a@p.iam.gserviceaccount.com", "https://s.run.app")
    assert principals.identity_of(token, ["x", "https://s.run.app"]) == "a@p.iam.gserviceaccount.com"
    assert principals.identity_of(token, ["https://other.run.app"]) is None
    assert principals.identity_of(f"{token[:-4]}AAAA", ["https://s.run.app"]) is None
    assert principals.identity_of(principals.issue("a@p.iam.gserviceaccount.com"), ["https://s.run.app"]) is None
    clock.offset = 3601.0
    assert principals.identity_of(token, ["https://s.run.app"]) is None
