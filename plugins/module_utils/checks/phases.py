# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choose the phases that have to act."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import (
    BUILD,
    CONFIGURATION,
    DEPLOYMENT,
    INFRASTRUCTURE,
    Finding,
)

ACTING = (BUILD, INFRASTRUCTURE, CONFIGURATION, DEPLOYMENT)
# A new image must be deployed; new infrastructure has new addresses, which the configuration carries to the services.
LEADS_TO = {BUILD: (DEPLOYMENT,), INFRASTRUCTURE: (CONFIGURATION,), CONFIGURATION: (DEPLOYMENT,)}


def needed_phases(findings: Iterable[Finding], mode: str = "findings", left_out: Collection[str] = ()) -> list[str]:
    """Return the phases that findings ask for and those that follow from them, in order; all of them in mode full.

    What follows from a phase that is left out follows all the same: it may have been done by other means.
    """
    if mode == "full":
        return [phase for phase in ACTING if phase not in left_out]
    wanted = {finding.phase for finding in findings if finding.asks_for_action}
    for phase in ACTING:
        if phase in wanted:
            wanted.update(LEADS_TO.get(phase, ()))
    return [phase for phase in ACTING if phase in wanted and phase not in left_out]
