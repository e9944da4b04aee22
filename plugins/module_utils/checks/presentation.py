# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tell people what was found: what, why, what next; each cause with its symptoms below it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

WIDTH = 100
NOTHING_FOUND = "Nothing found: the environment is as its contract says."
SHOWN_SYMPTOMS = 6
UNREAD = "OBS-001"


def report_lines(
    findings: Sequence[Mapping[str, Any]], phases: Sequence[str] = (), asides: Sequence[str] = ()
) -> list[str]:
    """Return the report of a diagnosis, line by line: root causes, each with what it leads to below it; then asides."""
    if not findings:
        return [NOTHING_FOUND, *asides]
    present = {finding["key"] for finding in findings}
    causes = [finding for finding in findings if not present.intersection(finding["caused_by"])]
    unread = [finding for finding in causes if finding["id"] == UNREAD]
    causes = [finding for finding in causes if finding["id"] != UNREAD]
    lines = [_headline(len(causes), len(findings) - len(causes) - len(unread)), ""]
    told: set[str] = set()
    for number, cause in enumerate(causes, start=1):
        lines += [*_cause(number, cause), *_symptoms(cause, findings, told, 1), ""]
    if unread:
        lines += [*_not_judged(unread), ""]
    return [*lines, *asides, f"Phases that will act: {', '.join(phases) or 'none'}"]


def _headline(causes: int, symptoms: int) -> str:
    return f"{_count(causes, 'cause')} and {_count(symptoms, 'symptom')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _cause(number: int, finding: Mapping[str, Any]) -> Iterator[str]:
    yield f"{number}. {finding['id']} {finding['severity'].upper()}  {finding['resource']}"
    yield from _wrapped("what: ", finding["summary"])
    told = {name: value for name, value in finding["evidence"].items() if value not in (None, "", [], {})}
    why = ", ".join(f"{name.replace('_', ' ')} {_shown(value)}" for name, value in told.items())
    if why:
        yield from _wrapped("why:  ", why)
    yield from _wrapped("next: ", finding["remedy"])
    if finding.get("command"):
        yield f"   try:  {finding['command']}"


def _symptoms(
    cause: Mapping[str, Any], findings: Sequence[Mapping[str, Any]], told: set[str], depth: int
) -> Iterator[str]:
    """List what a cause leads to, each symptom in full under its first cause and by name under the others."""
    caused = [finding for finding in findings if cause["key"] in finding["caused_by"]]
    fresh = [finding for finding in caused if finding["key"] not in told]
    told.update(finding["key"] for finding in fresh)
    for finding in fresh:
        yield from _below(f"{finding['id']} {finding['resource']}: {finding['summary']}", depth)
        yield from _symptoms(finding, findings, told, depth + 1)
    again = [finding for finding in caused if finding not in fresh]
    if again:
        names = ", ".join(f"{finding['id']} {finding['resource']}" for finding in again[:SHOWN_SYMPTOMS])
        yield from _below(f"also: {names}", depth)


def _below(text: str, depth: int) -> list[str]:
    indent = " " * (1 + 2 * depth)
    return textwrap.wrap(text, WIDTH, initial_indent=f"{indent}└ ", subsequent_indent=f"{indent}  ")


def _not_judged(unread: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Tell what could not be read, those with the same answer together."""
    yield f"Not read, so not judged: {_count(len(unread), 'part')} ({UNREAD})"
    answers: dict[str, list[str]] = {}
    for finding in unread:
        answers.setdefault(finding["summary"], []).append(finding["resource"])
    for summary, resources in answers.items():
        yield from _wrapped("- ", f"{', '.join(resources)}: {summary}")


def _wrapped(label: str, text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=f"   {label}", subsequent_indent=" " * (3 + len(label)))


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_shown(entry)}" for key, entry in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_shown(entry) for entry in value)
    return str(value)
