#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: delivery_gate
short_description: Watch what users get from a new revision, and say whether it may have more of them
version_added: 0.1.0
description:
  - Reads requests, failures and latencies of revisions from Monitoring, new kinds of errors from Error Reporting and
    lines from Logging, again and again while it watches, and holds them against limits.
  - A gate passes, fails or is inconclusive. Inconclusive means that there were too few requests, or that nobody could
    read what is asked; it never counts as a pass. A failure needs evidence too (O(targets[].limits.min_requests)),
    unless it would stay one even if every request that is still missing succeeded.
  - A failure ends the watch at once.
  - Monitoring samples Cloud Run every minute, so that a sample may hold requests from before the watch.
  - Needs the permissions C(monitoring.timeSeries.list) and, for what is asked, C(errorreporting.groups.list) and
    C(logging.logEntries.list).
extends_documentation_fragment:
  - netra.remediation.gcp
  - netra.remediation.attributes
  - netra.remediation.attributes.info_module
  - netra.remediation.attributes.actiongroup_gcp
options:
  targets:
    description:
      - The revisions to watch, all at the same time.
    type: list
    elements: dict
    required: true
    suboptions:
      service:
        description:
          - The service.
        type: str
        required: true
      revision:
        description:
          - Its new revision. If not set, the one that the traffic is moving to in steps, else the one that serves most.
        type: str
      old_revision:
        description:
          - The revision to compare it with. If not set, nothing is compared; where O(targets[].revision) is not set
            either, the one that serves most beside it.
        type: str
      percent:
        description:
          - The share that the new revision has; it is shown.
        type: int
      limits:
        description:
          - What counts as good.
        type: dict
        default: {}
        suboptions:
          min_requests:
            description:
              - How many requests are needed to judge. If not set, 20.
            type: int
          max_error_percent:
            description:
              - Which part of the requests may fail in the service (5xx). If not set, 1.
            type: float
          max_error_percent_above_old:
            description:
              - By how many points more than of the old revision.
            type: float
          max_latency_seconds:
            description:
              - How long O(targets[].limits.latency_percentile) of the requests may take.
            type: float
          max_latency_ratio:
            description:
              - How many times as long as the old revision's.
            type: float
          latency_percentile:
            description:
              - The percentile of the latency. If not set, 95.
            type: float
          max_new_error_groups:
            description:
              - How many kinds of errors of the last hour may be new, this revision being the first of its service to
                report them.
            type: int
          log_patterns:
            description:
              - Filters of Cloud Logging that may let through few of the revision's log entries only.
            type: list
            elements: dict
            suboptions:
              name:
                description:
                  - What it is called in the gate.
                type: str
                required: true
              filter:
                description:
                  - The filter, such as V(textPayload:"out of memory"); the revision and the time are added.
                type: str
                required: true
              at_most:
                description:
                  - How many entries may be there.
                type: int
                default: 0
          watch_seconds:
            description:
              - How long to watch. If not set, 60. The longest of all targets counts.
            type: float
          lag_seconds:
            description:
              - How long to wait after that for numbers that Monitoring does not show yet. If not set, 240, for the time
                between two samples and the latency that Monitoring documents.
            type: float
          accept_inconclusive:
            description:
              - The reason why a gate that stays inconclusive does not stop this run. It is recorded and shown.
            type: str
          observe_only:
            description:
              - Whether the gates are judged and told, and stop nothing. If not set, they stop.
            type: bool
  look_back_seconds:
    description:
      - How long before now the watch begins, to judge what has already happened.
    type: float
    default: 0
  fail_when_red:
    description:
      - Whether a gate that stops fails the task.
    type: bool
    default: true
author:
  - Netra maintainers (@netra-systems)
"""

EXAMPLES = r"""
- name: Tell what users got in the last ten minutes, and stop nothing
  netra.remediation.delivery_gate:
    targets:
      - service: netra-frontend-staging
        revision: netra-frontend-staging-00021-vqz
        limits:
          watch_seconds: 0
          lag_seconds: 0
          max_latency_seconds: 1.5
          max_new_error_groups: 0
          log_patterns:
            - name: memory
              filter: textPayload:"Memory limit of" AND severity>=ERROR
          observe_only: true
    look_back_seconds: 600
  register: watched

- name: Show it
  ansible.builtin.debug:
    msg: "{{ watched['gates'] | map(attribute='reason') }}"
"""

RETURN = r"""
gates:
  description:
    - Each gate with the numbers that led to its verdict. C(waived) says why it stops nothing; empty where it does.
  returned: always
  type: list
  elements: dict
  sample:
    - name: "netra-backend-staging-00042-abc at 10 %: error rate"
      verdict: fail
      measured: 4.2
      limit: 1.0
      unit: percent
      reason: 5 of 120 requests failed (4.17 %), at most 1 % may
      waived: ""
      scope: delivery
verdict:
  description: V(pass), V(fail) or V(inconclusive), over all gates that are not waived.
  returned: always
  type: str
  sample: fail
stops:
  description: Whether a gate keeps the run from going on.
  returned: always
  type: bool
  sample: true
targets:
  description: Each revision with its verdict, waived or not, and what users got from it and from the old one.
  returned: always
  type: list
  elements: dict
  sample:
    - service: netra-backend-staging
      revision: netra-backend-staging-00042-abc
      verdict: fail
      stops: true
      new: {requests: 120, failed: 5, error_percent: 4.17, latency_seconds: 0.31}
      old: {requests: 1080, failed: 2, error_percent: 0.19, latency_seconds: 0.29}
watched_seconds:
  description: How long it watched, with the wait for numbers.
  returned: always
  type: float
  sample: 92.4
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.delivery_gate import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
