# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several at once: a bad entry stops all before anything is done, a failing one stops no other."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput, Stopped, UnsafeChange
from ansible_collections.netra.remediation.plugins.module_utils.fronts import arguments, several
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation

OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "percent": {"type": "int", "default": 100},
    "hold": {"type": "dict"},
}
TOGETHER = threading.Barrier(2, timeout=10)


def work(options: Any, check_mode: bool) -> dict[str, Any]:
    if options["name"] == "held":
        raise UnsafeChange("it is held")
    if options["name"] == "stopped":
        raise Stopped("somebody ordered it", reason="file")
    if options["name"].startswith("meets"):
        TOGETHER.wait()
    return {"changed": True, "options": dict(options), "diff": {"before": check_mode}}


OPERATION = Operation(name="work", options=OPTIONS, run=work, several=True)


def run(*entries: dict[str, Any], **shared: Any) -> dict[str, Any]:
    return several.run(OPERATION, {"each": list(entries), **shared}, check_mode=False)


def test_all_are_under_way_at_the_same_time() -> None:
    assert run({"name": "meets one"}, {"name": "meets another"})["changed"]


def test_each_gets_its_defaults_its_nulls_and_the_shared_credentials() -> None:
    done = run({"name": "a", "hold": None}, {"name": "b", "percent": "10"}, project="p", percent=5)
    first, second = (result["options"] for result in done["results"])
    assert first == {"project": "p", "name": "a", "percent": 100, "hold": None}
    assert second == {"project": "p", "name": "b", "percent": 10}
    assert [result["item"] for result in done["results"]] == [{"name": "a"}, {"name": "b"}]
    assert len(done["diff"]) == 2
    assert "failed" not in done


def test_one_that_fails_keeps_no_other_back_and_fails_the_task() -> None:
    done = run({"name": "held"}, {"name": "b"})
    assert (done["failed"], done["msg"], done["failure"]["kind"]) == (True, "it is held", "unsafe_change")
    assert [result["changed"] for result in done["results"]] == [False, True]


def test_that_the_run_is_to_stop_is_told_first() -> None:
    done = run({"name": "held"}, {"name": "stopped"})
    assert done["failure"]["kind"] == "stopped"
    assert done["msg"] == "somebody ordered it (2 of 2 failed.)"


@pytest.mark.parametrize("entry", [{}, {"name": "b", "percent": "ten"}, {"name": "b", "colour": "red"}])
def test_a_bad_entry_is_refused_by_its_place_before_anything_is_done(entry: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=r"each\[1\]"):
        run({"name": "a"}, entry)


def test_a_task_names_one_or_several() -> None:
    assert arguments.specification(OPERATION)["name"]["required"] is False
    assert ("name", "each") in arguments.rules(OPERATION)["mutually_exclusive"]
    assert ("name", "each") in arguments.rules(OPERATION)["required_one_of"]
