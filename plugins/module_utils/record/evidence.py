# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the ledgers of an environment know about good revisions. Layer `record`: may import `foundation` only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import BrokenLedger, Entry
from ansible_collections.netra.remediation.plugins.module_utils.record.rollback_decision import Departure, Evidence
from ansible_collections.netra.remediation.plugins.module_utils.record.runs import Run


@dataclass
class Knowledge:
    """What all trustworthy ledgers say: evidence, departures, what each run moved. And which ledgers are broken."""

    evidence: list[Evidence] = field(default_factory=list)
    departures: list[Departure] = field(default_factory=list)
    moved: dict[str, dict[str, str]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


def knowledge_of(runs: Iterable[Run]) -> Knowledge:
    """Read every ledger; one whose chain is broken is named and nothing in it is believed."""
    knowledge = Knowledge()
    for run in runs:
        try:
            entries = run.ledger.read().entries
        except BrokenLedger as error:
            knowledge.broken.append(str(error))
            continue
        for entry in entries:
            _learn(knowledge, run.run, entry)
    return knowledge


def _learn(knowledge: Knowledge, run: str, entry: Entry) -> None:
    body = entry.body
    if entry.kind == "last_known_good":
        knowledge.evidence.append(
            Evidence(
                service=body["service"],
                revision=body["revision"],
                time=entry.time,
                run=run,
                source=body["source"],
                image=body.get("image"),
                secret_versions=body.get("secret_versions") or {},
                schema_head=body.get("schema_head"),
            )
        )
    elif entry.kind == "rolled_back" and body.get("away_from"):
        knowledge.departures.append(Departure(body["service"], body["away_from"], entry.time))
    elif entry.kind == "traffic_moved":
        knowledge.moved.setdefault(run, {})[body["service"]] = body["to"]
