#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: config_file
short_description: Have values in a YAML configuration file
version_added: 0.1.0
description:
  - Merges values into a YAML file and keeps comments, order and quotes of everything else. The file is replaced in one
    step, or not at all.
extends_documentation_fragment:
  - netra.remediation.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  path:
    description:
      - The file. It is made if it does not exist; its directory must exist.
    type: path
    required: true
  values:
    description:
      - What must be in it. Mappings are merged, everything else is replaced. What is not named stays.
    type: dict
    required: true
requirements:
  - ruamel.yaml
author:
  - Netra maintainers (@netra-systems)
"""

EXAMPLES = r"""
- name: Say where the database is
  netra.remediation.config_file:
    path: /tmp/netra-example.yaml
    values:
      env_vars:
        POSTGRES_PORT: "5432"
"""

RETURN = r"""
placeholders:
  description: Places of the file that still hold a placeholder.
  returned: success
  type: list
  elements: dict
  sample: [{line: 12, column: 15, key: REDIS_HOST, token: PLACEHOLDER, form: PLACEHOLDER}]
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.config_file import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
