# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a call wrote stands when it ends, and is taken back when it does not."""

from __future__ import annotations

import asyncio

import pytest

from netra_sandbox.kernel.clock import Clock
from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.kernel.operations import OPERATION_FAULT, Operations
from netra_sandbox.kernel.store import Store

BEFORE = {"a": {"n": 1}, "b": {"n": 2}}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state.sqlite"


@pytest.fixture
def store(path):
    made = Store(path)
    for name, value in BEFORE.items():
        made.put(name, value)
    return made


def rows(store) -> dict:
    return {name: value for name in "abc" if (value := store.get(name)) is not None}


def write(store) -> None:
    store.put("a", {"n": 10})
    store.put("a", {"n": 11})
    store.delete("b")
    store.put("c", {"n": 3})


WRITTEN = {"a": {"n": 11}, "c": {"n": 3}}


def test_what_a_call_wrote_stands_when_it_has_ended(store, path):
    async def call():
        with store.change():
            write(store)

    asyncio.run(call())
    assert Store(path).take_back() == 0
    assert rows(store) == WRITTEN


def test_what_a_call_wrote_is_taken_back_when_the_process_ends_in_between(store, path):
    async def call():
        with store.change():
            write(store)
            reopened = Store(path)  # as the next process does
            assert reopened.take_back() == 3
            return rows(reopened)

    assert asyncio.run(call()) == BEFORE


def operations(store) -> Operations:
    return Operations(store, Clock())


def begin(known: Operations, work) -> dict:
    return known.start("run", "projects/p/locations/l", work, metadata={"@type": "T"}, response_type="T")


async def interrupted(store, known, work) -> dict:
    """Start an operation and end as a process that is killed would."""
    with store.change():
        write(store)
        operation = begin(known, work())
    await asyncio.sleep(0.01)
    return operation


def test_an_interrupted_operation_failed_and_its_call_is_taken_back(store, path):
    known = operations(store)

    async def work():
        store.put("b", {"n": 22})
        await asyncio.sleep(3600)

    async def life():
        operation = await interrupted(store, known, work)
        assert rows(store) == {**WRITTEN, "b": {"n": 22}}
        after = operations(Store(path))
        after.recover()
        return after.get(operation["name"])

    ended = asyncio.run(life())
    assert rows(Store(path)) == BEFORE
    assert ended["done"] is True
    assert ended["error"]["code"] == 10
    assert "interrupted" in ended["error"]["message"]


def test_what_somebody_else_wrote_since_is_left_alone(store, path):
    known = operations(store)

    async def life():
        await interrupted(store, known, lambda: asyncio.sleep(3600))
        store.put("a", {"n": 99})  # outside of the call
        operations(Store(path)).recover()

    asyncio.run(life())
    assert rows(Store(path)) == {**BEFORE, "a": {"n": 99}}


def test_what_a_call_sets_off_in_other_tasks_is_not_its_own(store, path):
    known = operations(store)

    async def elsewhere():
        store.put("c", {"n": 5})

    async def life():
        with store.change():
            await asyncio.create_task(elsewhere())
            begin(known, asyncio.sleep(3600))
        await asyncio.sleep(0.01)
        operations(Store(path)).recover()

    asyncio.run(life())
    assert rows(Store(path)) == {**BEFORE, "c": {"n": 5}}


@pytest.mark.parametrize("error", [None, ApiError("INTERNAL", "no")])
def test_an_operation_that_ends_lets_stand_what_it_wrote(store, path, error):
    known = operations(store)

    async def work():
        await asyncio.sleep(0)
        store.put("b", {"n": 22})
        if error:
            raise error
        return {"name": "x"}

    async def life():
        operation = await interrupted(store, known, work)
        return await known.wait(operation["name"], 1)

    ended = asyncio.run(life())
    assert ended["done"] and ("error" in ended) is bool(error)
    assert Store(path).take_back() == 0
    assert rows(store) == {**WRITTEN, "b": {"n": 22}}


def test_an_operation_that_fails_on_purpose_does_nothing(store):
    known = operations(store)
    ran = []

    async def work():
        ran.append(1)

    async def fails():
        raise ApiError("RESOURCE_EXHAUSTED", "no capacity")

    async def life():
        OPERATION_FAULT.set(fails)
        operation = await interrupted(store, known, work)
        return await known.wait(operation["name"], 1)

    ended = asyncio.run(life())
    assert ended["error"] == {"code": 8, "message": "no capacity"}
    assert (ran, rows(store)) == ([], BEFORE)


def test_operations_survive_with_their_answers_and_their_order(store, path):
    async def life():
        known = operations(store)
        made = []
        for number in range(3):
            operation = begin(known, asyncio.sleep(0, {"number": number}))
            await known.wait(operation["name"], 1)
            made.append(operation["name"])
        return made

    made = asyncio.run(life())
    after = operations(Store(path))
    after.recover()
    assert [entry["name"] for entry in after.list("run", "projects/p/locations/l")] == made[::-1]
    assert [after.get(name)["response"]["number"] for name in made] == [0, 1, 2]


def test_what_is_read_is_a_copy(store):
    store.get("a")["n"] = 2
    store.list("a")[0]["n"] = 3
    assert store.get("a") == {"n": 1}


def test_a_row_that_was_missing_is_found_when_it_is_written(store):
    assert store.get("c") is None
    store.put("c", {"n": 3})
    assert (store.get("c"), store.list("c")) == ({"n": 3}, [{"n": 3}])


def test_nothing_is_read_of_what_was_deleted_or_cleared(store):
    assert rows(store) == BEFORE
    store.delete("a")
    assert rows(store) == {"b": {"n": 2}}
    store.clear()
    assert rows(store) == {}
