"""Tell of scenarios and load one."""

from __future__ import annotations

import argparse
from typing import Any

from netra_sandbox.commands import lifecycle
from netra_sandbox.commands.talking import say, say_json, say_table
from netra_sandbox.home import Home
from netra_sandbox.scenarios import files
from netra_sandbox.scenarios.breakages import BREAKAGES


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add scenario list, describe and load."""
    scenario = commands.add_parser("scenario", help="what can be broken: list, describe, load")
    verbs = scenario.add_subparsers(required=True, metavar="list|describe|load")
    listing = verbs.add_parser("list", parents=[shared], help="name the scenarios that come with the sandbox")
    listing.add_argument("--json", action="store_true", help="for programs")
    listing.set_defaults(run=_list)
    describe = verbs.add_parser("describe", parents=[shared], help="tell a scenario's story and what is broken in it")
    describe.add_argument("scenario", help="its name or the path of its .yml file")
    describe.set_defaults(run=_describe)
    load = verbs.add_parser("load", parents=[shared], help="make the environment anew from a scenario")
    load.add_argument("scenario", help="its name or the path of its .yml file")
    load.set_defaults(run=lifecycle.reset)


def _list(_home: Home, options: argparse.Namespace) -> int:
    found = [files.find(name) for name in files.names()]
    if options.json:
        say_json([{"name": scenario.name, "title": scenario.title} for scenario in found])
    else:
        say_table(("SCENARIO", "WHAT IT IS"), [(scenario.name, scenario.title) for scenario in found])
    return 0


def _describe(_home: Home, options: argparse.Namespace) -> int:
    scenario = files.find(lifecycle.scenario_name(options.scenario))
    say(f"{scenario.title}\n\n{scenario.story}\n")
    for name, given in scenario.broken:
        details = ", ".join(f"{option}: {value}" for option, value in given.items() if isinstance(value, str))
        say(f"  {name}{f' ({details})' if details else ''}: {BREAKAGES[name].summary}")
    for host, state in scenario.seen.items():
        say(f"  seen: {host} is {state}")
    return 0
