# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan that a check writes and another run applies: what would change, on which state, sealed by a hash.

Layer `record`: may import `foundation` only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation import changes
from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import Change
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput, UnsafeChange
from ansible_collections.netra.remediation.plugins.module_utils.record.files import write_whole
from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import canonical

SCHEMA = 1
# Where a plan counts; and what else its head says.
PLACE = ("project", "region", "playbook", "selection")
ABOUT = ("environment", *PLACE, "made", "by")
MOST_TOLD = 5
HASH = "sha256"
AGAIN = "Make a new plan with --check, look at it, and apply that."
# resource → field → value
State = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class PlanFile:
    """A plan as it was read: its hash, its changes in order, and the state that it was made on."""

    path: str
    sha256: str
    changes: tuple[Change, ...]
    baseline: State
    key: str
    about: Mapping[str, Any]


def sealed(about: Mapping[str, Any], found: Iterable[Change], baseline: State, key: str) -> dict[str, Any]:
    """Return a plan with its hash: SHA-256 over the canonical JSON of everything else in it."""
    body = {
        "schema": SCHEMA,
        **about,
        "key": key,
        "changes": [change.as_dict() for change in found],
        "baseline": {resource: dict(fields) for resource, fields in sorted(baseline.items())},
    }
    return {**body, HASH: hash_of(body)}


def hash_of(body: Mapping[str, Any]) -> str:
    """Return the hash of a plan's content without the hash itself."""
    return hashlib.sha256(canonical({name: value for name, value in body.items() if name != HASH})).hexdigest()


def write_plan(path: str, plan: Mapping[str, Any]) -> None:
    """Write a plan where only its owner may read it: with its key, fingerprints of secrets can be guessed at."""
    write_whole(path, json.dumps(plan, indent=1, sort_keys=True).encode() + b"\n", mode=0o600)


def read_plan(path: str) -> PlanFile:
    """Return the plan in a file; BadInput where there is none, UnsafeChange where it is not what its hash says."""
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
        about = {name: found[name] for name in ABOUT}
        said, baseline = tuple(map(changes.from_dict, found["changes"])), found["baseline"]
        key, sha256 = str(found["key"]), str(found[HASH])
    except OSError as error:
        raise BadInput(
            f"Could not read the plan {path}: {error.strerror}. A run with --check writes one.", option="plan"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"Could not read the plan {path}: it is none. A run with --check writes one.", option="plan"
        ) from error
    if found.get("schema") != SCHEMA or hash_of(found) != sha256:
        raise UnsafeChange(f"Could not trust the plan {path}: it was altered, its hash is another one. {AGAIN}")
    return PlanFile(path, sha256, said, baseline, key, about)


def refuse_other_place(plan: PlanFile, place: Mapping[str, str]) -> None:
    """Raise UnsafeChange where a plan was made for another environment, project, region or playbook."""
    for name, value in place.items():
        if plan.about[name] != value:
            raise UnsafeChange(
                f"Could not apply the plan {plan.path}: it is for {name} {plan.about[name]}, and this is {value}. "
                "Nothing was written."
            )


def moved(baseline: State, now: State, done: Container[str] = ()) -> list[str]:
    """Return, for people, what is not as it was when the plan was made; of resources in ``done`` nothing."""
    told = []
    for resource, fields in sorted(baseline.items()):
        found = now.get(resource, {})
        for name in sorted({*fields, *found}) if resource not in done else ():
            if fields.get(name) != found.get(name):
                was, is_now = (changes.shown(side.get(name), "absent") for side in (fields, found))
                told.append(f"{resource}: {name} was {was} and is {is_now}")
    return told


def refuse_moved(plan: PlanFile, now: State, done: Container[str] = ()) -> None:
    """Raise UnsafeChange where something that the plan would change is not as it was, naming the fields."""
    told = moved(plan.baseline, now, done)
    if told:
        rest = [f"and {len(told) - MOST_TOLD} more"] if len(told) > MOST_TOLD else []
        shown = "; ".join([*told[:MOST_TOLD], *rest])
        raise UnsafeChange(
            f"Could not apply the plan {plan.path}: the environment is not as it was. {shown}. Nothing was written. "
            f"{AGAIN}",
            moved=told,
        )
