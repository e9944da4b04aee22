# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import (
    BrokenLedger,
    Ledger,
    line_of,
    origin,
    sealed,
    verified,
)

RUN = "20250923T101500Z-3fa29c"
TIME = "2025-09-23T10:15:00.000Z"
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
bodies = st.dictionaries(st.text(max_size=6), json_values, max_size=3)


def chain_bytes(texts: list[dict]) -> bytes:
    previous, lines = origin(RUN), []
    for number, body in enumerate(texts, start=1):
        entry = sealed(number, TIME, "note", body, previous)
        previous = entry.seal
        lines.append(line_of(entry))
    return b"".join(lines)


def test_what_is_appended_is_read(tmp_path: Path) -> None:
    ledger = Ledger(str(tmp_path), RUN)
    assert ledger.read().entries == ()
    ledger.append(TIME, [("started", {"mode": "findings"}), ("note", {"text": "Grüße 🌍"})])
    chain = ledger.append(TIME, [("finished", {})])
    assert ledger.read() == chain
    assert [(entry.number, entry.kind) for entry in chain.entries] == [(1, "started"), (2, "note"), (3, "finished")]
    assert chain.entries[0].previous == origin(RUN)


@given(st.lists(bodies, min_size=1, max_size=4), st.data())
def test_no_edit_ever_shows_as_truth(texts: list[dict], chance: st.DataObject) -> None:
    """Whatever one byte becomes, a reader sees a prefix of what was written, or nothing at all."""
    content = chain_bytes(texts)
    position = chance.draw(st.integers(0, len(content) - 1))
    byte = chance.draw(st.integers(0, 255).filter(lambda value: value != content[position]))
    edited = content[:position] + bytes([byte]) + content[position + 1 :]
    truth = verified(content, RUN, "ledger").entries
    try:
        seen = verified(edited, RUN, "ledger")
    except BrokenLedger:
        return
    assert seen.entries == truth[: len(seen.entries)]
    assert seen.torn_bytes > 0


@given(st.lists(bodies, min_size=1, max_size=4), st.data())
def test_a_torn_tail_costs_only_what_was_not_acknowledged(texts: list[dict], chance: st.DataObject) -> None:
    content = chain_bytes(texts)
    cut = chance.draw(st.integers(0, len(content)))
    seen = verified(content[:cut], RUN, "ledger")
    assert len(seen.entries) == content[:cut].count(b"\n")
    assert seen.acknowledged_bytes + seen.torn_bytes == cut


@given(st.lists(bodies, min_size=2, max_size=5, unique_by=str), st.data())
def test_lines_cannot_be_dropped_moved_or_repeated(texts: list[dict], chance: st.DataObject) -> None:
    lines = chain_bytes(texts).splitlines(keepends=True)
    first = chance.draw(st.integers(0, len(lines) - 2))
    for forged in (
        lines[:first] + lines[first + 1 :],
        [*lines[:first], lines[first + 1], lines[first], *lines[first + 2 :]],
        lines[: first + 1] + lines[first:],
    ):
        with pytest.raises(BrokenLedger):
            verified(b"".join(forged), RUN, "ledger")


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda text: text.replace(b'"good":1', b'"good":2'), id="a number"),
        pytest.param(lambda text: text.replace(b'"good":1', b'"good": 1'), id="a space"),
        pytest.param(lambda text: text.replace(b'"good":1', b'"good":1,"good":1'), id="a key twice"),
        pytest.param(lambda text: text.replace(b'"n":1', b'"n":1.0'), id="another spelling"),
        pytest.param(lambda text: text.replace(b'"good":1', b'"good":NaN'), id="no JSON"),
        pytest.param(lambda text: b"\n" + text, id="an empty line"),
        pytest.param(lambda text: b"[" * 100_000 + text, id="deep nesting"),
        pytest.param(lambda text: text.replace(b'"good":1', b'"good":"\\ud800"'), id="half a character"),
    ],
)
def test_forgeries_are_refused(forge) -> None:
    with pytest.raises(BrokenLedger, match="line 1"):
        verified(forge(chain_bytes([{"good": 1}])), RUN, "ledger")


def test_another_runs_ledger_is_refused() -> None:
    with pytest.raises(BrokenLedger):
        verified(chain_bytes([{}]), "20250923T101500Z-ffffff", "ledger")


def test_the_chain_goes_on_after_a_torn_tail(tmp_path: Path) -> None:
    ledger = Ledger(str(tmp_path), RUN)
    ledger.append(TIME, [("started", {}), ("note", {"text": "one"})])
    torn = line_of(sealed(3, TIME, "note", {"text": "two"}, "0" * 64))[:40]
    with Path(ledger.path).open("ab") as file:
        file.write(torn)
    assert ledger.read().torn_bytes == len(torn)
    chain = ledger.append(TIME, [("note", {"text": "three"})])
    assert ledger.read() == chain
    assert [entry.body.get("text") for entry in chain.entries] == [None, "one", "three"]


def test_nothing_is_appended_to_a_broken_ledger(tmp_path: Path) -> None:
    ledger = Ledger(str(tmp_path), RUN)
    ledger.append(TIME, [("started", {})])
    path = Path(ledger.path)
    path.write_bytes(path.read_bytes().replace(b"started", b"stopped"))
    before = path.read_bytes()
    with pytest.raises(BrokenLedger):
        ledger.append(TIME, [("note", {})])
    assert path.read_bytes() == before


def test_two_appenders_share_one_chain(tmp_path: Path) -> None:
    children = []
    for writer in range(4):
        child = os.fork()
        if child == 0:
            for number in range(10):
                Ledger(str(tmp_path), RUN).append(TIME, [("note", {"writer": writer, "number": number})])
            os._exit(0)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 4
    assert len(Ledger(str(tmp_path), RUN).read().entries) == 40
