#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cloud_run_vpc_probe
short_description: Probe stores from where a Cloud Run service is
version_added: 0.1.0
description:
  - Probes PostgreSQL, Redis and TCP servers in a Cloud Run job with a service's image, identity, secrets and connector,
    for runners that are outside of its network. What it measures and tells apart is what
    M(netra.remediation.health_probe) does.
  - A target names the environment variables in which the service finds its host, user and password. No payload passes
    through the runner, and none stands in the job.
  - The job stays; executing it again is no change.
  - Needs an interpreter of Python 3.8 or newer in the image, and no library.
extends_documentation_fragment:
  - netra.remediation.gcp
  - netra.remediation.wait
  - netra.remediation.job
  - netra.remediation.attributes
  - netra.remediation.attributes.actiongroup_gcp
attributes:
  check_mode:
    support: full
    details:
      - The job is not executed in check mode, so nothing is measured.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  name:
    description:
      - Short name of the job. One that is there and was not made by this module is left alone.
    type: str
    required: true
  state:
    description:
      - Whether to probe, or to remove the job with its executions.
    type: str
    choices: [probed, absent]
    default: probed
  targets:
    description:
      - What to probe, one after the other. Needed unless O(state=absent).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - What to call it in results. No two targets have the same name.
        type: str
        required: true
      kind:
        description:
          - What it speaks.
        type: str
        choices: [postgres, redis, tcp]
        required: true
      variables:
        description:
          - Which variable of O(env) or O(secret_env) holds which part, V(url), or V(host) and V(port), V(user),
            V(password), V(database), V(sslmode), V(tls).
        type: dict
        default: {}
      values:
        description:
          - Parts that no variable holds. V(url) and V(password) cannot be given here, since everybody who may see the
            job would see them.
        type: dict
        default: {}
      max_connect_seconds:
        description:
          - Seconds until the store can be asked, which is the connection, TLS and logging in together. If not set, it
            is not held against a limit.
        type: float
      timeout:
        description:
          - Seconds for each step.
        type: float
        default: 5.0
      samples:
        description:
          - How often to measure in one attempt, each time on a new connection. All must be right, and the limit is held
            against the p95.
        type: int
        default: 1
      attempts:
        description:
          - How often to try at most.
        type: int
        default: 1
      interval:
        description:
          - Seconds between attempts.
        type: float
        default: 1.0
  image:
    description:
      - The image of the service. Needed unless O(state=absent).
    type: str
  fail_when_unhealthy:
    description:
      - Whether a target that is not healthy, or that could not be probed, fails the task.
    type: bool
    default: true
author:
  - Netra maintainers (@netra-systems)
seealso:
  - module: netra.remediation.health_probe
"""

EXAMPLES = r"""
- name: See what the backend is deployed with
  netra.remediation.cloud_run_service_info:
    name: netra-backend-staging
  register: backend

- name: Probe its stores from where it is
  netra.remediation.cloud_run_vpc_probe:
    name: netra-backend-staging-vpc-probe
    image: "{{ template['image'] }}"
    env: "{{ template['env'] }}"
    secret_env: "{{ template['secret_env'] }}"
    service_account: "{{ template['service_account'] }}"
    vpc_connector: "{{ template['vpc_connector'] }}"
    vpc_egress: "{{ template['vpc_egress'] }}"
    targets:
      - name: database
        kind: postgres
        variables:
          host: POSTGRES_HOST
          user: POSTGRES_USER
          password: POSTGRES_PASSWORD
          database: POSTGRES_DB
        max_connect_seconds: 2
        samples: 5
      - name: cache
        kind: redis
        variables:
          host: REDIS_HOST
          port: REDIS_PORT
  vars:
    template: "{{ backend['services'][0]['template'] }}"
"""

RETURN = r"""
image:
  description: The image from which it looked.
  returned: success
  type: str
  sample: us-central1-docker.pkg.dev/netra-staging/netra/netra-backend@sha256:9f2c
execution:
  description: The execution that probed; null in check mode.
  returned: success
  type: str
  sample: netra-backend-staging-vpc-probe-x7k2p
healthy:
  description: Whether all targets are healthy; null in check mode.
  returned: success
  type: bool
  sample: true
targets:
  description: The targets in the order given; empty in check mode.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
      sample: database
    kind:
      description: What it speaks.
      type: str
      sample: postgres
    healthy:
      description: Whether it is healthy; null where the execution told nothing of it.
      type: bool
      sample: true
    measured:
      description: Whether it was probed at all.
      type: bool
      sample: true
    reason:
      description: What was seen, and what to look at next.
      type: str
      sample: healthy in 0.04 s
    seconds:
      description: How long the last sample took; of several the p95.
      type: float
      sample: 0.04
    observed:
      description: The times of the steps in seconds, and the C(failure) and its C(step), as
        M(netra.remediation.health_probe) tells them.
      type: dict
      sample: {connect_seconds: 0.004, auth_seconds: 0.02, session_seconds: 0.024, query_seconds: 0.001}
changed_fields:
  description: What of the job changed or, in check mode, would change.
  returned: success
  type: list
  elements: str
  sample: [image]
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.cloud_run_vpc_probe import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
