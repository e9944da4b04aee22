"""Does the contract hold? Asked from outside, as users and operators do, through the proxy."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

Resource = dict[str, Any]
_SECONDS = 15.0


class NotMet(Exception):  # noqa: N818  named as the outcome
    """What a check found instead of what it asked for."""


@dataclass(frozen=True)
class Result:
    """One check and what is wrong, empty when nothing is."""

    what: str
    wrong: str = ""


@dataclass
class Checker:
    """Asks a running sandbox for what a contract says."""

    contract: Resource
    state: Resource
    directory: Path

    async def run(self) -> list[Result]:
        """Check hosts, traffic and the golden path, all at once."""
        services = self.contract["remediation_services"]
        checks: list[tuple[str, Callable[[], Awaitable[None]]]] = []
        for service in services:
            if service.get("host"):
                url = f"https://{service['host']}{service.get('health_path', '/')}"
                checks.append((f"{service['host']} is healthy", partial(self._healthy, url)))
            checks.append((f"{service['name']} serves its latest revision", partial(self._follows, service["name"])))
        if self.contract.get("remediation_journey") and services:
            checks.append(("a user logs in and gets an answer", self._golden_path))
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(_SECONDS)) as self._session:
            return list(await asyncio.gather(*(_result(what, check) for what, check in checks)))

    async def _healthy(self, url: str) -> None:
        seconds = float(self.contract.get("remediation_gates", {}).get("health_seconds", _SECONDS))
        begun = asyncio.get_running_loop().time()
        await self._json("GET", url)
        took = asyncio.get_running_loop().time() - begun
        if took > seconds:
            raise NotMet(f"it took {took:.1f} s, {seconds:g} s are allowed")

    async def _follows(self, name: str) -> None:
        url = (
            f"https://run.googleapis.com/v2/projects/{self.state['project']}/locations/{self.state['region']}/services/"
        )
        service = await self._json("GET", url + name, self._token())
        latest = service.get("latestCreatedRevision", "").rpartition("/")[2]
        served = {
            entry.get("revision", latest): entry.get("percent", 0) for entry in service.get("trafficStatuses", [])
        }
        if served.get(latest) != 100 or service.get("latestReadyRevision", "").rpartition("/")[2] != latest:  # noqa: PLR2004
            raise NotMet(f"{latest or 'nothing'} is the latest, traffic is {served}")

    async def _golden_path(self) -> None:
        journey = self.contract["remediation_journey"]
        secret = f"projects/{self.state['project']}/secrets/{journey['password_secret']}/versions/latest:access"
        payload = await self._json("GET", f"https://secretmanager.googleapis.com/v1/{secret}", self._token())
        user = {"email": journey["email"], "password": base64.b64decode(payload["payload"]["data"]).decode()}
        token = (await self._json("POST", journey["login_url"], body=user))["access_token"]
        await self._json("GET", journey["health_url"], token)
        headers = {"Authorization": f"Bearer {token}"}
        async with self._session.ws_connect(journey["websocket_url"], headers=headers, **self._way()) as socket:
            await socket.send_json({"type": "agent_run", "message": journey["prompt"]})
            missing = list(journey["events"])
            while missing:
                event = await asyncio.wait_for(socket.receive_json(), _SECONDS)
                if event.get("type") != missing.pop(0):
                    raise NotMet(f"the agent run told of {event.get('type')}")

    async def _json(self, method: str, url: str, token: str = "", body: Resource | None = None) -> Resource:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self._session.request(method, url, headers=headers, json=body, **self._way()) as answer:
            if not answer.ok:
                raise NotMet(f"{url.partition('?')[0]} answered {answer.status}")
            found: Resource = await answer.json()
            return found

    def _way(self) -> dict[str, Any]:
        return {"proxy": self.state["proxy"], "ssl": ssl.create_default_context(cafile=self.directory / "ca.pem")}

    def _token(self) -> str:
        return (self.directory / "token").read_text(encoding="utf-8").strip()


async def _result(what: str, check: Callable[[], Awaitable[None]]) -> Result:
    try:
        await check()
    except NotMet as error:
        return Result(what, str(error))
    except (aiohttp.ClientError, TimeoutError, KeyError, TypeError, ValueError) as error:
        return Result(what, f"{type(error).__name__}")
    return Result(what)
