# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Go on with the next phase of a run, or stop: somebody ordered it, or the lock is not this run's any more."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation import watch
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.operations import run_lease
from ansible_collections.netra.remediation.plugins.module_utils.record import progress, runs
from ansible_collections.netra.remediation.plugins.module_utils.record.files import write_whole

OPTIONS: dict[str, dict[str, Any]] = {
    "directory": {"type": "path", "required": True},
    "environment": {"type": "str", "required": True},
    "run": {"type": "str", "required": True},
    "phase": {"type": "str", "required": True},
    "bucket": {"type": "str"},
    "valid_minutes": {"type": "int", "default": 15},
    "stop_file": {"type": "path"},
}


def run(options: Options, check_mode: bool) -> Result:
    """Stop, or renew the lease and write down that the phase begins; in check mode there is neither lease nor record.

    Within a phase it is a look whether to go on: the phase began already.
    """
    record = runs.run_at(options["directory"], options["environment"], options["run"])
    result: Result = {"changed": False, "phase": options["phase"], "done": [], "watch": None}
    if check_mode:
        return result
    lease = watch.Watch(
        os.path.join(record.folder, watch.FILE),
        record.run,
        record.environment,
        options.get("bucket") or "",
        options["valid_minutes"] * 60,
        options.get("stop_file") or "",
    )
    sign = lease.sign()
    if sign:
        raise sign.stopped(f"go on with {options['phase']}")
    if lease.bucket:
        run_lease.renew(Session(options), lease)
    write_whole(lease.path, lease.as_json())
    phases = progress.phases_of(record.ledger.read().entries)
    begins = [] if phases and phases[-1].name == options["phase"] else [(progress.BEGAN, {"phase": options["phase"]})]
    chain = record.ledger.append(runs.timestamp(datetime.now(UTC)), begins)
    return {
        **result,
        "watch": lease.path,
        "done": [phase.name for phase in progress.phases_of(chain.entries) if phase.is_done],
    }


OPERATION = Operation(name="run_phase", options=OPTIONS, run=run, keeps_lease=False)
