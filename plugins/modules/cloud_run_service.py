#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cloud_run_service
short_description: Have a Cloud Run service
version_added: 0.1.0
description:
  - Creates, changes or deletes a Cloud Run service and waits until it serves as asked.
  - An option that is not given is left alone, one that is null is cleared. Every write carries the etag that was read.
  - Check mode sends Cloud Run the same request for validation only.
extends_documentation_fragment:
  - netra.remediation.gcp
  - netra.remediation.wait
  - netra.remediation.several
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
      - Short name of the service. Either this or O(each) is needed.
    type: str
  state:
    description:
      - Whether it is to exist.
    type: str
    choices: [present, absent]
    default: present
  image:
    description:
      - The image, best pinned by digest; needed to create. If not set, it is left as it is.
    type: str
  command:
    description:
      - Entry point instead of the image's. If not set, it is left as it is; null sets Google's default.
    type: list
    elements: str
  args:
    description:
      - Its arguments. If not set, it is left as it is; null sets Google's default.
    type: list
    elements: str
  port:
    description:
      - The port that the container listens on. If not set, it is left as it is; null sets Google's default.
    type: int
  env:
    description:
      - All plain environment variables; others are removed. If not set, they are left as they are.
    type: dict
  secret_env:
    description:
      - All variables from secrets, as C(secret:version); others are removed. If not set, they are left as they are.
    type: dict
  cpu:
    description:
      - Processors, such as V(1) or V(500m). If not set, it is left as it is; null sets Google's default.
    type: str
  memory:
    description:
      - Memory, such as V(512Mi). If not set, it is left as it is; null sets Google's default.
    type: str
  cpu_idle:
    description:
      - Whether processors are taken away between requests. If not set, it is left as it is; null sets Google's default.
    type: bool
  cpu_boost:
    description:
      - Whether the start gets more processors. If not set, it is left as it is; null sets Google's default.
    type: bool
  startup_probe:
    description:
      - What decides that an instance has started. If not set, it is left as it is; null sets Google's TCP probe.
    type: dict
    suboptions:
      path:
        description:
          - Path of an HTTP probe. If not set, the probe only connects.
        type: str
      port:
        description:
          - Port to probe. If not set, the container's.
        type: int
      initial_delay_seconds:
        description:
          - Seconds before the first probe. If not set, 0.
        type: int
      timeout_seconds:
        description:
          - Seconds for one probe. If not set, 1.
        type: int
      period_seconds:
        description:
          - Seconds between probes. If not set, 10.
        type: int
      failure_threshold:
        description:
          - Failures that end the instance. If not set, 3.
        type: int
  min_instances:
    description:
      - Instances that always run. If not set, it is left as it is; null sets Google's default.
    type: int
  max_instances:
    description:
      - Instances at most. If not set, it is left as it is; null sets Google's default.
    type: int
  concurrency:
    description:
      - Requests that an instance serves at once. If not set, it is left as it is; null sets Google's default.
    type: int
  timeout_seconds:
    description:
      - Seconds that a request may take. If not set, it is left as it is; null sets Google's default.
    type: int
  service_account:
    description:
      - E-mail address of the account that runs it. If not set, it is left as it is; null sets Google's default.
    type: str
  vpc_connector:
    description:
      - Connector to a network, by short or full name. If not set, it is left as it is; null removes it.
    type: str
  vpc_egress:
    description:
      - What goes through the connector. If not set, it is left as it is; null sets Google's default.
    type: str
    choices: [all-traffic, private-ranges-only]
  session_affinity:
    description:
      - Whether a client stays with its instance. If not set, it is left as it is; null sets Google's default.
    type: bool
  execution_environment:
    description:
      - Generation of the execution environment. If not set, it is left as it is; null sets Google's default.
    type: str
    choices: [gen1, gen2]
  health_check_disabled:
    description:
      - Whether a new revision counts as ready without a probe. If not set, it is left as it is; null sets Google's
        default.
    type: bool
  invoker_iam_disabled:
    description:
      - Whether everybody may call the service, without the role of an invoker. A service that is created without it
        answers 403 until someone is bound to C(roles/run.invoker).
    type: bool
  ingress:
    description:
      - Who may reach it. If not set, it is left as it is; null sets Google's default.
    type: str
    choices: [all, internal, internal-and-cloud-load-balancing]
  labels:
    description:
      - Labels. Only the keys given are compared; a null value removes one.
    type: dict
  annotations:
    description:
      - Annotations. Only the keys given are compared; a null value removes one.
    type: dict
  traffic:
    description:
      - All traffic. If not set, it is left as it is. Not together with O(candidate_tag).
      - While M(netra.remediation.cloud_run_traffic) holds the traffic, a change that gives users another revision is
        refused, whether by O(traffic) or by a new revision of a service that follows the latest one.
    type: list
    elements: dict
    suboptions:
      revision:
        description:
          - Name of a revision. Either this or O(traffic[].latest) is needed.
        type: str
      latest:
        description:
          - Follow the latest ready revision.
        type: bool
      percent:
        description:
          - Its share of the requests.
        type: int
        default: 0
      tag:
        description:
          - A tag, which gives it an address of its own. If not set, it gets none.
        type: str
  candidate_tag:
    description:
      - A new revision gets this tag and no traffic; who serves now goes on serving. If not set, traffic flows as the
        service says.
    type: str
author:
  - Netra maintainers (@netra-systems)
"""

EXAMPLES = r"""
- name: See what the frontend runs
  netra.remediation.cloud_run_service_info:
    name: netra-frontend-staging
  register: frontend

- name: See what two services run, at the same time
  netra.remediation.cloud_run_service:
    each:
      - name: netra-frontend-staging
      - name: netra-auth-service
  register: both

- name: Have a service with the same image
  netra.remediation.cloud_run_service:
    name: example-service
    image: "{{ frontend.services[0].template.image }}"
    port: 3000
    env:
      GREETING: hello
    labels:
      team: netra

- name: Change it behind a tag, at 0 %
  netra.remediation.cloud_run_service:
    name: example-service
    env:
      GREETING: good morning
    candidate_tag: candidate
  register: deployed

- name: Tell where the candidate waits
  ansible.builtin.debug:
    msg: "{{ deployed.candidate.url }}"

- name: Remove it
  netra.remediation.cloud_run_service:
    name: example-service
    state: absent
"""

RETURN = r"""
service:
  description: The service; null where it does not exist.
  returned: success, without O(each)
  type: dict
  sample:
    name: netra-backend-staging
    uri: https://netra-backend-staging-abc123-uc.a.run.app
    latest_ready_revision: netra-backend-staging-00037-abc
    traffic: [{latest: true, percent: 100}]
candidate:
  description: The revision that waits behind O(candidate_tag); null where none does, and in check mode where one
    would be made.
  returned: success
  type: dict
  sample:
    revision: netra-backend-staging-00037-abc
    tag: candidate
    url: https://candidate---netra-backend-staging-abc123-uc.a.run.app
results:
  description: With O(each), what was returned for each entry, in order.
  returned: when O(each) is set
  type: list
  elements: dict
  sample: [{item: {name: netra-frontend-staging}, changed: false}]
changed_fields:
  description: The options that changed or, in check mode, would change.
  returned: success
  type: list
  elements: str
  sample: [env.GREETING]
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.cloud_run_service import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
