#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: run_record
short_description: Write down what a run saw, did and decided
version_added: 0.1.0
description:
  - Starts the record of a run, or appends to it. A record is the folder C(DIRECTORY/ENVIRONMENT/RUN) with
    C(ledger.jsonl), whose lines are sealed one to the next with SHA-256 and flushed to the disk before the task
    ends, and C(snapshot.json), what stood before the first write.
  - Reports and rollbacks are derived from records and from nothing else.
  - A record is evidence about the environment and not a part of it, so this module never reports a change.
  - Passwords in URLs and values whose names promise a payload are replaced by V((sensitive)) before they are written.
extends_documentation_fragment:
  - netra.remediation.attributes
  - netra.remediation.record
attributes:
  check_mode:
    support: full
    details:
      - Gates are judged, nothing is written.
  diff_mode:
    support: N/A
    details:
      - This module changes nothing.
  idempotent:
    support: full
    details:
      - What happened twice is written down twice. The environment does not change.
options:
  run:
    description:
      - The run to append to, as RV(run.id) of the task that started it.
      - If not set, a new run is started.
    type: str
  start:
    description:
      - The id of a run that starts, as M(netra.remediation.environment_lock) made it. If not set, a new one is made.
    type: str
  resume:
    description:
      - A run of this environment that a run which starts takes up. It must not have ended well, and no later one may
        have passed. What it finished is told in RV(resumed) and not trusted. Traffic that was moved since it began, to
        revisions made since, counts as moved by the new run, so that a rollback goes back to before both.
      - V(dead) takes up the newest run where it died and this one holds the lock (O(start)), and none otherwise.
      - If not set, the run begins anew.
    type: str
  facts:
    description:
      - What to note about a run that starts, for example its playbook and mode. Of C(left_out), as
        RV(netra.remediation.environment_info#module:left_out), each phase is noted on its own. If not set, only the
        environment is noted.
    type: dict
  snapshot:
    description:
      - What stands before the first write. The first snapshot of a run stays; later ones are left out.
      - If not set, none is taken.
    type: dict
    suboptions:
      observation:
        description:
          - What was observed, as RV(netra.remediation.environment_info#module:observation).
        type: dict
        required: true
      files:
        description:
          - Files that the run may edit. Their SHA-256 is noted, of a Terraform state lineage and serial too.
        type: list
        elements: path
        default: []
  configuration:
    description:
      - The Terraform configuration that is about to be applied. It is copied into the record, without files that give
        values of variables, for a later O(netra.remediation.terraform_stack#module:revert). If not set, none is kept.
    type: dict
    suboptions:
      directory:
        description:
          - The configuration.
        type: path
        required: true
      variables:
        description:
          - The values that it gets. Those whose names promise a payload are not recorded.
        type: dict
        default: {}
      variables_file:
        description:
          - The file of more values that it gets. Of it, and of the files that Terraform reads by itself, only the hash
            is recorded. If not set, there is none.
        type: path
      tfvars_file:
        description:
          - The file that keeps O(configuration.variables); it is not looked at. If not set, there is none.
        type: path
  configuration_applied:
    description:
      - Note that the configuration which the run kept last is in force now. Only such a one is gone back to.
    type: bool
    default: false
  findings:
    description:
      - Findings to note, as RV(netra.remediation.environment_info#module:findings). If not set, none.
    type: list
    elements: dict
  declared_good:
    description:
      - Service to revision, as people wrote down in the contract. Rollbacks prefer revisions that passed the golden
        path.
      - If not set, none.
    type: dict
  actions:
    description:
      - What was done. If not set, nothing.
    type: list
    elements: dict
    suboptions:
      phase:
        description:
          - The phase that did it.
        type: str
        required: true
      what:
        description:
          - What was done, for people.
        type: str
        required: true
      result:
        description:
          - What the task registered, loops included. Only its subject, whether it changed and which fields are
            written down.
        type: dict
        required: true
  traffic_moved:
    description:
      - Services whose traffic this run moved to a new revision. If not set, none.
    type: list
    elements: dict
    suboptions:
      service:
        description:
          - The service.
        type: str
        required: true
      from:
        description:
          - The revision that served before. Null, or not set, when none did.
        type: str
      to:
        description:
          - The revision that serves now.
        type: str
        required: true
      percent:
        description:
          - Which share it got. If not set, everything.
        type: int
  rolled_back:
    description:
      - Services whose traffic a rollback moved. If not set, none.
    type: list
    elements: dict
    suboptions:
      service:
        description:
          - The service.
        type: str
        required: true
      revision:
        description:
          - The revision that serves again.
        type: str
        required: true
      away_from:
        description:
          - The revision that was left. Null, or not set, when nothing served.
        type: str
      reason:
        description:
          - Why it was left. If not set, no reason is written down.
        type: str
  gates:
    description:
      - Measurements to judge. Each becomes pass, fail or inconclusive; inconclusive means that nobody measured and
        never counts as a pass. If not set, nothing is judged.
    type: dict
    suboptions:
      health:
        description:
          - RV(netra.remediation.health_probe#module:targets). If not set, there is no gate about it.
        type: list
        elements: dict
      journey:
        description:
          - What M(netra.remediation.user_journey) registered. If not set, there is no gate about it.
        type: dict
      errors:
        description:
          - Service to the number of errors of its serving revision in the last hour, or since its deployment when
            that is later. Null says that nobody could count. If not set, there is no gate about it.
        type: dict
      observation:
        description:
          - RV(netra.remediation.environment_info#module:observation) of what is judged. Its error counts become gates
            as in O(gates.errors), and where all gates pass the revisions that serve go on record as in O(good).
          - If not set, only O(gates.errors) and O(good) count.
        type: dict
      judged:
        description:
          - Gates that another task judged, as RV(netra.remediation.delivery_gate#module:gates). One that is waived is
            written down and stops nothing.
        type: list
        elements: dict
        default: []
      schema_heads:
        description:
          - Service to the head of its database's schema, where the contract says it. What O(gates.health) tells
            (C(tells.schema_head)) comes first. It goes on record with what is good.
        type: dict
        default: {}
      limits:
        description:
          - The contract's limits, by name. C(errors_per_hour) decides about O(gates.errors); the others are shown
            beside the measurement that was already judged by them.
        type: dict
        default: {}
      required:
        description:
          - Whether the task fails, after it wrote them down, unless every gate passes.
        type: bool
        default: true
  good:
    description:
      - Service to a dictionary with C(revision), C(image) and C(secret_versions). They go on record as last known
        good, provided that every gate of this task passes. If not set, none.
    type: dict
  failure:
    description:
      - A task that failed. Its first cause is written down and returned as RV(first_cause). If not set, none.
    type: dict
    suboptions:
      task:
        description:
          - The task's name.
        type: str
        required: true
      action:
        description:
          - Its module. With it RV(asks_for_rollback) tells a task that only looks from one that acts or judges.
        type: str
        default: ""
      result:
        description:
          - What it registered.
        type: dict
        required: true
  rollback:
    description:
      - What the tasks of a rollback registered, done or half done. What became of it is written down and returned as
        RV(rollback_outcome). If not set, nothing is said about a rollback.
    type: dict
    suboptions:
      plan:
        description:
          - What M(netra.remediation.rollback_plan) registered. Empty where it was not asked.
        type: dict
        default: {}
      moves:
        description:
          - What the loop over RV(netra.remediation.rollback_plan#module:planned) registered that moved the traffic,
            item by item.
        type: list
        elements: dict
        default: []
      cleanups:
        description:
          - What the loop registered that took the tag away where traffic did not move, item by item.
        type: list
        elements: dict
        default: []
      obstacle:
        description:
          - What the task registered that stopped the rollback. Empty where none did.
        type: dict
        default: {}
      asked:
        description:
          - Whether the failure asks for a rollback, as RV(asks_for_rollback).
        type: bool
        default: true
      declined:
        description:
          - Why none was allowed. Empty where it was.
        type: str
        default: ""
      undo:
        description:
          - What was to go back. Without V(traffic) nothing is said about traffic.
        type: list
        elements: str
        choices: [traffic, config_files, secret_bindings, terraform]
        default: []
      config_files:
        description:
          - What M(netra.remediation.recorded_files) registered. Empty where it was not tried.
        type: dict
        default: {}
      secret_bindings:
        description:
          - What the loop registered that brought templates back, each item with its C(service). Empty where it was not
            tried.
        type: dict
        default: {}
      terraform:
        description:
          - What M(netra.remediation.terraform_stack) registered. Empty where it was not tried.
        type: dict
        default: {}
      targets:
        description:
          - What it was to bring back.
        type: list
        elements: str
        default: []
      required:
        description:
          - Whether the task fails, after it wrote that down, unless everything went back.
        type: bool
        default: false
  notes:
    description:
      - Sentences for the timeline. If not set, none.
    type: list
    elements: str
  finished:
    description:
      - Whether the run ends here. A record without an end reads as a run that was interrupted.
    type: bool
    default: false
  budgets:
    description:
      - How long phases and the run may take, as M(netra.remediation.run_phase) takes it. What a run that ends here
        spent beyond three quarters is noted. If not set, nothing is.
    type: dict
    default: {}
author:
  - Netra maintainers (@netra-systems)
seealso:
  - module: netra.remediation.run_report
  - module: netra.remediation.rollback_plan
"""

EXAMPLES = r"""
- name: Start the record of a run
  netra.remediation.run_record:
    directory: /tmp/netra-records
    environment: staging
    facts:
      playbook: by hand
  register: started

- name: Note what the on-call team knows
  netra.remediation.run_record:
    directory: /tmp/netra-records
    environment: staging
    run: "{{ started['run']['id'] }}"
    declared_good:
      netra-backend-staging: netra-backend-staging-00035-fnj
    notes:
      - Traffic was looked at by hand.

- name: Judge error counts, write the verdict down and end the run
  netra.remediation.run_record:
    directory: /tmp/netra-records
    environment: staging
    run: "{{ started['run']['id'] }}"
    gates:
      errors:
        netra-backend-staging: 2
      limits:
        errors_per_hour: 5
    finished: true
"""

RETURN = r"""
run:
  description: The run.
  returned: success
  type: dict
  contains:
    id:
      description: Its id, which sorts by time. In check mode one that nobody will see again.
      type: str
      sample: 20250923T101500Z-3fa29c
    environment:
      description: Whose run it is.
      type: str
      sample: staging
    directory:
      description: The folder of its record.
      type: str
      sample: /tmp/netra-records/staging/20250923T101500Z-3fa29c
    written:
      description: Whether the record was written; false in check mode.
      type: bool
      sample: true
    entries:
      description: How many lines the ledger has now.
      returned: when it was written
      type: int
      sample: 12
gates:
  description: The gates of this task.
  returned: success
  type: list
  elements: dict
  sample:
    - {name: errors of netra-backend-staging, verdict: pass, measured: 2.0, limit: 5.0, unit: errors an hour}
verdict:
  description: V(pass), V(fail) or V(inconclusive) over these gates; null without gates.
  returned: success
  type: str
  sample: pass
first_cause:
  description: The first cause in O(failure); null without one.
  returned: success
  type: str
  sample: "Updating service api failed: the image was not found (NOT_FOUND)"
stopped:
  description: Whether O(failure) is a stop that somebody or something ordered.
  returned: success
  type: bool
  sample: false
half_moved:
  description: Services of which the stopped run gave only a share to a new revision, which has to go back.
  returned: success
  type: list
  elements: str
  sample: []
asks_for_rollback:
  description:
    - Whether O(failure) speaks against what was deployed. A gate that failed does, and so does a task that deploys or
      probes; a gate that nobody could measure and a task that only looks do not.
  returned: success
  type: bool
  sample: true
resumed:
  description: What is taken up, in sentences; null where nothing is.
  returned: success
  type: str
  sample: "Takes up run 20250923T101500Z-3fa29c (stopped), which finished build; it broke off in infrastructure."
closed:
  description: Runs that had died before this one started, and whose records it closed.
  returned: success
  type: list
  elements: str
  sample: []
rollback_outcome:
  description: What O(rollback) brought back and what it did not, in sentences; null without one.
  returned: success
  type: str
  sample: "The traffic went back and is held there: that of api to api-00035-fnj."
undone:
  description: What O(rollback) was to bring back, each with what became of it. Empty without one.
  returned: success
  type: list
  elements: dict
  contains:
    item:
      description: V(traffic), V(config_files), V(secret_bindings) or V(terraform).
      type: str
      sample: config_files
    subject:
      description: The service, file or resource. Empty where nothing of the kind was tried.
      type: str
      sample: /srv/netra/deployment/staging_config.yaml
    outcome:
      description: V(done), V(already), V(refused) or V(failed).
      type: str
      sample: refused
    reason:
      description: Why.
      type: str
      sample: "it is not what run 20250923T101500Z-3fa29c left: it was edited since"
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.run_record import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
