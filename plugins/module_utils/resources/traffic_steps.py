# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tell a move of traffic that stopped between two steps from a split that a person made. Pure.

The write that splits the traffic leaves a mark on the service: the shares it asked for, the revision that is to get
everything, and who served before. The split is the collection's own as long as those are the shares.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run_traffic as traffic

MARK = "netra-remediation-step"
Shares = dict[str, int]


@dataclass(frozen=True)
class Step:
    """A move that is under way: to which revision, the shares asked for now, the shares before the first step."""

    to: str
    shares: Shares
    before: Shares

    @property
    def percent(self) -> int:
        """Return the share of the revision that is to get everything."""
        return self.shares.get(self.to, 0)

    def as_mark(self) -> str:
        """Return the annotation."""
        return json.dumps({"to": self.to, "shares": self.shares, "before": self.before}, sort_keys=True)


def unfinished(service: Mapping[str, Any]) -> Step | None:
    """Return the move that is under way; None where there is none, or where somebody moved the traffic since."""
    step = from_mark((service.get("annotations") or {}).get(MARK))
    return step if step and step.shares == traffic.shares_asked_for(service) else None


def from_mark(text: str | None) -> Step | None:
    """Return the step that an annotation tells, None where it tells none."""
    try:
        found = json.loads(text) if text else None
        return Step(str(found["to"]), _shares(found["shares"]), _shares(found["before"])) if found else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def next_step(service: Mapping[str, Any], targets: Iterable[traffic.Target], revision: str) -> Step:
    """Return the step that asks for these targets; who served before is handed on from step to step."""
    under_way = unfinished(service)
    before = under_way.before if under_way and under_way.to == revision else traffic.serving(service)
    shares = {str(aim): int(percent) for aim, percent in traffic.canonical(targets)[0]}
    return Step(revision, shares, before)


def taken_back(service: Mapping[str, Any]) -> dict[str, Any]:
    """Return the service with the traffic it had before the move that is under way, tags kept; else as it is."""
    step = unfinished(service)
    if step is None:
        return dict(service)
    tags = [{**target, "percent": 0} for target in traffic.current_targets(service) if target.get("tag")]
    before = [{"revision": revision, "percent": percent} for revision, percent in step.before.items()]
    return {**service, "traffic": traffic.encode_targets([*before, *tags])}


def _shares(found: Mapping[str, Any]) -> Shares:
    return {str(revision): int(percent) for revision, percent in found.items()}
