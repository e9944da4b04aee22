"""Game day: start, hint, score."""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import time
from dataclasses import asdict, replace
from typing import Any

from netra_sandbox.commands import lifecycle
from netra_sandbox.commands.talking import CommandError, ask, running, say
from netra_sandbox.game_day import scoring
from netra_sandbox.game_day.checks import Checker
from netra_sandbox.game_day.scoring import Game
from netra_sandbox.home import Home
from netra_sandbox.scenarios import files

_FILE = "game.json"
_SEEDS = 10_000


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add game start, hint and score."""
    game = commands.add_parser("game", help="game day: start, hint, score")
    verbs = game.add_subparsers(required=True, metavar="start|hint|score")
    start = verbs.add_parser(
        "start", parents=[shared], help="break the running sandbox's environment and start the clock"
    )
    start.add_argument("scenario", help="a scenario's name, the path of its .yml file, or: random")
    start.add_argument("--seed", type=int, help="which random one: the same seed, the same scenario")
    start.set_defaults(run=_start)
    hint = verbs.add_parser("hint", parents=[shared], help="take a hint; each costs points")
    hint.set_defaults(run=_hint)
    score = verbs.add_parser(
        "score", parents=[shared], help="check the contract from outside, and tell the score when it holds"
    )
    score.set_defaults(run=_score)


def _start(home: Home, options: argparse.Namespace) -> int:
    running(home)
    name = lifecycle.scenario_name(options.scenario)
    if name == "random":
        seed = secrets.randbelow(_SEEDS) if options.seed is None else options.seed
        name = scoring.choose(files.names(), seed)
        say(f"Something is broken (seed {seed}). Bring the environment back to its contract.")
    else:
        scenario = files.find(name)
        say(f"{scenario.title}. {scenario.story}")
    ask(home, "reset", {"scenario": name})
    _write(home, Game(name, time.time(), int(ask(home, "requests", since="999999999")["next"])))
    say("The clock runs. netra-sandbox game hint gives a hint, netra-sandbox game score checks the contract.")
    return 0


def _hint(home: Home, _options: argparse.Namespace) -> int:
    game = _read(home)
    hints = files.find(game.scenario).hints
    if game.hints >= len(hints):
        say("There are no more hints.")
        return 1
    say(f"Hint {game.hints + 1} of {len(hints)}: {hints[game.hints]}")
    _write(home, replace(game, hints=game.hints + 1))
    return 0


def _score(home: Home, _options: argparse.Namespace) -> int:
    game, state = _read(home), running(home)
    if state["scenario"] != game.scenario:
        raise CommandError(
            "The environment was made anew since: the game is over. netra-sandbox game start begins another."
        )
    results = asyncio.run(Checker(files.find(game.scenario).contract, state, home.directory).run())
    for result in results:
        say(f"  {'not yet' if result.wrong else 'ok':8}{result.what}{f': {result.wrong}' if result.wrong else ''}")
    if any(result.wrong for result in results):
        say(f"The contract does not hold yet, {scoring.duration(time.time() - game.started)} after the start.")
        return 1
    game = game if game.won else replace(game, won=time.time())
    _write(home, game)
    took = (game.won or 0.0) - game.started
    requests = ask(home, "requests", since=str(game.since))["requests"]
    writes = sum(1 for entry in requests if entry["write"])
    say(
        f"The contract holds. Score {scoring.points(took, game.hints)} of {scoring.FULL_SCORE}: "
        f"{scoring.duration(took)}, hints {game.hints}, writes {writes}. "
        f"(A hint costs {scoring.HINT_COSTS}, a whole minute {scoring.MINUTE_COSTS}.)"
    )
    return 0


def _read(home: Home) -> Game:
    try:
        return Game(**json.loads((home.directory / _FILE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise CommandError("No game runs: netra-sandbox game start SCENARIO begins one.") from None


def _write(home: Home, game: Game) -> None:
    home.write_json(_FILE, asdict(game))
