"""Put a sandbox together, serve it, and end it without leaving a process."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable
from typing import Any

from aiohttp import web

from netra_sandbox import parts
from netra_sandbox.dataplane.handshakes import Handshakes
from netra_sandbox.discovery.index import Index
from netra_sandbox.front.authority import Authority
from netra_sandbox.front.control import Control
from netra_sandbox.front.dispatch import Dispatch
from netra_sandbox.front.judging import Judge
from netra_sandbox.front.proxy import Front
from netra_sandbox.front.request_log import RequestLog
from netra_sandbox.home import Home, environment, shell
from netra_sandbox.identity import metadata_server
from netra_sandbox.identity.principals import KEY_FILES
from netra_sandbox.sandbox import Sandbox
from netra_sandbox.scenarios import files
from netra_sandbox.services.compute import chain

__all__ = ["Sandbox", "serve"]

_TOKEN_FILE_SECONDS = 12 * 3600  # the file is written once; who needs real lifetimes uses the key file


class Server:
    """One sandbox from its start to its end."""

    def __init__(self, home: Home, sandbox: Sandbox, judge: Judge) -> None:
        self._home = home
        self._sandbox = sandbox
        self._log = RequestLog(home.directory)
        self._parts = parts.Parts(sandbox)
        self._control = Control(sandbox, self._log, self._state, self._reset)
        self._dispatch = Dispatch(sandbox, Index.load(), self._log, judge)
        self._authority = Authority(home.directory)
        handshakes = Handshakes(sandbox, self._authority, self._dispatch.is_own)
        self._front = Front(self._handle, self._dispatch.admits, handshakes.context)
        self._port = 0
        self._resetting = asyncio.Lock()

    async def start(self, port: int, *, fresh: bool) -> None:
        """Listen, make or continue the environment and write the files that clients read; `state.json` last."""
        self._port = await self._listen(port)
        self._sandbox.front = self._proxy
        self._write_files()
        await self._parts.start(fresh=fresh)
        self._write_state()

    async def _listen(self, port: int) -> int:
        """Listen on the port that was asked for; else on the one that clients know from before, if it is free."""
        known = (self._home.kept() or {}).get("port", 0)
        if port or not known:
            return await self._front.listen(port)
        try:
            return await self._front.listen(known)
        except OSError:
            return await self._front.listen(0)

    async def close(self) -> None:
        """End the front, then what runs behind it."""
        await self._front.close()
        await self._parts.close()
        self._sandbox.store.close()
        self._sandbox.logs.close()
        self._log.close()

    def announcement(self) -> str:
        """Return the line that `up` prints."""
        scenario, directory = self._sandbox.scenario, self._home.directory
        return f"The sandbox ({scenario}) answers at {self._proxy}; . {directory}/env leads clients to it."

    @property
    def _proxy(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        target = request.raw_path
        if target.startswith("/_sandbox/") and not request.secure:
            return await self._control.handle(request)
        if not request.secure and _asks_metadata(request):
            return await self._dispatch.metadata(request)
        if target.startswith("/") and not request.secure:
            return web.Response(status=404, text="This is a proxy. Its own interface is below /_sandbox/.\n")
        if not request.secure:
            return await self._plain(request)
        return await self._dispatch.handle(request)

    async def _plain(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a proxy request for an http:// address: Google's front ends send it to https, others as they are."""
        host = (request.url.host or "").lower()
        if not self._dispatch.admits(host):
            return web.Response(status=403, text="The sandbox does not answer for this host.\n")
        if not self._dispatch.is_own(host):
            return await self._dispatch.handle(request.clone(rel_url=request.rel_url))
        raise web.HTTPMovedPermanently(str(request.url.with_scheme("https").with_port(None)))

    async def _reset(self, scenario: str) -> None:
        async with self._resetting:
            files.find(scenario)
            self._home.let_go()
            await self._parts.reset(scenario)
            self._write_state()

    def _write_files(self) -> None:
        principals, directory = self._sandbox.principals, self._home.directory
        self._authority.write(directory)
        for file, account in KEY_FILES.items():
            self._home.write(file, principals.key_file(account))
        self._home.write("token", principals.issue(principals.remediator, _TOKEN_FILE_SECONDS) + "\n")
        self._home.write("env", shell(environment(directory, self._proxy, self._sandbox.project)))

    def _write_state(self) -> None:
        self._home.keep(self._sandbox.scenario, self._port)
        self._home.write_json("state.json", self._state())

    def _state(self) -> dict[str, Any]:
        sandbox = self._sandbox
        return {
            "pid": self._home.pid,
            "port": self._port,
            "proxy": self._proxy,
            "project": sandbox.project,
            "region": sandbox.region,
            "directory": str(self._home.directory),
            "scenario": sandbox.scenario,
            "urls": chain.urls(sandbox),
        }


def _asks_metadata(request: web.BaseRequest) -> bool:
    """Tell whether a plain request is one for the metadata server: through the proxy, or at the port in its place."""
    if request.raw_path.startswith("/"):
        ping = request.path == "/" and request.headers.get("Metadata-Flavor") == "Google"
        return ping or request.path.startswith(metadata_server.PATH)
    return (request.url.host or "").lower() in metadata_server.HOSTS


async def serve(
    home: Home, scenario: str, port: int, announce: Callable[[str], None], judge: Judge, *, fresh: bool
) -> None:
    """Run a sandbox until SIGTERM or SIGINT: from a scenario, or on with the environment that its folder holds."""
    parts.load_methods()
    files.find(scenario)
    sandbox = Sandbox(home.directory, scenario)
    server = Server(home, sandbox, judge)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    start, stop = asyncio.create_task(server.start(port, fresh=fresh)), asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait({start, stop}, return_when=asyncio.FIRST_COMPLETED)
        if start.done():
            start.result()
            announce(server.announcement())
            await stopped.wait()
    finally:
        start.cancel()
        stop.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(start, stop, return_exceptions=True)
        await server.close()
