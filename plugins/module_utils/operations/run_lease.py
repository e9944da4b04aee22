# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renew the lock of a run while the run works, so that the lock of a run that died is soon nobody's."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator

from ansible_collections.netra.remediation.plugins.module_utils.foundation import watch
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import (
    Conflict,
    RemediationError,
    Stopped,
)
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operation import Options
from ansible_collections.netra.remediation.plugins.module_utils.operations import environment_lock
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_storage

ATTEMPTS = 3
AFTER_A_FAILURE_SECONDS = 20.0


def renew(session: Session, lease: watch.Watch) -> None:
    """Write the lock again, which makes it new by the server's clock; Stopped where another run has it, or nobody."""
    name = environment_lock.object_name(lease.environment)
    for _attempt in range(ATTEMPTS):
        found = cloud_storage.read_object(session, lease.bucket, name)
        lock = environment_lock.parsed(found) if found else None
        if found is None or lock is None or lock["run"] != lease.run:
            raise _lost(lease, lock["run"] if lock else None)
        content = json.dumps({**lock, "valid_seconds": lease.valid_seconds, "watch": lease.path}).encode()
        try:
            cloud_storage.replace_object(session, lease.bucket, name, content, found.generation)
        except Conflict:
            continue  # this run's own worker was faster, or somebody took the lock over: look again
        return
    raise Conflict(f"Could not renew the lock of {lease.environment}: somebody writes it all the time. Look who it is.")


@contextlib.contextmanager
def kept(options: Options) -> Iterator[None]:
    """Renew the lease of the run that the operation belongs to, for as long as the operation takes."""
    lease = watch.current()
    if lease is None or not lease.bucket:
        yield
        return
    if lease.has_expired():  # such as after the machine slept: whoever took the lock over works now
        renew(Session(options), lease)
        lease.renewed()
    ended = threading.Event()
    threading.Thread(target=_keep, args=(options, lease, ended), daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def _keep(options: Options, lease: watch.Watch, ended: threading.Event) -> None:
    """Renew when it is time. What fails here is tried again; the next phase finds out whether the lock was lost."""
    pause = lease.seconds_to_renewal()
    while not ended.wait(pause):
        try:
            renew(Session(options), lease)
            lease.renewed()
            pause = lease.seconds_to_renewal()
        except (RemediationError, OSError):
            pause = AFTER_A_FAILURE_SECONDS


def _lost(lease: watch.Watch, holder: str | None) -> Stopped:
    who = f"run {holder} took it over" if holder else "somebody removed it"
    return Stopped(
        f"Could not go on with run {lease.run}: it lost the lock of {lease.environment}, {who}. "
        "It writes nothing more. Look at what the other run did, then run again.",
        reason=f"the lock was lost: {who}",
    )
