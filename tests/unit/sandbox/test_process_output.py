"""From what a process prints to log entries."""

from __future__ import annotations

import pytest

from netra_sandbox.telemetry.line_grouping import Grouper
from netra_sandbox.telemetry.process_output import fields

TRACE = [
    "Traceback (most recent call last):",
    '  File "main.py", line 3, in <module>',
    "    raise KeyError(1)",
    "KeyError: 1",
]
CHAINED = [*TRACE, "", "During handling of the above exception, another exception occurred:", "", *TRACE]


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("plain", {"textPayload": "plain"}),
        ("{not json", {"textPayload": "{not json"}),
        ("[1]", {"textPayload": "[1]"}),
        ("\n".join(TRACE), {"textPayload": "\n".join(TRACE), "severity": "ERROR"}),
        ('{"message":"m"}', {"jsonPayload": {"message": "m"}}),
        ('{"severity":"error","message":"m"}', {"severity": "ERROR", "jsonPayload": {"message": "m"}}),
        ('{"severity":"warn","n":1}', {"severity": "WARNING", "jsonPayload": {"n": 1}}),
        ('{"severity":600}', {"severity": "CRITICAL", "jsonPayload": {}}),
        ('{"severity":"odd"}', {"jsonPayload": {"severity": "odd"}}),
        (
            '{"logging.googleapis.com/trace":"projects/p/traces/1","logging.googleapis.com/labels":{"a":1},"m":2}',
            {"trace": "projects/p/traces/1", "labels": {"a": "1"}, "jsonPayload": {"m": 2}},
        ),
        (
            '{"httpRequest":{"status":"503","latency":"1.5s","requestUrl":"/x","odd":1,"responseSize":"many"}}',
            {"httpRequest": {"status": 503, "latency": "1.5s", "requestUrl": "/x"}, "jsonPayload": {}},
        ),
        (
            '{"logging.googleapis.com/sourceLocation":{"file":"a.py","line":7,"function":"f"}}',
            {"sourceLocation": {"file": "a.py", "line": "7", "function": "f"}, "jsonPayload": {}},
        ),
    ],
)
def test_a_line_becomes_an_entry(printed, expected):
    assert fields(printed) == expected


@pytest.mark.parametrize(
    ("lines", "texts"),
    [
        (["one", "", "two"], ["one", "two"]),
        ([*TRACE, "after"], ["\n".join(TRACE), "after"]),
        (["before", *TRACE], ["before", "\n".join(TRACE)]),
        (CHAINED, ["\n".join(CHAINED)]),
        ([*TRACE, *TRACE], ["\n".join(TRACE), "\n".join(TRACE)]),
    ],
)
def test_lines_of_a_trace_stay_together(lines, texts):
    grouper = Grouper()
    assert [text for line in lines for text in grouper.feed(line)] + grouper.flush() == texts
    assert not grouper.holding


def test_a_trace_without_an_end_does_not_grow_for_ever():
    grouper = Grouper()
    texts = [text for number in range(2000) for text in grouper.feed(f"  line {number}" if number else TRACE[0])]
    assert max(len(text.splitlines()) for text in texts) == 500
