# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which phases a person leaves out of a run, what that leaves unrepaired, and how long they may take. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import GOLDEN_PATH, Finding
from ansible_collections.netra.remediation.plugins.module_utils.checks.phases import ACTING
from ansible_collections.netra.remediation.plugins.module_utils.checks.shapes import Shape, refuse, refuse_if

PHASES = (*ACTING, GOLDEN_PATH)
BUDGET = Shape(
    "mapping", keys={"seconds": Shape("number", required=True), "overrun": Shape(choices=("warn", "stop", "roll_back"))}
)
# The contract's variables, without their prefix; the tags are Ansible's own (ansible_run_tags, ansible_skip_tags).
SHAPES = {
    "start_at": Shape(choices=PHASES),
    "only": Shape("list", each=Shape(choices=PHASES)),
    "skip": Shape("mapping", keys=dict.fromkeys(PHASES, Shape())),
    "budgets": Shape("mapping", keys=dict.fromkeys((*PHASES, "total"), BUDGET)),
    "tags_run": Shape("list", each=Shape()),
    "tags_skipped": Shape("list", each=Shape()),
}


def refuse_bad_choice(contract: Mapping[str, Any]) -> None:
    """Refuse what contradicts itself; that every name is a phase, the shapes have seen to."""
    only, skip = contract.get("only"), contract.get("skip") or {}
    for name, budget in (contract.get("budgets") or {}).items():
        refuse_if(not budget, f"remediation_budgets.{name}", "has no seconds")
        refuse_if(float(budget["seconds"]) <= 0, f"remediation_budgets.{name}.seconds", "must be more than 0")
    refuse_if(only == [], "remediation_only", "names no phase")
    if only and contract.get("start_at"):
        refuse("remediation_start_at", "cannot be combined with remediation_only, which names the phases one by one")
    for phase, reason in skip.items():
        refuse_if(reason is None, f"remediation_skip.{phase}", "has no reason: say why, it goes into the report")
        refuse_if(phase in (only or ()), f"remediation_skip.{phase}", "is also in remediation_only")


def left_out(contract: Mapping[str, Any], findings: Iterable[Finding] = ()) -> dict[str, dict[str, Any]]:
    """Return the phases that are left out, in order: why, and the ids of findings that ask for each all the same."""
    reasons = {phase: _reason(contract, phase) for phase in PHASES}
    asking: dict[str, list[str]] = {phase: [] for phase in PHASES}
    for finding in findings:
        if finding.phase in asking and finding.asks_for_action and finding.id not in asking[finding.phase]:
            asking[finding.phase].append(finding.id)
    return {phase: {"why": why, "findings": asking[phase]} for phase, why in reasons.items() if why}


def told(omissions: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the phases that are left out as lines for people."""
    return [
        f"Left out: {phase} ({entry['why']})"
        + (f", although {', '.join(entry['findings'])} ask for it" if entry["findings"] else "")
        for phase, entry in omissions.items()
    ]


def _reason(contract: Mapping[str, Any], phase: str) -> str:
    skip, only, start_at = contract.get("skip") or {}, contract.get("only"), contract.get("start_at")
    if phase in skip:
        return f"remediation_skip: {skip[phase]}"
    if only and phase not in only:
        return f"remediation_only: {', '.join(only)}"
    if start_at and PHASES.index(phase) < PHASES.index(start_at):
        return f"remediation_start_at: {start_at}"
    return _reason_of_tags(contract, {f"phase{PHASES.index(phase) + 1}", phase})


def _reason_of_tags(contract: Mapping[str, Any], own: set[str]) -> str:
    """Return why Ansible's tags leave a phase out, as Ansible decides (playbooks_tags: special tags)."""
    run, skipped = list(contract.get("tags_run") or ["all"]), list(contract.get("tags_skipped") or ())
    if own.intersection(skipped) or {"all", "tagged"}.intersection(skipped):
        return f"--skip-tags {','.join(skipped)}"
    if own.isdisjoint(run) and {"all", "tagged"}.isdisjoint(run):
        return f"--tags {','.join(run)}"
    return ""
