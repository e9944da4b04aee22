#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sql_instance
short_description: Have a Cloud SQL instance
version_added: 0.1.0
description:
  - Creates or changes a Cloud SQL instance and waits until it is runnable. Changing the tier restarts it.
  - Databases are never deleted by this module. Only what is given is compared.
extends_documentation_fragment:
  - netra.remediation.gcp
  - netra.remediation.wait
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
      - Name of the instance.
    type: str
    required: true
  state:
    description:
      - V(absent) is refused with a reason.
    type: str
    choices: [present, absent]
    default: present
  database_version:
    description:
      - Version such as V(POSTGRES_17), needed to create and fixed then. If not set, it is left as it is.
    type: str
  tier:
    description:
      - Machine tier such as V(db-g1-small), needed to create. If not set, it is left as it is.
    type: str
  edition:
    description:
      - Edition. If not set, it is left as it is.
    type: str
    choices: [ENTERPRISE, ENTERPRISE_PLUS]
  availability_type:
    description:
      - One zone or the whole region. If not set, it is left as it is.
    type: str
    choices: [ZONAL, REGIONAL]
  deletion_protection:
    description:
      - Whether the API refuses to delete it. If not set, it is left as it is.
    type: bool
  private_network:
    description:
      - Path of the network of its private address; null takes that away. If not set, it is left as it is.
    type: str
  public_ip:
    description:
      - Whether it has a public address. If not set, it is left as it is.
    type: bool
  labels:
    description:
      - Labels. Only the keys given are compared; a null value removes one.
    type: dict
author:
  - Netra maintainers (@netra-systems)
"""

EXAMPLES = r"""
- name: Have enough of a machine
  netra.remediation.sql_instance:
    name: staging-postgres
    tier: db-g1-small
  register: database

- name: Tell where it is
  ansible.builtin.debug:
    msg: "{{ database.instance.private_ip }}"
"""

RETURN = r"""
instance:
  description: The instance.
  returned: success
  type: dict
  sample: {name: staging-postgres, state: RUNNABLE, tier: db-g1-small, private_ip: 10.0.0.5}
changed_fields:
  description: The options that changed or, in check mode, would change.
  returned: success
  type: list
  elements: str
  sample: [tier]
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.sql_instance import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
