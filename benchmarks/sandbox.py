"""How soon a sandbox is ready, how much memory it takes with three services, how many API calls it answers a second.

PYTHONPATH=sandbox .venv/bin/python benchmarks/sandbox.py [--seconds 5] [--clients 4]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp

ROOT = Path(__file__).parents[1]
READY_SECONDS, MEMORY_MIB, CALLS_A_SECOND = 10, 400, 500
LOCATION = "projects/netra-staging/locations/us-central1"
URLS = (
    f"https://run.googleapis.com/v2/{LOCATION}/services/netra-backend-staging",
    "https://secretmanager.googleapis.com/v1/projects/netra-staging/secrets/jwt-secret-key-staging",
    f"https://redis.googleapis.com/v1/{LOCATION}/instances/staging-redis",
    f"https://run.googleapis.com/v2/{LOCATION}/services",
)


def sandbox(directory: Path, *arguments: str) -> None:
    """Run a command of the sandbox."""
    line = [sys.executable, "-m", "netra_sandbox", *arguments, "--directory", str(directory)]
    subprocess.run(line, check=True, env=os.environ | {"PYTHONPATH": str(ROOT / "sandbox")}, stdout=subprocess.DEVNULL)


def memory(leader: int) -> float:
    """Return the memory of a process and all below it in MiB, shared pages counted by their share (proc(5), PSS)."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    tree = {leader}
    while more := {pid for pid, parent in parents.items() if parent in tree} - tree:
        tree |= more
    return sum(_share(pid) for pid in tree) / 1024


def processor(pid: int) -> float:
    """Return the processor time that a process has used, in seconds."""
    columns = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(columns[11]) + int(columns[12])) / os.sysconf("SC_CLK_TCK")


def _share(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


async def healthy(state: dict[str, Any], context: ssl.SSLContext) -> None:
    """Wait until every service answers."""
    async with aiohttp.ClientSession() as session:
        for url in state["urls"].values():
            while True:
                async with session.get(f"{url}/health", proxy=state["proxy"], ssl=context) as answer:
                    if answer.ok:
                        break
                await asyncio.sleep(0.1)


async def calls(state: dict[str, Any], context: ssl.SSLContext, token: str, *, clients: int, seconds: float) -> float:
    """Return how many calls a second clients with one kept connection each get answered."""
    end, counted = time.monotonic() + seconds, 0

    async def client(url: str) -> None:
        nonlocal counted
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
            while time.monotonic() < end:
                async with session.get(url, proxy=state["proxy"], ssl=context) as answer:
                    await answer.read()
                    answer.raise_for_status()
                counted += 1

    begun = time.monotonic()
    await asyncio.gather(*(client(URLS[number % len(URLS)]) for number in range(clients)))
    return counted / (time.monotonic() - begun)


def main() -> None:
    """Measure, and print beside what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--clients", type=int, default=8)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="netra-benchmark-") as folder:
        directory = Path(folder) / "sandbox"
        begun = time.monotonic()
        sandbox(directory, "up", "--scenario", "healthy")
        ready = time.monotonic() - begun
        try:
            state = json.loads((directory / "state.json").read_text(encoding="utf-8"))
            context = ssl.create_default_context(cafile=directory / "ca.pem")
            asyncio.run(healthy(state, context))
            used = memory(state["pid"])
            token = (directory / "token").read_text(encoding="utf-8").strip()
            before = processor(state["pid"])
            rate = asyncio.run(calls(state, context, token, clients=options.clients, seconds=options.seconds))
            cost = (processor(state["pid"]) - before) / (rate * options.seconds)
        finally:
            sandbox(directory, "down")
    print(f"ready                  {ready:8.1f} s    (at most {READY_SECONDS})")
    print(f"memory, three services {used:8.0f} MiB  (at most {MEMORY_MIB})")
    print(f"API calls              {rate:8.0f} /s   (at least {CALLS_A_SECOND})")
    print(f"processor time a call  {cost * 1000:8.2f} ms   (a core answers {1 / cost:.0f} /s)")
    print(f"load of the machine    {os.getloadavg()[0]:8.1f}")


if __name__ == "__main__":
    main()
