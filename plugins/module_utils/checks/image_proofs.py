# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say which images are to be tried before anything is deployed from them, as options of cloud_run_image_proof. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.contract import CLOUD_BUILD
from ansible_collections.netra.remediation.plugins.module_utils.checks.desired_services import DesiredService
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation
from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import is_known
from ansible_collections.netra.remediation.plugins.module_utils.resources import image_proof, task_job


def proof_of(contract: Mapping[str, Any], service: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is to be tried in a service's image; empty where nothing is.

    Cloud Build tries verify_imports itself before it pushes; of other builders' images the job does it.
    """
    found = {name: value for name, value in (service.get("image_proof") or {}).items() if value}
    build = {} if service.get("image") else service.get("build") or {}
    if not found and build.get("verify_imports") and (contract.get("build_engine") or CLOUD_BUILD) != CLOUD_BUILD:
        found = {"modules": list(build["verify_imports"])}
    return found


def can_be_run(name: str, wanted: DesiredService, observation: Observation) -> bool:
    """Tell whether the image of a service is there and cannot become another one: a digest pins it.

    In a check that includes an image which would be built by then.
    """
    is_to_be_built = name in observation.builds and observation.builds[name] is None
    image = str(wanted.options.get("image") or "")
    return ("@sha256:" in image or not is_known(image)) and not is_to_be_built


def image_proofs(
    contract: Mapping[str, Any], observation: Observation, desired: Mapping[str, DesiredService]
) -> list[dict[str, Any]]:
    """Return the proofs of the images that are wanted now, in the order of the waves.

    The job has what the service has, since modules may read it when they are imported. An image that is still to be
    built, or that no digest pins, cannot be tried yet.
    """
    services = {service["name"]: service for service in contract["services"]}
    proofs = []
    for name, wanted in desired.items():
        tried = proof_of(contract, services[name])
        if tried and can_be_run(name, wanted, observation):
            shared = task_job.of_service(wanted.options)
            proofs.append({**shared, **tried, "name": image_proof.job_name(name), "service": name})
    return proofs
