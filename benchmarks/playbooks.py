# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time the playbooks against a sandbox of their own: wall time, module processes and API calls, as a table.

Usage: benchmarks/playbooks.py [RUNS]   (default 5; every run breaks the environment anew)
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Row:
    """What one playbook cost: seconds of wall time, module processes, API calls and API writes, a value per run."""

    label: str
    seconds: list[float] = field(default_factory=list)
    processes: list[int] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    writes: list[int] = field(default_factory=list)

    def cells(self) -> tuple[str, ...]:
        """Return the row's text: medians, and the range of the wall time."""
        wall = f"{statistics.median(self.seconds):.1f} ({min(self.seconds):.1f}-{max(self.seconds):.1f})"
        counts = (statistics.median(values) for values in (self.processes, self.calls, self.writes))
        return (self.label, wall, *(f"{count:g}" for count in counts))


class Sandbox:
    """A sandbox in a temporary folder, driven through its command line and its control address."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.environment = os.environ | {"PYTHONPATH": str(ROOT / "sandbox"), "NETRA_SANDBOX_DIR": str(directory)}

    def command(self, *arguments: str) -> None:
        """Run `netra_sandbox` with the arguments."""
        command = [sys.executable, "-m", "netra_sandbox", *arguments, "--directory", str(self.directory)]
        subprocess.run(command, check=True, env=self.environment, stdout=subprocess.DEVNULL)

    @property
    def proxy(self) -> str:
        """Return where the sandbox answers."""
        return str(json.loads((self.directory / "state.json").read_text(encoding="utf-8"))["proxy"])

    def control(self, path: str, body: dict[str, str] | None = None) -> dict:
        """Call the control address; with a body it is a POST."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.proxy}/_sandbox/{path}", data, {"Content-Type": "application/json"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
            return json.load(answer)


def measure(sandbox: Sandbox, row: Row, *arguments: str) -> None:
    """Run a playbook once and add what it cost to the row."""
    since = sandbox.control("requests")["next"]
    with tempfile.TemporaryDirectory() as remote:
        kept = {
            "ANSIBLE_KEEP_REMOTE_FILES": "1",
            "ANSIBLE_REMOTE_TMP": remote,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        }
        command = [
            str(Path(sys.executable).parent / "ansible-playbook"),
            "-i",
            str(ROOT / "inventory/sandbox"),
            *arguments,
        ]
        begun = time.monotonic()
        done = subprocess.run(
            command, cwd=ROOT, check=False, env=sandbox.environment | kept, capture_output=True, text=True
        )
        row.seconds.append(time.monotonic() - begun)
        if done.returncode:
            sys.exit(f"{row.label}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        row.processes.append(len(list(Path(remote).rglob("AnsiballZ_*.py"))))
    requests = [entry for entry in sandbox.control(f"requests?since={since}")["requests"] if entry.get("method")]
    row.calls.append(len(requests))
    row.writes.append(sum(entry["write"] for entry in requests))


def main() -> None:
    """Print the table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    diagnosis, check, repair, again, full, healthy = rows = [
        Row("diagnosis of the incident"),
        Row("repair, check mode"),
        Row("repair, first run"),
        Row("repair, second run"),
        Row("repair, second run, mode full"),
        Row("diagnosis afterwards"),
    ]
    with tempfile.TemporaryDirectory() as directory:
        sandbox = Sandbox(Path(directory))
        sandbox.command("up", "--scenario", "incident")
        try:
            for number in range(runs):
                if number:
                    sandbox.control("reset", {"scenario": "incident"})
                measure(sandbox, diagnosis, "playbooks/diagnose.yml")
                measure(sandbox, check, "playbooks/remediate.yml", "--check", "--diff")
                measure(sandbox, repair, "playbooks/remediate.yml")
                measure(sandbox, again, "playbooks/remediate.yml")
                measure(sandbox, full, "playbooks/remediate.yml", "-e", "remediation_mode=full")
                measure(sandbox, healthy, "playbooks/diagnose.yml")
        finally:
            sandbox.command("down")
    table = [("", "wall seconds, median (range)", "module processes", "API calls", "of them writes")]
    table += [row.cells() for row in rows]
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


if __name__ == "__main__":
    main()
