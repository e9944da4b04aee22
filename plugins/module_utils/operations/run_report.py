# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Render the report of a run from its ledger."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.record import report, report_markdown, runs
from ansible_collections.netra.remediation.plugins.module_utils.record.files import write_whole

OPTIONS: dict[str, dict[str, Any]] = {
    "directory": {"type": "path", "required": True},
    "environment": {"type": "str", "required": True},
    "run": {"type": "str"},
}


def run(options: Options, check_mode: bool) -> Result:
    """Write report.md and report.json beside the ledger; in check mode only return the report."""
    record = _record(options)
    chain = record.ledger.read() if record else None
    if record is None or chain is None or not chain.entries:
        return {"changed": False, "report": None, "markdown": None, "json": None}
    rendered = report.report_of(record.environment, record.run, chain)
    paths = {name: os.path.join(record.folder, f"report.{name}") for name in ("md", "json")}
    if not check_mode:
        write_whole(paths["json"], json.dumps(rendered, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n")
        write_whole(paths["md"], report_markdown.as_markdown(rendered).encode())
    return {"changed": False, "report": rendered, "markdown": paths["md"], "json": paths["json"]}


def _record(options: Options) -> runs.Run | None:
    """Return the run asked for, else the newest; None where there is none."""
    if options.get("run"):
        return runs.run_at(options["directory"], options["environment"], options["run"])
    if "run" in options:
        raise BadInput("run is null; leave it out for the newest run.", option="run")
    return next(iter(runs.recorded_runs(options["directory"], options["environment"])), None)


OPERATION = Operation(name="run_report", options=OPTIONS, run=run, authenticated=False)
