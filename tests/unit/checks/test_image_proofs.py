# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which images are tried before they are deployed, and whose permissions that needs."""

from __future__ import annotations

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.checks.contract import checked
from ansible_collections.netra.remediation.plugins.module_utils.checks.desired_services import desired_services
from ansible_collections.netra.remediation.plugins.module_utils.checks.image_proofs import image_proofs
from ansible_collections.netra.remediation.plugins.module_utils.checks.needed_permissions import needed_permissions
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput

GIVEN = {"image": "app@sha256:1"}
BUILT = {"build": {"dockerfile": "Dockerfile", "image": "app", "verify_imports": ["app.main"]}}
ASKED = {"image_proof": {"entry_point": "app:main", "paths": ["app.py"]}}
DONE, DUE = {"api": {"id": "", "digest": "sha256:2"}}, {"api": None}


def proofs(service, *, builds=None, **contract):
    asked = checked({"services": [{"name": "api", "environment": {"A": 1}, **service}], **contract})
    seen = Observation("p", "r", services={"api": None}, builds=builds or {}, contexts={"api": {}})
    permissions = needed_permissions(asked)["deployment"]
    return image_proofs(asked, seen, desired_services(asked, seen)), "run.jobs.run" in permissions


@pytest.mark.parametrize(
    ("case", "tried", "permissions"),
    [
        ({"service": GIVEN}, None, False),
        ({"service": GIVEN | ASKED}, {**ASKED["image_proof"], "image": "app@sha256:1"}, True),
        ({"service": BUILT, "builds": DONE}, None, False),
        (
            {"service": BUILT, "builds": DONE, "build_engine": "podman"},
            {"modules": ["app.main"], "image": "app@sha256:2"},
            True,
        ),
        ({"service": BUILT | ASKED, "builds": DONE}, {**ASKED["image_proof"], "image": "app@sha256:2"}, True),
        ({"service": BUILT | ASKED, "builds": DUE}, None, True),
    ],
    ids=["not asked", "given", "Cloud Build tried it", "an engine built it", "asked", "not built yet"],
)
def test_an_image_is_tried_where_nobody_else_did_or_where_it_is_asked_for(case, tried, permissions):
    place = {"name": "api-proof", "service": "api", "env": {"A": "1"}, "secret_env": {}}
    assert proofs(**case) == ([{**place, **tried}] if tried else [], permissions)


@pytest.mark.parametrize(
    ("service", "named"),
    [({"image": "app:1", **ASKED}, "image must be pinned"), ({**GIVEN, "image_proof": {}}, "names nothing to try")],
)
def test_a_proof_that_means_nothing_is_refused(service, named):
    with pytest.raises(BadInput, match=named):
        proofs(service)
