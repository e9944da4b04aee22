# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is kept of log entries, image references and policies."""

from __future__ import annotations

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.checks.secret_access import reads
from ansible_collections.netra.remediation.plugins.module_utils.resources import (
    artifact_registry,
    cloud_build,
    cloud_logging,
    project_access,
)

TRACEBACK = "Traceback (most recent call last):\n  File \"a.py\", line 1\nModuleNotFoundError: No module named 'x'"


@pytest.mark.parametrize(
    ("payload", "line"),
    [
        ({"textPayload": TRACEBACK}, "ModuleNotFoundError: No module named 'x'"),
        ({"textPayload": "first\nsecond"}, "first"),
        ({"jsonPayload": {"message": "told"}}, "told"),
        ({"textPayload": "no way to redis://user:pass@10.0.0.3"}, "no way to redis://user:(sensitive)@10.0.0.3"),
        ({}, ""),
    ],
)
def test_an_entry_is_one_telling_line_without_passwords(payload, line):
    labels = {"service_name": "api", "revision_name": "api-1"}
    entry = {"resource": {"labels": labels}, "timestamp": "t", "severity": "ERROR", **payload}
    described = cloud_logging.described(entry)
    assert (described["service"], described["revision"], described["line"]) == ("api", "api-1", line)


@pytest.mark.parametrize(
    ("reference", "repository", "pinned"),
    [
        ("r1-docker.pkg.dev/p/repo/app@sha256:1", "projects/p/locations/r1/repositories/repo", "app@sha256:1"),
        ("r1-docker.pkg.dev/p/repo/team/app:v1", "projects/p/locations/r1/repositories/repo", ""),
        ("r1-docker.pkg.dev/p/repo/app:v1@sha256:1", "projects/p/locations/r1/repositories/repo", "app@sha256:1"),
    ],
)
def test_images_of_artifact_registry_are_read(reference, repository, pinned):
    found = artifact_registry.parsed(reference)
    assert found.repository == repository
    assert found.pinned.endswith(pinned)
    assert bool(found.pinned) is bool(pinned)


@pytest.mark.parametrize("reference", ["docker.io/library/redis", "gcr.io/p/app@sha256:1", "", None])
def test_other_registries_are_not_read(reference):
    assert artifact_registry.parsed(reference) is None


def test_a_conditional_binding_gives_nothing():
    bindings = [
        {"role": "roles/b", "members": ["user:a"]},
        {"role": "roles/a", "members": ["user:a"]},
        {"role": "roles/owner", "members": ["user:a"], "condition": {"expression": "false"}},
    ]
    assert project_access.roles_by_member({"bindings": bindings}) == {"user:a": ["roles/a", "roles/b"]}


@pytest.mark.parametrize(
    ("roles", "may"),
    [
        (["roles/secretmanager.secretAccessor"], True),
        (["roles/run.admin"], False),
        ([], False),
        (["projects/p/roles/ours"], None),
        (["projects/p/roles/ours", "roles/owner"], True),
    ],
)
def test_who_may_read_payloads(roles, may):
    assert reads({"serviceAccount:a@p": roles}, "a@p") is may


def test_builds_of_several_contexts_are_found_in_one_list():
    class Session:
        location = "projects/p/locations/r"
        asked: list[str] = []

        def json(self, _api):
            return self

        def paged(self, *_place, **query):
            self.asked.append(query["filter"])
            images = [{"name": "host/api:context-a", "digest": "sha256:1"}]
            yield {"id": "new", "status": "SUCCESS", "tags": ["context-a"], "results": {"images": images}}
            yield {"id": "old", "status": "SUCCESS", "tags": ["context-a"], "results": {"images": images}}
            yield {"id": "bare", "status": "SUCCESS", "tags": ["context-b"]}

    session = Session()
    wanted = {"api": ("context-a", "host/api"), "web": ("context-b", "host/web"), "auth": ("context-c", "host/auth")}
    found = cloud_build.find_builds(session, wanted)
    assert found == {"api": {"id": "new", "digest": "sha256:1"}, "web": None, "auth": None}
    assert session.asked == ['status="SUCCESS" AND (tags="context-a" OR tags="context-b" OR tags="context-c")']
