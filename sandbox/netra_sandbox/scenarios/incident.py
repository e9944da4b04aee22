"""The outage: five causes at once, each by its mechanism (the README of sandbox/application tells the story)."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netra_sandbox.scenarios.environment import (
    APPLICATION,
    AUTH,
    BACKEND,
    FRONTEND,
    TO_LATEST,
    Environment,
    environment,
    repair_ignore_file,
)
from netra_sandbox.services import error_reporting
from netra_sandbox.services.cloud_run.seeding import seed_service

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

STARVED_TIER = "db-f1-micro"
LOST_SECRET = "service-secret-staging"  # noqa: S105  the name of a secret
GOOD, BROKEN = f"{BACKEND}-00035-fnj", f"{BACKEND}-00036-lmr"
PLACEHOLDERS = {
    "GCP_PROJECT_ID": "${PROJECT_ID}",
    "POSTGRES_HOST": "PLACEHOLDER_POSTGRES_HOST",
    "REDIS_HOST": "{{ redis_host }}",
    "REDIS_URL": "redis://{{ redis_host }}:6379",
    "VPC_CONNECTOR": "TEMPLATE_VPC_CONNECTOR",
}
ERRORS = 45
TRACEBACK = """Traceback (most recent call last):
  File "/app/netra_backend/app/main.py", line 11, in <module>
    from netra_backend.app.services.monitoring import GCPErrorReporter
ModuleNotFoundError: No module named 'netra_backend.app.services.monitoring'"""


async def load(sandbox: Sandbox) -> None:
    """Break the environment."""
    place = environment(sandbox)
    place.copy_application(repaired=False)
    place.make_secrets(without=(LOST_SECRET,))
    await place.make_database(STARVED_TIER)
    await place.lose_cache()
    place.name_connector()
    await _deploy_backend(place)
    await _deploy_auth(place)
    image = await place.build(FRONTEND, place.workspace)
    template = place.template(FRONTEND, image, place.variables(FRONTEND), {})
    seed_service(sandbox, {"name": FRONTEND}, [{"name": f"{FRONTEND}-00021-vqz", "template": template}], TO_LATEST)
    error_reporting.seed(sandbox, BACKEND, BROKEN, TRACEBACK, ERRORS)
    place.write_state()
    place.open_hosts()


async def _deploy_backend(place: Environment) -> None:
    """Deploy 00035 from before the clean-up, and 00036 without its package, taken for ready without a probe."""
    with tempfile.TemporaryDirectory(prefix="netra-sources-") as folder:
        before = Path(folder) / "application"
        shutil.copytree(APPLICATION, before, ignore=shutil.ignore_patterns("__pycache__"), symlinks=True)
        repair_ignore_file(before)
        sound = await place.build(BACKEND, before)
    lacking = await place.build(BACKEND, place.workspace)
    bound = place.bindings(BACKEND, without=(LOST_SECRET,))
    floating = {key: secret.replace(":1", ":latest") for key, secret in bound.items()}
    good = place.template(BACKEND, sound, place.variables(BACKEND), bound)
    broken = place.template(BACKEND, lacking, place.variables(BACKEND) | PLACEHOLDERS, floating)
    broken |= {"healthCheckDisabled": True}
    revisions: list[dict[str, Any]] = [
        {"name": GOOD, "template": good},
        {"name": BROKEN, "template": broken, "crash_looping": True},
    ]
    seed_service(place.sandbox, {"name": BACKEND}, revisions, TO_LATEST)


async def _deploy_auth(place: Environment) -> None:
    """Deploy the auth service as someone patched it that night: past the lost connector, over the public address."""
    image = await place.build(AUTH, place.workspace)
    variables = place.variables(AUTH)
    patched = variables | {"POSTGRES_HOST": place.outputs["database_public_ip"], "ENVIRONMENT": "TEMPLATE_ENVIRONMENT"}
    template = place.template(AUTH, image, patched, place.bindings(AUTH))
    template.pop("vpcAccess")
    seed_service(place.sandbox, {"name": AUTH}, [{"name": f"{AUTH}-00012-kdm", "template": template}], TO_LATEST)
