# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run is killed before and after every write and at every phase border; the next run ends where an unhurt one does.

`make test-crash` runs it, `make test` a sample of it (test_playbooks). NETRA_CRASH_POINTS=3-9,20 chooses writes.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from killed_runs import killed_at_line, killed_at_write, signalled_at_write, state_of
from playbook_story import Story, recap

pytestmark = pytest.mark.matrix
ENGINE = os.environ.get("NETRA_CRASH_ENGINE", "tasks")
OPTIONS = ("-e", f"remediation_infrastructure_engine={ENGINE}")
VARIABLES = {"remediation_infrastructure_engine": ENGINE}
CLOSING_SECONDS = 30.0
BORDERS = (
    "TASK [Phase 1, the images]",
    "TASK [Phase 2, the infrastructure]",
    "TASK [Phase 3, secrets and configuration]",
    "TASK [Phase 4, the services]",
    "TASK [Phase 5, the golden path]",
    "TASK [End the record and render its report]",
)


@dataclass(frozen=True)
class Unhurt:
    """What a run does that nobody kills: its writes, and the environment it leaves."""

    writes: list[str]
    state: dict[str, Any]


@pytest.fixture(scope="module")
def story(sandbox: Any) -> Iterator[Story]:
    yield Story(sandbox)
    sandbox.reset("healthy")


@pytest.fixture(scope="module")
def unhurt(story: Story) -> Unhurt:
    story.sandbox.reset("incident")
    mark = story.sandbox.mark()
    done = story.play("remediate", **VARIABLES)
    assert done.returncode == 0, done.stdout
    with pytest.MonkeyPatch.context() as environment:
        for name, value in story.sandbox.environment.items():
            environment.setenv(name, value)
        return Unhurt([request["method"] for request in story.sandbox.writes(mark)], state_of(story))


def chosen(count: int) -> list[int]:
    """Return the numbers of the writes to be killed at."""
    asked = os.environ.get("NETRA_CRASH_POINTS")
    if not asked:
        return list(range(1, count + 1))
    ranges = [part.partition("-") for part in asked.split(",")]
    return [number for first, _dash, last in ranges for number in range(int(first), int(last or first) + 1)]


def converges(story: Story, unhurt: Unhurt) -> str:
    """Run again and say what is not as an unhurt run leaves it."""
    done = story.play("remediate", **VARIABLES)
    if done.returncode:
        return "the next run failed: " + " ".join(done.stdout.split())[-600:]
    state = state_of(story)
    differs = [
        f"{part}: {state[part]} instead of {unhurt.state[part]}" for part in state if state[part] != unhurt.state[part]
    ]
    again = story.play("remediate", **VARIABLES)
    if again.returncode or recap(again)["changed"]:
        differs.append("the run after it changed something")
    return "; ".join(differs)


def test_a_run_killed_anywhere_is_completed_by_the_next(
    story: Story, unhurt: Unhurt, capsys: pytest.CaptureFixture[str]
) -> None:
    failures, points = [], 0
    for number in chosen(len(unhurt.writes)):
        for handled in (False, True):
            point = f"{'after' if handled else 'before'} write {number} ({unhurt.writes[number - 1]})"
            story.sandbox.reset("incident")
            reached = killed_at_write(story, number, handled=handled, options=OPTIONS)
            points += 1
            trouble = converges(story, unhurt) if reached else "the run ended before that"
            failures += [f"{point}: {trouble}"] if trouble else []
            with capsys.disabled():
                sys.stdout.write(f"{point}: {trouble or 'converged'}\n")
    with capsys.disabled():
        sys.stdout.write(f"{points} crash points at {len(unhurt.writes)} writes, {len(failures)} did not converge\n")
    assert failures == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("method", ["cloudbuild.*", "secretmanager.*", "run.*.services.patch"])
def test_a_run_stopped_by_a_signal_is_completed_by_the_next(
    story: Story, unhurt: Unhurt, method: str, number: int
) -> None:
    story.sandbox.reset("incident")
    assert signalled_at_write(story, method, number, options=OPTIONS) != 0
    give_up = time.monotonic() + CLOSING_SECONDS
    while not story.recorded("finished") and time.monotonic() < give_up:
        time.sleep(0.1)
    assert [entry["how"] for entry in story.recorded("stopped")] == ["signal"]
    assert converges(story, unhurt) == ""


@pytest.mark.parametrize("border", BORDERS)
def test_a_run_killed_at_the_border_of_a_phase_is_completed_by_the_next(
    story: Story, unhurt: Unhurt, border: str
) -> None:
    story.sandbox.reset("incident")
    assert killed_at_line(story, border, options=OPTIONS)
    assert converges(story, unhurt) == ""
