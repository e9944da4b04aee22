# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operation heeds because it belongs to a run."""

from __future__ import annotations

import getpass
import os
import pathlib
import signal
import time

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation import watch
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import Stopped


@pytest.fixture
def lease(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that writes what is to be heeded and leads this process to it."""

    def write(**fields):
        made = watch.Watch(str(tmp_path / watch.FILE), "a-run", "staging", **fields)
        pathlib.Path(made.path).write_bytes(made.as_json())
        monkeypatch.setenv(watch.VARIABLE, made.path)
        return made

    return write


def test_it_is_read_as_it_was_written(lease) -> None:
    limit, mark = watch.Limit(7.5, "build took too long", "stop"), watch.Mark(7.5, {"name": "build"})
    made = lease(bucket="b", valid_seconds=9, stop_file="/s", limits=(limit,), marks=(mark,))
    assert watch.current() == made


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"run": 1}', b'{"limits": 1}'])
def test_a_process_without_a_run_heeds_nothing(lease, content: bytes) -> None:
    made = lease()
    pathlib.Path(made.path).write_bytes(content)
    assert watch.current() is None
    watch.heed("build an image")
    pathlib.Path(made.path).unlink()
    watch.heed("build an image")
    with watch.at_work():
        assert not watch.is_at_work(made.path)


@pytest.mark.parametrize(
    ("text", "then", "reason"),
    [
        ("", "stop", ""),
        ("\n", "stop", ""),
        ("the app team sees 500s\n", "stop", " (the app team sees 500s)"),
        ("stop", "stop", ""),
        ("stop for lunch", "stop", " (for lunch)"),
        ("roll_back", "roll_back", ""),
        ("roll_back  they see\n500s", "roll_back", " (they see 500s)"),
    ],
)
def test_a_file_orders_a_stop(lease, tmp_path: pathlib.Path, text: str, then: str, reason: str) -> None:
    stop = tmp_path / "stop"
    lease(stop_file=str(stop))
    watch.heed("build an image")
    stop.write_text(text, encoding="utf-8")
    with pytest.raises(Stopped) as stopped:
        watch.heed("build an image")
    told = f"{getpass.getuser()} ordered it in {stop}{reason}"
    assert stopped.value.message.startswith(f"Could not build an image: the run is to stop, {told}.")
    assert stopped.value.as_failure() | {"message": ""} == {
        "kind": "stopped",
        "message": "",
        "how": "stop_file",
        "by": getpass.getuser(),
        "reason": told,
        "then": then,
    }


def test_a_limit_ends_a_run_once_it_passed(lease) -> None:
    later = watch.Limit(time.time() + 600, "build took too long", "stop")
    lease(limits=(later,))
    watch.heed("build an image")
    lease(limits=(later, watch.Limit(time.time(), "the run took too long", "roll_back")))
    with pytest.raises(Stopped, match="the run took too long") as stopped:
        watch.heed("build an image")
    assert (stopped.value.facts["how"], stopped.value.then) == ("budget", "roll_back")


def test_a_signal_ends_a_run(lease, monkeypatch: pytest.MonkeyPatch) -> None:
    lease()
    monkeypatch.setattr(watch, "_signals", [])
    watch.note_signal(signal.SIGTERM)
    with pytest.raises(Stopped, match="it got SIGTERM"):
        watch.heed("build an image")


def test_a_lease_is_renewed_at_a_third_and_expires(lease) -> None:
    made = lease(valid_seconds=900)
    for age, due, expired in ((0, 300, False), (200, 100, False), (301, 0, False), (899, 0, False), (901, 0, True)):
        os.utime(made.path, (time.time() - age, time.time() - age))
        assert made.seconds_to_renewal() == pytest.approx(due, abs=2)
        assert made.has_expired() is expired
    made.renewed()
    assert not made.has_expired()


def test_others_see_that_a_process_works_for_a_run(lease) -> None:
    made = lease()
    assert not watch.is_at_work(made.path)
    with watch.at_work():
        assert watch.is_at_work(made.path)
    assert not watch.is_at_work(made.path)
