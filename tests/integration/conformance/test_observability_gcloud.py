# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""gcloud, unmodified, in front of logs, metrics, builds, images and schedules."""

from __future__ import annotations

from typing import Any

import pytest

SDK = "https://cloud.google.com/sdk/gcloud/reference"


@pytest.mark.source("public", f"{SDK}/logging/write")
def test_gcloud_reads_what_it_wrote(target: Any, gcloud: Any) -> None:
    log = target.fresh("log")
    gcloud("logging", "write", log, '{"message": "from gcloud"}', "--payload-type=json", "--severity=ERROR")
    condition = f'logName:"{log}" AND severity>=ERROR AND jsonPayload.message:gcloud'
    (entry,) = target.until(lambda: gcloud("logging", "read", condition, "--limit=5"), bool)
    assert entry["jsonPayload"] == {"message": "from gcloud"}


@pytest.mark.source("public", f"{SDK}/logging/read")
def test_gcloud_tells_of_a_filter_that_cannot_be_read(gcloud: Any) -> None:
    assert "INVALID_ARGUMENT" in gcloud("logging", "read", "severity>=", fails=True)


@pytest.mark.source("public", f"{SDK}/logging/sinks/create")
def test_gcloud_makes_lists_and_deletes_a_sink(target: Any, gcloud: Any) -> None:
    name = target.fresh("sink")
    gcloud("logging", "sinks", "create", name, "storage.googleapis.com/nowhere-at-all", "--log-filter=severity>=ERROR")
    assert name in {sink["name"] for sink in gcloud("logging", "sinks", "list")}
    gcloud("logging", "sinks", "delete", name)


@pytest.mark.source("public", f"{SDK}/builds/list")
@pytest.mark.sandbox_only("it needs builds")
def test_gcloud_lists_and_describes_builds(target: Any, gcloud: Any) -> None:
    region = f"--region={target.region}"
    succeeded = [build for build in gcloud("builds", "list", region) if build["status"] == "SUCCESS"]
    assert gcloud("builds", "describe", succeeded[0]["id"], region) == succeeded[0]


@pytest.mark.source("public", f"{SDK}/artifacts/repositories/list")
@pytest.mark.sandbox_only("it needs images")
def test_gcloud_lists_repositories_and_images(target: Any, gcloud: Any) -> None:
    repositories = gcloud("artifacts", "repositories", "list", f"--location={target.region}")
    names = [one["name"].rpartition("/")[2] for one in repositories if int(one.get("sizeBytes", 0))]
    place = f"{target.region}-docker.pkg.dev/{target.project}/{names[0]}"
    images = gcloud("artifacts", "docker", "images", "list", place)
    assert images[0]["package"].startswith(place)


@pytest.mark.source("public", f"{SDK}/scheduler/jobs/create/http")
def test_gcloud_makes_runs_and_lists_a_job(target: Any, gcloud: Any) -> None:
    name, place = target.fresh("job"), f"--location={target.region}"
    gcloud(
        "scheduler", "jobs", "create", "http", name, "--schedule=0 3 * * *", "--uri=https://conformance.invalid", place
    )
    gcloud("scheduler", "jobs", "run", name, place)
    assert name in {job["name"].rpartition("/")[2] for job in gcloud("scheduler", "jobs", "list", place)}
    gcloud("scheduler", "jobs", "delete", name, place)
