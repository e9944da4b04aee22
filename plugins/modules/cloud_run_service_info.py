#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cloud_run_service_info
short_description: Read Cloud Run services
version_added: 0.1.0
description:
  - Reads one service or all services of the region, in the words of M(netra.remediation.cloud_run_service).
extends_documentation_fragment:
  - netra.remediation.gcp
  - netra.remediation.attributes
  - netra.remediation.attributes.info_module
  - netra.remediation.attributes.actiongroup_gcp
options:
  name:
    description:
      - Short name of a service. If not set, all of the region are read.
    type: str
  revisions:
    description:
      - Whether to read their revisions too, newest first.
    type: bool
    default: false
author:
  - Netra maintainers (@netra-systems)
"""

EXAMPLES = r"""
- name: Read all services
  netra.remediation.cloud_run_service_info:
  register: found

- name: Tell what serves
  ansible.builtin.debug:
    msg: "{{ found.services | map(attribute='latest_ready_revision') }}"
"""

RETURN = r"""
services:
  description: The services, by name.
  returned: success
  type: list
  elements: dict
  sample:
    - name: netra-backend-staging
      latest_ready_revision: netra-backend-staging-00037-abc
      traffic: [{latest: true, percent: 100}]
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.cloud_run_service_info import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
