#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: run_plan
short_description: Write the plan of a check, or keep a run to one
version_added: 0.1.0
description:
  - In check mode the modules of this collection say in a journal what they would change, and those that come later go
    on from that, provided that their tasks have the environment variable E(NETRA_REMEDIATION_CHANGES) with RV(journal).
    What nobody can know before something is done reads C((known after ...)). The plan is what is in the journal in the
    end, sealed by a hash.
  - A run that is given a plan makes exactly its changes. Each module compares what it is about to do with the plan,
    before it writes, and fails with the fields that differ. A change that is found done is passed over, so a run that
    was killed is completed by applying the same plan again.
  - Plans hold no payloads. Values that may be secret are fingerprints, made with a key that is in the plan, so keep it
    from those who could guess.
  - Plans, journals and approvals are no part of the environment, so this module never reports a change.
extends_documentation_fragment:
  - netra.remediation.attributes
  - netra.remediation.record
attributes:
  check_mode:
    support: full
    details:
      - In check mode the journal is a draft. A plan is written in check mode only.
  diff_mode:
    support: N/A
    details:
      - This module changes nothing.
  idempotent:
    support: full
options:
  state:
    description:
      - V(checked) refuses O(plan) where it was altered, is for another place, is not approved by O(approvals) people,
        or where what it would change is not as it was any more.
      - V(begun) begins the journal of a run, which keeps to O(plan) where that is given.
      - V(written) seals the draft in O(journal), removes it, and writes O(plan_file). Of a run that is no check it does
        nothing.
    type: str
    choices: [checked, begun, written]
    required: true
  run:
    description:
      - The run's id, as RV(netra.remediation.run_record#module:run.id). Needed to begin.
    type: str
  plan:
    description:
      - The file of the plan to keep to.
    type: path
  sha256:
    description:
      - The hash of the plan that was checked. Another one is refused.
    type: str
  plan_file:
    description:
      - Where the plan is written. If not set, it is only told of.
    type: path
  journal:
    description:
      - The journal that was begun, as RV(journal).
    type: path
  about:
    description:
      - Where the plan counts. A plan for another place is refused.
    type: dict
    suboptions:
      project:
        description:
          - The project.
        type: str
        required: true
      region:
        description:
          - The region.
        type: str
        required: true
      playbook:
        description:
          - The playbook.
        type: str
        required: true
      selection:
        description:
          - What of it runs; a plan counts for the same selection only.
        type: str
        required: true
  observation:
    description:
      - What stands now, as RV(netra.remediation.environment_info#module:observation).
    type: dict
  approvals:
    description:
      - How many people must have approved the plan, each with a key of their own. Their approvals lie beside it,
        written by C(cli/plan approve). In check mode none is needed.
    type: int
    default: 0
  allowed_signers:
    description:
      - The keys of those who may approve, in the form of ssh-keygen(1).
    type: path
author:
  - Netra maintainers (@netra-systems)
seealso:
  - module: netra.remediation.run_record
  - module: netra.remediation.environment_info
"""

EXAMPLES = r"""
- name: Start the record of a run
  netra.remediation.run_record:
    directory: /tmp/netra-records
    environment: planned
  register: started

- name: Begin the journal of its changes
  netra.remediation.run_plan:
    state: begun
    directory: /tmp/netra-records
    environment: planned
    run: "{{ started.run.id }}"
    about: {project: "{{ remediation_project }}", region: "{{ remediation_region }}", playbook: by hand, selection: all}
  register: begun

- name: Change something, which the journal tells
  netra.remediation.secret_manager_secret:
    name: planned-secret
    generate: {length: 32}
  environment:
    NETRA_REMEDIATION_CHANGES: "{{ begun.journal }}"

- name: Seal it, which in check mode writes the plan
  netra.remediation.run_plan:
    state: written
    directory: /tmp/netra-records
    environment: planned
    journal: "{{ begun.journal }}"
    plan_file: /tmp/netra-records/planned/plan.json
    observation: {}
"""

RETURN = r"""
journal:
  description: The file in which changes are said; null unless one was begun.
  returned: success
  type: str
  sample: /tmp/netra-records/staging/20250923T101500Z-3fa29c/changes.jsonl
plan:
  description: The file of the plan; null where there is none.
  returned: success
  type: str
  sample: /tmp/netra-records/staging/plan.json
sha256:
  description: The plan's hash, which approvals name; null where there is no plan.
  returned: success
  type: str
  sample: 9f2c1f4b0a6d6a0c1d1f3c7c5a8f0a4d6a6b3a3f4c1f8f8f2a7f0d3c5e9b7a11
summary:
  description: How much it changes, in words; empty where that is not known.
  returned: success
  type: str
  sample: 3 changes of 2 resources.
lines:
  description: The changes for people, field by field.
  returned: success
  type: list
  elements: str
  sample: ["+ secret planned-secret", "    payload: generated"]
approvals:
  description: The approvals that hold.
  returned: success
  type: list
  elements: dict
  sample: []
  contains:
    approver:
      description: Who approved it, as the file of allowed signers has it.
      type: str
      sample: alice@example.com
    reason:
      description: Why.
      type: str
      sample: staging is down, and this is what was agreed on
    expires:
      description: Until when it holds.
      type: str
      sample: "2025-09-23T18:00:00Z"
    key:
      description: The fingerprint of the key that signed it.
      type: str
      sample: SHA256:aGk
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.run_plan import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
