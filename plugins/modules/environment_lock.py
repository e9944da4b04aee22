#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: environment_lock
short_description: Let one run at a time work on an environment
version_added: 0.1.0
description:
  - Takes the lock of an environment, or gives it back. The lock is an object in a Cloud Storage bucket that all
    runners share. It is written on the condition that nobody else wrote it, so of several runs exactly one gets it.
  - A lock that is held is never removed by guess. It is taken over where the process that holds it ran on this machine
    and has ended, where nobody renewed it in time (by the clock of the server), and where O(take_over) names its run.
  - M(netra.remediation.run_phase) renews it while a run works.
  - A lock is no part of the environment, so this module never reports a change.
extends_documentation_fragment:
  - netra.remediation.gcp
  - netra.remediation.attributes
  - netra.remediation.attributes.actiongroup_gcp
attributes:
  check_mode:
    support: full
    details:
      - The lock is read and not taken; one that is held is told in RV(held_by) and does not fail the task.
  diff_mode:
    support: N/A
    details:
      - This module changes nothing.
  idempotent:
    support: full
options:
  environment:
    description:
      - Whose lock it is; by convention the inventory host's name.
    type: str
    required: true
  bucket:
    description:
      - The bucket, which must exist. The caller needs storage.objects.get, storage.objects.create and
        storage.objects.delete in it.
    type: str
    required: true
  state:
    description:
      - Whether to hold the lock. Only the run that holds it gives it back.
    type: str
    choices: [present, absent]
    default: present
  run:
    description:
      - The run's id, needed to give the lock back. If not set, a new one is made.
    type: str
  playbook:
    description:
      - What runs, for the person who finds the lock.
    type: str
    default: by hand
  valid_minutes:
    description:
      - How long the lock holds without being renewed.
    type: int
    default: 15
  wait_timeout:
    description:
      - Seconds to wait for a lock that another run holds.
    type: int
    default: 0
  take_over:
    description:
      - The run whose lock may be taken because a person knows that it ended. If not set, only the rules decide.
    type: str
author:
  - Netra maintainers (@netra-systems)
"""

EXAMPLES = r"""
- name: Keep other runs out
  netra.remediation.environment_lock:
    environment: example
    bucket: "{{ remediation_project }}_cloudbuild"
    wait_timeout: 30
  register: lock

- name: Let other runs in again
  netra.remediation.environment_lock:
    environment: example
    bucket: "{{ remediation_project }}_cloudbuild"
    run: "{{ lock.run }}"
    state: absent
"""

RETURN = r"""
run:
  description: The run that the lock is for.
  returned: success
  type: str
  sample: 20250923T101500Z-3fa29c
waited:
  description: Whether another run held the lock first; what was read before may have changed since.
  returned: success
  type: bool
  sample: false
held_by:
  description: In check mode, who holds the lock; otherwise null.
  returned: success
  type: str
  sample: run 20250923T101500Z-3fa29c of ada on runner-1 (netra.remediation.remediate), last heard of 12 s ago
taken_over:
  description: Whose lock was taken over and by which rule, or null.
  returned: success
  type: str
  sample: "run 20250923T101500Z-3fa29c of ada on runner-1 (by hand), last heard of 3 min ago: its process has ended"
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.environment_lock import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
