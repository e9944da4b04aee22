"""Put faults in force, list them, end them."""

from __future__ import annotations

import argparse
import json
from typing import Any

from netra_sandbox.commands.talking import CommandError, ask, say, say_json, say_table
from netra_sandbox.faults import resources, rules
from netra_sandbox.home import Home

_NUMBERS = {"nth": int, "first": int, "rate": float, "seed": int, "retry-after": int, "seconds": float}
_WORDS = ("name", "method", "caller", "until", "status", "message")
_ABOUT = {
    rules.ERROR: "a call is answered with an error",
    rules.DELAY: "a call waits for --seconds",
    rules.DROP: "a call's connection is closed without an answer",
    rules.HALF_ANSWER: "a call's answer is cut in the middle",
    rules.STUCK_OPERATION: "a call's operation is not done until the fault is cleared",
    rules.OPERATION_ERROR: "a call's operation fails",
    rules.HOLD: "a call waits until the fault is cleared, and gets no answer",
}


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add fault kinds, add, list and clear."""
    fault = commands.add_parser("fault", help="break something on purpose: kinds, add, list, clear")
    verbs = fault.add_subparsers(required=True, metavar="kinds|add|list|clear")
    kinds = verbs.add_parser("kinds", parents=[shared], help="name the faults there are")
    kinds.set_defaults(run=_kinds)
    add = verbs.add_parser("add", parents=[shared], help="put a fault in force")
    add.add_argument("kind", help="which fault; `fault kinds` names them")
    add.add_argument("target", nargs="?", help="the resource that a fault of resources is about")
    for option in _WORDS:
        add.add_argument(f"--{option}")
    for option, kind in _NUMBERS.items():
        add.add_argument(f"--{option}", type=kind)
    add.add_argument("--handled", action="store_true", help="let a dropped or held call take effect first")
    add.add_argument("--writes", action="store_true", help="leave out calls that only read")
    add.add_argument("--details", type=json.loads, help="the error's details, a JSON list")
    add.add_argument("--set", action="append", default=[], metavar="OPTION=VALUE", help="another option of the fault")
    add.set_defaults(run=_add)
    listing = verbs.add_parser("list", parents=[shared], help="say which faults are in force")
    listing.add_argument("--json", action="store_true", help="for programs")
    listing.set_defaults(run=_list)
    clear = verbs.add_parser("clear", parents=[shared], help="end a fault, or all")
    clear.add_argument("name", nargs="?")
    clear.set_defaults(run=_clear)


def _kinds(_home: Home, _options: argparse.Namespace) -> int:
    rows = [(kind, "API calls", about) for kind, about in _ABOUT.items()]
    rows += [(name, kind.about, kind.summary) for name, kind in resources.FAULTS.items()]
    say_table(("FAULT", "OF", "WHAT HAPPENS"), rows)
    return 0


def _add(home: Home, options: argparse.Namespace) -> int:
    names = [*_WORDS, *(name.replace("-", "_") for name in _NUMBERS), "details", "target"]
    body = {name: value for name in names if (value := getattr(options, name)) is not None}
    body |= (
        {"kind": options.kind}
        | ({"handled": True} if options.handled else {})
        | ({"writes": True} if options.writes else {})
        | _settings(options.set)
    )
    until = body.get("until", "")
    if until.replace(".", "", 1).isdigit():
        body["until"] = float(until)
    default = resources.FAULTS[options.kind].options.get("seconds") if options.kind in resources.FAULTS else None
    if isinstance(default, int) and "seconds" in body:
        body["seconds"] = int(body["seconds"])
    say(f"The fault {ask(home, 'faults', body)['name']} is in force.")
    return 0


def _settings(given: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for setting in given:
        option, separator, value = setting.partition("=")
        if not separator:
            raise CommandError(f"--set takes OPTION=VALUE, not {setting}.")
        try:
            found[option] = json.loads(value)
        except ValueError:
            found[option] = value
    return found


def _list(home: Home, options: argparse.Namespace) -> int:
    found = ask(home, "faults")["faults"]
    if options.json:
        say_json(found)
    elif not found:
        say("No fault is in force.")
    else:
        rows = [(fault["name"], fault["kind"], _about(fault), str(fault.get("seen", ""))) for fault in found]
        say_table(("NAME", "FAULT", "OF", "CALLS SEEN"), rows)
    return 0


def _about(fault: dict[str, Any]) -> str:
    return str(fault.get("target") or f"{fault['method']} by {fault['caller']}")


def _clear(home: Home, options: argparse.Namespace) -> int:
    query = {"name": options.name} if options.name else {}
    ended = ask(home, "faults", method="DELETE", **query)["cleared"]
    say(f"Cleared: {', '.join(ended)}." if ended else "No fault was in force.")
    return 0
