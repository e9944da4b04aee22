"""The command line `netra-sandbox`: what there is, and which module does it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from netra_sandbox.commands import faults, game, inspection, lifecycle, scenarios
from netra_sandbox.commands.talking import CommandError
from netra_sandbox.home import Home, HomeError
from netra_sandbox.scenarios.files import ScenarioError

_GROUPS = (lifecycle, scenarios, faults, inspection, game)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 well, 1 not, 2 asked wrongly."""
    options = _parser().parse_args(arguments)
    home = Home(options.directory)
    try:
        code: int = options.run(home, options)
    except (HomeError, ScenarioError, CommandError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    except (BrokenPipeError, KeyboardInterrupt):
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="netra-sandbox", description="A staging environment on loopback.")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--directory", type=Path, default=Path(".sandbox"), help="its folder (default: .sandbox)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for group in _GROUPS:
        group.add_commands(commands, shared)
    return parser
