"""Networks, subnetworks and regions, to be read and referred to; scenarios make the first two.

https://cloud.google.com/compute/docs/reference/rest/v1/networks
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.services.compute import listing, names, refusals
from netra_sandbox.services.compute.collections import Collection
from netra_sandbox.services.compute.methods import serve
from netra_sandbox.services.compute.references import Reference

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
_ZONES = ("a", "b", "c", "f")


def _network(_sandbox: Sandbox, resource: Resource, _current: Resource | None) -> Resource:
    defaults = {
        "autoCreateSubnetworks": False,
        "routingConfig": {"routingMode": "REGIONAL"},
        "networkFirewallPolicyEnforcementOrder": "AFTER_CLASSIC_FIREWALL",
    }
    return defaults | resource


def _subnetwork(_sandbox: Sandbox, resource: Resource, _current: Resource | None) -> Resource:
    first_host = str(resource["ipCidrRange"].partition("/")[0]).rpartition(".")[0] + ".1"
    defaults = {"gatewayAddress": first_host, "privateIpGoogleAccess": False, "purpose": "PRIVATE"}
    return defaults | {"stackType": "IPV4_ONLY"} | resource


def _with_subnetworks(sandbox: Sandbox, network: Resource) -> Resource:
    project = names.name_of(network).split("/")[1]
    found = sandbox.store.list(f"{names.KEY}projects/{project}/", "subnetworks")
    inside = [entry["selfLink"] for entry in found if entry["network"] == network["selfLink"]]
    return network | ({"subnetworks": inside} if inside else {})


NETWORKS = serve(
    Collection(
        "networks",
        "network",
        "network",
        "network",
        aggregated=False,
        verbs=(),
        prepare=_network,
        view=_with_subnetworks,
    )
)
SUBNETWORKS = serve(
    Collection(
        "subnetworks",
        "subnetwork",
        "subnetwork",
        "subnetwork",
        regional=True,
        fingerprinted=True,
        verbs=(),
        references=(Reference("network", ("networks",)),),
        prepare=_subnetwork,
    )
)


@handles("compute.regions.get")
async def get_region(sandbox: Sandbox, call: Call) -> Resource:
    """Return the region."""
    if call.parameters["region"] != sandbox.region:
        raise refusals.not_found(f"projects/{call.parameters['project']}/regions/{call.parameters['region']}")
    return _region(call.parameters["project"], sandbox.region)


@handles("compute.regions.list")
async def list_regions(sandbox: Sandbox, call: Call) -> Resource:
    """Return the region that the sandbox has."""
    project = call.parameters["project"]
    return listing.answer(call, "region", f"projects/{project}/regions", [_region(project, sandbox.region)])


def _region(project: str, region: str) -> Resource:
    zones = [names.link(f"projects/{project}/zones/{region}-{letter}") for letter in _ZONES]
    link = names.link(f"projects/{project}/regions/{region}")
    described = {"kind": "compute#region", "id": "1000", "name": region, "description": region, "status": "UP"}
    return described | {"zones": zones, "selfLink": link}
