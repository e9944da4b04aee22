"""v1 services: get, list, create, replaceService, delete, below a namespace or a location."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel import etag
from netra_sandbox.kernel.calls import Call
from netra_sandbox.kernel.errors import ApiError, invalid
from netra_sandbox.services.cloud_run import names, registry, validation
from netra_sandbox.services.cloud_run import services as of_v2
from netra_sandbox.services.cloud_run.v1 import requests, services_view, templates
from netra_sandbox.services.cloud_run.v1.requests import handles_v1

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
NAMESPACES, PROJECTS = "run.namespaces.services", "run.projects.locations.services"


@handles_v1(f"{NAMESPACES}.get", f"{PROJECTS}.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return a service."""
    return view(sandbox, of_v2.stored(sandbox, _name(sandbox, call)))


@handles_v1(f"{NAMESPACES}.list", f"{PROJECTS}.list")
async def list_(sandbox: Sandbox, call: Call) -> Resource:
    """Return the services of a location, or of all of them (`-`), by name."""
    location = requests.location(sandbox, call, call.parameters["parent"])
    if location.endswith("/locations/-"):
        location = registry.location(sandbox)
    found = [view(sandbox, service) for service in registry.services(sandbox, location)]
    return requests.listed(call, "ServiceList", found, services_view.API_VERSION)


@handles_v1(f"{NAMESPACES}.create", f"{PROJECTS}.create")
async def create(sandbox: Sandbox, call: Call) -> Resource:
    """Create a service and roll out its first revision."""
    location = requests.location(sandbox, call, call.parameters["parent"])
    metadata = call.body.get("metadata") or {}
    short = str(metadata.get("name") or "")
    _check(sandbox, call, short)
    validation.check_service_id(short)
    name = names.ServiceName.parse(f"{location}/services/{short}")
    given = services_view.service_to_v2(call.body, location)
    dry_run = requests.dry_run(call)
    operation = of_v2.begin_creation(sandbox, name, given, call.principal, validate_only=dry_run)
    return view(sandbox, operation["metadata"])


@handles_v1(f"{NAMESPACES}.replaceService", f"{PROJECTS}.replaceService")
async def replace(sandbox: Sandbox, call: Call) -> Resource:
    """Make a service what the client sends; a template that says the same makes no revision."""
    name = _name(sandbox, call)
    current = of_v2.stored(sandbox, name)
    metadata = call.body.get("metadata") or {}
    _check(sandbox, call, name.service)
    etag.check(name.service, metadata.get("resourceVersion"), current["etag"])
    wanted = replaced(current, services_view.service_to_v2(call.body, name.parent))
    dry_run = requests.dry_run(call)
    operation = of_v2.begin_change(sandbox, current, wanted, call.principal, validate_only=dry_run)
    return view(sandbox, operation["metadata"])


@handles_v1(f"{NAMESPACES}.delete", f"{PROJECTS}.delete")
async def delete(sandbox: Sandbox, call: Call) -> Resource:
    """Delete a service with its revisions."""
    name = _name(sandbox, call)
    of_v2.begin_deletion(sandbox, name, validate_only=requests.dry_run(call))
    return requests.success(name.service, "Service")


def view(sandbox: Sandbox, service: Resource) -> Resource:
    """Return a v2 service as v1 shows it, with the operation that works on it while the sandbox knows one."""
    record = sandbox.store.get(names.ServiceName.parse(service["name"]).operation_key) or {}
    operation = ""
    with contextlib.suppress(ApiError):
        operation = names.short_name(sandbox.operations.get(record.get("name", ""))["name"])
    return services_view.service_to_v1(service, sandbox.project_number, operation)


def replaced(current: Resource, given: Resource) -> Resource:
    """Return the v2 fields after a PUT: what v1 cannot say stays, also of a template that v1 shows as it was."""
    location = names.ServiceName.parse(current["name"]).parent
    kept = {key: current[key] for key in ("buildConfig",) if key in current}
    result = kept | given
    as_given = templates.revision_to_v1(given["template"])
    as_shown = templates.revision_to_v1(
        templates.revision_to_v2(templates.revision_to_v1(current["template"]), location)
    )
    if as_given == as_shown:
        result["template"] = current["template"]
    return result


def _name(sandbox: Sandbox, call: Call) -> names.ServiceName:
    resource = str(call.parameters["name"])
    location = requests.location(sandbox, call, resource)
    return names.ServiceName.parse(f"{location}/services/{names.short_name(resource)}")


def _check(sandbox: Sandbox, call: Call, name: str) -> None:
    metadata = call.body.get("metadata") or {}
    for field, given, expected in (
        ("apiVersion", call.body.get("apiVersion"), {services_view.API_VERSION}),
        ("kind", call.body.get("kind"), {"Service"}),
        ("metadata.name", metadata.get("name"), {name}),
        ("metadata.namespace", metadata.get("namespace") or sandbox.project, {sandbox.project, sandbox.project_number}),
    ):
        if given not in expected:
            words = f"Expected {' or '.join(sorted(expected))}, got {given or 'nothing'}."
            raise invalid(f"{field}: {words}", field=field, description=words)
