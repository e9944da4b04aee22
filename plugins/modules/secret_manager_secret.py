#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: secret_manager_secret
short_description: Have a secret and its versions
version_added: 0.1.0
description:
  - Creates, changes or deletes a secret, adds a version where its payload differs, and sets states of versions.
  - A payload is compared with the newest enabled version. Results and diffs show fingerprints, keyed anew for every
    run.
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
  name:
    description:
      - Short name of the secret.
    type: str
    required: true
  state:
    description:
      - Whether it is to exist.
    type: str
    choices: [present, absent]
    default: present
  payload:
    description:
      - What the newest version must hold. If not set, versions are left as they are.
    type: str
  generate:
    description:
      - Makes a payload where the secret has no enabled version. It never passes through Ansible.
    type: dict
    suboptions:
      kind:
        description:
          - What to make.
        type: str
        choices: [text, password, jwt_key, hex, base64, fernet, uuid]
        default: text
      length:
        description:
          - Characters of a text or a password, bytes of what is encoded. By default 48 characters or 32 bytes.
        type: int
  source:
    description:
      - Where the payload is read, on the host that runs the module. It never passes through Ansible.
    type: dict
    suboptions:
      environment:
        description:
          - Name of an environment variable, such as one that a credential of AWX sets.
        type: str
      file:
        description:
          - Path of a file, whose bytes are the payload.
        type: path
      terraform_output:
        description:
          - Name of an output of Terraform, sensitive or not.
        type: str
      terraform_directory:
        description:
          - Directory of the initialised root module. Needed with O(source.terraform_output).
        type: path
      secret:
        description:
          - Name of another secret of the project, whose newest enabled version is the payload.
        type: str
  kind:
    description:
      - What the payload must be. One that is a placeholder, malformed or surrounded by white space is refused before
        anything is written.
    type: str
    choices:
      - text
      - name
      - host
      - port
      - url
      - http_url
      - redis_url
      - postgres_url
      - hex
      - base64
      - fernet
      - uuid
      - pem
      - private_key
      - json
      - service_account_key
      - jwt_key
      - password
      - openai_api_key
      - anthropic_api_key
      - google_api_key
      - google_client_id
      - google_client_secret
      - github_token
      - slack_token
      - stripe_api_key
      - sendgrid_api_key
      - aws_access_key_id
      - aws_secret_access_key
  payload_policy:
    description:
      - V(match) adds a version when the newest differs; V(initial) only when there is no enabled version, as
        O(generate) always does.
    type: str
    choices: [match, initial]
    default: match
  newer_than:
    description:
      - With O(generate), the number that the newest enabled version must exceed. A new one is generated where it does
        not, and none where it does, so that a rotation that was cut off goes on.
    type: int
  labels:
    description:
      - Labels. Only the keys given are compared; a null value removes one.
    type: dict
  locations:
    description:
      - Where it is kept, fixed at creation. If not set, Google decides.
    type: list
    elements: str
  version_states:
    description:
      - States by version number, V(enabled), V(disabled) or V(destroyed), which cannot be undone. Versions that are
        not named stay.
    type: dict
author:
  - Netra maintainers (@netra-systems)
"""

EXAMPLES = r"""
- name: Have a secret
  netra.remediation.secret_manager_secret:
    name: example-secret
    generate:
      kind: jwt_key
    kind: jwt_key
    labels:
      team: netra
  register: made

- name: Disable its version
  netra.remediation.secret_manager_secret:
    name: example-secret
    version_states:
      "1": disabled

- name: Remove it
  netra.remediation.secret_manager_secret:
    name: example-secret
    state: absent
"""

RETURN = r"""
secret:
  description: The secret; null where it does not exist.
  returned: success
  type: dict
  sample: {name: postgres-user-staging, latest_version: "1", versions: [{version: "1", state: enabled}], labels: {}}
fingerprint:
  description: Fingerprint of the payload that was asked for, C(generated) where it was to be made, null without one.
  returned: success
  type: str
  sample: 5f3c9ad1
changed_fields:
  description: The options that changed or, in check mode, would change.
  returned: success
  type: list
  elements: str
  sample: [payload]
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.secret_manager_secret import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
