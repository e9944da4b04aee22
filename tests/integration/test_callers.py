# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All kinds of credentials, from options and from the environment: whom the sandbox saw calling."""

from __future__ import annotations

from typing import Any

import pytest

REMEDIATOR = "remediator@netra-staging.iam.gserviceaccount.com"
OTHER = "deployer@netra-staging.iam.gserviceaccount.com"
VARIABLES = ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_OAUTH_ACCESS_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE")
KEY = "{key file}"
CONTENTS = "{key}"
TOKEN = "{token}"
WAYS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "application": ({"auth_kind": "application"}, {"GOOGLE_APPLICATION_CREDENTIALS": KEY}),
    "nothing said": ({}, {"GOOGLE_APPLICATION_CREDENTIALS": KEY}),
    "key file": ({"auth_kind": "serviceaccount", "service_account_file": KEY}, {}),
    "key file, kind left out": ({"service_account_file": KEY}, {}),
    "key contents": ({"auth_kind": "serviceaccount", "service_account_contents": CONTENTS}, {}),
    "token": ({"auth_kind": "accesstoken", "access_token": TOKEN}, {}),
    "google.cloud's variables": ({}, {"GCP_AUTH_KIND": "serviceaccount", "GCP_SERVICE_ACCOUNT_FILE": KEY}),
    "contents in a variable": ({}, {"GCP_AUTH_KIND": "serviceaccount", "GCP_SERVICE_ACCOUNT_CONTENTS": CONTENTS}),
    "token in a variable": ({}, {"GCP_ACCESS_TOKEN": TOKEN}),
    "terraform's variable": ({}, {"GOOGLE_OAUTH_ACCESS_TOKEN": TOKEN}),
    # https://docs.ansible.com/automation-controller/latest/html/userguide/credentials.html#google-compute-engine
    "awx": (
        {},
        {
            "GCE_EMAIL": REMEDIATOR,
            "GCE_PROJECT": "netra-staging",
            "GCE_CREDENTIALS_FILE_PATH": KEY,
            "GCP_AUTH_KIND": "serviceaccount",
            "GCP_PROJECT": "netra-staging",
            "GCP_SERVICE_ACCOUNT_FILE": KEY,
        },
    ),
}


@pytest.fixture
def filled(sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that puts the sandbox's credentials into a way, after the environment forgot its own."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    key = sandbox.directory / "key.json"
    values = {KEY: str(key), CONTENTS: key.read_text(encoding="utf-8"), TOKEN: sandbox.token}
    return lambda way: {name: values.get(value, value) for name, value in way.items()}


def caller(google: Any, **options: str) -> str:
    """Return as whom a module called that reads one service."""
    mark = google.sandbox.mark()
    seen = google.run("cloud_run_service_info", name="netra-frontend-staging", **options)[0]
    assert [service["name"] for service in seen["services"]] == ["netra-frontend-staging"], seen.get("msg")
    (principal,) = {
        request["principal"]
        for request in google.sandbox.requests(mark)
        if request["method"] == "run.projects.locations.services.get"
    }
    return str(principal)


@pytest.mark.parametrize("way", WAYS)
def test_each_way_leads_to_the_account(google: Any, monkeypatch: pytest.MonkeyPatch, filled: Any, way: str) -> None:
    options, environment = map(filled, WAYS[way])
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert caller(google, **{"auth_kind": None, **options}) == REMEDIATOR


@pytest.mark.parametrize("source", ["application", "key file", "token", "awx"])
def test_another_account_is_acted_as(google: Any, monkeypatch: pytest.MonkeyPatch, filled: Any, source: str) -> None:
    options, environment = map(filled, WAYS[source])
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    options |= {"auth_kind": "impersonate"} if source != "awx" else {"auth_kind": None}
    assert caller(google, impersonate_service_account=OTHER, **options) == OTHER


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"auth_kind": "accesstoken"}, "access_token"),
        ({"auth_kind": "serviceaccount"}, "service_account_file"),
        ({"auth_kind": "serviceaccount", "service_account_file": "/nonexistent.json"}, "/nonexistent.json"),
        ({"auth_kind": "serviceaccount", "service_account_contents": '{"a": 1}'}, "service_account_contents"),
        ({"auth_kind": "impersonate"}, "impersonate_service_account"),
    ],
)
def test_what_is_missing_is_named(google: Any, filled: Any, options: dict[str, str], says: str) -> None:
    mark = google.sandbox.mark()
    seen, _writes = google.run("cloud_run_service_info", name="x", **options)
    assert seen["failed"]
    assert says in seen["msg"]
    # google-auth asks for the regions of an account in a thread of its own, here perhaps still for the test before.
    asked = [request for request in google.sandbox.requests(mark) if "allowedLocations" not in request["path"]]
    assert asked == []
