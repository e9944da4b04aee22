# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a diagnosis comes to: how much is wrong, how bad the worst is, and when a run that asked for it fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import SEVERITIES

NONE = "none"
UNREAD = "OBS-001"


def verdict(findings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the counts by severity, the worst one, the first root cause, and the thresholds at which a run fails.

    A diagnosis that could not read everything reaches every threshold: what was not judged is no pass.
    """
    counts = {severity: sum(finding["severity"] == severity for finding in findings) for severity in SEVERITIES}
    worst = next((severity for severity in SEVERITIES if counts[severity]), NONE)
    complete = all(finding["id"] != UNREAD for finding in findings)
    reached = SEVERITIES[SEVERITIES.index(worst) :] if worst != NONE else ()
    return {
        **counts,
        "worst": worst,
        "complete": complete,
        "first": findings[0]["key"] if findings else "",
        "fails_on": list(reached if complete else SEVERITIES),
    }
