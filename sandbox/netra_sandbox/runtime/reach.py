"""Which private servers a revision reaches: by its connector or its interface, in the right network and region.

https://cloud.google.com/run/docs/configuring/connecting-vpc
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

WARM_UP_SECONDS = 1.0
ALL_TRAFFIC = "ALL_TRAFFIC"
_USABLE = frozenset({"READY", "UPDATING"})


@dataclass(frozen=True)
class Way:
    """How the packets of a revision leave: into a `network` (empty: none), where they arrive only when it is `open`.

    `everything` is sent there, not only what is meant for private ranges.
    """

    network: str = ""
    open: bool = False
    everything: bool = False


@dataclass
class WarmUp:
    """New connectors drop connections for a moment: which are past that."""

    _since: dict[str, float] = field(default_factory=dict)
    _first: bool = True

    def note(self, states: Mapping[str, str], now: float) -> None:
        """Take the states of all connectors; those of the first look have been there for long."""
        begun = now - WARM_UP_SECONDS if self._first else now
        self._first = False
        usable = [name for name, state in states.items() if state in _USABLE]
        self._since = {name: self._since.get(name, begun) for name in usable}

    def is_warm(self, connector: str, now: float) -> bool:
        """Tell whether a connector carries connections."""
        return connector in self._since and now - self._since[connector] >= WARM_UP_SECONDS


def way_of(
    access: Mapping[str, Any],
    region: str,
    connector: Mapping[str, Any] | None,
    subnetworks: Mapping[str, str],
    *,
    warm: bool,
) -> Way:
    """Return the way of a revision in a region with the `vpcAccess` of its template.

    `connector` is the one that it names, None when that is not there; `subnetworks` are subnetwork → network.
    """
    everything = access.get("egress") == ALL_TRAFFIC
    if access.get("connector"):
        if connector is None:
            return Way(everything=everything, network="?")
        near = f"/locations/{region}/connectors/" in access["connector"]
        usable = connector.get("state") in _USABLE and warm and near
        return Way(_network_of_connector(connector, subnetworks), usable, everything)
    for interface in access.get("networkInterfaces") or ():
        subnetwork = str(interface.get("subnetwork", ""))
        near = "/regions/" not in subnetwork or f"/regions/{region}/" in subnetwork
        return Way(_network_of_interface(interface, subnetworks), near, everything)
    return Way()


def reaches(way: Way, *, network: str | None, public: bool) -> bool:
    """Tell whether packets arrive at an address: a public one, or a private one in a network (None: in any)."""
    if public:
        return way.open if way.network and way.everything else True
    return way.open and network in {None, way.network}


def _network_of_connector(connector: Mapping[str, Any], subnetworks: Mapping[str, str]) -> str:
    named = _short(str(connector.get("network", "")))
    subnet = str((connector.get("subnet") or {}).get("name", ""))
    return named or subnetworks.get(subnet, subnet)


def _network_of_interface(interface: Mapping[str, Any], subnetworks: Mapping[str, str]) -> str:
    """Return the network of an interface; a subnetwork that stands alone names it (NetworkInterface.network)."""
    named, subnetwork = _short(str(interface.get("network", ""))), _short(str(interface.get("subnetwork", "")))
    return named or subnetworks.get(subnetwork, subnetwork)


def _short(resource: str) -> str:
    return resource.rpartition("/")[2]
