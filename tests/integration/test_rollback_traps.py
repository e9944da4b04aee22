# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Traps in which "second newest", "latest ready" and "first in the list" go wrong; the tests of this file run in order.

Each prints what evidence chooses, and what the naive choices would have been.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
import requests
from module_runs import run_module
from playbook_story import BACKEND, PROJECT, RECORDED, Story

AUTH = "netra-auth-service"
KEY, SERVICE_SECRET = "secret-key-staging", "service-secret-staging"
SERVICES = f"https://run.googleapis.com/v2/projects/{PROJECT}/locations/us-central1/services"
WAIT = {"wait_timeout": 60}
SQL = f"https://sqladmin.googleapis.com/v1/projects/{PROJECT}/instances/staging-postgres"
HEALTH = "https://api.staging.netrasystems.ai/health"
HEADS = ("0041_resource_costs", "0042_drop_advice")
SCHEMA = {"service": BACKEND, "url": HEALTH, "health_key": "checks.database.schema"}
Choice = dict[str, Any]


@pytest.fixture(scope="module")
def story(sandbox: Any) -> Story:
    sandbox.reset("healthy")
    return Story(sandbox)


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {"directory": str(tmp_path_factory.mktemp("records")), "environment": "traps"}


@pytest.fixture
def api(sandbox: Any) -> requests.Session:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {sandbox.token}"
    return session


@pytest.fixture
def passed(google: Any, records: dict[str, str]) -> Callable[[str], None]:
    """Return a function that writes down that a revision of the backend passed the golden path just now."""

    def record(revision: str) -> None:
        seen, _writes = google.run("cloud_run_service_info", name=BACKEND, revisions=True)
        (found,) = [each for each in seen["services"][0]["revisions"] if each["name"] == revision]
        good = {"revision": revision, "image": found["template"]["image"]}
        probe = {"name": BACKEND, "kind": "http", "url": HEALTH, "tells": {"schema_head": SCHEMA["health_key"]}}
        green = {"health": run_module("health_probe", targets=[probe])["targets"]}
        assert not run_module("run_record", **records, gates=green, good={BACKEND: good}).get("failed")

    return record


@pytest.fixture
def chosen(google: Any, story: Story, records: dict[str, str], capsys: pytest.CaptureFixture[str]) -> Any:
    """Return a function that plans a rollback and prints the choice beside the naive ones."""

    def choose(trap: str, service: str = BACKEND, **options: Any) -> Choice:
        options = {"services": [service], "schemas": [SCHEMA], "fail_when_refused": False, **options}
        found, writes = google.run("rollback_plan", **records, **options)
        assert writes == []
        (decision,) = found["services"]
        naive = naive_choices(story, service)
        answer = decision["revision"] if decision["verdict"] == "planned" else decision["verdict"]
        with capsys.disabled():
            sys.stdout.write(f"\n{trap}: evidence says {answer}; " + ", ".join(f"{a} {b}" for a, b in naive.items()))
        return {**decision, **naive}

    return choose


def naive_choices(story: Story, service: str) -> dict[str, str | None]:
    """Return what tools choose that keep no record."""
    seen = story.service(service)
    newest = sorted(
        story.ask(f"{SERVICES}/{service}/revisions")["revisions"], key=lambda each: each["createTime"], reverse=True
    )
    names = [each["name"].rpartition("/")[2] for each in newest]
    first = (seen.get("traffic") or [{}])[0].get("revision")
    return {
        "second newest": names[1] if len(names) > 1 else None,
        "latest ready": seen["latestReadyRevision"].rpartition("/")[2],
        "first in the list": first,
    }


def deployed(google: Any, **options: Any) -> str:
    """Deploy another revision of the backend, which gets all traffic; return its name."""
    seen, _writes = google.run("cloud_run_service_info", name=BACKEND)
    template = seen["services"][0]["template"]
    merged = {option: {**template[option], **given} for option, given in options.items()}
    done, _writes = google.run("cloud_run_service", name=BACKEND, **WAIT, **merged)
    assert done.get("changed"), done
    google.run("cloud_run_traffic", name=BACKEND, traffic=[{"latest": True, "percent": 100}])
    return str(done["service"]["latest_ready_revision"])


def test_a_first_deploy_has_nothing_to_go_back_to(chosen: Any) -> None:
    decision = chosen("first deploy", "netra-frontend-staging")
    assert decision["verdict"] == "refused"
    assert "no revision is on record as good" in decision["reason"]


def test_an_entry_that_is_only_a_tag_serves_nobody(google: Any, chosen: Any, passed: Any, story: Story) -> None:
    passed(RECORDED)
    (serving,) = story.serving(BACKEND)
    tagged = [{"revision": serving, "percent": 0, "tag": "blue"}, {"latest": True, "percent": 100}]
    google.run("cloud_run_traffic", name=BACKEND, traffic=tagged)
    decision = chosen("tag-only first entry")
    assert (decision["verdict"], decision["revision"]) == ("planned", RECORDED)
    assert decision["trial"][0] == {"latest": True, "percent": 100}


def test_the_latest_ready_revision_may_be_the_broken_one(google: Any, chosen: Any, passed: Any) -> None:
    good = deployed(google, env={"LOG_LEVEL": "good"}, secret_env={"SECRET_KEY": f"{KEY}:latest"})
    passed(good)
    deployed(google, env={"REDIS_HOST": "10.9.9.9"})
    broken = deployed(google, env={"LOG_LEVEL": "also broken"})
    decision = chosen("latest ready broken")
    assert (decision["verdict"], decision["revision"], decision["away_from"]) == ("planned", good, broken)
    assert decision["latest ready"] == broken
    assert decision["second newest"] not in {good, broken}


def test_a_secret_that_moved_is_told(google: Any, chosen: Any) -> None:
    before = chosen("latest secret stands")["cautions"]
    assert any(f"{KEY}:latest floats" in caution for caution in before)
    made, _writes = google.run("secret_manager_secret", name=KEY, payload="another-value-of-the-secret-key-0123456789")
    assert made["changed"], made
    after = chosen("latest secret moved")["cautions"]
    assert any(f"{KEY}:latest has moved since" in caution for caution in after)


def payload(story: Story, secret: str) -> str:
    """Return what the newest version of a secret holds."""
    url = f"https://secretmanager.googleapis.com/v1/projects/{PROJECT}/secrets/{secret}/versions/latest:access"
    return base64.b64decode(story.ask(url)["payload"]["data"]).decode()


@pytest.fixture
def migrated(story: Story) -> Callable[[str], None]:
    """Return a function that takes the product's database to another migration, as Alembic notes it."""
    user, password = (payload(story, f"postgres-{part}-staging") for part in ("user", "password"))
    (host,) = [entry["ipAddress"] for entry in story.ask(SQL)["ipAddresses"] if entry["type"] == "PRIMARY"]

    def migrate(head: str) -> None:
        place = {"host": host, "user": user, "password": password, "dbname": "netra_staging"}
        with psycopg.connect(**place, connect_timeout=20, autocommit=True) as connection:
            connection.execute("UPDATE alembic_version SET version_num = %s", (head,))

    return migrate


def test_a_revision_of_before_a_migration_is_not_gone_back_to(
    google: Any, chosen: Any, passed: Any, migrated: Callable[[str], None], records: dict[str, str]
) -> None:
    before = chosen("schema as it was")
    assert (before["verdict"], before["evidence"]["schema_head"]) == ("planned", HEADS[0])
    migrated(HEADS[1])
    newest = deployed(google, env={"LOG_LEVEL": "migrated"})
    passed(newest)
    decision = chosen("schema ahead")
    assert (decision["verdict"], decision["away_from"]) == ("refused", newest)
    assert f"at {HEADS[0]}, and now it is at {HEADS[1]}" in decision["reason"]
    assert "compatible_with" in decision["reason"]
    assert decision["second newest"] not in {newest, None}
    fitting = chosen("schema ahead, and said to fit", schemas=[{**SCHEMA, "compatible_with": [HEADS[0]]}])
    assert (fitting["verdict"], fitting["revision"]) == ("planned", before["revision"])
    migrated(HEADS[0])  # and what needs the migration is left for good
    back = {"service": BACKEND, "revision": before["revision"], "away_from": newest}
    run_module("run_record", **records, rolled_back=[back])


def test_what_a_service_is_bound_to_goes_back_when_asked(
    google: Any, story: Story, records: dict[str, str], chosen: Any
) -> None:
    """The template, without a move of traffic; and the versions that the run made, where nobody reads them."""
    good = str(chosen("before the bindings change")["revision"])
    bound = bindings_of(google, good)
    given = {SERVICE_SECRET: "a-service-secret-that-a-run-made-0123456789", KEY: "a-secret-key-that-a-run-made-0123456"}
    made = [google.run("secret_manager_secret", name=name, payload=payload)[0] for name, payload in given.items()]
    actions = [{"phase": "configuration", "what": "Secret", "result": result} for result in made]
    run_module("run_record", **records, facts={"playbook": "netra.remediation.remediate"}, actions=actions)
    versions = {name: result["secret"]["latest_version"] for name, result in zip(given, made, strict=True)}
    deployed(google, secret_env={"SERVICE_SECRET": f"{SERVICE_SECRET}:{versions[SERVICE_SECRET]}"})
    whole = {"traffic": [{"revision": good, "percent": 100}], "hold": {"reason": "rolled back"}}
    google.run("cloud_run_traffic", name=BACKEND, **whole)
    services = [{"service": name, "revision": revision} for name, revision in {AUTH: "auth-0", BACKEND: good}.items()]
    asked = {**records, "services": services, "fail_when_refused": False}
    predicted, writes = google.run("recorded_bindings", True, **asked)
    assert (writes, predicted["changed"]) == ([], True)
    assert [diff["after_header"] for diff in predicted["diff"]] == [
        f"template of {BACKEND}",
        f"version {versions[SERVICE_SECRET]} of secret {SERVICE_SECRET}",
    ]
    done, _writes = google.run("recorded_bindings", **asked)
    assert done["bindings"] == predicted["bindings"]
    assert {item["subject"]: item["outcome"] for item in done["bindings"]} == {
        f"template of {AUTH}": "failed",  # it has no such revision, and hides nothing of the rest
        f"template of {BACKEND}": "done",
        f"version {versions[SERVICE_SECRET]} of secret {SERVICE_SECRET}": "done",
        f"version {versions[KEY]} of secret {KEY}": "refused",  # the recorded revision reads it at latest
    }
    assert (story.serving(BACKEND), bindings_of(google)) == ({good: 100}, bound)
    assert story.versions(SERVICE_SECRET)[versions[SERVICE_SECRET]] == "DISABLED"
    again, writes = google.run("recorded_bindings", **asked)
    assert (writes, again["changed"]) == ([], False)
    assert [item["outcome"] for item in again["bindings"]].count("already") == 2
    google.run("cloud_run_traffic", name=BACKEND, traffic=[{"latest": True, "percent": 100}], hold=None)


def bindings_of(google: Any, revision: str | None = None) -> dict[str, str]:
    """Return which secrets a revision of the backend reads, or its template."""
    seen, _writes = google.run("cloud_run_service_info", name=BACKEND, revisions=True)
    service = seen["services"][0]
    (found,) = [each for each in service["revisions"] if each["name"] == revision] or [service]
    return dict(found["template"]["secret_env"])


def test_a_split_is_a_persons_to_end(google: Any, chosen: Any, story: Story) -> None:
    (serving,) = story.serving(BACKEND)
    shares = [{"revision": serving, "percent": 60}, {"revision": RECORDED, "percent": 40}]
    google.run("cloud_run_traffic", name=BACKEND, traffic=shares)
    decision = chosen("split traffic")
    assert decision["verdict"] == "refused"
    assert "on record as good: " in decision["reason"]
    assert RECORDED in decision["reason"]
    named = chosen("split traffic, one named", revision=RECORDED)
    assert (named["verdict"], named["revision"]) == ("planned", RECORDED)


def test_what_is_asked_for_and_does_not_stand_is_not_brought_about(
    google: Any, chosen: Any, story: Story, api: requests.Session
) -> None:
    """Somebody asked for a revision that never became ready, so the traffic never went there."""
    (serving,) = {*story.serving(BACKEND)} - {RECORDED}
    google.run("cloud_run_traffic", name=BACKEND, traffic=[{"revision": serving, "percent": 100}])
    failed, _writes = google.run("cloud_run_service", name=BACKEND, secret_env={}, **WAIT)
    assert failed.get("failed"), failed
    wanted = story.service(BACKEND)["latestCreatedRevision"].rpartition("/")[2]
    shares = [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", "revision": wanted, "percent": 100}]
    api.patch(f"{SERVICES}/{BACKEND}?updateMask=traffic", json={"traffic": shares}).raise_for_status()
    assert (story.serving(BACKEND), story.service(BACKEND)["traffic"]) == ({serving: 100}, shares)
    decision = chosen("stale desired traffic")
    assert decision["verdict"] == "planned"
    assert decision["trial"][0] == {"revision": serving, "percent": 100}
    assert any("asks for another division" in caution for caution in decision["cautions"])
    assert decision["first in the list"] == wanted


def test_an_image_that_was_deleted_is_not_gone_back_to(google: Any, chosen: Any, api: requests.Session) -> None:
    seen, _writes = google.run("cloud_run_service_info", name=BACKEND)
    name, _at, digest = seen["services"][0]["template"]["image"].partition("@")
    host, project, repository, image = name.split("/", 3)
    location = host.removesuffix("-docker.pkg.dev")
    package = f"projects/{project}/locations/{location}/repositories/{repository}/packages/{quote(image, safe='')}"
    gone = f"https://artifactregistry.googleapis.com/v1/{package}/versions/{digest}?force=true"
    api.delete(gone).raise_for_status()
    decision = chosen("image deleted")
    assert decision["verdict"] == "refused"
    assert f"is gone from its registry: {name}@{digest}" in decision["reason"]
