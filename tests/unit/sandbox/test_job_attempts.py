# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from netra_sandbox.services.cloud_run.jobs import attempts


class SlowToStart:
    """A process that takes its time to start and, once it runs, ends only when it is stopped."""

    pid = None

    def __init__(self) -> None:
        self.starting, self.may_start, self.ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.runs = False

    async def start(self) -> None:
        self.starting.set()
        await self.may_start.wait()
        self.runs = True

    async def exited(self) -> int:
        await self.ended.wait()
        return -15

    async def stop(self) -> None:
        if self.runs:
            self.ended.set()


def test_an_attempt_that_is_stopped_while_it_starts_does_not_run_on(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> attempts.Outcome:
        process = SlowToStart()
        monkeypatch.setattr(attempts, "Instance", lambda *_arguments: process)
        monkeypatch.setattr(attempts.Attempt, "_launch", lambda _self: None)
        attempt = attempts.Attempt(sandbox(), {"template": {"timeout": "600s"}}, 0, 0)
        running = asyncio.create_task(attempt.run())
        await process.starting.wait()
        await attempt.stop()
        process.may_start.set()
        return await asyncio.wait_for(running, 5)

    assert asyncio.run(story()).signal == 15


def sandbox() -> Any:
    return None
