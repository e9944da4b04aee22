# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cloud Storage: preconditions, pages of a list, ranges, names, patches."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netra_sandbox.front import uploads
from netra_sandbox.kernel import merging
from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.services.cloud_storage import buckets, downloads, preconditions
from netra_sandbox.services.cloud_storage.listing import Wanted, page

THERE = {"generation": "7", "metageneration": "2"}


@pytest.mark.parametrize(
    ("conditions", "on_nothing", "on_something"),
    [
        ({}, True, True),
        ({"ifGenerationMatch": "0"}, True, False),
        ({"ifGenerationMatch": 7}, False, True),
        ({"ifGenerationMatch": "8"}, False, False),
        ({"ifGenerationNotMatch": "0"}, False, True),
        ({"ifGenerationNotMatch": "7"}, True, False),
        ({"ifMetagenerationMatch": "2"}, False, True),
        ({"ifMetagenerationNotMatch": "2"}, False, False),
        ({"ifMetagenerationNotMatch": "1"}, False, True),
        ({"ifGenerationMatch": "7", "ifMetagenerationMatch": "1"}, False, False),
        ({"ifSourceGenerationMatch": "0"}, True, True),
    ],
)
def test_conditions_hold_or_not(conditions: dict[str, Any], on_nothing: bool, on_something: bool) -> None:
    assert preconditions.hold(conditions, None) is on_nothing
    assert preconditions.hold(conditions, THERE) is on_something


NAMES = ["a.txt", "logs/", "logs/1", "logs/2", "logs/old/1", "other/1", "z"]


@pytest.mark.parametrize(
    ("wanted", "names", "prefixes"),
    [
        (Wanted(), NAMES, []),
        (Wanted(prefix="logs/"), ["logs/", "logs/1", "logs/2", "logs/old/1"], []),
        (Wanted(delimiter="/"), ["a.txt", "z"], ["logs/", "other/"]),
        (Wanted(prefix="logs/", delimiter="/"), ["logs/", "logs/1", "logs/2"], ["logs/old/"]),
        (Wanted(delimiter="/", trailing=True), ["a.txt", "logs/", "z"], ["logs/", "other/"]),
        (Wanted(start="logs/2", end="z"), ["logs/2", "logs/old/1", "other/1"], []),
        (Wanted(prefix="none"), [], []),
    ],
)
def test_a_list_has_the_names_and_prefixes_asked_for(wanted: Wanted, names: list[str], prefixes: list[str]) -> None:
    found = page(reversed(NAMES), wanted)
    assert (found.names, found.prefixes, found.token) == (names, prefixes, None)


@settings(max_examples=200, deadline=None)
@given(
    st.sets(st.text("ab/", min_size=1, max_size=6), max_size=25),
    st.sampled_from(["", "a", "a/", "b/a"]),
    st.sampled_from(["", "/", "a"]),
    st.booleans(),
    st.integers(1, 5),
)
def test_pages_together_are_the_whole_list(
    names: set[str], prefix: str, delimiter: str, trailing: bool, size: int
) -> None:
    whole = page(names, Wanted(prefix=prefix, delimiter=delimiter, trailing=trailing))
    found: list[str] = []
    prefixes: list[str] = []
    token: str | None = ""
    while token is not None:
        part = page(names, Wanted(prefix, delimiter, token=token, size=size, trailing=trailing))
        assert len(part.names) + len(part.prefixes) <= size
        found, prefixes, token = found + part.names, prefixes + part.prefixes, part.token
    assert (found, prefixes) == (whole.names, whole.prefixes)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("bytes=0-3", (0, 3)), ("bytes=4-", (4, 9)), ("bytes=-3", (7, 9)), ("bytes=2-99", (2, 9)), ("lines=1-2", (0, 9))],
)
def test_a_range_is_cut_at_the_end(asked: str, expected: tuple[int, int]) -> None:
    assert downloads.span(asked, 10) == expected


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=5-4"])
def test_a_range_behind_the_end_is_refused(asked: str) -> None:
    with pytest.raises(ApiError) as refused:
        downloads.span(asked, 10)
    assert refused.value.http == 416


@pytest.mark.parametrize("name", ["netra-runs", "a.b.c", "run_locks", "123", "x" * 63])
def test_a_bucket_may_have_this_name(name: str) -> None:
    assert buckets.is_name(name)


@pytest.mark.parametrize(
    "name", ["ab", "Upper", "-a-", "a..b", "goog-runs", "my-google-runs", "192.168.5.4", "x" * 64, "a b", ""]
)
def test_a_bucket_may_not_have_this_name(name: str) -> None:
    assert not buckets.is_name(name)


def test_a_patch_merges_and_null_clears() -> None:
    current = {"contentType": "text/plain", "metadata": {"a": "1", "b": "2"}}
    assert merging.patch(current, {"metadata": {"a": None, "c": "3"}, "contentType": None}) == {
        "metadata": {"b": "2", "c": "3"}
    }


@pytest.mark.parametrize("line", ["\r\n", "\n"])
@pytest.mark.parametrize("boundary", ['"==1=="', "'==1=='", "==1=="])
@pytest.mark.parametrize("media", [b"", b"content\n", b"\r\n--almost\r\n"])
def test_a_multipart_body_is_metadata_and_media_whatever_ends_its_lines(line: str, boundary: str, media: bytes) -> None:
    head = (
        f"--==1=={line}Content-Type: application/json{line}{line}{{}}{line}--==1=={line}Content-Type: a/b{line}{line}"
    )
    body = head.encode() + media + f"{line}--==1==--{line}".encode()
    assert uploads.split(f"multipart/related; boundary={boundary}", body) == (b"{}", media)


def test_a_body_with_one_part_is_refused() -> None:
    with pytest.raises(ApiError, match="two parts"):
        uploads.split("multipart/related; boundary=x", b"--x\r\n\r\n{}\r\n--x--")
