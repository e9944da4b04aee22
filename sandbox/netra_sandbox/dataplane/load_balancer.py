"""The load balancer: the product's host names in front of services (external Application Load Balancer)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from netra_sandbox.dataplane import router
from netra_sandbox.dataplane.proxying import DataPlane

if TYPE_CHECKING:
    from netra_sandbox.server import Sandbox


class LoadBalancer:
    """Hosts → services, as the scenario's URL map says."""

    def __init__(self, sandbox: Sandbox, data_plane: DataPlane) -> None:
        self._sandbox = sandbox
        self._data_plane = data_plane

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request to one of the product's hosts."""
        service = self._sandbox.load_balancer_hosts.get(request.host.partition(":")[0].lower())
        route = router.route_service(self._sandbox, service, request) if service else None
        return await self._data_plane.forward(request, route)
