# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create, change and delete a Redis instance: once for real, never in check mode, nothing the second time."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.operations.redis_instance import OPERATION

STEPS: list[dict[str, Any]] = [
    {"tier": "BASIC", "memory_size_gb": 1, "redis_version": "REDIS_7_2", "network": "staging-vpc"},
    {"memory_size_gb": 2},
    {"state": "absent"},
]


def run(sandbox, check_mode: bool = False, **options: Any) -> tuple[dict[str, Any], int]:
    mark = sandbox.mark()
    where = {"project": sandbox.state["project"], "region": sandbox.state["region"], "auth_kind": "application"}
    defaults = {"state": "present", "wait_timeout": 60, "name": "test-redis"}
    result = OPERATION.run({**where, **defaults, **options}, check_mode)
    return result, len(sandbox.writes(mark))


@pytest.mark.parametrize("step", STEPS, ids=["create", "change", "delete"])
def test_each_step_writes_once(sandbox, step):
    previewed, writes = run(sandbox, check_mode=True, **step)
    assert (previewed["changed"], writes) == (True, 0)
    done, writes = run(sandbox, **step)
    assert (done["changed"], writes) == (True, 1)
    assert done["diff"] == previewed["diff"]
    for check_mode in (True, False):
        again, writes = run(sandbox, check_mode=check_mode, **step)
        assert (again["changed"], writes) == (False, 0)
