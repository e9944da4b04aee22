# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the record of a run begins with: who runs, what it leaves out, which run it takes up, which ones had died."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import RemediationError
from ansible_collections.netra.remediation.plugins.module_utils.foundation.processes import running_playbook
from ansible_collections.netra.remediation.plugins.module_utils.operation import Options
from ansible_collections.netra.remediation.plugins.module_utils.operations import run_closing
from ansible_collections.netra.remediation.plugins.module_utils.record import resumption, runs
from ansible_collections.netra.remediation.plugins.module_utils.record.entries import Body
from ansible_collections.netra.remediation.plugins.module_utils.record.recordable import recordable

# As O(resume): the newest run where it died, none where it did not.
DEAD = "dead"


@dataclass(frozen=True)
class Opening:
    """The first entries of a ledger; what is taken up, in words; the runs that died and whose records were closed."""

    started: Body
    said: tuple[Body, ...]
    resumed: str | None
    closed: list[str]


def opening_of(options: Options, run_id: str, *, check_mode: bool) -> Opening:
    """Return what a run begins with; BadInput where it is to take up what cannot be taken up.

    The records of runs that died are closed, but not in check mode.
    """
    place, is_locked = (options["directory"], options["environment"]), bool(options.get("start"))
    asked = _taken(options, options["resume"]) if options.get("resume") not in (None, DEAD) else None
    closed = [] if check_mode else [dead.run for dead in run_closing.close_dead(*place, run_id, is_locked=is_locked)]
    resumed = asked or (_dead(options, closed) if options.get("resume") == DEAD else None)
    facts = options.get("facts") or {}
    started = {
        "environment": options["environment"],
        **recordable({name: value for name, value in facts.items() if name != "left_out"}),
        "process": running_playbook(),
        "locked": is_locked,
        **({"resumes": resumed.run, "baseline": resumed.baseline} if resumed else {}),
    }
    said = (*_taken_up(resumed), *_omitted(facts.get("left_out") or {}))
    return Opening(("started", started), said, resumption.told(resumed) if resumed else None, closed)


def _dead(options: Options, closed: list[str]) -> resumption.Resumption | None:
    """Return the newest run where it just died. Where it cannot be taken up, nobody had asked for that.

    Only a run that holds the lock may take back what another one moved.
    """
    newest = next(iter(runs.recorded_runs(options["directory"], options["environment"])), None)
    if newest is None or newest.run not in closed or not options.get("start"):
        return None
    try:
        return _taken(options, newest.run)
    except RemediationError:
        return None


def _taken(options: Options, run_id: str) -> resumption.Resumption:
    observation = (options.get("snapshot") or {}).get("observation") or {}
    playbook = (options.get("facts") or {}).get("playbook")
    return resumption.resumption_of(options["directory"], options["environment"], run_id, playbook, observation)


def _taken_up(resumed: resumption.Resumption | None) -> Iterator[Body]:
    """Write down what is taken up; the traffic that was moved since then is this run's to take back."""
    if resumed:
        yield "resumed", recordable(resumed.as_dict())
        for moved in resumed.moved:
            yield "traffic_moved", recordable(moved)


def _omitted(omissions: dict[str, Any]) -> Iterator[Body]:
    """Write down which phases a person left out, one by one."""
    for phase, omission in omissions.items():
        yield "left_out", recordable({"phase": phase, **omission})
