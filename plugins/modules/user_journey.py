#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: user_journey
short_description: Walk the golden path as a user does
version_added: 0.1.0
description:
  - Logs in, looks at the token, asks for health with it, opens a WebSocket, runs an agent and holds its events and its
    answer against what a complete run gives. Every step is timed.
  - After a step that broke the others are not tried, and their RV(steps[].passed) is null. A way that could not be
    measured, such as a proxy that refuses, makes the verdict V(inconclusive), which is not a pass.
  - Password and token are in no result.
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
  login_url:
    description:
      - Where address and password are sent as JSON, and an C(access_token) is answered.
    type: str
    required: true
  email:
    description:
      - Who logs in.
    type: str
    required: true
  password:
    description:
      - The password. Either this or O(password_secret) is needed.
    type: str
  password_secret:
    description:
      - The secret in Secret Manager that holds the password, at the version after a colon, else at the newest one that
        is enabled.
    type: str
  health_url:
    description:
      - What is asked for with the token and must answer 200.
    type: str
    required: true
  websocket_url:
    description:
      - Where the agent is, beginning with C(wss://).
    type: str
    required: true
  hosts:
    description:
      - Hosts to reach elsewhere, each with the address to reach it at, such as that of a revision behind a tag.
    type: dict
    default: {}
  prompt:
    description:
      - What the agent is asked.
    type: str
    required: true
  events:
    description:
      - The events of a complete run, in order; the last one ends it.
    type: list
    default: [agent_started, agent_thinking, tool_executing, tool_completed, agent_completed]
    elements: str
  minimum_answer_characters:
    description:
      - The least length of the answer in the last event.
    type: int
    default: 1
  health_seconds:
    description:
      - Seconds that the health step may take. If not set, it is not held against a limit.
    type: float
  websocket_seconds:
    description:
      - Seconds that connecting may take. If not set, it is not held against a limit.
    type: float
  timeout:
    description:
      - Seconds for the whole walk.
    type: float
    default: 60.0
  fail_when_broken:
    description:
      - Whether the task fails when the verdict is not V(pass).
    type: bool
    default: true
author:
  - Netra maintainers (@netra-systems)
"""

EXAMPLES = r"""
- name: Walk the golden path
  netra.remediation.user_journey:
    login_url: https://auth.staging.netrasystems.ai/auth/login
    email: golden.path@netrasystems.ai
    password_secret: golden-path-password-staging
    health_url: https://api.staging.netrasystems.ai/health
    websocket_url: wss://api.staging.netrasystems.ai/ws
    prompt: Which of our cloud resources cost the most last month?
    minimum_answer_characters: 80
"""

RETURN = r"""
steps:
  description: The steps in order.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: V(login), V(token), V(health), V(websocket), V(agent_run) or V(events).
      type: str
      sample: login
    passed:
      description: Whether it passed; null when it was not tried or could not be measured.
      type: bool
      sample: true
    seconds:
      description: How long it took; null when it was not tried.
      type: float
      sample: 0.21
    reason:
      description: Why it did not pass.
      type: str
      sample: ""
verdict:
  description: V(pass), V(fail) or V(inconclusive).
  returned: success
  type: str
  sample: pass
passed:
  description: Whether the verdict is V(pass).
  returned: success
  type: bool
  sample: true
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.user_journey import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
