# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge what can be read on this side of the images: build contexts, and the builds that were made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.context_checks import (
    FOR_PEOPLE,
    PERSON_EDITS,
    PHASE_EDITS,
    context_findings,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import (
    BUILD,
    ERROR,
    Finding,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation


def build_findings(contract: Mapping[str, Any], observation: Observation) -> Iterator[Finding]:
    """Find images that lack what they need, or that were not built from these sources."""
    for service in contract["services"]:
        name = service["name"]
        context = observation.contexts.get(name)
        if context is None:
            continue
        yield from context_findings(name, context, PHASE_EDITS if contract.get("ignore_file_repair") else PERSON_EDITS)
        if name in observation.builds and observation.builds[name] is None:
            yield Finding(
                "BLD-002",
                ERROR,
                BUILD,
                name,
                "no image was built from the sources as they are",
                "The build phase builds one and proves its imports.",
                {"context": str(context.get("digest", ""))[:12]},
                service=name,
            )


def only_people_repair(findings: Sequence[Finding], observation: Observation) -> list[str]:
    """Return a sentence for each fault of the sources that makes a run vain: no phase can repair it.

    It must matter now: the image is yet to be built from these sources, or something is broken that it can explain.
    """
    causes = {cause for finding in findings for cause in finding.caused_by}
    return [
        f"{finding.service}: {finding.summary}. {finding.remedy}"
        for finding in findings
        if finding.id in FOR_PEOPLE
        and finding.asks_for_action
        and (finding.key in causes or observation.builds.get(finding.service, "") is None)
    ]
