"""Backend services. https://cloud.google.com/compute/docs/reference/rest/v1/backendServices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.services.compute import endpoint_groups, methods, names, refusals
from netra_sandbox.services.compute.collections import Collection, users
from netra_sandbox.services.compute.methods import serve
from netra_sandbox.services.compute.references import Reference

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
TIMEOUT_SECONDS = 30
LONGEST_COOKIE_SECONDS = 1_209_600  # two weeks
EXTERNAL, MANAGED = "EXTERNAL", "EXTERNAL_MANAGED"
_SCHEMES = (EXTERNAL, MANAGED)
_DEFAULTS: Resource = {
    "protocol": "HTTP",
    "loadBalancingScheme": EXTERNAL,
    "sessionAffinity": "NONE",
    "affinityCookieTtlSec": 0,
    "timeoutSec": TIMEOUT_SECONDS,
    "connectionDraining": {"drainingTimeoutSec": 300},
    "enableCDN": False,
}
_PORTS = {"HTTPS": ("https", 443), "HTTP2": ("http2", 443)}
_BALANCED = {"balancingMode": "UTILIZATION", "capacityScaler": 1.0}
_SERVERLESS_ENDS = "is not supported for a backend service with Serverless network endpoint groups."


def prepare(sandbox: Sandbox, resource: Resource, current: Resource | None) -> Resource:
    """Complete a backend service; refuse what serverless backends do not allow."""
    made = _DEFAULTS | resource
    if made["loadBalancingScheme"] not in _SCHEMES:
        raise refusals.unsupported(f"load balancers of scheme {made['loadBalancingScheme']}")
    if current is not None and current["loadBalancingScheme"] != made["loadBalancingScheme"]:
        why = "Load balancing scheme cannot be changed."
        raise refusals.invalid("resource.loadBalancingScheme", made["loadBalancingScheme"], why)
    _check_ranges(made)
    kinds = [_kind(sandbox, backend) for backend in made.get("backends", [])]
    if endpoint_groups.SERVERLESS in kinds:
        check_serverless(made)
        made["backends"] = [_BALANCED | backend for backend in made["backends"]]
        # What the answers show of a service whose port and health nobody asks for.
        made |= {"port": 80, "portName": "http"}
    else:
        name, port = _PORTS.get(made["protocol"], ("http", 80))
        made = {"portName": name, "port": port} | made
    return made


def check_serverless(service: Resource) -> None:
    """Refuse the fields that a backend service with serverless backends must not have."""
    if service.get("timeoutSec", TIMEOUT_SECONDS) != TIMEOUT_SECONDS:
        raise refusals.invalid("resource.timeoutSec", service["timeoutSec"], f"Timeout sec {_SERVERLESS_ENDS}")
    if service.get("portName", "http") != "http":
        raise refusals.invalid("resource.portName", service["portName"], f"Port name {_SERVERLESS_ENDS}")
    if service.get("healthChecks"):
        why = "A backend service cannot have a healthcheck with Serverless network endpoint group backends."
        raise refusals.invalid("resource.healthChecks", "", why)
    regions: set[str] = set()
    for index, backend in enumerate(service["backends"]):
        field = f"resource.backends[{index}]"
        mode = backend.get("balancingMode", "UTILIZATION")
        if mode != "UTILIZATION":
            why = "Balancing mode is not supported for Serverless network endpoint groups."
            raise refusals.invalid(f"{field}.balancingMode", mode, why)
        region = names.scope_of(endpoint_groups.name_of(backend))
        if region in regions:
            why = "Only one Serverless network endpoint group is allowed per region."
            raise refusals.invalid(f"{field}.group", backend["group"], why)
        regions.add(region)


def view(sandbox: Sandbox, service: Resource) -> Resource:
    """Show a backend service with the URL maps that use it."""
    found = [{"reference": names.link(user)} for user in users(sandbox, names.name_of(service))]
    return service | ({"usedBy": found} if found else {})


def _check_ranges(service: Resource) -> None:
    lifetime = service["affinityCookieTtlSec"]
    if not 0 <= lifetime <= LONGEST_COOKIE_SECONDS:
        bound = "greater than or equal to 0" if lifetime < 0 else f"less than or equal to {LONGEST_COOKIE_SECONDS}"
        raise refusals.invalid("resource.affinityCookieTtlSec", lifetime, f"Must be {bound}")
    if service["timeoutSec"] < 1:
        raise refusals.invalid("resource.timeoutSec", service["timeoutSec"], "Must be greater than or equal to 1")


def _kind(sandbox: Sandbox, backend: Resource) -> str:
    """Return the type of a backend's group; its link is checked and completed with the other references."""
    name = names.read(str(backend.get("group", "")), sandbox.project)
    group = sandbox.store.get(names.KEY + name) if name else None
    if name is not None and group is not None:
        backend["group"] = names.link(name)
    return str((group or {}).get("networkEndpointType", ""))


COLLECTION = serve(
    Collection(
        "backendServices",
        "backendService",
        "backend_service",
        "backendService",
        fingerprinted=True,
        verbs=("insert", "patch", "update", "delete"),
        references=(
            Reference("backends[].group", ("networkEndpointGroups", "instanceGroups")),
            Reference("healthChecks[]", ("healthChecks", "httpHealthChecks", "httpsHealthChecks")),
            Reference("securityPolicy", ("securityPolicies",)),
        ),
        output_only=frozenset({"securityPolicy", "usedBy", "edgeSecurityPolicy"}),
        prepare=prepare,
        view=view,
    )
)


@handles("compute.backendServices.getHealth")
async def get_health(sandbox: Sandbox, call: Call) -> Resource:
    """Return the health of a backend: nothing is known of a serverless one, which nobody checks."""
    service = methods.existing(sandbox, methods.name_in(call, COLLECTION))
    group = call.body.get("group")
    if not group:
        raise refusals.required("group")
    name = names.read(group, call.parameters["project"])
    if name is None:
        raise refusals.invalid("group", group, "The URL is malformed.")
    if names.link(name) not in {backend["group"] for backend in service.get("backends", [])}:
        raise refusals.not_found(name)
    return {"kind": "compute#backendServiceGroupHealth"}


@handles("compute.backendServices.setSecurityPolicy")
async def set_security_policy(sandbox: Sandbox, call: Call) -> Resource:
    """Start an operation that attaches a security policy, or takes it away."""
    given = call.body.get("securityPolicy")

    def edit(current: Resource) -> Resource:
        without = {key: value for key, value in current.items() if key != "securityPolicy"}
        return without | ({"securityPolicy": given} if given else {})

    return methods.change(sandbox, call, COLLECTION, "setSecurityPolicy", edit)
