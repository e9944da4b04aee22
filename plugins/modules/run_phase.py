#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: run_phase
short_description: Go on with the next phase of a run, or stop
version_added: 0.1.0
description:
  - Stands at the border of two phases, or within one. It stops the run where somebody ordered that, where a budget is
    spent or where the lock of the environment is not this run's any more, renews the lock, and writes down that the
    phase begins.
  - While the phase works, the modules of this collection that sign in to Google go on renewing the lock, provided that
    their tasks have the environment variable E(NETRA_REMEDIATION_WATCH) with RV(watch).
  - The lock and the record are no part of the environment, so this module never reports a change.
extends_documentation_fragment:
  - netra.remediation.gcp
  - netra.remediation.attributes
  - netra.remediation.attributes.actiongroup_gcp
  - netra.remediation.record
attributes:
  check_mode:
    support: full
    details:
      - There is neither a lock nor a record in check mode, so nothing is renewed and nothing is written.
  diff_mode:
    support: N/A
    details:
      - This module changes nothing.
  idempotent:
    support: full
    details:
      - A phase that begins twice is written down twice. The environment does not change.
options:
  run:
    description:
      - The run's id, as RV(netra.remediation.run_record#module:run.id).
    type: str
    required: true
  phase:
    description:
      - The phase that begins.
    type: str
    required: true
  bucket:
    description:
      - The bucket in which M(netra.remediation.environment_lock) keeps the lock. If not set, the run has none.
    type: str
  valid_minutes:
    description:
      - How long the lock holds without being renewed. It is renewed when a third of that has passed.
    type: int
    default: 15
  stop_file:
    description:
      - A file that stops the run where it is there. Its first word may be V(stop) or V(roll_back), which says what
        becomes of the traffic that the run moved; V(stop) leaves it. The rest is the reason. If not set, there is none.
      - Builds, applies and new instances that are under way stop waiting within seconds; a move of traffic is finished.
    type: path
  budgets:
    description:
      - How long phases may take, by name, and the run, as V(total). Each has C(seconds) and C(overrun), which is by
        default V(warn). Three quarters of it warn. All of it warn, stop the run, or stop it and take back the traffic
        that it moved (V(roll_back)), also within a wait. Of several that are spent, the strictest decides.
    type: dict
    default: {}
author:
  - Netra maintainers (@netra-systems)
seealso:
  - module: netra.remediation.environment_lock
  - module: netra.remediation.run_record
"""

EXAMPLES = r"""
- name: Keep other runs out
  netra.remediation.environment_lock:
    environment: phased
    bucket: "{{ remediation_project }}_cloudbuild"
  register: lock

- name: Start the record of a run
  netra.remediation.run_record:
    directory: /tmp/netra-records
    environment: phased
    start: "{{ lock.run }}"
  register: started

- name: Begin a phase
  netra.remediation.run_phase:
    directory: /tmp/netra-records
    environment: phased
    run: "{{ started.run.id }}"
    phase: build
    bucket: "{{ remediation_project }}_cloudbuild"
  register: begun

- name: Work, and keep the lock meanwhile
  netra.remediation.cloud_run_service_info:
  environment:
    NETRA_REMEDIATION_WATCH: "{{ begun.watch }}"

- name: Let other runs in again
  netra.remediation.environment_lock:
    environment: phased
    bucket: "{{ remediation_project }}_cloudbuild"
    run: "{{ lock.run }}"
    state: absent
"""

RETURN = r"""
phase:
  description: The phase that begins.
  returned: success
  type: str
  sample: build
done:
  description: The phases that this run did before, in order.
  returned: success
  type: list
  elements: str
  sample: []
watch:
  description: The file that says what to heed while the phase works; null in check mode.
  returned: success
  type: str
  sample: /tmp/netra-records/staging/20250923T101500Z-3fa29c/watch.json
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.run_phase import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
