# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people read of a build context on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import Finding


def finding_lines(findings: Sequence[Finding], proof: Mapping[str, Any]) -> Iterator[str]:
    """Return the findings line by line, and what was looked at."""
    for finding in findings:
        yield f"{finding.id} {finding.severity}: {finding.summary}"
        for name, value in finding.evidence.items():
            for told in _told(value):
                yield f"    {name.replace('_', ' ')}: {told}"
        yield f"    next: {finding.remedy}"
    yield _closing(len(findings), proof)


def decision_line(told: Mapping[str, Any]) -> str:
    """Return one path with the line that decided about it."""
    verdict = "included" if told["included"] else "left out"
    reason = "no line names it"
    if told.get("decided_by"):
        reason = _rule(told["decided_by"])
    if told.get("overruled"):
        reason += f", which takes back {_rule(told['overruled'])}"
    if told["sent"] and not told["included"]:
        reason += " (sent for the build, and not to be copied)"
    return f"{verdict}  {told['path']}  {reason}"


def _rule(rule: Mapping[str, Any]) -> str:
    return f"{rule['file']}:{rule['line']}: {rule['pattern']}"


def _told(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [f"{key} → {', '.join(map(str, entry))}" for key, entry in value.items()]
    if isinstance(value, list | tuple):
        return [str(entry) for entry in value]
    return [str(value)] if value not in (None, "") else []


def _closing(count: int, proof: Mapping[str, Any]) -> str:
    imports = proof.get("imports")
    looked = f"{imports['modules']} modules from {', '.join(imports['entry_points'])}" if imports else "no imports"
    found = "Nothing found" if not count else f"{count} finding{'' if count == 1 else 's'}"
    return f"{found}; followed {looked}; ignore file {proof['ignore_file']}, Dockerfile {proof['dockerfile']}."
