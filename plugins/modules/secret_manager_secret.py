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
  payload_policy:
    description:
      - V(match) adds a version when the newest differs; V(initial) only when there is no enabled version.
    type: str
    choices: [match, initial]
    default: match
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
    payload: "{{ lookup('ansible.builtin.password', '/dev/null', length=32) }}"
    payload_policy: initial
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
  description: Fingerprint of O(payload); null where none was given.
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
