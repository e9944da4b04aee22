#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: recorded_bindings
short_description: Bring back what services are bound to after their traffic went back
version_added: 0.1.0
description:
  - A revision never changes, so traffic that goes back to one gets its secrets with it. The template of the service
    still asks for what the newer revision had, and the next deployment builds on that.
  - This module makes each template what a recorded revision was made from (image, variables, secrets and resources).
    That makes a revision that gets no traffic, as long as traffic is pinned. A change that would move traffic which is
    held is refused.
  - Then it disables the versions of secrets that the run made, as far as its record has them. A version that anyone
    reads is refused and stays, whether by number or as the latest one; a revision counts that has traffic or a tag, and
    so does the template of each service in the region. No version is destroyed.
extends_documentation_fragment:
  - netra.remediation.gcp
  - netra.remediation.attributes
  - netra.remediation.attributes.actiongroup_gcp
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
      - The run whose versions of secrets are disabled, together with those that it took up.
      - If not set, the newest one that changed something and is no rollback.
    type: str
  services:
    description:
      - Whose template to bring back, and to what.
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
          - The revision that serves it.
        type: str
        required: true
  wait_timeout:
    description:
      - Seconds to wait for each revision that is made.
    type: int
    default: 300
  fail_when_refused:
    description:
      - Whether the task fails where something is not brought back. Otherwise see RV(bindings).
    type: bool
    default: true
author:
  - Netra maintainers (@netra-systems)
seealso:
  - module: netra.remediation.rollback_plan
  - module: netra.remediation.recorded_files
"""

EXAMPLES = r"""
- name: Ask for the bindings of the revision that serves
  netra.remediation.recorded_bindings:
    directory: /tmp/netra-records
    environment: staging
    services:
      - service: netra-backend-staging
        revision: netra-backend-staging-00035-fnj
  check_mode: true
"""

RETURN = r"""
bindings:
  description: What became of each template and of each version of a secret.
  returned: success
  type: list
  elements: dict
  contains:
    subject:
      description: The template or the version.
      type: str
      sample: template of netra-backend-staging
    outcome:
      description: V(done), V(already), V(refused) or V(failed).
      type: str
      sample: done
    reason:
      description: Why.
      type: str
      sample: as netra-backend-staging-00035-fnj
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.recorded_bindings import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
