"""The end state: everything is as the contract says, so a remediation changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netra_sandbox.scenarios.environment import AUTH, BACKEND, FRONTEND, TO_LATEST, environment
from netra_sandbox.services.cloud_run.seeding import seed_service

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

REVISIONS = {
    AUTH: (f"{AUTH}-00012-kdm",),
    BACKEND: (f"{BACKEND}-00035-fnj", f"{BACKEND}-00037-hwt"),
    FRONTEND: (f"{FRONTEND}-00021-vqz",),
}


async def load(sandbox: Sandbox) -> None:
    """Put everything in its place."""
    place = environment(sandbox)
    place.copy_application(repaired=True)
    place.make_secrets()
    wanted = place.contract["remediation_infrastructure"]
    await place.make_database(wanted["sql"]["tier"])
    await place.make_cache()
    place.make_connector()
    for name, revisions in REVISIONS.items():
        image = await place.build(name, place.workspace)
        template = place.template(name, image, place.variables(name), place.bindings(name))
        described = [{"name": revision, "template": template} for revision in revisions]
        seed_service(sandbox, {"name": name}, described, TO_LATEST)
    place.complete_config_file(place.variables(BACKEND), place.bindings(BACKEND))
    place.write_state()
    place.open_hosts()
