"""How commands talk: to the sandbox through its own interface, to people in lines, to programs in JSON."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from typing import Any

from netra_sandbox.home import Home, HomeError

_SECONDS = 120.0


class CommandError(Exception):
    """A command cannot do what it was asked to; the words are for the person who asked."""


def say(line: str = "") -> None:
    """Print a line."""
    print(line, flush=True)  # noqa: T201


def say_json(value: Any) -> None:
    """Print a value for a program."""
    say(json.dumps(value, indent=2))


def say_table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Print rows in columns as wide as their widest cell."""
    widths = [max(len(row[index]) for row in [head, *rows]) for index in range(len(head))]
    for row in [head, *rows]:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def running(home: Home) -> dict[str, Any]:
    """Return the state of the sandbox that runs; raise when none does."""
    state = home.state()
    if state is None:
        raise HomeError(f"No sandbox runs in {home.directory}; netra-sandbox up starts one.")
    return state


def ask(home: Home, path: str, body: dict[str, Any] | None = None, method: str | None = None, **query: str) -> Any:
    """Return what the sandbox's own interface answers; raise CommandError with its words when it refuses."""
    state = running(home)
    url = f"{state['proxy']}/_sandbox/{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=content, method=method)  # noqa: S310  the sandbox's own address
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=_SECONDS) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        content = error.read()
        try:
            words = json.loads(content)["error"]["message"]
        except (ValueError, KeyError, TypeError):
            words = f"The sandbox answered {error.code}."
        raise CommandError(words) from None
