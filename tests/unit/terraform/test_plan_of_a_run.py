# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.terraform import plan_guard


def test_plans_of_runs_can_tell_one_secret_from_another_and_what_is_still_unknown() -> None:
    def planned(password: str, unknown: Any) -> dict[str, Any]:
        change = {
            "actions": ["create"],
            "before": None,
            "after": {"password": password, "settings": [{"size": 1, "ip": None}], "name": "n"},
            "after_sensitive": {"password": True},
            "after_unknown": {"id": True, "settings": [{"ip": unknown}]},
        }
        return {"resource_changes": [{"address": "google_sql_user.u", "type": "google_sql_user", "change": change}]}

    one, other = (plan_guard.changes(planned(password, True), marked=True)[0]["after"] for password in ("a", "b"))
    assert one["password"] != other["password"]
    assert one["password"].startswith("(sensitive) ")
    assert one["settings"] == [{"size": 1, "ip": plan_guard.UNKNOWN}]
    assert (one["id"], one["name"]) == (plan_guard.UNKNOWN, "n")
    assert plan_guard.changes(planned("a", False))[0]["after"]["password"] == "(sensitive)"
    assert plan_guard.changes(planned("a", False))[0]["after"]["settings"] == [{"size": 1, "ip": None}]
