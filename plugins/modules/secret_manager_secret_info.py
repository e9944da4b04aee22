#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: secret_manager_secret_info
short_description: Read secrets and their versions
version_added: 0.1.0
description:
  - Reads secrets and the states of their versions. Payloads are never read.
extends_documentation_fragment:
  - netra.remediation.gcp
  - netra.remediation.attributes
  - netra.remediation.attributes.info_module
  - netra.remediation.attributes.actiongroup_gcp
options:
  names:
    description:
      - Short names. If not set, all secrets of the project are read.
    type: list
    elements: str
author:
  - Netra maintainers (@netra-systems)
"""

EXAMPLES = r"""
- name: See whether the application's secrets are there
  netra.remediation.secret_manager_secret_info:
    names:
      - postgres-user-staging
      - postgres-password-staging
  register: found

- name: Tell the numbers to bind
  ansible.builtin.debug:
    msg: "{{ found.secrets | map(attribute='latest_version') }}"
"""

RETURN = r"""
secrets:
  description: The secrets that exist.
  returned: success
  type: list
  elements: dict
  sample: [{name: postgres-user-staging, latest_version: "1", versions: [{version: "1", state: enabled}], labels: {}}]
missing:
  description: Names that were asked for and do not exist.
  returned: success
  type: list
  elements: str
  sample: []
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.secret_manager_secret_info import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
