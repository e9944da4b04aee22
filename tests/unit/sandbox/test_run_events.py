# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What listeners of the data plane and of instances are told."""

from __future__ import annotations

import asyncio
import pathlib
import sys

import pytest

from netra_sandbox.runtime import events
from netra_sandbox.runtime.instances import Instance, Launch, Listeners

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"traceparent": f"00-{TRACE}-{SPAN}-01"}, (TRACE, SPAN)),
        ({"X-Cloud-Trace-Context": f"{TRACE}/1;o=1"}, (TRACE, "0000000000000001")),
        ({"X-Cloud-Trace-Context": TRACE}, (TRACE, "0000000000000000")),
    ],
    ids=["w3c", "google", "google without a span"],
)
def test_a_request_belongs_to_the_trace_it_names(headers: dict[str, str], expected: tuple[str, str]) -> None:
    assert events.trace_of(headers) == expected


def test_a_request_without_a_trace_gets_one() -> None:
    trace, span = events.trace_of({"traceparent": "nonsense"})
    assert (len(trace), len(span)) == (32, 16)
    assert events.trace_of({}) != (trace, span)


SPEAKING = """
import sys
print("to out")
print('{"severity": "ERROR", "message": "structured"}', file=sys.stderr)
sys.exit(3)
"""


def test_an_instance_tells_each_line_with_its_stream(tmp_path: pathlib.Path) -> None:
    lines: list[tuple[str, str, str]] = []
    errors: list[str] = []

    async def run() -> None:
        launch = Launch("r", [sys.executable, "-u", "-c", SPEAKING], {}, tmp_path, tmp_path / "logs" / "r.log")
        listeners = Listeners(lambda *line: lines.append(line), errors.append)
        instance = Instance(launch, 1, lambda _identity: listeners)
        await instance.start()
        await instance.exited()

    asyncio.run(run())
    assert ("stdout", "to out", "") in lines
    assert ("stderr", '{"severity": "ERROR", "message": "structured"}', "") in lines
    assert lines[-1] == ("varlog/system", "Container called exit(3).", "WARNING")
    assert errors == ["structured"]
