"""The table of log entries: order, pages, duplicates, bound."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netra_sandbox.telemetry.log_book import LogBook


def entry(second, identifier="a", log="projects/p/logs/l", **more):
    timestamp = f"2026-01-01T00:00:{second:02d}Z"
    return {"logName": log, "insertId": identifier, "timestamp": timestamp, "textPayload": identifier} | more


@pytest.fixture
def book(tmp_path):
    made = LogBook(tmp_path / "logs.sqlite", limit=1500)
    yield made
    made.close()


def read(book, newest_first=False, size=2, matches=lambda _: True):
    found, place = [], None
    while True:
        page, place = book.search(matches, newest_first=newest_first, after=place, limit=size)
        assert len(page) <= size
        found += page
        if place is None:
            return found


@settings(max_examples=30, deadline=None)
@given(seconds=st.lists(st.integers(0, 59), max_size=12), size=st.integers(1, 5), newest=st.booleans())
def test_pages_hold_every_entry_once_and_in_order(tmp_path_factory, seconds, size, newest):
    book = LogBook(tmp_path_factory.mktemp("book") / "logs.sqlite")
    for number, second in enumerate(seconds):
        book.add(entry(second, str(number)))
    times = [found["timestamp"] for found in read(book, newest, size)]
    assert times == sorted((entry(second)["timestamp"] for second in seconds), reverse=newest)
    book.close()


def test_the_same_entry_again_is_a_duplicate(book):
    book.add(entry(1, textPayload="first"))
    book.add(entry(1, textPayload="again"))
    book.add(entry(2))
    assert [found["textPayload"] for found in read(book)] == ["first", "a"]


def test_no_more_entries_than_the_limit(book):
    for number in range(3100):
        book.add(entry(number % 60, str(number)))
    kept = read(book, size=1000)
    assert 1500 <= len(kept) <= 2500
    assert "3099" in {found["insertId"] for found in kept}


def test_logs_are_known_by_their_entries(book):
    book.add(entry(1, log="projects/p/logs/b"))
    book.add(entry(2, log="projects/p/logs/a"))
    assert book.names() == ["projects/p/logs/a", "projects/p/logs/b"]
    assert book.delete("projects/p/logs/a") == 1
    assert book.delete("projects/p/logs/a") == 0
    assert book.names() == ["projects/p/logs/b"]
