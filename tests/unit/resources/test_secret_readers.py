# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who would miss a version of a secret."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.resources.secret_readers import readers, users_of

PINNED = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"


def variable(secret: str, version: str) -> dict[str, Any]:
    return {
        "containers": [
            {"env": [{"name": "K", "value_source": {"secret_key_ref": {"secret": secret, "version": version}}}]}
        ]
    }


def mounted(secret: str, *versions: str) -> dict[str, Any]:
    return {"volumes": [{"name": "v", "secret": {"secret": secret, "items": [{"version": each} for each in versions]}}]}


def service(template: dict[str, Any], *targets: dict[str, Any]) -> dict[str, Any]:
    statuses = [{"type_": PINNED, **target} for target in targets]
    return {
        "name": "p/services/api",
        "template": template,
        "traffic_statuses": statuses,
        "latest_ready_revision": "api-9",
    }


@pytest.mark.parametrize(
    ("template", "revision", "target", "expected"),
    [
        (variable("key", "3"), {}, {}, ["the template of api"]),
        (variable("projects/p/secrets/key", "latest"), {}, {}, ["the template of api"]),
        (variable("key", "2"), {}, {}, []),
        (variable("other", "3"), {}, {}, []),
        ({}, variable("key", "3"), {"percent": 100}, ["api-1"]),
        ({}, variable("key", "3"), {"percent": 0, "tag": "blue"}, ["api-1"]),
        ({}, variable("key", "3"), {"percent": 0}, []),
        ({}, mounted("key", "3"), {"percent": 1}, ["api-1"]),
        ({}, mounted("key"), {"percent": 1}, ["api-1"]),
        ({}, mounted("key", "1", "2"), {"percent": 1}, []),
    ],
)
def test_whoever_is_reached_or_deployed_next_reads(template, revision, target, expected) -> None:
    found = users_of([service(template, {"revision": "api-1", **target})], {"api-1": revision})
    assert readers(found, "key", "3") == expected
