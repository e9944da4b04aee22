# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Walk the path that users walk: log in, hold a token, ask for health with it, run an agent over a WebSocket."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline
from ansible_collections.netra.remediation.plugins.module_utils.probes import web, websocket
from ansible_collections.netra.remediation.plugins.module_utils.probes.contract import (
    Unhealthy,
    Unmeasured,
    excerpt,
    seconds_text,
)

TOKEN_PARTS = 3
UNTRIED = "not tried, because {} did not pass"


@dataclass
class Walk:
    """What is known on the way; the secrets never leave it."""

    email: str
    password: str
    deadline: Deadline
    token: str = ""
    run: dict[str, Any] = field(default_factory=dict)

    @property
    def secrets(self) -> list[str]:
        """Return what no reason may show."""
        return [secret for secret in (self.password, self.token) if secret]

    @property
    def left(self) -> float:
        """Return the seconds left for a step."""
        return max(self.deadline.remaining(), 0.001)

    @property
    def bearer(self) -> dict[str, str]:
        """Return the header that says who asks."""
        return {"Authorization": f"Bearer {self.token}"}


# Name, what to do, and the most seconds it may take (None: no limit).
Step = tuple[str, Callable[[Walk], None], Any]


def walk(steps: Iterable[Step], state: Walk) -> list[dict[str, Any]]:
    """Take the steps in order; after one that failed the others are not tried (passed is null)."""
    results: list[dict[str, Any]] = []
    broken = ""
    for name, take, limit in steps:
        if broken:
            results.append({"name": name, "passed": None, "seconds": None, "reason": UNTRIED.format(broken)})
            continue
        started = time.monotonic()
        passed, reason = _taken(take, state)
        seconds = round(time.monotonic() - started, 3)
        if passed and limit is not None and seconds > limit:
            passed, reason = False, f"right but slow: {seconds_text(seconds)}, the limit is {seconds_text(limit)}"
        results.append({"name": name, "passed": passed, "seconds": seconds, "reason": reason})
        broken = "" if passed or reason.startswith("right but slow") else name
    return results


def _taken(take: Callable[[Walk], None], state: Walk) -> tuple[bool | None, str]:
    try:
        take(state)
    except Unmeasured as error:
        return None, excerpt(error.reason, state.secrets)
    except Unhealthy as error:
        return False, excerpt(error.reason, state.secrets)
    return True, ""


def verdict(steps: Iterable[Mapping[str, Any]]) -> str:
    """Return pass, fail or inconclusive: a way that could not be measured is not a pass."""
    answers = [step["passed"] for step in steps]
    if False in answers:
        return "fail"
    return "pass" if answers and all(answers) else "inconclusive"


def led(url: str, hosts: Mapping[str, str]) -> str:
    """Return where an address leads when some hosts are to be reached elsewhere, such as behind a revision's tag."""
    parts = urlsplit(url)
    elsewhere = urlsplit(str(hosts.get(parts.hostname or "", "")))
    if not elsewhere.netloc:
        return url
    scheme = "wss" if parts.scheme in {"ws", "wss"} else elsewhere.scheme
    return parts._replace(scheme=scheme, netloc=elsewhere.netloc).geturl()


def log_in(url: str) -> Callable[[Walk], None]:
    """Exchange address and password for an access token."""

    def take(state: Walk) -> None:
        body = json.dumps({"email": state.email, "password": state.password}).encode()
        headers = {"Content-Type": "application/json"}
        answer = web.request("POST", url, timeout=state.left, headers=headers, body=body)
        complaint = web.mismatch(answer, {"status": [200]}, state.secrets)
        if complaint:
            raise Unhealthy(f"POST {web.shown(url)} {complaint}")
        parsed = answer.parsed()
        token = parsed.get("access_token") if isinstance(parsed, Mapping) else None
        if not token:
            raise Unhealthy(f"POST {web.shown(url)} answered without an access_token; check the auth service's release")
        state.token = str(token)

    return take


def hold_token(state: Walk) -> None:
    """Look at the token as RFC 7519 describes it: three parts, and not expired."""
    parts = state.token.split(".")
    if len(parts) != TOKEN_PARTS:
        raise Unhealthy("the access token is not a JWT; check the auth service's release")
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        expires = float(claims["exp"])
    except (ValueError, KeyError, TypeError) as error:
        raise Unhealthy("the access token says nothing of its expiry; check the auth service's release") from error
    if expires <= time.time():
        raise Unhealthy("the access token has expired already; check the clock and the life time that the service sets")


def ask_health(url: str) -> Callable[[Walk], None]:
    """Ask for health as the user who logged in."""

    def take(state: Walk) -> None:
        answer = web.request("GET", url, timeout=state.left, headers=state.bearer)
        complaint = web.mismatch(answer, {"status": [200]}, state.secrets)
        if complaint:
            raise Unhealthy(f"GET {web.shown(url)} {complaint}")

    return take


def connect(url: str) -> Callable[[Walk], None]:
    """Open a WebSocket as the user who logged in."""

    def take(state: Walk) -> None:
        with websocket.connected(url, timeout=state.left, headers=state.bearer):
            pass

    return take


def run_agent(url: str, prompt: str, last: str) -> Callable[[Walk], None]:
    """Ask an agent and collect its events until the last one."""

    def take(state: Walk) -> None:
        seen: list[dict[str, Any]] = []
        state.run = {"events": seen}
        with websocket.connected(url, timeout=state.left, headers=state.bearer) as channel:
            channel.send(json.dumps({"type": "agent_run", "message": prompt}))
            while not seen or seen[-1].get("type") != last:
                seen.append(_event(channel, state, seen))

    return take


def _event(channel: websocket.Channel, state: Walk, seen: list[dict[str, Any]]) -> dict[str, Any]:
    so_far = ", ".join(str(event.get("type")) for event in seen) or "none"
    try:
        parsed = json.loads(channel.receive(state.left))
    except TimeoutError as error:
        raise Unhealthy(f"the agent fell silent; events so far: {so_far}; look at the service's log") from error
    except websocket.closed_errors() as error:
        raise Unhealthy(f"the connection closed during the agent run; events so far: {so_far}") from error
    except ValueError as error:
        raise Unhealthy(f"the agent sent something that is not JSON; events so far: {so_far}") from error
    if not isinstance(parsed, dict):
        raise Unhealthy(f"the agent sent something that is not an event; events so far: {so_far}")
    if parsed.get("type") == "error":
        raise Unhealthy(f"the agent reported an error: {excerpt(str(parsed.get('message')), state.secrets)}")
    return parsed


def check_events(wanted: list[str], characters: int) -> Callable[[Walk], None]:
    """Hold the events against those that a complete run sends, in order, and the answer against its least length."""

    def take(state: Walk) -> None:
        events = state.run["events"]
        types = [str(event.get("type")) for event in events]
        if [kind for kind in types if kind in wanted] != wanted:
            raise Unhealthy(f"the events were {', '.join(types)} instead of {', '.join(wanted)}")
        length = len(str(events[-1].get("answer") or ""))
        if length < characters:
            raise Unhealthy(f"the answer has {length} characters, less than the {characters} of a meaningful one")

    return take
