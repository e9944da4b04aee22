#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: terraform_stack
short_description: Bring a Terraform configuration into force
version_added: 0.1.0
description:
  - Initialises where that is needed, saves a plan, judges it, and applies exactly that plan.
  - A plan that destroys or replaces something with data or addresses in it is refused.
  - Check mode plans and applies nothing. Variables reach Terraform through the environment, never through arguments,
    and sensitive outputs are never returned.
  - The credentials of the options reach Terraform's Google provider and backend through the environment; with
    O(auth_kind=application) it looks for its own, which are the same application default credentials.
  - O(project), O(region), O(quota_project) and O(scopes) are not handed over. Name them in the configuration.
extends_documentation_fragment:
  - netra.remediation.gcp
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
  directory:
    description:
      - The configuration.
    type: path
    required: true
  variables:
    description:
      - Values of its variables.
    type: dict
    default: {}
  variables_file:
    description:
      - A file with values of its variables, relative to O(directory). If not set, none is read besides those that
        Terraform reads by itself.
    type: path
  backend_config:
    description:
      - Settings of the backend. If not set, those of the configuration hold.
    type: dict
  protected_types:
    description:
      - Types of resources that must not be destroyed or replaced.
    type: list
    default: [google_compute_network, google_compute_subnetwork, google_redis_instance, google_sql_database,
      google_sql_database_instance, google_storage_bucket]
    elements: str
  allow_destroy:
    description:
      - Addresses of which the loss is meant.
    type: list
    default: []
    elements: str
  binary:
    description:
      - Name or path of the binary. If not set, C(terraform), then C(tofu).
    type: path
  timeout:
    description:
      - Seconds for each command.
    type: int
    default: 1800
requirements:
  - terraform or tofu on PATH
author:
  - Netra maintainers (@netra-systems)
"""

EXAMPLES = r"""
- name: Have the infrastructure
  netra.remediation.terraform_stack:
    directory: "{{ remediation_source_directory }}/terraform-gcp-staging"
    variables: "{{ remediation_infrastructure.terraform.variables }}"
  register: stack

- name: Tell where Redis is
  ansible.builtin.debug:
    msg: "{{ stack.outputs.redis_host }}"
"""

RETURN = r"""
resources:
  description: What changed or, in check mode, would change.
  returned: success
  type: list
  elements: dict
  sample: [{address: google_redis_instance.redis, actions: [create]}]
changed_outputs:
  description: Names of the outputs that changed.
  returned: success
  type: list
  elements: str
  sample: [redis_host]
outputs:
  description: The outputs that are not sensitive, as they stand afterwards.
  returned: success
  type: dict
  sample: {redis_host: 10.0.0.3}
sensitive_outputs:
  description: Names of the sensitive ones.
  returned: success
  type: list
  elements: str
  sample: []
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.terraform_stack import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
