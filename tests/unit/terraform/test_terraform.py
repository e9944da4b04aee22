# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import RemediationError, UnsafeChange
from ansible_collections.netra.remediation.plugins.module_utils.terraform import cli, plan_guard


def change(address, actions, before=None, after=None, **more):
    kind = address.split(".")[0]
    return {
        "address": address,
        "type": kind,
        "change": {"actions": actions, "before": before, "after": after, **more},
    }


@pytest.mark.parametrize(
    ("actions", "shown"),
    [(["no-op"], False), (["read"], False), (["create"], True), (["update"], True), (["delete", "create"], True)],
)
def test_only_what_acts_is_a_change(actions, shown):
    found = plan_guard.changes({"resource_changes": [change("google_redis_instance.redis", actions)]})
    assert bool(found) is shown


def test_a_change_shows_what_differs_and_no_secret():
    planned = change(
        "google_sql_user.app",
        ["update"],
        {"name": "app", "password": "old payload", "tier": "a"},
        {"name": "app", "password": "new payload", "tier": "b"},
        before_sensitive={"password": True},
        after_sensitive={"password": True},
        after_unknown={"id": True},
    )
    (found,) = plan_guard.changes({"resource_changes": [planned]})
    assert found["before"] == {"password": "(sensitive)", "tier": "a"}
    assert found["after"] == {"id": "(known after apply)", "password": "(sensitive)", "tier": "b"}
    assert "payload" not in str(found)


@pytest.mark.parametrize(
    ("address", "actions", "allowed", "refused"),
    [
        ("google_redis_instance.redis", ["delete"], [], True),
        ("google_redis_instance.redis", ["create", "delete"], [], True),
        ("google_redis_instance.redis", ["delete"], ["google_redis_instance.redis"], False),
        ("google_redis_instance.redis", ["update"], [], False),
        ("google_vpc_access_connector.connector", ["delete", "create"], [], False),
    ],
)
def test_losses_are_refused_unless_they_are_meant(address, actions, allowed, refused):
    found = plan_guard.changes({"resource_changes": [change(address, actions)]})
    if not refused:
        plan_guard.refuse_losses(found, plan_guard.PROTECTED, allowed)
        return
    with pytest.raises(UnsafeChange, match=r"google_redis_instance\.redis"):
        plan_guard.refuse_losses(found, plan_guard.PROTECTED, allowed)


def test_changed_outputs_are_named():
    planned = {"output_changes": {"host": {"actions": ["update"]}, "port": {"actions": ["no-op"]}}}
    assert plan_guard.changed_outputs(planned) == ["host"]


@pytest.mark.parametrize(
    ("reason", "advised"),
    [
        ("Error acquiring the state lock", "unlock"),
        (
            "Error acquiring the state lock: unavailable Lock Info: ID: 6b4a Path: terraform.tfstate Operation: "
            "OperationTypeApply Who: ada@runner Version: 1.11.4 Created: 2026-11-27 17:00:01.2 +0000 UTC Info:",
            "ada@runner holds the state for OperationTypeApply since 2026-11-27 17:00:01 UTC. Wait for it; when it is "
            "surely dead, release it with terraform force-unlock 6b4a.",
        ),
        ("Error: Saved plan is stale", "make a new plan"),
        ("Error 409: Resource already exists", "import"),
        ('Unsupported block type: Blocks of type "clock" are not expected here', "Correct that"),
        ("something else", "Correct that"),
    ],
)
def test_a_failure_comes_with_advice(reason, advised):
    assert advised in cli.advice(reason, "terraform")


def test_a_lock_is_released_by_the_program_that_runs() -> None:
    reason = (
        "Error acquiring the state lock: ID: 6b4a Operation: OperationTypePlan Who: a@b Created: 2026-11-27 17:00:01"
    )
    assert "release it with tofu force-unlock 6b4a." in cli.advice(reason, "tofu")


def test_either_program_is_found_and_terraform_first(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RemediationError, match="terraform or tofu on PATH"):
        cli.find_binary(None)
    for name in ("tofu", "terraform"):
        (tmp_path / name).touch(mode=0o755)
        assert cli.find_binary(None) == str(tmp_path / name)
    assert cli.find_binary("tofu") == str(tmp_path / "tofu")


def test_what_terraform_says_is_one_line_without_frames():
    assert cli.said("\x1b[31m│ Error: \n│ no such thing\n╵") == "Error: no such thing"
