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
  - A plan that destroys or replaces something with data or addresses in it is refused, also one that is given in
    O(plan_file), and so is one that changes more than O(max_changes).
  - Check mode plans and applies nothing. Variables reach Terraform through files that only this user can read, and
    through the environment, never through arguments. Sensitive outputs are never returned.
  - The credentials of the options reach Terraform's Google provider and backend through the environment; with
    O(auth_kind=application) it looks for its own, which are the same application default credentials.
  - O(scopes) and O(quota_project) are not handed over, and O(project) and O(region) serve O(import_existing) only. Name
    them in the configuration.
  - What a plan with imports needs is added to a private copy of the configuration, which ends with the task. There
    C(abspath) and C(path.cwd) tell that copy.
  - A state that another run locks is told with its holder; nothing here takes a lock away.
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
  state:
    description:
      - V(present) applies the plan, V(absent) destroys what the configuration describes.
      - V(planned) only makes the plan and refuses none; RV(ignore:changed) says whether it would change anything.
    type: str
    choices: [present, planned, absent]
    default: present
  directory:
    description:
      - The configuration.
    type: path
    required: true
  workspace:
    description:
      - The workspace, made where it is missing; check mode then plans against an empty state. If not set, the one that
        is selected in O(directory).
    type: str
  variables:
    description:
      - Values of its variables.
    type: dict
    default: {}
  sensitive_variables:
    description:
      - Values that must not be read by others. They go through the environment and are written nowhere. One that a
        file gives too is refused, because Terraform would take that. If not set, there are none.
    type: dict
  variables_file:
    description:
      - A file with values of its variables, relative to O(directory). If not set, none is read besides those that
        Terraform reads by itself.
    type: path
  tfvars_file:
    description:
      - Where O(variables) are kept for whoever runs Terraform by hand, relative to O(directory), as HCL; for example
        V(netra.auto.tfvars). A file that is written counts as a change. If not set, they are not kept.
    type: path
  backend_config:
    description:
      - Settings of the backend. If not set, those of the configuration hold.
    type: dict
  upgrade:
    description:
      - Whether to initialise with newer versions of providers and modules.
    type: bool
    default: false
  lockfile:
    description:
      - Whether initialising may write the dependency lock file.
    type: str
    choices: [update, readonly]
    default: update
  lock_timeout:
    description:
      - Seconds to wait for a state that is locked.
    type: int
    default: 60
  targets:
    description:
      - Addresses to limit the plan to, with what they depend on.
    type: list
    default: []
    elements: str
  import_ids:
    description:
      - Address to id of what exists and is to come into the state. What is in it already is left out. Needs
        Terraform 1.5 or OpenTofu 1.6.
    type: dict
    default: {}
  import_existing:
    description:
      - Whether to import what the plan would create and Google has already, as an apply leaves it that was killed.
        Known are Redis instances, connectors, SQL instances and their databases, secrets, networks, and the parts of a
        load balancer (global addresses, forwarding rules, proxies, URL maps, backend services, managed certificates,
        regional endpoint groups). Each is read once.
    type: bool
    default: false
  plan_file:
    description:
      - With O(state=planned) where the plan is kept, readable by this user only, as it may hold secrets; with
        O(state=present) the plan to apply, and no other is made. If not set, the plan does not outlive the task.
    type: path
  revert:
    description:
      - Take configuration and variables from the newest run on record that applied another configuration than the last
        one, and bring O(targets) back to it. The state stays where it is. Files that give values of variables are those
        of O(directory); they must hold what they held for that run, and so must what O(variables) gives for values that
        no record may hold. If not set, the configuration is that of O(directory).
    type: dict
    suboptions:
      record_directory:
        description:
          - The folder of all records.
        type: path
        required: true
      environment:
        description:
          - Whose records to read.
        type: str
        required: true
  protected_types:
    description:
      - Types of resources that must not be destroyed or replaced.
    type: list
    default: [google_alloydb_cluster, google_alloydb_instance, google_compute_address, google_compute_global_address,
      google_compute_network, google_compute_subnetwork, google_firestore_database, google_kms_crypto_key,
      google_redis_cluster, google_redis_instance, google_secret_manager_secret,
      google_service_networking_connection, google_spanner_database, google_sql_database,
      google_sql_database_instance, google_sql_user, google_storage_bucket]
    elements: str
  allow_destroy:
    description:
      - Addresses of which the loss is meant.
    type: list
    default: []
    elements: str
  max_changes:
    description:
      - How many resources may change at most. If not set, there is no limit.
    type: int
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
    tfvars_file: netra.auto.tfvars
    import_existing: true
    max_changes: 20
  register: stack

- name: Tell where Redis is
  ansible.builtin.debug:
    msg: "{{ stack.outputs.redis_host }}"

- name: See what changed outside of Terraform
  netra.remediation.terraform_stack:
    directory: "{{ remediation_source_directory }}/terraform-gcp-staging"
    variables: "{{ remediation_infrastructure.terraform.variables }}"
    state: planned
  register: seen

- name: Tell it
  ansible.builtin.debug:
    msg: "{{ seen.drift | rejectattr('noise') | map(attribute='address') }}"
"""

RETURN = r"""
exit_code:
  description: 2 where the plan has changes or drift to tell of, else 0, as C(terraform plan -detailed-exitcode) has it.
  returned: success
  type: int
  sample: 0
resources:
  description: What changed or, in check mode, would change.
  returned: success
  type: list
  elements: dict
  sample: [{address: google_redis_instance.redis, actions: [create], imported: false}]
drift:
  description:
    - What changed outside of Terraform, with the attributes that differ. RV(ignore:noise) is true where only attributes
      differ that Google writes by itself.
  returned: success
  type: list
  elements: dict
  sample:
    - address: google_redis_instance.redis
      type: google_redis_instance
      actions: [update]
      imported: false
      before: {memory_size_gb: 1}
      after: {memory_size_gb: 2}
      noise: false
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
output_types:
  description: The type of every output, as Terraform writes types in JSON.
  returned: success
  type: dict
  sample: {redis_host: string}
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
