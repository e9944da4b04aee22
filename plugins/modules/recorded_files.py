#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: recorded_files
short_description: Bring files back to what they were before a run wrote them
version_added: 0.1.0
description:
  - What M(netra.remediation.config_file) and M(netra.remediation.ignore_file) write during a run is on record before
    they write it, line by line. This module takes it back.
  - A file is brought back only where it still is what the run left. One that was edited since is refused with the
    reason and not touched; the diff shows what the run had changed in it.
  - Lines with a payload of a secret are in no record, so the writing of such lines cannot be taken back.
  - The restoration is on record, too, where it belongs to a run.
extends_documentation_fragment:
  - netra.remediation.attributes
  - netra.remediation.record
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  run:
    description:
      - The run to take back, together with those that it took up.
      - If not set, the newest one that changed something and is no rollback.
    type: str
  fail_when_refused:
    description:
      - Whether the task fails where a file is not brought back. Otherwise see RV(files).
    type: bool
    default: true
author:
  - Netra maintainers (@netra-systems)
seealso:
  - module: netra.remediation.config_file
  - module: netra.remediation.rollback_plan
"""

EXAMPLES = r"""
- name: Take back what the newest run wrote to files
  netra.remediation.recorded_files:
    directory: /tmp/netra-records
    environment: staging

- name: See what would be left as it is
  netra.remediation.recorded_files:
    directory: /tmp/netra-records
    environment: staging
    fail_when_refused: false
  check_mode: true
  diff: true
"""

RETURN = r"""
runs:
  description: The runs whose writings are taken back, the oldest first. Empty where none changed anything.
  returned: success
  type: list
  elements: str
  sample: [20250923T101500Z-3fa29c]
files:
  description: What became of each file.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The file.
      type: str
      sample: /srv/netra/deployment/staging_config.yaml
    outcome:
      description: V(done), V(already), V(refused) or V(failed).
      type: str
      sample: done
    reason:
      description: Why.
      type: str
      sample: it is what run 20250923T101500Z-3fa29c left
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.recorded_files import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
