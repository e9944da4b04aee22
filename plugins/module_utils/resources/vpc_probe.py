# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Know the job that probes stores from inside a service's network: what it runs, and what its lines say. Pure."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.reconcile import Plan, plan
from ansible_collections.netra.remediation.plugins.module_utils.resources import task_job, vpc_probe_program

PURPOSE = "vpc-probe"
PREFIX = vpc_probe_program.PREFIX
KINDS = tuple(vpc_probe_program.KINDS)
PARTS = ("url", "host", "port", "user", "password", "database", "sslmode", "tls")
# A payload given here would stand in the job for everybody who may read it.
SECRET_PARTS = ("url", "password")
STORES = {"postgres": "PostgreSQL", "redis": "Redis", "tcp": "the server"}
MEANINGS = {
    "refused": "nothing listens there: check that the instance runs, its address and its port",
    "unreachable": "there is no way to it: check the connector's network, and that the instance is in it",
    "name": "the host's name does not resolve in the network of the service",
    "auth": "check the version of the secret that the service has, user and database, and whether it was rotated there",
    "tls": "check whether the server speaks TLS, and sslmode",
    "protocol": "check that this port belongs to the store, and whether it wants TLS",
    "full": "all connections are taken: look for a leak, and at max_connections",
    "starting": "the server is starting: try again",
    "missing": "correct the service's environment or its secrets, or what is asked for",
}
_SILENT = {
    "connect": "nothing answers: check the connector's network and range, the firewall's rules, then the address",
    "tls": "the server accepts connections and does not answer TLS: check whether it encrypts in transit",
}
_BUSY = "connected, and nothing answers: check the service's connector first, then whether it wants TLS, and its load"


def job_name(service: str) -> str:
    """Return the name of a service's job."""
    return task_job.job_name(service, "vpc-probe")


def wanted_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of the job that probes ``targets`` with what the service has, and nothing that it has not."""
    asked = json.dumps([_asked(target) for target in options["targets"]], sort_keys=True)
    command = [options.get("python") or "python", "-c", inspect.getsource(vpc_probe_program)]
    service = {**dict.fromkeys(task_job.OF_SERVICE), **task_job.of_service(options)}
    return {**service, "command": command, "args": [asked]}


def decide(wanted: Mapping[str, Any] | None, job: Mapping[str, Any] | None, name: str) -> Plan:
    """Plan the job; executing it changes nothing."""
    what = f"job {name}"
    task_job.refuse_foreign(job, PURPOSE, what)
    return plan(task_job.FIELDS, wanted, None if job is None else task_job.task_options(job), what)


def refuse_unclear(targets: Sequence[Mapping[str, Any]], known: Iterable[str] | None = None) -> None:
    """Raise BadInput for a target that nobody could find; ``known`` are the variables that the job will have."""
    for index, target in enumerate(targets):
        variables, place = target.get("variables") or {}, f"targets[{index}], {target['name']},"
        if target["name"] in [other["name"] for other in targets[:index]]:  # what is found is told by name
            raise BadInput(f"{place} has a name that another target has, too.", option="targets")
        if not {"url", "host"} & {*variables, *(target.get("values") or {})}:
            raise BadInput(f"{place} says nowhere where it is: give the variable of its url or host.", option="targets")
        wrong = sorted({*variables, *(target.get("values") or {})} - {*PARTS})
        if wrong:
            raise BadInput(f"{place} has no part {wrong[0]}; there are {', '.join(PARTS)}.", option="targets")
        told = sorted({*SECRET_PARTS} & {*(target.get("values") or {})})
        if told:
            raise BadInput(f"{place} gives its {told[0]}, which all would see: name its variable.", option="targets")
        absent = sorted({*variables.values()} - {*(known if known is not None else variables.values())})
        if absent:
            raise BadInput(f"{place} names {absent[0]}, which is no variable of the service.", option="targets")


def found_in(lines: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return what an execution's lines say, by the target's name."""
    said = [json.loads(line.removeprefix(PREFIX)) for line in lines if line.startswith(PREFIX)]
    return {str(entry["name"]): entry for entry in said}


def reason_of(target: Mapping[str, Any], sample: Mapping[str, Any]) -> str:
    """Return the sentence about a sample that failed: what, in which step, what the server said, what it means."""
    failure, step = str(sample["failure"]), str(sample.get("step") or "")
    said = f": «{sample['said']}»" if sample.get("said") else ""
    store = STORES[str(target["kind"])]
    if failure == "timeout":
        return f"{store} did not answer in the step {step} within {target['timeout']:g} s; {_SILENT.get(step, _BUSY)}"
    return f"{store} could not be used, in the step {step} ({failure}){said}; {MEANINGS[failure]}"


def _asked(target: Mapping[str, Any]) -> dict[str, Any]:
    given = {part: str(value) for part, value in (target.get("values") or {}).items()}
    counted = {name: target[name] for name in ("timeout", "samples", "attempts", "interval")}
    named = {"name": target["name"], "kind": target["kind"], "variables": dict(target.get("variables") or {})}
    return {**named, "values": given, **counted}
