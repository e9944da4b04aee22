#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cloud_run_traffic
short_description: Move a Cloud Run service's traffic and hold it
version_added: 0.1.0
description:
  - Moves traffic between revisions, keeps tags, and waits until the traffic flows as asked.
  - A hold is a mark on the service itself, which every runner sees. While it stands, traffic is not moved until it is
    lifted.
extends_documentation_fragment:
  - netra.remediation.gcp
  - netra.remediation.wait
  - netra.remediation.several
  - netra.remediation.attributes
  - netra.remediation.attributes.actiongroup_gcp
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  name:
    description:
      - Short name of the service. Either this or O(each) is needed.
    type: str
  traffic:
    description:
      - All traffic. If not set, and without O(revision), the shares are left as they are.
    type: list
    elements: dict
    suboptions:
      revision:
        description:
          - Name of a revision. Either this or O(traffic[].latest) is needed.
        type: str
      latest:
        description:
          - Follow the latest ready revision.
        type: bool
      percent:
        description:
          - Its share of the requests.
        type: int
        default: 0
      tag:
        description:
          - A tag, which gives it an address of its own. If not set, it gets none.
        type: str
  revision:
    description:
      - Short for traffic with one revision, or V(latest).
    type: str
  percent:
    description:
      - Share of O(revision); those that serve now divide the rest. If not set, 100.
    type: int
  step:
    description:
      - Whether this is a step of a move that goes on. The service then carries a mark with its shares, by which a later
        run knows the split as its own. The revision is named, so that the share does not go to a newer one, and never
        gets less than it has.
      - Any other move ends it.
    type: bool
    default: false
  keep_tags:
    description:
      - Whether tags that O(traffic) does not name are kept.
    type: bool
    default: true
  remove_tags:
    description:
      - Tags to remove.
    type: list
    default: []
    elements: str
  hold:
    description:
      - Hold the traffic where this task puts it. If not set, a hold is left as it is; null lifts it.
    type: dict
    suboptions:
      reason:
        description:
          - What to look at before it is lifted.
        type: str
        required: true
      holder:
        description:
          - Who holds it. If not set, this collection.
        type: str
  newest:
    description:
      - Which revision must be the newest, so that V(latest) means it. Another one, which somebody deployed since, is
        refused.
    type: str
  refuse_when_held:
    description:
      - Whether a hold refuses a move that says nothing of it.
    type: bool
    default: true
author:
  - Netra maintainers (@netra-systems)
"""

EXAMPLES = r"""
- name: Send everything to the latest ready revision
  netra.remediation.cloud_run_traffic:
    name: netra-frontend-staging
    traffic:
      - latest: true
        percent: 100

- name: Let one user in ten try it first
  netra.remediation.cloud_run_traffic:
    name: netra-frontend-staging
    revision: latest
    percent: 10
    step: true

- name: Hold it there
  netra.remediation.cloud_run_traffic:
    name: netra-frontend-staging
    hold:
      reason: Release freeze until Monday

- name: Lift the hold
  netra.remediation.cloud_run_traffic:
    name: netra-frontend-staging
    hold: null
"""

RETURN = r"""
service:
  description: The service; null where it does not exist.
  returned: success, without O(each)
  type: dict
  sample:
    name: netra-backend-staging
    uri: https://netra-backend-staging-abc123-uc.a.run.app
    latest_ready_revision: netra-backend-staging-00037-abc
    traffic: [{latest: true, percent: 100}]
results:
  description: With O(each), what was returned for each entry, in order.
  returned: when O(each) is set
  type: list
  elements: dict
  sample: [{item: {name: netra-frontend-staging}, changed: false}]
changed_fields:
  description: The options that changed or, in check mode, would change.
  returned: success
  type: list
  elements: str
  sample: [traffic]
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.cloud_run_traffic import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
