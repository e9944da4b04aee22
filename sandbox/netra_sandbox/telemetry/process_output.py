"""From a line that a process prints to a log entry, as Cloud Run reads it; pure.

https://cloud.google.com/run/docs/logging#using-json, https://cloud.google.com/logging/docs/structured-logging
"""

from __future__ import annotations

import json
import re
from typing import Any

from netra_sandbox.telemetry.query.matching import SEVERITIES

Entry = dict[str, Any]
_PREFIX = "logging.googleapis.com/"
# Fields of a JSON line that become fields of the entry.
_SPECIAL = {
    f"{_PREFIX}insertId": "insertId",
    f"{_PREFIX}labels": "labels",
    f"{_PREFIX}operation": "operation",
    f"{_PREFIX}sourceLocation": "sourceLocation",
    f"{_PREFIX}spanId": "spanId",
    f"{_PREFIX}trace": "trace",
    f"{_PREFIX}trace_sampled": "traceSampled",
    "httpRequest": "httpRequest",
}
_TYPES: dict[str, type] = {
    "insertId": str,
    "labels": dict,
    "operation": dict,
    "sourceLocation": dict,
    "spanId": str,
    "trace": str,
    "traceSampled": bool,
    "httpRequest": dict,
}
# Python's level names, and what other loggers call theirs.
_ALIASES = {"WARN": "WARNING", "FATAL": "CRITICAL", "TRACE": "DEBUG"}
# The fields of the special objects, each with what its value must look like; others would not fit their schemas.
_ANY, _DIGITS, _SECONDS = re.compile(r".*", re.DOTALL), re.compile(r"\d+"), re.compile(r"-?\d+(\.\d{1,9})?s")
_OBJECTS = {
    "httpRequest": {
        **dict.fromkeys(("requestMethod", "requestUrl", "userAgent", "remoteIp", "serverIp", "referer"), _ANY),
        **dict.fromkeys(("requestSize", "responseSize", "status"), _DIGITS),
        "protocol": _ANY,
        "latency": _SECONDS,
    },
    "sourceLocation": {"file": _ANY, "line": _DIGITS, "function": _ANY},
    "operation": {"id": _ANY, "producer": _ANY},
}


def fields(text: str) -> Entry:
    """Return the payload, the severity and the special fields of what was printed: one line, or a whole trace."""
    document = _object(text)
    if document is None:
        severity = "ERROR" if text.startswith("Traceback (most recent call last):") else ""
        return {"textPayload": text} | ({"severity": severity} if severity else {})
    result: Entry = {}
    level = severity_of(document.get("severity"))
    if level:
        document.pop("severity")
        if level != "DEFAULT":
            result["severity"] = level
    for name, target in _SPECIAL.items():
        if isinstance(document.get(name), _TYPES[target]):
            result[target] = document.pop(name)
    if "labels" in result:
        result["labels"] = {str(key): str(value) for key, value in result["labels"].items()}
    for name, allowed in _OBJECTS.items():
        if name in result:
            result[name] = _fitting(result[name], allowed)
    return result | {"jsonPayload": document}


def severity_of(given: object) -> str:
    """Return the severity that a name or number stands for, empty for none."""
    name = str(given).upper() if isinstance(given, str) else ""
    name = _ALIASES.get(name, name)
    if name in SEVERITIES:
        return name
    numbers = {number: known for known, number in SEVERITIES.items()}
    return numbers.get(given, "") if isinstance(given, int) and not isinstance(given, bool) else ""


def _object(text: str) -> Entry | None:
    if not text.startswith("{"):
        return None
    try:
        document = json.loads(text)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _fitting(given: Entry, allowed: dict[str, re.Pattern[str]]) -> Entry:
    kept: Entry = {key: str(given.get(key, "")) for key in allowed}
    kept = {key: value for key, value in kept.items() if value and allowed[key].fullmatch(value)}
    return kept | ({"status": int(kept["status"])} if "status" in kept else {})
