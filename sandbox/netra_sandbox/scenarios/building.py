"""Make an environment as its scenario has it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netra_sandbox.scenarios import sources
from netra_sandbox.scenarios.environment import Environment
from netra_sandbox.scenarios.files import Scenario
from netra_sandbox.scenarios.plan import ServicePlan
from netra_sandbox.services import error_reporting
from netra_sandbox.services.cloud_run.seeding import seed_service

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

_TO_LATEST = {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}
_TO_REVISION = {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", "percent": 100}


async def build(sandbox: Sandbox, scenario: Scenario) -> None:
    """Make everything that the scenario's plan has, and put its faults in force."""
    place = Environment(sandbox, scenario, scenario.plan())
    if place.plan.services or place.infrastructure.get("terraform"):
        place.copy_application()
    place.make_accounts()
    place.make_secrets()
    await place.make_database()
    await place.make_cache()
    place.make_connector()
    await _deploy(place)
    if place.plan.config_complete and place.plan.services:
        place.complete_config_files()
    for errors in place.plan.errors:
        error_reporting.seed(sandbox, errors.service, errors.revision, errors.message, errors.count)
    place.write_state()
    place.open_hosts()
    for fault in place.plan.faults:
        await sandbox.faults.add(fault)


async def _deploy(place: Environment) -> None:
    with tempfile.TemporaryDirectory(prefix="netra-sources-") as folder:
        clean = Path(folder) / "application"
        if any(revision.clean for service in place.plan.services.values() for revision in service.revisions):
            sources.copy(place.scenario.application, clean, ())
        for service in place.plan.services.values():
            await _deploy_service(place, service, clean)


async def _deploy_service(place: Environment, service: ServicePlan, clean: Path) -> None:
    images: dict[bool, str] = {}
    revisions: list[dict[str, Any]] = []
    for revision in service.revisions:
        if revision.clean not in images:
            images[revision.clean] = await place.build(service.name, clean if revision.clean else place.workspace)
        template = place.template(service.name, images[revision.clean], revision)
        revisions.append({"name": revision.name, "template": template, "crash_looping": revision.crashing})
    target = {**_TO_REVISION, "revision": service.pinned} if service.pinned else _TO_LATEST
    seed_service(place.sandbox, {"name": service.name}, revisions, [target])
