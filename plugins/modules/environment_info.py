#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: environment_info
short_description: Observe an environment and judge it by its contract
version_added: 0.1.0
description:
  - Reads services, revisions, errors, secrets, infrastructure, builds, config files and endpoints at the same time, and
    holds them against the contract. Every difference is a finding with an id that stays, causes before symptoms.
  - A contract that cannot be meant is refused before anything is read, naming the variable.
  - Payloads of secrets are never read. What may not be read is a finding of its own and is not judged.
extends_documentation_fragment:
  - netra.remediation.gcp
  - netra.remediation.attributes
  - netra.remediation.attributes.info_module
  - netra.remediation.attributes.actiongroup_gcp
options:
  contract:
    description:
      - The C(remediation_*) variables of the environment without their prefix.
    type: dict
    required: true
  probe:
    description:
      - Whether to ask the services' endpoints for their health too.
    type: bool
    default: true
  repairs:
    description:
      - Whether the caller is to repair what is found, so that it is asked for the permissions which that takes.
    type: bool
    default: false
  rotate:
    description:
      - Names of secrets of the contract to plan a rotation of.
    type: list
    elements: str
author:
  - Netra maintainers (@netra-systems)
"""

EXAMPLES = r"""
- name: Look at the environment
  netra.remediation.environment_info:
    contract:
      services: "{{ remediation_services }}"
      waves: "{{ remediation_waves }}"
      secrets: "{{ remediation_secrets }}"
      infrastructure: "{{ remediation_infrastructure }}"
      source_directory: "{{ remediation_source_directory }}"
  register: seen

- name: Tell what was found
  ansible.builtin.debug:
    msg: "{{ seen.report }}"
"""

RETURN = r"""
left_out:
  description: Phases that the contract's C(start_at), C(only) or C(skip), or Ansible's tags, leave out.
  returned: success
  type: dict
  sample: {build: {why: "remediation_skip: the image is fine", findings: [BLD-001]}}
findings:
  description: What departs from the contract, causes first.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Which check found it; see C(docs/findings.md).
      type: str
      sample: INF-001
    key:
      description: Id and resource, unique within one observation.
      type: str
      sample: INF-001 staging-redis
    severity:
      description: V(critical), V(error), or V(warning), which asks for nothing.
      type: str
      sample: error
    phase:
      description: The phase that repairs it.
      type: str
      sample: infrastructure
    resource:
      description: What it is about.
      type: str
      sample: staging-redis
    service:
      description: The service it is about; empty when all share it.
      type: str
      sample: ""
    summary:
      description: What is wrong.
      type: str
      sample: Redis instance staging-redis does not exist
    evidence:
      description: What was seen.
      type: dict
      sample: {}
    caused_by:
      description: Keys of the findings that lead to it.
      type: list
      elements: str
      sample: []
    remedy:
      description: What repairs it.
      type: str
      sample: The infrastructure phase provisions it.
    command:
      description: What a person types to look further or to mend it; empty where there is no one command.
      type: str
      sample: gcloud redis instances describe staging-redis --region=us-central1 --project=netra-staging
verdict:
  description: What the findings come to.
  returned: success
  type: dict
  contains:
    critical:
      description: How many findings are critical; C(error) and C(warning) likewise.
      type: int
      sample: 1
    error:
      description: How many are errors.
      type: int
      sample: 2
    warning:
      description: How many are warnings.
      type: int
      sample: 0
    worst:
      description: The worst severity, V(none) where nothing was found.
      type: str
      sample: critical
    complete:
      description: Whether everything could be read.
      type: bool
      sample: true
    first:
      description: The key of the first root cause.
      type: str
      sample: INF-001 staging-redis
    fails_on:
      description: The values of C(remediation_fail_on) with which C(diagnose) fails.
      type: list
      elements: str
      sample: [critical, error, warning]
silenced:
  description: What was found and is silenced by C(remediation_silenced), with reason and last day.
  returned: success
  type: list
  elements: dict
  sample: []
phases:
  description: The phases that must act.
  returned: success
  type: list
  elements: str
  sample: [infrastructure, configuration, deployment]
report:
  description: The findings as text, line by line.
  returned: success
  type: list
  elements: str
  sample: ["Nothing found: the environment is as its contract says."]
observation:
  description: Everything that was read, without payloads and without values that look like secrets.
  returned: success
  type: dict
  sample: {project: netra-staging, region: us-central1}
secrets_desired:
  description:
    - The secrets whose payload has a source, as options of M(netra.remediation.secret_manager_secret), to be made or
      compared with it. C(given) and C(output) say where a payload is that is no option.
  returned: success
  type: list
  elements: dict
  sample: [{name: service-secret-staging, kind: text, generate: {kind: text, length: 48}}]
rotation:
  description: What rotating the secrets in O(rotate) takes, and what forbids it; null where none are named.
  returned: success
  type: dict
  contains:
    secrets:
      description: Options of M(netra.remediation.secret_manager_secret) for new versions, and the C(old) ones.
      type: list
      elements: dict
      sample: [{name: jwt-secret, kind: jwt_key, generate: {kind: jwt_key}, newer_than: 1, old: ["1"]}]
    services:
      description: The services that read them, in the order of the waves.
      type: list
      elements: dict
      sample: [{name: api, revision: api-00001, variables: {KEY: jwt-secret}, secret_env: {KEY: "jwt-secret:1"}}]
    obstacles:
      description: Why it must not be done, in sentences.
      type: list
      elements: str
      sample: []
secrets_only_people_know:
  description: A sentence for each secret without an enabled version that no run can supply, with the command to use.
  returned: success
  type: list
  elements: str
  sample: ["Secret stripe-key does not exist: gcloud secrets create stripe-key --data-file=-"]
secret_payloads:
  description: Whether payloads were to be judged, and of which secrets they were; what was not judged is no pass.
  returned: success
  type: dict
  sample: {asked: true, judged: [postgres-user-staging], not_judged: [jwt-secret-key-staging], kinds: [name]}
sources_only_people_repair:
  description:
    - A sentence for each fault of the sources that no run can repair, of services whose image is yet to be built.
  returned: success
  type: list
  elements: str
  sample:
    - "api: app/errors.py is in the image and does not offer Reporter, which the program imports. Define it."
not_known_yet:
  description: Service to what is still missing or could not be read of what it should be; empty when all is known.
  returned: success
  type: dict
  sample: {netra-backend-staging: [output redis_host for REDIS_HOST]}
image_proofs:
  description: The images to try before they are deployed, as options of M(netra.remediation.cloud_run_image_proof),
    each with its service.
  returned: success
  type: list
  elements: dict
  sample: []
vpc_probes:
  description: The stores to probe from where the services are, as options of M(netra.remediation.cloud_run_vpc_probe),
    each with its service.
  returned: success
  type: list
  elements: dict
  sample: []
services_desired:
  description: What each service should be, as options of M(netra.remediation.cloud_run_service).
  returned: success
  type: list
  elements: dict
  sample: [{name: netra-frontend-staging, port: 3000}]
deliveries:
  description:
    - By service, in which C(steps) its new revision gets users before the C(whole) traffic, each as a target of
      M(netra.remediation.delivery_gate). C(whole) is null where nothing is asked after it. C(approvals) are the shares
      that a person approves before, see M(netra.remediation.delivery_approval).
  returned: success
  type: dict
  sample:
    netra-frontend-staging:
      service: netra-frontend-staging
      steps:
        - {service: netra-frontend-staging, percent: 10, limits: {max_error_percent: 1.0, watch_seconds: 60.0}}
      whole: {service: netra-frontend-staging, percent: 100, limits: {max_error_percent: 1.0, watch_seconds: 60.0}}
      approvals: [{percent: 100, seconds: 3600.0, overrun: stop}]
parity:
  description:
    - Which variables and secrets the next revision of a service adds, removes and changes beside the one that serves,
      by name only. A service that gets no new revision is not in it.
  returned: success
  type: list
  elements: dict
  sample:
    - service: netra-frontend-staging
      environment: {added: [NEXT_PUBLIC_WS_URL], removed: [], changed: [NEXT_PUBLIC_API_URL]}
      secrets: {added: [], removed: [], changed: []}
      text: "netra-frontend-staging: environment +NEXT_PUBLIC_WS_URL, ~NEXT_PUBLIC_API_URL"
obstacles:
  description:
    - Why the next revision of a service could not be made or start, as far as that can be known before.
    - Each says what to do.
  returned: success
  type: list
  elements: str
  sample: []
beyond_quota:
  description:
    - Those of RV(obstacles) that are so whatever is repaired before.
    - The contract asks for more than the region's quota.
  returned: success
  type: list
  elements: str
  sample: []
config_files_desired:
  description: What each deployment config file must hold.
  returned: success
  type: list
  elements: dict
  sample: [{path: deployment/staging_config.yaml, values: {env_vars: {REDIS_PORT: "6379"}}}]
health_targets:
  description: Where users meet the services, as targets of M(netra.remediation.health_probe).
  returned: success
  type: list
  elements: dict
  sample: [{name: netra-frontend-staging, kind: http, url: "https://app.staging.netrasystems.ai/"}]
outputs:
  description: What the infrastructure offers to the services; null where it is not there yet.
  returned: success
  type: dict
  sample: {redis_host: 10.0.0.3, redis_port: "6379"}
freeze:
  description: The window of C(freezes) in which nothing may be deployed now, with its reason and end; null outside.
  returned: success
  type: dict
  sample: {reason: the weekend, until: mon 08:00 Europe/Berlin, text: the weekend (until mon 08:00 Europe/Berlin)}
holds:
  description: Services whose traffic is held, and why.
  returned: success
  type: list
  elements: dict
  sample: []
settings:
  description:
    - A row for each variable that C(settings) of its service has a rule for, with its value in the contract, in the
      deployment config file and in the revision that serves, and what is wrong in which of them. Secrets are hidden.
  returned: success
  type: list
  elements: dict
  sample:
    - service: netra-backend-staging
      variable: REDIS_PORT
      contract: "6379"
      file: "6379"
      revision: "63790"
      complaints: {revision: is '63790', not '6379'}
splits:
  description:
    - Services whose traffic a person split, so that a deployment must not decide where it goes. One that is held, or
      whose entry in the contract says C(traffic) V(latest), is none of them.
  returned: success
  type: list
  elements: dict
  sample:
    - service: netra-backend-staging
      shares: {latest: 10, netra-backend-staging-00035-fnj: 90}
      text: latest 10 %, netra-backend-staging-00035-fnj 90 %
unmeasurable:
  description: Gates that will stay open because what they ask for may not be read, each with what the API said.
  returned: success
  type: list
  elements: str
  sample: []
serving:
  description: The revision that gets most of each service's traffic.
  returned: success
  type: dict
  sample: {netra-backend-staging: netra-backend-staging-00037-abc}
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.environment_info import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
