# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.record.serving import (
    errors_of,
    good_of,
    sole_revision,
)

TEMPLATE = {"image": "img@sha256:1", "secret_env": {"KEY": "key:3"}, "env": {"A": "1"}}


@pytest.mark.parametrize(
    ("statuses", "revision"),
    [
        pytest.param([{"revision": "one", "percent": 100}], "one", id="all to one"),
        pytest.param(
            [{"revision": "one", "percent": 100}, {"revision": "two", "percent": 0, "tag": "candidate"}],
            "one",
            id="a tag at 0 % serves nobody",
        ),
        pytest.param([{"revision": "one", "percent": 60}, {"revision": "one", "percent": 40}], "one", id="twice"),
        pytest.param([{"revision": "one", "percent": 60}, {"revision": "two", "percent": 40}], None, id="a split"),
        pytest.param([], None, id="nothing"),
    ],
)
def test_sole_revision(statuses, revision) -> None:
    assert sole_revision({"traffic_statuses": statuses}) == revision


def test_an_absent_service_serves_nothing() -> None:
    assert sole_revision(None) is None


def test_errors_that_nobody_counted_are_not_zero() -> None:
    observation = {"services": {"api": {}, "auth": {}}, "errors": {"api": {"count": 0}}}
    assert errors_of(observation) == {"api": 0, "auth": None}


def test_only_a_serving_revision_that_was_read_is_good() -> None:
    serving = {"traffic_statuses": [{"revision": "api-2", "percent": 100}]}
    observation = {
        "services": {"api": serving, "auth": {"traffic_statuses": [{"revision": "auth-1", "percent": 100}]}},
        "revisions": {"api": [{"name": "api-1", "template": {}}, {"name": "api-2", "template": TEMPLATE}]},
    }
    assert good_of(observation) == {
        "api": {"revision": "api-2", "image": "img@sha256:1", "secret_versions": {"KEY": "key:3"}}
    }
