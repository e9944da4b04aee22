#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: delivery_approval
short_description: Ask a person whether a new revision may have more users, with the gate armed meanwhile
version_added: 0.1.0
description:
  - Asks before a step of a move of traffic that a person is to approve, writes the question into the record of the run
    and waits for the answer in a file, whose owner is who answered.
  - While it waits, it watches what users get from the revisions that the run gave traffic, as
    M(netra.remediation.delivery_gate) does, in the last C(watch_seconds) and C(lag_seconds) of its limits. A gate that
    fails ends the wait at once, as a failure that a rollback follows. An open question waits for the person.
  - Whoever approves writes C(approve), the run, the move and the reason; RV(question) holds the line. C(reject) and a
    reason stop the run, which then takes back what it moved. What names another run or another move, or was there
    before the question and names none, counts for nothing; that is written into the record.
  - Without an answer in time the run stops, or takes back what it moved, as the step says. A stop that somebody orders,
    and the budgets of the run, end the wait too.
  - The answer goes on record with the numbers of that moment. The record is no part of the environment, so this module
    never reports a change.
extends_documentation_fragment:
  - netra.remediation.gcp
  - netra.remediation.attributes
  - netra.remediation.attributes.actiongroup_gcp
  - netra.remediation.record
attributes:
  check_mode:
    support: full
    details:
      - Says in RV(question) what it would ask, writes nothing and waits for nobody.
  diff_mode:
    support: N/A
    details:
      - This module changes nothing.
  idempotent:
    support: full
    details:
      - What is on record as asked is not asked again; a revision that has its share already is not asked about.
options:
  run:
    description:
      - The run's id, as RV(netra.remediation.run_record#module:run.id).
    type: str
    required: true
  deliveries:
    description:
      - The entries of RV(netra.remediation.environment_info#module:deliveries).
    type: list
    elements: dict
    required: true
  revisions:
    description:
      - By service, the revision that the traffic moves to. Of these services a person is asked.
    type: dict
    required: true
  step:
    description:
      - Which step comes next, beginning with 0. If not set, the whole traffic.
    type: int
  approval_file:
    description:
      - Where the answer is looked for. If not set, the file C(approve) beside the records of the environment.
    type: path
  approved:
    description:
      - What is approved beforehand, the reason by move (C(SERVICE:PERCENT)). The gate is looked at all the same.
    type: dict
    default: {}
  approver:
    description:
      - Who approved that beforehand.
    type: str
    default: somebody
  wait:
    description:
      - Whether to wait for the answer. Without, it only asks, so that a task can show the question.
    type: bool
    default: true
author:
  - Netra maintainers (@netra-systems)
seealso:
  - module: netra.remediation.delivery_gate
  - module: netra.remediation.run_phase
"""

EXAMPLES = r"""
- name: Start the record of a run
  netra.remediation.run_record:
    directory: /tmp/netra-records
    environment: approved
  register: started

- name: Ask before the frontend's new revision gets half of the traffic
  netra.remediation.delivery_approval:
    directory: /tmp/netra-records
    environment: approved
    run: "{{ started.run.id }}"
    deliveries:
      - service: netra-frontend-staging
        steps: [{service: netra-frontend-staging, percent: 50, limits: {max_error_percent: 1.0}}]
        whole: null
        approvals: [{percent: 50, seconds: 3600, overrun: stop}]
    revisions: {netra-frontend-staging: netra-frontend-staging-00022-new}
    step: 0
    wait: false
  register: asked

- name: Show how to answer
  ansible.builtin.debug:
    msg: "{{ asked.question }}"

- name: Wait for the answer, which somebody gave beforehand
  netra.remediation.delivery_approval:
    directory: /tmp/netra-records
    environment: approved
    run: "{{ started.run.id }}"
    deliveries:
      - service: netra-frontend-staging
        steps: [{service: netra-frontend-staging, percent: 50, limits: {max_error_percent: 1.0}}]
        whole: null
        approvals: [{percent: 50, seconds: 3600, overrun: stop}]
    revisions: {netra-frontend-staging: netra-frontend-staging-00022-new}
    step: 0
    approved: {"netra-frontend-staging:50": the change board agreed}
    approver: the change board
"""

RETURN = r"""
question:
  description: What a person is asked, with the line that answers it; empty where nobody is asked.
  returned: always
  type: str
  sample: >-
    May a new revision have 50 % of the traffic of netra-frontend-staging? Answer until 2025-09-23T11:15:00.000Z with:
    echo 'approve 20250923T101500Z-3fa29c netra-frontend-staging:50 WHY' > /srv/records/netra-staging/approve (or reject
    instead of approve). What users get is watched meanwhile; without an answer the run stops and takes back shares.
moves:
  description: The moves that are asked about, as an answer names them.
  returned: always
  type: list
  elements: str
  sample: ["netra-frontend-staging:50"]
answer:
  description:
    - The approval as it is on record, with the gates of that moment; null where nobody was asked, or nobody waited.
  returned: always
  type: dict
  sample:
    moves: ["netra-frontend-staging:50"]
    answer: approved
    by: alice
    reason: the error rate is that of the old revision
    seconds: 412.3
    gates: []
ignored:
  description: What was written into the file and counted for nothing, and why.
  returned: always
  type: list
  elements: str
  sample: []
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.delivery_approval import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
