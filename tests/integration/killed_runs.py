# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that are killed at a chosen moment, as by a machine that loses power, and what an environment is afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import requests
from playbook_story import BIN, INVENTORY, PROJECT, ROOT, Story

REGION = "us-central1"
PLACE = f"projects/{PROJECT}/locations/{REGION}"
RUN_SECONDS = 240.0


def killed_at_write(
    story: Story, number: int, *, handled: bool, method: str = "*", options: tuple[str, ...] = ()
) -> bool:
    """Kill a repair while its n-th write waits, before or after it takes effect; False where it ended before that."""
    rule = {"kind": "hold", "writes": True, "nth": number, "handled": handled, "method": method}
    name = story.sandbox.call("faults", rule)["name"]

    def waits(_printed: str) -> bool:
        return any(
            fault["name"] == name and fault["seen"] >= number for fault in story.sandbox.call("faults")["faults"]
        )

    try:
        return _killed(story, waits, options)
    finally:
        requests.delete(f"{story.sandbox.proxy}/_sandbox/faults?name={name}", timeout=30).raise_for_status()


def killed_at_line(story: Story, line: str, *, options: tuple[str, ...] = ()) -> bool:
    """Kill a repair once it printed a line; False where it ended before that."""
    return _killed(story, lambda printed: line in printed, options)


def signalled_at_write(story: Story, method: str, number: int, *, options: tuple[str, ...] = ()) -> int:
    """Send a repair a signal while a write waits whose effect is there, let it go on, and return how it ended.

    Only ansible-playbook gets the signal, as from a shell or from AWX; its workers are in sessions of their own.
    """
    rule = {"kind": "hold", "writes": True, "nth": 1, "handled": True, "method": method}
    name = story.sandbox.call("faults", rule)["name"]
    run, log = _started(story, options)
    try:
        give_up = time.monotonic() + RUN_SECONDS
        while not any(each["name"] == name and each["seen"] for each in story.sandbox.call("faults")["faults"]):
            assert run.poll() is None and time.monotonic() < give_up, log.read_text(encoding="utf-8")[-3000:]
            time.sleep(0.02)
        run.send_signal(number)
        time.sleep(0.2)
    finally:
        requests.delete(f"{story.sandbox.proxy}/_sandbox/faults?name={name}", timeout=30).raise_for_status()
        story.printed.append(log.read_text(encoding="utf-8", errors="replace"))
    return run.wait(RUN_SECONDS)


def stopped_once(story: Story, pattern: str, order: str, variables: dict[str, Any]) -> str:
    """Order a repair to stop once what it printed has a pattern, and return all that it printed, in one line."""
    run, log = _started(story, ("-e", json.dumps(variables)))
    give_up = time.monotonic() + RUN_SECONDS
    while not re.search(pattern, log.read_text(encoding="utf-8", errors="replace"), re.DOTALL):
        assert run.poll() is None and time.monotonic() < give_up, log.read_text(encoding="utf-8")[-3000:]
        time.sleep(0.02)
    stop = story.sandbox.directory / "records/netra-staging/stop"
    stop.write_text(order, encoding="utf-8")
    run.wait(RUN_SECONDS)
    stop.unlink()
    story.printed.append(log.read_text(encoding="utf-8", errors="replace"))
    return " ".join(story.printed[-1].split())


def _started(story: Story, options: tuple[str, ...]) -> tuple[subprocess.Popen[bytes], pathlib.Path]:
    log = story.sandbox.directory.parent / "killed.log"
    command = [str(BIN / "ansible-playbook"), "-i", str(INVENTORY), str(ROOT / "playbooks/remediate.yml"), *options]
    with log.open("wb") as printed:
        run = subprocess.Popen(
            command, cwd=ROOT, env=story.environment, stdin=subprocess.DEVNULL, stdout=printed, stderr=printed
        )
    return run, log


def _killed(story: Story, is_time: Callable[[str], bool], options: tuple[str, ...]) -> bool:
    run, log = _started(story, options)
    give_up = time.monotonic() + RUN_SECONDS
    try:
        while not (reached := is_time(log.read_text(encoding="utf-8", errors="replace"))) and run.poll() is None:
            assert time.monotonic() < give_up, log.read_text(encoding="utf-8", errors="replace")[-3000:]
            time.sleep(0.02)
    finally:
        for pid in [run.pid, *descendants(run.pid)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        run.wait()
        story.printed.append(log.read_text(encoding="utf-8", errors="replace"))
    return reached


def descendants(pid: int) -> list[int]:
    """Return all that a process started: Ansible's workers are in sessions of their own."""
    found = []
    for thread in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in thread.read_text(encoding="ascii").split():
                found += [int(child), *descendants(int(child))]
    return found


def state_of(story: Story) -> dict[str, Any]:
    """Return what users and bills notice of an environment, without names and times that differ from run to run."""
    services = story.ask(f"https://run.googleapis.com/v2/{PLACE}/services")["services"]
    names = {service["name"].rsplit("/", 1)[-1]: service for service in services}
    return {
        "services": {name: _service(service) for name, service in names.items()},
        "revisions": {name: len(_revisions(story, name)) for name in names},
        "secrets": _secrets(story),
        "builds": _builds(story),
        "redis": _pruned(story.ask(f"https://redis.googleapis.com/v1/{PLACE}/instances").get("instances", [])),
        "connectors": _pruned(
            story.ask(f"https://vpcaccess.googleapis.com/v1/{PLACE}/connectors").get("connectors", [])
        ),
        "databases": [
            database["settings"]["tier"]
            for database in story.ask(f"https://sqladmin.googleapis.com/v1/projects/{PROJECT}/instances")["items"]
        ],
        "files": {
            path.name: path.read_text(encoding="utf-8")
            for path in story.sandbox.directory.glob("workspace/deployment/*.yaml")
        },
    }


def _service(service: dict[str, Any]) -> dict[str, Any]:
    template = {key: value for key, value in service["template"].items() if key != "revision"}
    latest = service["latestReadyRevision"].rsplit("/", 1)[-1]
    served = {
        (status.get("revision", latest) == latest, status.get("percent", 0), status.get("tag"))
        for status in service["trafficStatuses"]
    }
    state = service["terminalCondition"]["state"]
    return {"template": template, "served": sorted(served, key=str), "state": state}


def _revisions(story: Story, service: str) -> list[Any]:
    return list(story.ask(f"https://run.googleapis.com/v2/{PLACE}/services/{service}/revisions")["revisions"])


def _secrets(story: Story) -> dict[str, Any]:
    base = "https://secretmanager.googleapis.com/v1"
    found = {}
    for secret in story.ask(f"{base}/projects/{PROJECT}/secrets")["secrets"]:
        versions = story.ask(f"{base}/{secret['name']}/versions").get("versions", [])
        found[secret["name"].rsplit("/", 1)[-1]] = dict(Counter(version["state"] for version in versions))
    return found


def _builds(story: Story) -> dict[str, int]:
    builds = story.ask(f"https://cloudbuild.googleapis.com/v1/{PLACE}/builds").get("builds", [])
    return dict(Counter(",".join(build["images"]) for build in builds if build["status"] == "SUCCESS"))


def _pruned(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {key: value for key, value in each.items() if key not in {"createTime", "updateTime"}} for each in resources
    ]
