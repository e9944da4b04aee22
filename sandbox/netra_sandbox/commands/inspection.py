"""Look into a running sandbox: its requests, what its services printed, where they answer."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from netra_sandbox.commands.talking import CommandError, ask, running, say, say_json
from netra_sandbox.home import Home

_FOLLOW_SECONDS = 0.3


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add requests, logs and open."""
    requests = commands.add_parser("requests", parents=[shared], help="say what clients asked for")
    requests.add_argument("--writes", action="store_true", help="only what was meant to change something")
    requests.add_argument("--since", type=int, default=0, metavar="N", help="only after the request with this number")
    requests.add_argument("--json", action="store_true", help="for programs")
    requests.set_defaults(run=_requests)
    logs = commands.add_parser("logs", parents=[shared], help="show what services and servers printed")
    logs.add_argument("name", nargs="?", help="a service, a revision or a server (default: say which there are)")
    logs.add_argument("--lines", type=int, default=50, help="how many of the last lines of each (default: 50)")
    logs.add_argument("--follow", action="store_true", help="go on with what they print from now on")
    logs.set_defaults(run=_logs)
    addresses = commands.add_parser(
        "open", parents=[shared], help="say where the services answer, and how to get there"
    )
    addresses.add_argument("--json", action="store_true", help="for programs")
    addresses.set_defaults(run=_open)


def _requests(home: Home, options: argparse.Namespace) -> int:
    found = ask(home, "requests", since=str(options.since))["requests"]
    found = [entry for entry in found if entry["write"]] if options.writes else found
    if options.json:
        say_json(found)
        return 0
    for entry in found:
        what = entry["method"] or f"{entry['http_method']} {entry['host']}{entry['path']}"
        say(
            f"{entry['n']:6} {entry['time'][11:23]} {entry['status']} {'write' if entry['write'] else 'read ':5} {what}"
        )
    return 0


def _logs(home: Home, options: argparse.Namespace) -> int:
    folder = home.directory / "logs"
    files = sorted(folder.glob("*.log"))
    if options.name is None:
        say("\n".join(path.stem for path in files) or "Nothing was printed yet.")
        return 0
    chosen = [path for path in files if path.stem == options.name or path.stem.startswith(f"{options.name}-")]
    if not chosen:
        raise CommandError(
            f"Nothing was printed by {options.name}; there are logs of {', '.join(p.stem for p in files)}."
        )
    places = {path: _show(path, options.lines, several=len(chosen) > 1) for path in chosen}
    while options.follow and home.owner() is not None:
        time.sleep(_FOLLOW_SECONDS)
        places = {path: _go_on(path, place) for path, place in places.items()}
    return 0


def _show(path: Path, lines: int, *, several: bool) -> int:
    content = path.read_bytes()
    if several:
        say(f"== {path.stem}")
    for line in content.decode(errors="replace").splitlines()[-lines:] if lines > 0 else []:
        say(line)
    return len(content)


def _go_on(path: Path, place: int) -> int:
    with path.open("rb") as file:
        file.seek(place)
        content = file.read()
    for line in content.decode(errors="replace").splitlines():
        say(line)
    return place + len(content)


def _open(home: Home, options: argparse.Namespace) -> int:
    state = running(home)
    if options.json:
        say_json(state["urls"])
        return 0
    for url in state["urls"].values():
        say(url)
    say(f"\nThey are reached through the proxy {state['proxy']} with the authority {state['directory']}/ca.pem:")
    say(f"  . {state['directory']}/env; curl {next(iter(state['urls'].values()), 'https://run.googleapis.com')}/health")
    return 0
