"""From lines and requests to the entries that Cloud Logging answers with."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from netra_sandbox.kernel.store import Store
from netra_sandbox.runtime.events import SYSTEM, LogLine, ServedRequest
from netra_sandbox.services.cloud_logging import collecting
from netra_sandbox.telemetry.log_book import LogBook

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
TRACE = ["Traceback (most recent call last):", '  File "a.py", line 1, in f', "ValueError: odd"]


@pytest.fixture
def sandbox(tmp_path):
    made = SimpleNamespace(
        project="p",
        project_number="1",
        region="r",
        store=Store(tmp_path / "state.sqlite"),
        logs=LogBook(tmp_path / "logs.sqlite"),
        now=lambda: NOW,
    )
    yield made
    made.logs.close()
    made.store.close()


def entries(sandbox):
    return sandbox.logs.search(lambda _: True, limit=100)[0]


def line(text, stream="stderr", number=0, instance="i-1", severity=""):
    return LogLine("api", "api-1", instance, stream, text, NOW + timedelta(seconds=number), severity, "api-1")


def test_a_line_is_an_entry_of_its_revision(sandbox):
    collecting.Collector(sandbox).line(line("hello", "stdout"))
    (entry,) = entries(sandbox)
    assert entry["logName"] == "projects/p/logs/run.googleapis.com%2Fstdout"
    assert entry["textPayload"] == "hello"
    assert entry["labels"] == {"instanceId": "i-1", "container_name": "api-1"}
    assert entry["resource"] == {
        "type": "cloud_run_revision",
        "labels": {
            "project_id": "p",
            "location": "r",
            "service_name": "api",
            "configuration_name": "api",
            "revision_name": "api-1",
        },
    }


def test_a_trace_is_one_entry_at_the_time_of_its_first_line(sandbox, monkeypatch):
    monkeypatch.setattr(collecting, "PAUSE_SECONDS", 0.01)

    async def scenario():
        collector = collecting.Collector(sandbox)
        for number, text in enumerate(TRACE):
            collector.line(line(text, number=number))
            collector.line(line(f"of another instance {number}", number=number, instance="i-2"))
        await asyncio.sleep(0.05)

    asyncio.run(scenario())
    (trace,) = [entry for entry in entries(sandbox) if entry["labels"]["instanceId"] == "i-1"]
    assert trace["textPayload"] == "\n".join(TRACE)
    assert (trace["severity"], trace["timestamp"]) == ("ERROR", "2026-05-01T12:00:00.000000Z")


def test_what_cloud_run_says_keeps_its_severity(sandbox):
    collecting.Collector(sandbox).line(line("Starting new instance.", SYSTEM, severity="INFO"))
    (entry,) = entries(sandbox)
    assert entry["logName"].endswith("run.googleapis.com%2Fvarlog%2Fsystem")
    assert entry["severity"] == "INFO"


@pytest.mark.parametrize(("status", "severity"), [(101, "INFO"), (200, "INFO"), (404, "WARNING"), (503, "ERROR")])
def test_a_request_is_an_entry_with_its_severity(sandbox, status, severity):
    served = ServedRequest("api", "api-1", "i-1", "GET", "h.example", "/x", status, NOW, 0.25, 10, 20, "t" * 32, "5")
    collecting.Collector(sandbox).request(served)
    (entry,) = entries(sandbox)
    assert entry["severity"] == severity
    assert entry["trace"] == f"projects/p/traces/{'t' * 32}"
    assert entry["httpRequest"]["requestUrl"] == "https://h.example/x"
    assert entry["httpRequest"]["latency"] == "0.250000000s"


def test_entries_beyond_the_retention_are_not_kept(sandbox):
    served = ServedRequest("api", "api-1", "", "GET", "h", "/", 200, NOW - timedelta(days=31), 0.1)
    collecting.Collector(sandbox).request(served)
    assert not entries(sandbox)
