"""The command line: up, down, status."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from netra_sandbox.home import Home, HomeError
from netra_sandbox.runtime import processes
from netra_sandbox.scenarios import files
from netra_sandbox.scenarios.files import ScenarioError

_START_SECONDS = 60.0
_STOP_SECONDS = 10.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    options = _parser().parse_args(arguments)
    home = Home(options.directory)
    try:
        code: int = options.run(home, options)
    except (HomeError, ScenarioError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m netra_sandbox", description="A staging environment on loopback.")
    commands = parser.add_subparsers(required=True, metavar="up|down|status")
    up = commands.add_parser("up", help="start a sandbox and return when it answers")
    up.add_argument("--scenario", default="incident", help="a scenario's name or the path of its .yml file")
    up.add_argument("--port", type=int, default=0, help="loopback port of the proxy (default: any that is free)")
    up.add_argument("--foreground", action="store_true", help="stay in the foreground until interrupted")
    up.add_argument("--with-parent", action="store_true", help="end when the process that started it ends")
    up.add_argument("--ready-descriptor", type=int, help=argparse.SUPPRESS)
    up.set_defaults(run=_up)
    down = commands.add_parser("down", help="stop the sandbox and all its processes")
    down.set_defaults(run=_down)
    status = commands.add_parser("status", help="say what runs")
    status.set_defaults(run=_status)
    for command in (up, down, status):
        command.add_argument("--directory", type=Path, default=Path(".sandbox"), help="its folder (default: .sandbox)")
    return parser


def _up(home: Home, options: argparse.Namespace) -> int:
    state = home.state()
    if state is not None:
        _say(f"A sandbox ({state['scenario']}) runs already: {state['proxy']}, . {home.directory}/env")
        return 0
    if files.is_path(options.scenario):
        options.scenario = str(Path(options.scenario).resolve())
    files.find(options.scenario)
    if options.foreground:
        return _serve(home, options)
    return _start(home, options)


def _serve(home: Home, options: argparse.Namespace) -> int:
    from netra_sandbox import server

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")

    def announce(line: str) -> None:
        if options.ready_descriptor is None:
            _say(line)
        else:
            os.write(options.ready_descriptor, line.encode())
            os.close(options.ready_descriptor)

    if options.ready_descriptor is not None:
        os.set_inheritable(options.ready_descriptor, False)
    if options.with_parent:
        processes.end_with_parent()
    # Its lock ends with the process, so that who waits for the lock knows that nothing is left.
    options.lock = home.claim()
    asyncio.run(server.serve(home, options.scenario, options.port, announce))
    home.remove("state.json")
    return 0


def _start(home: Home, options: argparse.Namespace) -> int:
    """Start the sandbox in a session of its own and wait for its word that it is ready."""
    if home.owner() is not None:
        raise HomeError(f"A sandbox is starting in {home.directory}.")
    home.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "netra_sandbox", "up", "--foreground", "--scenario", options.scenario]
    command += ["--directory", str(home.directory), "--port", str(options.port), "--ready-descriptor", str(writing)]
    paths = [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    log_path = _log_beside(home)
    with log_path.open("ab") as log:
        process = subprocess.Popen(
            command,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            pass_fds=(writing,),
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    os.close(writing)
    line = _await_word(reading)
    if not line:
        if process.poll() is None:
            process.terminate()
        tail = log_path.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        raise HomeError(f"The sandbox did not start: {' '.join(tail) or 'no word from it'} (log: {log_path})")
    _say(line)
    return 0


def _log_beside(home: Home) -> Path:
    """Return the log's path; a folder that is not a sandbox's is not written to."""
    if any(home.directory.iterdir()) and not (home.directory / "lock").exists():
        raise HomeError(f"{home.directory} is not empty and not a sandbox's: name another --directory.")
    (home.directory / "lock").touch()
    return home.log


def _await_word(descriptor: int) -> str:
    """Return what the sandbox says when it is ready; nothing when it ended or took too long."""
    with os.fdopen(descriptor, "rb") as pipe:
        ready, _, _ = select.select([pipe], [], [], _START_SECONDS)
        return pipe.readline().decode().strip() if ready else ""


def _down(home: Home, options: argparse.Namespace) -> int:  # noqa: ARG001
    owner = home.owner()
    if owner is None:
        _say(f"No sandbox runs in {home.directory}.")
        return 0
    for number in (signal.SIGTERM, signal.SIGKILL):
        os.kill(owner, number)
        if home.wait_released(_STOP_SECONDS) and processes.wait_gone(owner, _STOP_SECONDS):
            home.remove("state.json")
            _say("The sandbox is down.")
            return 0
    raise HomeError(f"Process {owner} of the sandbox in {home.directory} does not end.")


def _status(home: Home, options: argparse.Namespace) -> int:  # noqa: ARG001
    state = home.state()
    if state is None:
        _say(f"No sandbox runs in {home.directory}.")
        return 1
    _say(json.dumps(state, indent=2))
    return 0


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201
