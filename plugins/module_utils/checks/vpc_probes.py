# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say which stores are to be probed from where a service is, as options of cloud_run_vpc_probe. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.desired_services import DesiredService
from ansible_collections.netra.remediation.plugins.module_utils.checks.image_proofs import can_be_run
from ansible_collections.netra.remediation.plugins.module_utils.checks.next_revision import makes_revision
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation
from ansible_collections.netra.remediation.plugins.module_utils.resources import task_job, vpc_probe

# A connector that was just made drops connections for a moment.
ATTEMPTS = 10


def vpc_probes(
    contract: Mapping[str, Any], observation: Observation, desired: Mapping[str, DesiredService]
) -> list[dict[str, Any]]:
    """Return the probes of the services that are to get a new revision, in the order of the waves.

    Of a database, connecting is held against the gate ``database_seconds`` where the target has no limit of its own.
    """
    services = {service["name"]: service for service in contract["services"]}
    probes = []
    for name, wanted in desired.items():
        asked = services[name].get("vpc_probe") or {}
        is_due = bool(asked.get("targets")) and makes_revision(wanted, observation)
        if is_due and can_be_run(name, wanted, observation):
            limit = contract["gates"].get("database_seconds")
            targets = [
                {**_limited(target, limit), "name": f"{target['name']} of {name}"} for target in asked["targets"]
            ]
            python = {"python": asked["python"]} if asked.get("python") else {}
            place = {"name": vpc_probe.job_name(name), "service": name}
            probes.append({**task_job.of_service(wanted.options), **python, **place, "targets": targets})
    return probes


def _limited(target: Mapping[str, Any], limit: float | None) -> dict[str, Any]:
    given = target.get("max_connect_seconds")
    own = given if given is not None else limit if target["kind"] == "postgres" else None
    return {"attempts": ATTEMPTS, **target, **({} if own is None else {"max_connect_seconds": own})}
