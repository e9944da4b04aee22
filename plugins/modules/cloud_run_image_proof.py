#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cloud_run_image_proof
short_description: Prove in a Cloud Run job what an image holds
version_added: 0.1.0
description:
  - Tries inside an image, before anything is deployed from it, whether modules import, the entry point is there and
    paths exist.
  - The job stays, and its latest execution is the record of the proof. An image that was proved for the same things is
    not tried again.
  - An image that fails the proof fails the task, with the last lines of the execution.
  - Needs an interpreter of Python in the image.
extends_documentation_fragment:
  - netra.remediation.gcp
  - netra.remediation.wait
  - netra.remediation.job
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
      - Short name of the job. One that is there and was not made by this module is left alone.
    type: str
    required: true
  state:
    description:
      - Whether the image is to be proved, or the job to be removed with its executions.
    type: str
    choices: [proved, absent]
    default: proved
  image:
    description:
      - The image, pinned by digest. Needed unless O(state=absent).
    type: str
  modules:
    description:
      - Modules that must import in the working directory of the image.
    type: list
    elements: str
    default: []
  paths:
    description:
      - Paths that must exist in the image; relative ones below its working directory.
    type: list
    elements: str
    default: []
  entry_point:
    description:
      - What the program starts with, as V(package.module:attribute).
    type: str
author:
  - Netra maintainers (@netra-systems)
"""

EXAMPLES = r"""
- name: See which image serves the frontend
  netra.remediation.cloud_run_service_info:
    name: netra-frontend-staging
  register: frontend

- name: Prove that it holds what the frontend starts with
  netra.remediation.cloud_run_image_proof:
    name: netra-frontend-staging-proof
    image: "{{ frontend['services'][0]['template']['image'] }}"
    paths:
      - frontend/server.py
    modules:
      - frontend.server

- name: Remove the job
  netra.remediation.cloud_run_image_proof:
    name: netra-frontend-staging-proof
    state: absent
"""

RETURN = r"""
image:
  description: The image that is proved.
  returned: success
  type: str
  sample: us-central1-docker.pkg.dev/netra-staging/netra/netra-frontend@sha256:9f2c
execution:
  description: The execution that proved it; null in check mode when it is not proved yet.
  returned: success
  type: str
  sample: netra-frontend-staging-proof-x7k2p
changed_fields:
  description: What of the job changed or, in check mode, would change; C(proved) where the image is tried.
  returned: success
  type: list
  elements: str
  sample: [image, proved]
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.cloud_run_image_proof import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
