# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is kept of a writing, and when it may be taken back."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.record import written_files
from ansible_collections.netra.remediation.plugins.module_utils.record.written_files import Edit, Writing, hash_of

CONTENTS = st.one_of(st.none(), st.lists(st.sampled_from(["a\n", "b\n", "c\r\n", "d", "é\n", "\x0c\n"])).map("".join))
BYTES = CONTENTS.map(lambda text: None if text is None else text.encode())


def writing(before: bytes | None, after: bytes | None, run: str = "R1") -> Writing:
    return Writing(run, "", "/f", hash_of(before), hash_of(after), "kept", "sealed", None)


def restored(current: bytes | None, *pairs: tuple[bytes | None, bytes | None]):
    """Decide about a file by writings, each from one content to the next."""
    writings = [writing(*pair) for pair in pairs]
    kept = {id(each): written_files.edits_of(*pair) for each, pair in zip(writings, pairs, strict=True)}
    return written_files.restoration("/f", current, writings, lambda each: kept[id(each)])


@given(before=st.binary(max_size=60), after=st.binary(max_size=60))
def test_edits_lead_back_whatever_the_bytes(before: bytes, after: bytes) -> None:
    assert written_files.undone(after, written_files.edits_of(before, after)) == before


@given(states=st.lists(BYTES, min_size=2, max_size=6), left=st.integers(0, 5))
def test_whatever_a_run_wrote_and_wherever_it_died_the_file_becomes_what_it_was(states, left: int) -> None:
    pairs = list(itertools.pairwise(states))
    current = states[min(left, len(states) - 1)]
    found = restored(current, *pairs)
    if current == states[0]:
        assert found.outcome == "already"
    else:
        assert (found.outcome, found.content) == ("done", states[0])


@given(states=st.lists(BYTES, min_size=2, max_size=5), current=BYTES)
def test_what_no_run_left_is_not_touched(states, current: bytes | None) -> None:
    found = restored(current, *itertools.pairwise(states))
    assert (found.outcome == "refused") == (current not in states)


def test_a_writing_that_was_announced_and_never_done_is_passed_over() -> None:
    assert restored(b"new", (b"old", b"new"), (b"old", b"new")).content == b"old"
    assert restored(b"old", (b"old", b"new")).outcome == "already"


@pytest.mark.parametrize(
    ("current", "pairs", "reason"),
    [
        (b"theirs", [(b"old", b"new")], "it is not what run R1 left: it was edited since"),
        (None, [(b"old", b"new")], "it is not there, and run R1 left it there"),
        (b"last", [(b"old", b"new"), (b"theirs", b"last")], "it was edited between two writings of run R1"),
    ],
)
def test_a_refusal_says_who_edited_when_and_shows_what_the_run_changed(current, pairs, reason) -> None:
    found = restored(current, *pairs)
    assert (found.outcome, found.content) == ("refused", None)
    assert found.reason.startswith(reason)
    assert found.edits


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("POSTGRES_PASSWORD: hunter2-very-long\n", "POSTGRES_PASSWORD"),
        ('  "api_key": "sk-12345",\n', "api_key"),
        ("SERVICE_SECRET=abc def\n", "SERVICE_SECRET"),
        ("databasePassword: hunter2-very-long\n", "databasePassword"),
        ("  api-key: sk-12345\n", "api-key"),
        ("url: redis://:geheim@10.0.0.1:6379\n", "url"),
        ("url: postgres://me:geheim@10.0.0.1/db  # private\n", "url"),
        ("-----BEGIN PRIVATE KEY-----\n", "a line"),
        ("private_key: |\n", "private_key"),
        ("POSTGRES_PASSWORD: postgres-password-staging:latest   # number, please\n", None),
        ("SERVICE_SECRET: PLACEHOLDER        # has to be created\n", None),
        ('JWT_SECRET_KEY: "${JWT_KEY}"\n', None),
        ("JWT_ACCESS_TOKEN_MINUTES: 15\n", None),
        ("SECRET_KEY=\n", None),
        ("REDIS_HOST: 10.0.0.3\n", None),
        ("!shared/database.py\n", None),
    ],
)
def test_a_payload_is_in_no_record(line: str, name: str | None) -> None:
    for edit in (Edit(0, (line,), ()), Edit(0, (), (line,))):
        assert written_files.payload_in([edit]) == name
    body, _content = written_files.announced("/f", line.encode(), b"other\n")
    assert (body["hidden"], body["kept"] is None) == (name, name is not None)
