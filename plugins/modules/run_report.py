#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: run_report
short_description: Render the report of a run
version_added: 0.1.0
description:
  - Reads the ledger of a run, verifies its chain and writes C(report.md) and C(report.json) beside it. Verdict,
    first cause, what to do next, findings, actions, gates and the timeline come from the ledger and from nothing else.
  - A report follows from a record and is not a part of the environment, so this module never reports a change.
extends_documentation_fragment:
  - netra.remediation.attributes
  - netra.remediation.record
attributes:
  check_mode:
    support: full
    details:
      - The report is returned and not written.
  diff_mode:
    support: N/A
    details:
      - This module changes nothing.
  idempotent:
    support: full
    details:
      - The same ledger gives the same report.
options:
  run:
    description:
      - The run. If not set, the newest of the environment.
    type: str
author:
  - Netra maintainers (@netra-systems)
seealso:
  - module: netra.remediation.run_record
"""

EXAMPLES = r"""
- name: Start and end the record of a run
  netra.remediation.run_record:
    directory: /tmp/netra-records
    environment: staging
    finished: true

- name: Render the report of the newest run
  netra.remediation.run_report:
    directory: /tmp/netra-records
    environment: staging
  register: rendered
"""

RETURN = r"""
report:
  description: The report; null when the run wrote no record.
  returned: success
  type: dict
  contains:
    verdict:
      description: V(passed), V(unproven) where no gate was judged, V(failed), V(rolled_back),
        V(partly_rolled_back), V(stopped) on request, V(killed) for a run that died, or V(open) for one that has no end
        on record.
      type: str
      sample: passed
    first_cause:
      description: Task and message of what failed first; null when nothing did.
      type: dict
      sample: {task: Prove the new revision, message: "netra-backend-staging answered 503"}
    next:
      description: What a person should do now, in order.
      type: list
      elements: str
      sample: [Nothing.]
markdown:
  description: Where the report for people is; null when the run wrote no record.
  returned: success
  type: str
  sample: /tmp/netra-records/staging/20250923T101500Z-3fa29c/report.md
json:
  description: Where the report for programs is; null when the run wrote no record.
  returned: success
  type: str
  sample: /tmp/netra-records/staging/20250923T101500Z-3fa29c/report.json
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.run_report import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
