#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rollback_plan
short_description: Find out where traffic may go back to
version_added: 0.1.0
description:
  - Reads the records of an environment, verifies the chain of each ledger, and picks per service the newest revision
    that is on record as good and is not the one being left. Revisions that passed the golden path come before those
    that people declared good.
  - Checks against the APIs that the revision still exists, still runs the recorded image, that this image is left in
    its registry, that it could start, that the secret versions it is bound to are enabled, and that the database's
    schema is where it was when the revision was good (O(schemas)).
  - Refuses with a reason rather than guess. Second newest and latest ready are not last known good.
  - Reads only. M(netra.remediation.cloud_run_traffic) moves the traffic.
extends_documentation_fragment:
  - netra.remediation.gcp
  - netra.remediation.attributes
  - netra.remediation.attributes.info_module
  - netra.remediation.attributes.actiongroup_gcp
  - netra.remediation.record
options:
  services:
    description:
      - The services to roll back. Each of them must have somewhere to go, or the task fails.
      - If not set, all services that the records speak of; those without an older good revision stay as they are.
    type: list
    elements: str
  revisions:
    description:
      - Service to the revision to go back to, where the newest good one is not wanted. It must be on record as good
        too.
    type: dict
    default: {}
  revision:
    description:
      - One revision on record to go back to; its service is the only one that is rolled back. If not set, see
        O(revisions).
    type: str
  away_from:
    description:
      - Service to the revision to leave. Where traffic is split, either this or O(revisions) is needed; elsewhere the
        revision that serves is left.
    type: dict
    default: {}
  declared_good:
    description:
      - Service to the revision that the contract declares good, for environments without a record.
    type: dict
    default: {}
  moved_in_run:
    description:
      - Consider only services whose traffic this run moved, and leave what it moved to.
      - If it moved nothing, the plan is empty.
      - If not set, all are considered.
    type: str
  known_services:
    description:
      - The services of the contract. One that only the records speak of is refused with that reason.
      - If not set, all services on record are considered.
    type: list
    elements: str
  schemas:
    description:
      - Where to find at which head the database's schema is, of services that have one. A revision that was good at
        another head is refused, unless O(schemas[].compatible_with) has that head.
    type: list
    elements: dict
    default: []
    suboptions:
      service:
        description:
          - The service.
        type: str
        required: true
      url:
        description:
          - Where its health answers. If not set, nobody is asked.
        type: str
      health_key:
        description:
          - The dotted place of the head in that JSON answer. Where it cannot be read, the newest head on record counts.
        type: str
      head:
        description:
          - The head, where nothing tells it. If not set, see O(schemas[].health_key).
        type: str
      compatible_with:
        description:
          - Heads whose code works with the schema as it is now as well.
        type: list
        elements: str
        default: []
  fail_when_refused:
    description:
      - Whether the task fails when one of O(services) is refused, or when all are. Otherwise see RV(refused).
    type: bool
    default: true
author:
  - Netra maintainers (@netra-systems)
seealso:
  - module: netra.remediation.run_record
  - module: netra.remediation.cloud_run_traffic
"""

EXAMPLES = r"""
- name: Find out where the backend's traffic may go back to
  netra.remediation.rollback_plan:
    directory: /tmp/netra-records
    environment: staging
    services:
      - netra-backend-staging
    declared_good:
      netra-backend-staging: netra-backend-staging-00035-fnj
  register: plan

- name: Look without failing
  netra.remediation.rollback_plan:
    directory: /tmp/netra-records
    environment: staging
    fail_when_refused: false
"""

RETURN = r"""
services:
  description: A decision per service.
  returned: success
  type: list
  elements: dict
  contains:
    service:
      description: The service.
      type: str
      sample: netra-backend-staging
    verdict:
      description: V(planned), V(already_serving) or V(refused).
      type: str
      sample: planned
    already_serving:
      description: Whether a rollback stands already, so that nothing is to be moved.
      type: bool
      sample: false
    reason:
      description: Why, in a sentence.
      type: str
      sample: the contract declares it good
    revision:
      description: Where the traffic may go back to; null where nothing is on record.
      type: str
      sample: netra-backend-staging-00035-fnj
    away_from:
      description: The revision to leave; null where none serves.
      type: str
      sample: netra-backend-staging-00037-abc
    evidence:
      description: What the record says of the revision; null where it says nothing.
      type: dict
      sample: {run: 20250923T101500Z-3fa29c, source: declared, image: null, secret_versions: {}, schema_head: null}
    trial:
      description:
        - For O(netra.remediation.cloud_run_traffic#module:traffic), the traffic asked for now with the revision to go
          back to behind the tag V(rollback) at 0 %, to probe it there. Empty where nothing is to be moved.
      type: list
      elements: dict
      sample: [{latest: true, percent: 100},
        {revision: netra-backend-staging-00035-fnj, percent: 0, tag: rollback}]
    cautions:
      description: What the rollback does not bring back.
      type: list
      elements: str
      sample: []
planned:
  description: Those of RV(services) whose traffic is to be moved.
  returned: success
  type: list
  elements: dict
refused:
  description: A sentence per service that has nowhere to go.
  returned: success
  type: list
  elements: str
broken_ledgers:
  description: Ledgers whose chain is broken. Nothing in them was believed.
  returned: success
  type: list
  elements: str
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.rollback_plan import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
