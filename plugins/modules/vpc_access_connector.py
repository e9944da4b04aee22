#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vpc_access_connector
short_description: Have a Serverless VPC Access connector
version_added: 0.1.0
description:
  - Creates, changes or deletes a connector, by which Cloud Run services reach private addresses,
    and waits until it is ready.
  - Only what is given is compared. What is fixed at creation and differs is refused.
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
      - Short name of the connector.
    type: str
    required: true
  state:
    description:
      - Whether it is to exist.
    type: str
    choices: [present, absent]
    default: present
  network:
    description:
      - Name of the network; fixed at creation. If not set, it is left as it is.
    type: str
  ip_cidr_range:
    description:
      - The V(/28) range of the connector; fixed at creation. If not set, it is left as it is.
    type: str
  subnet:
    description:
      - Name of a subnet instead of a range; fixed at creation. If not set, it is left as it is.
    type: str
  machine_type:
    description:
      - Machine type of its instances. If not set, it is left as it is.
    type: str
    choices: [f1-micro, e2-micro, e2-standard-4]
  min_instances:
    description:
      - Least number of instances. If not set, it is left as it is.
    type: int
  max_instances:
    description:
      - Greatest number of instances. If not set, it is left as it is.
    type: int
author:
  - Netra maintainers (@netra-systems)
"""

EXAMPLES = r"""
- name: Have a connector
  netra.remediation.vpc_access_connector:
    name: example-connector
    network: staging-vpc
    ip_cidr_range: 10.9.0.0/28

- name: Remove it
  netra.remediation.vpc_access_connector:
    name: example-connector
    state: absent
"""

RETURN = r"""
connector:
  description: The connector; null where it does not exist.
  returned: success
  type: dict
  sample: {name: staging-connector, state: READY, network: staging-vpc, ip_cidr_range: 10.1.0.0/28}
changed_fields:
  description: The options that changed or, in check mode, would change.
  returned: success
  type: list
  elements: str
  sample: [max_instances]
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.vpc_access_connector import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
