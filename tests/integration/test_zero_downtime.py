# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users go on walking the golden path while a revision is deployed and rolled back; nobody is to notice.

`make test-downtime` runs it and prints what it counted.
"""

from __future__ import annotations

import base64
import itertools
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml
from playbook_story import BACKEND, INVENTORY, PROJECT, Story, changed_services, succeeded

from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline
from ansible_collections.netra.remediation.plugins.module_utils.probes import journey, web
from ansible_collections.netra.remediation.plugins.module_utils.probes.contract import Unhealthy

pytestmark = pytest.mark.matrix
WALKERS, CALLERS = 2, 2
PAUSE_SECONDS = 0.1
LAST_EVENT = "agent_completed"
CONTRACT = yaml.safe_load((INVENTORY / "group_vars/all/contract.yml").read_text(encoding="utf-8"))
JOURNEY = CONTRACT["remediation_journey"]
HEALTH = [f"https://{service['host']}{service['health_path']}" for service in CONTRACT["remediation_services"]]


@dataclass
class Meter:
    """Count what users meet, until it is told to end."""

    password: str
    ended: threading.Event = field(default_factory=threading.Event)
    journeys: int = 0
    calls: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    successes: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def walk(self) -> None:
        """Log in, ask for health, open the WebSocket and let an agent answer, again and again."""
        while not self.ended.is_set():
            state = journey.Walk(JOURNEY["email"], self.password, Deadline(30))
            socket = JOURNEY["websocket_url"]
            steps = journey.walk(
                (
                    ("login", journey.log_in(JOURNEY["login_url"]), None),
                    ("health", journey.ask_health(JOURNEY["health_url"]), None),
                    ("websocket", journey.connect(socket), None),
                    ("agent_run", journey.run_agent(socket, JOURNEY["prompt"], LAST_EVENT), None),
                    ("events", journey.check_events(JOURNEY["events"], 1), None),
                ),
                state,
            )
            broken = next((step for step in steps if not step["passed"]), None)
            with self.lock:
                self.journeys += 1
                self._note(f"journey, {broken['name']}: {broken['reason']}" if broken else "")

    def call(self) -> None:
        """Ask each service for its health, again and again."""
        while not self.ended.wait(PAUSE_SECONDS):
            for url in HEALTH:
                try:
                    answer = web.request("GET", url, timeout=10)
                    reason = "" if answer.status == 200 else f"{url} answered {answer.status}"
                except Unhealthy as error:
                    reason = error.reason
                with self.lock:
                    self.calls += 1
                    self._note(reason)

    def _note(self, reason: str) -> None:
        if reason:
            self.failures[reason] += 1
        else:
            self.successes.append(time.monotonic())

    @property
    def longest_gap(self) -> float:
        """Return the longest time between two successes, in seconds."""
        times = sorted(self.successes)
        return max((later - earlier for earlier, later in itertools.pairwise(times)), default=0.0)

    def told(self, what: str) -> str:
        """Return the figures in a line."""
        failed = sum(self.failures.values())
        return (
            f"\n{what}: {self.journeys} journeys and {self.calls} calls, {failed} failed, "
            f"longest time without a success {self.longest_gap:.2f} s"
        )


@pytest.fixture(scope="module")
def story(sandbox: Any) -> Iterator[Story]:
    sandbox.reset("healthy")
    story = Story(sandbox)
    succeeded(story.play("remediate"))
    with pytest.MonkeyPatch.context() as environment:
        for name, value in sandbox.environment.items():
            environment.setenv(name, value)
        yield story
    sandbox.reset("healthy")


@pytest.fixture
def meter(story: Story) -> Iterator[Meter]:
    """Measure from before a test to after it."""
    secret = f"projects/{PROJECT}/secrets/{JOURNEY['password_secret']}"
    access = story.ask(f"https://secretmanager.googleapis.com/v1/{secret}/versions/latest:access")
    meter = Meter(base64.b64decode(access["payload"]["data"]).decode())
    threads = [threading.Thread(target=meter.walk) for _number in range(WALKERS)]
    threads += [threading.Thread(target=meter.call) for _number in range(CALLERS)]
    for thread in threads:
        thread.start()
    try:
        yield meter
    finally:
        meter.ended.set()
        for thread in threads:
            thread.join()


def ended(meter: Meter, what: str, capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    """End the measurement, print it and return the failures."""
    time.sleep(1)  # what follows the move counts too
    meter.ended.set()
    with capsys.disabled():
        sys.stdout.write(meter.told(what))
    assert meter.journeys > 5
    return dict(meter.failures)


def test_nobody_notices_a_deploy(story: Story, meter: Meter, capsys: pytest.CaptureFixture[str]) -> None:
    before = story.serving(BACKEND)
    succeeded(story.play("remediate", remediation_services=changed_services()))
    assert story.serving(BACKEND) != before
    assert ended(meter, "a deploy", capsys) == {}


def test_nobody_notices_a_rollback(story: Story, meter: Meter, capsys: pytest.CaptureFixture[str]) -> None:
    before = story.serving(BACKEND)
    succeeded(story.play("rollback"))
    assert story.serving(BACKEND) != before
    assert ended(meter, "a rollback", capsys) == {}
