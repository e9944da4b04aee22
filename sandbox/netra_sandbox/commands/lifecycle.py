"""Start, stop and reset a sandbox; say what runs."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netra_sandbox.commands.talking import ask, say, say_json
from netra_sandbox.home import Home, HomeError
from netra_sandbox.runtime import processes
from netra_sandbox.scenarios import files

if TYPE_CHECKING:
    from netra_sandbox.discovery.messages import Messages

FIRST_SCENARIO = "incident"
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
STRICT = "NETRA_SANDBOX_STRICT"


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add up, down, status and reset."""
    up = commands.add_parser("up", parents=[shared], help="start a sandbox, or go on with the one that was there")
    up.add_argument("--scenario", help="start anew from a scenario: its name or the path of its .yml file")
    up.add_argument("--fresh", action="store_true", help="start the scenario anew instead of going on")
    up.add_argument("--port", type=int, default=0, help="loopback port of the proxy (default: any that is free)")
    up.add_argument("--foreground", action="store_true", help="stay in the foreground until interrupted")
    up.add_argument("--with-parent", action="store_true", help="end when the process that started it ends")
    up.add_argument("--ready-descriptor", type=int, help=argparse.SUPPRESS)
    up.set_defaults(run=_up)
    down = commands.add_parser("down", parents=[shared], help="stop the sandbox and all its processes; keep its state")
    down.set_defaults(run=_down)
    status = commands.add_parser("status", parents=[shared], help="say what runs")
    status.add_argument("--json", action="store_true", help="for programs")
    status.set_defaults(run=_status)
    anew = commands.add_parser("reset", parents=[shared], help="make the environment anew while the sandbox runs")
    anew.add_argument("scenario", nargs="?", help="another scenario (default: the one that it was started with)")
    anew.set_defaults(run=reset)


def _up(home: Home, options: argparse.Namespace) -> int:
    state = home.state()
    wanted = scenario_name(options.scenario) if options.scenario else None
    if state is not None:
        if options.fresh or wanted not in {None, state["scenario"]}:
            raise HomeError(
                f"A sandbox ({state['scenario']}) runs already in {home.directory}: netra-sandbox reset "
                f"{wanted or state['scenario']} makes its environment anew."
            )
        say(f"A sandbox ({state['scenario']}) runs already: {state['proxy']}, . {home.directory}/env")
        return 0
    kept = home.kept()
    options.fresh = options.fresh or wanted is not None or kept is None
    options.scenario = wanted or (kept or {}).get("scenario") or FIRST_SCENARIO
    files.find(options.scenario)
    return _serve(home, options) if options.foreground else _start(home, options)


def scenario_name(given: str) -> str:
    """Return a scenario's name, or the whole path of its file."""
    return str(Path(given).resolve()) if files.is_path(given) else given


def _serve(home: Home, options: argparse.Namespace) -> int:
    from netra_sandbox import server
    from netra_sandbox.front.judging import Judge

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")

    def announce(line: str) -> None:
        if options.ready_descriptor is None:
            say(line)
        else:
            os.write(options.ready_descriptor, line.encode())
            os.close(options.ready_descriptor)

    if options.ready_descriptor is not None:
        os.set_inheritable(options.ready_descriptor, False)
    if options.with_parent:
        processes.end_with_parent()
    judge = Judge(_messages())
    # Its lock ends with the process, so that who waits for the lock knows that nothing is left.
    options.lock = home.claim(fresh=options.fresh)
    asyncio.run(server.serve(home, options.scenario, options.port, announce, judge, fresh=options.fresh))
    home.remove("state.json")
    return 0


def _messages() -> Messages | None:
    """Return Google's message classes where the environment asks that answers be held against them."""
    from netra_sandbox.discovery.messages import Messages

    if not os.environ.get(STRICT):
        return None
    try:
        return Messages()
    except ImportError as error:
        raise HomeError(f"{STRICT} needs google-cloud-run and google-cloud-secret-manager: {error}.") from None


def _start(home: Home, options: argparse.Namespace) -> int:
    """Start the sandbox in a session of its own and wait for its word that it is ready."""
    if home.owner() is not None:
        raise HomeError(f"A sandbox is starting in {home.directory}.")
    home.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "netra_sandbox", "up", "--foreground"]
    command += ["--scenario", options.scenario] if options.fresh else []
    command += ["--directory", str(home.directory), "--port", str(options.port), "--ready-descriptor", str(writing)]
    paths = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
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
    say(line)
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
        say(f"No sandbox runs in {home.directory}.")
        return 0
    for number in (signal.SIGTERM, signal.SIGKILL):
        os.kill(owner, number)
        if home.wait_released(_STOP_SECONDS) and processes.wait_gone(owner, _STOP_SECONDS):
            home.remove("state.json")
            say("The sandbox is down.")
            return 0
    raise HomeError(f"Process {owner} of the sandbox in {home.directory} does not end.")


def _status(home: Home, options: argparse.Namespace) -> int:
    state = home.state()
    if state is None:
        kept = home.kept()
        rest = f" It holds the scenario {kept['scenario']}, with which netra-sandbox up goes on." if kept else ""
        say(f"No sandbox runs in {home.directory}.{rest}")
        return 1
    if options.json:
        say_json(state)
        return 0
    say(f"The sandbox ({state['scenario']}) answers at {state['proxy']}; . {home.directory}/env leads clients there.")
    say(f"Project {state['project']}, region {state['region']}, process {state['pid']}.")
    for service, url in state["urls"].items():
        say(f"  {service}: {url}")
    return 0


def reset(home: Home, options: argparse.Namespace) -> int:
    """Make the environment anew from `options.scenario`, or from the one it has."""
    body = {"scenario": scenario_name(options.scenario)} if options.scenario else {}
    state = ask(home, "reset", body)
    say(f"The environment is as the scenario {state['scenario']} has it.")
    return 0
