#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_instance
short_description: Have a Memorystore Redis instance
version_added: 0.1.0
description:
  - Creates, changes or deletes a Redis instance and waits until it is ready.
  - Only what is given is compared. What is fixed at creation is never replaced,
    because the data would be lost. A difference is refused.
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
      - Short name of the instance.
    type: str
    required: true
  state:
    description:
      - Whether it is to exist.
    type: str
    choices: [present, absent]
    default: present
  tier:
    description:
      - Service tier, needed to create and fixed then. If not set, it is left as it is.
    type: str
    choices: [BASIC, STANDARD_HA]
  memory_size_gb:
    description:
      - Size in GiB, needed to create. If not set, it is left as it is.
    type: int
  redis_version:
    description:
      - Version such as V(REDIS_7_2), fixed at creation. If not set, it is left as it is.
    type: str
  network:
    description:
      - The network, by name or by path; fixed at creation. If not set, it is left as it is.
    type: str
  connect_mode:
    description:
      - How the network is connected; fixed at creation. If not set, it is left as it is.
    type: str
    choices: [DIRECT_PEERING, PRIVATE_SERVICE_ACCESS]
  auth_enabled:
    description:
      - Whether clients must authenticate. If not set, it is left as it is.
    type: bool
  transit_encryption_mode:
    description:
      - Encryption on the way; fixed at creation. If not set, it is left as it is.
    type: str
    choices: [DISABLED, SERVER_AUTHENTICATION]
  redis_configs:
    description:
      - Parameters of Redis. Only the keys given are compared; a null value removes one.
    type: dict
  display_name:
    description:
      - Name for people; null clears it. If not set, it is left as it is.
    type: str
  labels:
    description:
      - Labels. Only the keys given are compared; a null value removes one.
    type: dict
author:
  - Netra maintainers (@netra-systems)
"""

EXAMPLES = r"""
- name: Have a Redis instance
  netra.remediation.redis_instance:
    name: example-redis
    tier: BASIC
    memory_size_gb: 1
    redis_version: REDIS_7_2
    network: staging-vpc
  register: redis

- name: Tell where it is
  ansible.builtin.debug:
    msg: "{{ redis.instance.host }}:{{ redis.instance.port }}"

- name: Make room
  netra.remediation.redis_instance:
    name: example-redis
    memory_size_gb: 2

- name: Remove it
  netra.remediation.redis_instance:
    name: example-redis
    state: absent
"""

RETURN = r"""
instance:
  description: The instance; null where it does not exist.
  returned: success
  type: dict
  sample: {name: staging-redis, state: READY, host: 10.0.0.3, port: 6379, tier: BASIC, memory_size_gb: 1}
changed_fields:
  description: The options that changed or, in check mode, would change.
  returned: success
  type: list
  elements: str
  sample: [memory_size_gb]
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.redis_instance import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
