"""Whether a request comes from inside: from the project's networks, or from Cloud Scheduler.

https://cloud.google.com/run/docs/securing/ingress
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aiohttp import web

from netra_sandbox.runtime import linux

if TYPE_CHECKING:
    from netra_sandbox.server import Sandbox


def is_internal(sandbox: Sandbox, request: web.BaseRequest) -> bool:
    """Tell whether a request is internal: who sent it is found by the connection, so ask only where it matters.

    One of an instance or a task is, when it goes through a network: with direct egress or a connector, for all traffic.
    """
    if request.transport is None:
        return False
    access = sandbox.network.owner(request.transport)
    if access is None:
        return request.headers.get("X-CloudScheduler") == "true" and _is_own(request)
    way = sandbox.network.way(access())
    return bool(way.network) and way.open and way.everything


def _is_own(request: web.BaseRequest) -> bool:
    """Tell whether the sandbox itself sent a request, as its Cloud Scheduler does."""
    if request.transport is None:
        return False
    peer, own = request.transport.get_extra_info("peername"), request.transport.get_extra_info("sockname")
    inode = linux.socket_inode((peer[0], peer[1]), (own[0], own[1]))
    return inode is not None and linux.holds_socket(os.getpid(), inode)
