#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: config_file
short_description: Have values in a configuration file
version_added: 0.1.0
description:
  - Merges values into a YAML, JSON or dotenv file and keeps comments, order and quotes of everything else. The file is
    replaced in one step, or not at all, and keeps its mode.
  - Takes outputs of Terraform, or values that were observed, to where a declared mapping says. A sensitive output is
    never written; its entry names a secret instead.
  - During a run, the lines that change are on record before they are written, for M(netra.remediation.recorded_files).
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
    default: {}
  format:
    description:
      - What the file is. V(auto) goes by its name, and is V(yaml) for all but C(*.json), C(*.env) and C(.env*).
    type: str
    choices: [auto, yaml, json, dotenv]
    default: auto
  outputs:
    description:
      - What O(mapping) takes from; values by their names, or what C(terraform output -json) prints.
    type: dict
    default: {}
  sensitive_outputs:
    description:
      - Names of outputs that must not be written, besides those that O(outputs) marks.
    type: list
    elements: str
    default: []
  mapping:
    description:
      - Where outputs go. Each entry has one of O(mapping[].output), O(mapping[].template) and O(mapping[].secret).
    type: list
    elements: dict
    default: []
    suboptions:
      key:
        description:
          - The dotted key in the file, such as V(env_vars.REDIS_HOST).
        type: str
        required: true
      output:
        description:
          - The output whose value it gets.
        type: str
      template:
        description:
          - A text with names of outputs in braces, such as V(redis://{redis_host}:{redis_port}).
        type: str
      secret:
        description:
          - A reference to a secret, such as V(redis-auth:3), which is written as it is.
        type: str
      type:
        description:
          - What to write it as. V(same) leaves it as the output has it.
        type: str
        choices: [same, text, whole, number, flag]
        default: same
requirements:
  - ruamel.yaml for YAML files
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

- name: Take over what Terraform knows
  netra.remediation.config_file:
    path: /tmp/netra-example.env
    outputs: {redis_host: 10.0.0.3, redis_port: 6379}
    sensitive_outputs: [redis_auth]
    mapping:
      - {key: REDIS_URL, template: "redis://{redis_host}:{redis_port}"}
      - {key: REDIS_PASSWORD_SECRET, secret: "redis-auth:3"}
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
