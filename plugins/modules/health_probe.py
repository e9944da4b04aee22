#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: health_probe
short_description: Probe many targets at once
version_added: 0.1.0
description:
  - Probes HTTP, WebSocket, TCP, TLS, PostgreSQL and Redis targets at the same time, repeats as asked, and holds each
    against its thresholds.
  - An unhealthy target fails the task, with the reason and what to look at next.
  - HTTP, WebSocket and TLS targets are reached through the proxy that E(https_proxy) names, the others directly.
extends_documentation_fragment:
  - netra.remediation.gcp
  - netra.remediation.attributes
  - netra.remediation.attributes.actiongroup_gcp
attributes:
  check_mode:
    support: full
    details:
      - It does the same in check mode, because nothing changes by it.
  diff_mode:
    support: N/A
    details:
      - This module changes nothing.
  idempotent:
    support: full
    details:
      - This module changes nothing.
options:
  targets:
    description:
      - What to probe.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - What to call it in results.
        type: str
        required: true
      kind:
        description:
          - What it speaks.
        type: str
        choices: [http, websocket, tcp, tls, postgres, redis]
        required: true
      url:
        description:
          - Where an V(http) or V(websocket) target is.
        type: str
      host:
        description:
          - Where any other target is.
        type: str
      port:
        description:
          - Its port. If not set, that of its kind; V(tcp) has none.
        type: int
      method:
        description:
          - What to ask an V(http) target.
        type: str
        choices: [GET, HEAD]
        default: GET
      headers:
        description:
          - Headers of an V(http) or V(websocket) target; never shown.
        type: dict
      identity_audience:
        description:
          - Address of the private Cloud Run service behind an V(http) or V(websocket) target. The caller shows with an
            identity token who it is. Only this needs credentials, those of a service account.
        type: str
      database:
        description:
          - Database of a V(postgres) target. If not set, C(postgres).
        type: str
      user:
        description:
          - Who logs in to V(postgres) or V(redis). If not set, C(postgres), or nobody.
        type: str
      password:
        description:
          - The password that goes with it. If not set, none is sent.
        type: str
      sslmode:
        description:
          - How V(postgres) uses TLS. If not set, C(prefer).
        type: str
        choices: [disable, prefer, require, verify-ca, verify-full]
      tls:
        description:
          - Whether V(redis) speaks TLS.
        type: bool
        default: false
      ca_file:
        description:
          - Authorities to trust. If not set, those of E(REQUESTS_CA_BUNDLE), then of the system.
        type: path
      expect:
        description:
          - What the answer of an V(http) target must be. If not set, status 200.
        type: dict
        suboptions:
            status:
              description:
                - Statuses that are right. If not set, only 200.
              type: list
              elements: int
            body_contains:
              description:
                - Text that the body must contain. If not set, any body is right.
              type: str
            json:
              description:
                - What the JSON body must contain; more keys are fine. If not set, any body is right.
              type: dict
      measures:
        description:
          - Names of numbers to their dotted places in the JSON answer of an V(http) target. What was found is in
            RV(targets[].observed) as C(measures), null where there is no number.
        type: dict
        default: {}
      tells:
        description:
          - Names of texts or numbers to their dotted places in the JSON answer of an V(http) target, whatever its
            status. What was found is in RV(targets[].observed) as C(tells), as texts; null where there is neither.
        type: dict
        default: {}
      thresholds:
        description:
          - What a right answer is held against. If not set, nothing.
        type: dict
        suboptions:
            max_seconds:
              description:
                - Seconds that it may take. If not set, it is not held against a limit.
              type: float
            max_connect_seconds:
              description:
                - Seconds until V(postgres) or V(redis) can be asked, which is the connection, TLS and logging in
                  together. If not set, it is not held against a limit.
              type: float
            min_days_left:
              description:
                - Days that the certificate of a V(tls) target must still be valid. If not set, any valid one is right.
              type: int
      timeout:
        description:
          - Seconds for one attempt.
        type: float
        default: 10.0
      samples:
        description:
          - How often to measure in one attempt, each time on a new connection. All must be right. Of several,
            RV(targets[].observed) has the p50 and p95 of each time, and thresholds are held against the p95.
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
      healthy_threshold:
        description:
          - How many successes in a row make it healthy.
        type: int
        default: 1
      deadline:
        description:
          - Seconds for all attempts together. If not set, only their number ends them.
        type: float
  concurrency:
    description:
      - How many at the same time.
    type: int
    default: 16
  fail_when_unhealthy:
    description:
      - Whether an unhealthy target fails the task.
    type: bool
    default: true
requirements:
  - websockets for O(targets[].kind=websocket)
  - psycopg for O(targets[].kind=postgres)
  - redis for O(targets[].kind=redis)
author:
  - Netra maintainers (@netra-systems)
"""

EXAMPLES = r"""
- name: Hold the services against their gates
  netra.remediation.health_probe:
    targets:
      - name: backend
        kind: http
        url: https://api.staging.netrasystems.ai/health
        expect:
          status: [200]
        thresholds:
          max_seconds: 2
        attempts: 3
      - name: certificate
        kind: tls
        host: api.staging.netrasystems.ai
"""

RETURN = r"""
targets:
  description: The targets in the order given.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
      sample: backend
    kind:
      description: What it speaks.
      type: str
      sample: http
    healthy:
      description: Whether it is healthy.
      type: bool
      sample: true
    measured:
      description: Whether it was reached at all; false when the way to it is what failed.
      type: bool
      sample: true
    reason:
      description: What was seen, and what to look at next.
      type: str
      sample: healthy in 0.04 s
    seconds:
      description: How long the last attempt took.
      type: float
      sample: 0.04
    observed:
      description:
        - What the last attempt saw. V(postgres) and V(redis) tell C(connect_seconds), C(tls_seconds) and
          C(auth_seconds) apart, with the first and the second question on that connection (cold and warm).
        - Of an unhealthy one of these, C(failure) is V(refused), V(timeout), V(auth), V(tls), V(protocol), V(name),
          V(full), V(starting), V(unreachable), or the step that failed.
      type: dict
      sample: {status: 200}
    attempts:
      description: All attempts.
      type: list
      elements: dict
      sample: [{healthy: true, measured: true, reason: healthy in 0.04 s, seconds: 0.04, observed: {status: 200}}]
healthy:
  description: Whether all are.
  returned: success
  type: bool
  sample: true
unhealthy:
  description: Names of those that are not.
  returned: success
  type: list
  elements: str
  sample: []
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.health_probe import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
