# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each fault at each API method that the collection's modules call: it succeeds, or says clearly why not.

A module is asked for a change; the first call of one method is struck. If the module says success, asking again
changes nothing. If it says failure, the message is a sentence, and asking again without the fault brings the change
about. `make test-faults` runs all of it and prints the shares; NETRA_FAULTS=429,reset and NETRA_FAULT_MODULES=… choose.
"""

from __future__ import annotations

import collections
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import yaml
from module_runs import Google
from playbook_story import BACKEND, INVENTORY, PROJECT, RECORDED

pytestmark = pytest.mark.matrix
# Name → what the sandbox does to the call, and whether that only makes sense for calls that write.
FAULTS: dict[str, dict[str, Any]] = {
    "429": {"kind": "error", "status": "RESOURCE_EXHAUSTED"},
    "500": {"kind": "error", "status": "INTERNAL"},
    "503": {"kind": "error", "status": "UNAVAILABLE"},
    "504": {"kind": "error", "status": "DEADLINE_EXCEEDED"},
    "401": {"kind": "error", "status": "UNAUTHENTICATED"},
    "reset": {"kind": "drop"},
    "reset after it was done": {"kind": "drop", "handled": True},
    "half an answer": {"kind": "half-answer"},
    "slow": {"kind": "delay", "seconds": 1.5},
    "stale etag": {"kind": "error", "status": "ABORTED"},
    "failed operation": {"kind": "operation-error"},
}
OF_WRITES = ("stale etag", "failed operation")
# What must be got over wherever it strikes.
TRANSIENT = ("429", "slow", "401")
TRANSIENT_FOR_READS = (*TRANSIENT, "500", "503", "504", "reset", "reset after it was done", "half an answer")
READS = re.compile(r"\.(get\w*|list|access|query|search|testIamPermissions)$")
VALUE = "netra-fault-matrix-value-"
LONGEST_TEXT = 1500
SUCCEEDED, CLEAR, BAD = "succeeded", "failed clearly", "failed badly"


@dataclass(frozen=True)
class Call:
    """A module and options that ask for a change, another one for each number; or for none where it only reads."""

    module: str
    options: dict[str, Any]
    changes: str = ""  # the option whose value is another each time

    def asked(self, number: int) -> dict[str, Any]:
        """Return the options that ask for the change of a number."""
        values = {
            "labels": {"turn": str(number)},
            "payload": f"{VALUE}{number:06}",
            "env": {"TURN": str(number)},
            "memory_size_gb": 1 + number % 7,
            "max_instances": 3 + number % 7,
            "hold": {"reason": f"turn {number}"},
            "modules": ["json" if number % 2 else "re", f"encodings.{'ascii' if number // 2 % 2 else 'utf_8'}"],
        }
        return {**self.options, **({self.changes: values[self.changes]} if self.changes else {})}


def contract(sandbox: Any) -> dict[str, Any]:
    variables = yaml.safe_load((INVENTORY / "group_vars/all/contract.yml").read_text(encoding="utf-8"))
    named = {name.removeprefix("remediation_"): value for name, value in variables.items()}
    return {**named, "source_directory": str(sandbox.directory / "workspace")}


def calls(google: Google) -> list[Call]:
    """Return the calls, which together use what a run does."""
    seen, _writes = google.run("cloud_run_service_info", name=BACKEND)
    image = seen["services"][0]["template"]["image"]
    records = str(google.sandbox.directory / "records")
    good = {BACKEND: RECORDED}
    return [
        Call("environment_info", {"contract": contract(google.sandbox)}),
        Call("cloud_run_service_info", {"name": BACKEND, "revisions": True}),
        Call("rollback_plan", {"directory": records, "environment": "faults", "declared_good": good}),
        Call("secret_manager_secret_info", {"names": ["secret-key-staging"]}),
        Call("secret_manager_secret", {"name": "fault-secret"}, "payload"),
        Call("secret_manager_secret", {"name": "fault-secret"}, "labels"),
        Call("redis_instance", {"name": "fault-cache", "tier": "BASIC", "network": "staging-vpc"}, "memory_size_gb"),
        Call(
            "vpc_access_connector",
            {"name": "fault-link", "network": "staging-vpc", "ip_cidr_range": "10.9.0.0/28"},
            "max_instances",
        ),
        Call("sql_instance", {"name": "staging-postgres", "tier": "db-g1-small"}, "labels"),
        Call("cloud_run_service", {"name": "netra-frontend-staging"}, "env"),
        Call("cloud_run_traffic", {"name": BACKEND}, "hold"),
        Call("cloud_run_image_proof", {"name": "fault-proof", "image": image}, "modules"),
    ]


class Matrix:
    """Strike calls, and remember how each ended."""

    def __init__(self, google: Google) -> None:
        self.google = google
        self.number = 0
        self.ends: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
        self.bad: list[str] = []

    def fresh(self, call: Call) -> dict[str, Any]:
        """Return options that ask for a change which nobody asked for yet."""
        self.number += 1
        return call.asked(self.number)

    def methods(self, call: Call) -> list[str]:
        """Return the methods that an unhurt run of the call uses, in order."""
        options = self.fresh(call)
        mark = self.google.sandbox.mark()
        done, _writes = self.google.run(call.module, **options)
        assert not done.get("failed"), done
        found = dict.fromkeys(request["method"] for request in self.google.sandbox.requests(mark))
        return [method for method in found if method]  # what is no API has none, such as the tokens

    def strike(self, call: Call, method: str, fault: str) -> None:
        """Run the call with a fault at the first use of a method, and judge how it ended."""
        options, point = self.fresh(call), f"{call.module}, {fault} at {method}"
        before = self.made(call)
        self.google.sandbox.call("faults", {**FAULTS[fault], "method": method, "nth": 1})
        try:
            done, _writes = self.google.run(call.module, **options)
        except BaseException as error:  # noqa: BLE001  whatever leaves a module is a failure of its own
            done = {"failed": True, "msg": f"{type(error).__name__} left the module: {error}", "escaped": True}
        finally:
            requests.delete(f"{self.google.sandbox.proxy}/_sandbox/faults", timeout=30).raise_for_status()
        end, why = self.judged(call, options, method, fault, done)
        if before is not None and self.made(call) != before + 1:
            end, why = BAD, f"{before} versions became {self.made(call)}"
        self.ends[fault][end] += 1
        if end == BAD:
            self.bad.append(f"{point}: {why}")

    def made(self, call: Call) -> int | None:
        """Return how many versions or revisions there are of what the call changes; None where none are made."""
        place = f"projects/{PROJECT}/locations/us-central1/services/{call.options.get('name')}/revisions"
        found = {
            "payload": ("secretmanager.googleapis.com/v1", f"projects/{PROJECT}/secrets/fault-secret/versions"),
            "env": ("run.googleapis.com/v2", place),
        }.get(call.changes)
        if found is None:
            return None
        headers = {"Authorization": f"Bearer {self.google.sandbox.token}"}
        answer = requests.get(f"https://{found[0]}/{found[1]}?pageSize=1000", headers=headers, timeout=30)
        return len(answer.json().get(found[1].rpartition("/")[2]) or ())

    def judged(
        self, call: Call, options: dict[str, Any], method: str, fault: str, done: dict[str, Any]
    ) -> tuple[str, str]:
        """Return how a struck call ended and, where that is bad, why."""
        if not done.get("failed"):
            again, writes = self.google.run(call.module, **options)
            settled = not again.get("failed") and not again.get("changed") and not writes
            return (SUCCEEDED, "") if settled else (BAD, f"it said success, and asked again it says {again}")
        transient = TRANSIENT_FOR_READS if READS.search(method) else TRANSIENT
        wrong = complaint(done, str(options.get("name", "")), gets_over=fault in transient)
        if wrong:
            return BAD, f"{wrong}: {str(done.get('msg'))[:300]}"
        again, _writes = self.google.run(call.module, **options)
        if again.get("failed"):
            return BAD, f"asked again without the fault: {str(again.get('msg'))[:300]}"
        return CLEAR, ""

    def told(self) -> str:
        """Return the shares by fault."""
        lines = []
        for fault, ends in self.ends.items():
            total = sum(ends.values())
            shares = ", ".join(f"{end} {100 * ends[end] / total:.0f} %" for end in (SUCCEEDED, CLEAR, BAD))
            lines.append(f"{fault}: {total} calls, {shares}")
        return "\n".join(lines)


def complaint(done: dict[str, Any], name: str, *, gets_over: bool) -> str:
    """Return what is wrong with how a module failed; empty where that was right and well said."""
    said = str(done.get("msg"))
    if done.get("escaped") or "Traceback" in said or not done.get("failure") or len(said) > LONGEST_TEXT:
        return "no clear sentence"
    if VALUE in said:
        return "it told the payload"
    if not said.startswith("Could not ") or name not in said:
        return "it does not say what was attempted, and on what"
    return "not got over" if gets_over else ""


@pytest.fixture
def matrix(google: Google) -> Iterator[Matrix]:
    google.sandbox.reset("healthy")
    yield Matrix(google)
    google.sandbox.reset("healthy")


def chosen(variable: str, all_of: list[str]) -> list[str]:
    asked = os.environ.get(variable)
    return [name for name in all_of if not asked or name in asked.split(",")]


def test_each_fault_at_each_method_is_got_over_or_told(matrix: Matrix, capsys: pytest.CaptureFixture[str]) -> None:
    struck = set()
    wanted = calls(matrix.google)
    modules = chosen("NETRA_FAULT_MODULES", [call.module for call in wanted])
    for call in wanted:
        if call.module not in modules:
            continue
        for method in matrix.methods(call):
            reads = bool(READS.search(method))
            faults = [fault for fault in chosen("NETRA_FAULTS", list(FAULTS)) if not (reads and fault in OF_WRITES)]
            for fault in faults:
                if (method, fault) not in struck:
                    struck.add((method, fault))
                    matrix.strike(call, method, fault)
            with capsys.disabled():
                sys.stdout.write(f"\n{call.module}: {method}, {len(faults)} faults, {len(matrix.bad)} bad so far")
    with capsys.disabled():
        methods = len({method for method, _fault in struck})
        sys.stdout.write(
            f"\n{len(struck)} faults at {methods} methods\n{matrix.told()}\n" + "\n".join(matrix.bad) + "\n"
        )
    assert matrix.bad == []
