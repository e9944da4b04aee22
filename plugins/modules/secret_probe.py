#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: secret_probe
short_description: Use secrets as services do
version_added: 0.1.0
description:
  - Reads payloads from Secret Manager and uses them. A database's URL connects, a password authenticates, the key of
    tokens signs here and the service verifies there.
  - What cannot be read or reached from here is an open question, not a pass. Results never hold a payload or a part of
    one.
extends_documentation_fragment:
  - netra.remediation.gcp
  - netra.remediation.attributes
  - netra.remediation.attributes.actiongroup_gcp
attributes:
  check_mode:
    support: full
    details: It uses secrets in check mode too, because nothing changes by it.
  diff_mode:
    support: N/A
  idempotent:
    support: full
options:
  uses:
    description:
      - Which secrets to use, and where.
    type: list
    elements: dict
    required: true
    suboptions:
      secret:
        description:
          - Short name of the secret.
        type: str
        required: true
      version:
        description:
          - Number of the version. By default the newest that is enabled.
        type: str
      kind:
        description:
          - What to use it as.
        type: str
        choices: [postgres_url, redis_url, postgres_password, redis_password, jwt_key]
        required: true
      host:
        description:
          - Where the server is. Needed for passwords.
        type: str
      port:
        description:
          - Its port. By default the usual one.
        type: int
      database:
        description:
          - The database to connect to.
        type: str
      user:
        description:
          - The user to connect as.
        type: str
      user_secret:
        description:
          - The secret that holds the user.
        type: str
      sslmode:
        description:
          - How PostgreSQL is to encrypt, as libpq names it. By default V(prefer).
        type: str
        choices: [disable, prefer, require, verify-ca, verify-full]
      tls:
        description:
          - Whether Redis encrypts in transit. A URL says so itself.
        type: bool
        default: false
      ca_file:
        description:
          - Certificates to trust for Redis. By default those of the environment.
        type: path
      url:
        description:
          - An address of a service that answers 401 or 403 to a token whose signature is wrong. Needed for keys of
            tokens.
        type: str
      claims:
        description:
          - What the token says besides C(iat) and C(exp), so that the service accepts it.
        type: dict
      timeout:
        description:
          - Seconds for one connection or request.
        type: float
        default: 5
  fail_when_broken:
    description:
      - Whether the task fails when what a secret is for refuses it.
    type: bool
    default: true
author:
  - Netra maintainers (@netra-systems)
"""

EXAMPLES = r"""
- name: Sign with the key of tokens, and let the backend verify
  netra.remediation.secret_probe:
    uses:
      - secret: jwt-secret-key-staging
        kind: jwt_key
        url: https://api.staging.netrasystems.ai/health
        claims: {iss: netra-auth-service, sub: "0", email: probe@netrasystems.ai, kind: access}
"""

RETURN = r"""
targets:
  description:
    - The uses, in order, shaped as RV(netra.remediation.health_probe#module:targets), for
      M(netra.remediation.run_record). C(healthy) is null where nobody could tell.
  returned: always
  type: list
  elements: dict
  sample:
    - name: secret jwt-secret-key-staging:1 as jwt_key
      kind: jwt_key
      healthy: true
      measured: true
      reason: what it signs is accepted, and what another key signs is refused (401)
      seconds: 0.1
works:
  description: Whether every secret works; one that could not be tried does not count as working.
  returned: always
  type: bool
  sample: true
broken:
  description: The uses that were refused.
  returned: always
  type: list
  elements: str
  sample: []
untried:
  description: The uses that could not be tried.
  returned: always
  type: list
  elements: str
  sample: []
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.secret_probe import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
