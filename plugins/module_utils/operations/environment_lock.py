# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let one run at a time work on an environment: an object in Cloud Storage that all runners share."""

from __future__ import annotations

import getpass
import json
import os
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation import watch
from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline, poll
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import (
    BadInput,
    Conflict,
    DeadlineExceeded,
    NotFound,
    UnsafeChange,
)
from ansible_collections.netra.remediation.plugins.module_utils.foundation.processes import (
    is_surely_gone,
    running_playbook,
)
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.record import run_lock, runs
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_storage

OPTIONS: dict[str, dict[str, Any]] = {
    "environment": {"type": "str", "required": True},
    "bucket": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "run": {"type": "str"},
    "playbook": {"type": "str", "default": "by hand"},
    "valid_minutes": {"type": "int", "default": 15},
    "wait_timeout": {"type": "int", "default": 0},
    "take_over": {"type": "str"},
}
# To take a lock, renew it and give it back; to write over an object is to delete the one before.
PERMISSIONS = ("storage.objects.create", "storage.objects.delete", "storage.objects.get")
RULES = {"required_if": [("state", "absent", ("run",))]}
# What AWX and the Automation Platform set for each job, newest name first.
JOB_VARIABLES = ("AWX_JOB_ID", "TOWER_JOB_ID", "JOB_ID")


def run(options: Options, check_mode: bool) -> Result:
    """Take the lock, or give it back; a lock is no change of the environment."""
    session = Session(options)
    name = object_name(options["environment"])
    if options["state"] == "absent":
        return _give_back(session, options, name, check_mode)
    _refuse_who_may_not(session, options["bucket"])
    mine = _mine(options)
    deadline = Deadline(options["wait_timeout"])
    for attempt in poll(deadline, 0.5, maximum=10.0):
        found = cloud_storage.read_object(session, options["bucket"], name)
        standing = _judged(options, mine["run"], found)
        if check_mode:
            return _told(mine, standing, found, waited=False)
        if standing.state != run_lock.HELD and _taken(session, options["bucket"], mine, found):
            return _told(mine, standing, found, waited=attempt > 1)
    raise _refusal(options, cloud_storage.read_object(session, options["bucket"], name))


def _refuse_who_may_not(session: Session, bucket: str) -> None:
    """Refuse to take a lock that this caller could not renew or give back, which both take deleting it."""
    missing = sorted(set(PERMISSIONS) - cloud_storage.permissions_in(session, bucket, PERMISSIONS))
    if missing:
        raise BadInput(
            f"Could not lock in the bucket {bucket}: the caller lacks {', '.join(missing)} in it. Nothing was written. "
            "Grant roles/storage.objectUser on the bucket, or name another in remediation_lock_bucket; empty, runs are "
            "not kept apart.",
            option="bucket",
        )


def object_name(environment: str) -> str:
    """Return the lock's name in the bucket; BadInput where the environment's name cannot be part of one."""
    if not runs.ENVIRONMENT_PATTERN.fullmatch(environment):
        raise BadInput(f"{environment!r} cannot name a lock: use letters, digits, dots, dashes.", option="environment")
    return f"netra-remediation/locks/{environment}.json"


def _mine(options: Options) -> dict[str, Any]:
    return {
        "run": options.get("run") or runs.new_run_id(datetime.now(UTC)),
        "environment": options["environment"],
        "playbook": options["playbook"],
        "user": getpass.getuser(),
        "host": socket.gethostname(),
        "job": next((os.environ[name] for name in JOB_VARIABLES if os.environ.get(name)), None),
        "since": runs.timestamp(datetime.now(UTC)),
        "process": running_playbook(),
        "valid_seconds": options["valid_minutes"] * 60,
    }


def _judged(options: Options, run_id: str, found: cloud_storage.StoredObject | None) -> run_lock.Standing:
    lock = parsed(found) if found else None
    return run_lock.standing(
        lock,
        run=run_id,
        age_seconds=found.age_seconds if found else 0.0,
        is_gone=_is_gone(lock or {}),
        take_over=options.get("take_over"),
    )


def _is_gone(lock: Mapping[str, Any]) -> bool:
    """Say whether the run surely ended: its process on this machine, and what it had started, which may outlive it."""
    process = lock.get("process")
    return process is not None and is_surely_gone(process) and not watch.is_at_work(lock.get("watch") or "")


def parsed(found: cloud_storage.StoredObject) -> dict[str, Any]:
    """Return the lock that an object holds; UnsafeChange where it is none."""
    try:
        return run_lock.lock_in(found.content)
    except ValueError as error:
        raise UnsafeChange(
            f"Could not read the lock {found.name}: it is no lock of this collection ({error}). "
            "Look at it, and remove it where nobody works on the environment."
        ) from error


def _taken(session: Session, bucket: str, mine: Mapping[str, Any], found: cloud_storage.StoredObject | None) -> bool:
    """Write the lock over exactly what was judged; False where somebody was faster."""
    name, generation = object_name(mine["environment"]), found.generation if found else "0"
    try:
        cloud_storage.replace_object(session, bucket, name, json.dumps(mine).encode(), generation)
    except Conflict:
        return False
    except NotFound as error:
        raise BadInput(
            f"Could not lock {mine['environment']}: there is no bucket {bucket}. Name one that all runners share in "
            "remediation_lock_bucket; empty, runs are not kept apart.",
            option="bucket",
        ) from error
    return True


def _give_back(session: Session, options: Options, name: str, check_mode: bool) -> Result:
    found = cloud_storage.read_object(session, options["bucket"], name)
    mine = found is not None and parsed(found)["run"] == options["run"]
    if found and mine and not check_mode:
        cloud_storage.delete_object(session, options["bucket"], name, found.generation)
    return {"changed": False, "run": options["run"], "held_by": None, "taken_over": None, "waited": False}


def _told(
    mine: Mapping[str, Any],
    standing: run_lock.Standing,
    found: cloud_storage.StoredObject | None,
    *,
    waited: bool,
) -> Result:
    holder = run_lock.holder_of(parsed(found), found.age_seconds) if found else None
    taken_over = f"{holder}: {standing.reason}" if standing.state == run_lock.ENDED else None
    held_by = holder if standing.state == run_lock.HELD else None
    return {"changed": False, "run": mine["run"], "held_by": held_by, "taken_over": taken_over, "waited": waited}


def _refusal(options: Options, found: cloud_storage.StoredObject | None) -> DeadlineExceeded:
    lock, age = (parsed(found), found.age_seconds) if found else ({"run": "another run"}, 0.0)
    holder = run_lock.holder_of(lock, age) if found else "another run that was faster"
    return DeadlineExceeded(
        f"Could not lock {options['environment']}: {holder} works on it. Nothing was written. Wait for it "
        f"(remediation_lock_wait in seconds), or, where it surely ended, set remediation_take_over_lock={lock['run']}.",
        last_seen=lock,
    )


OPERATION = Operation(name="environment_lock", options=OPTIONS, run=run, rules=RULES, keeps_lease=False)
