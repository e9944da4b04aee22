#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cloud_build_image
short_description: Have an image of a build context
version_added: 0.1.0
description:
  - Packs a build context as Docker would, filtered by its ignore file, and builds it with Cloud Build. The build is
    tagged with the digest of the context, so the same sources are never built twice.
  - A build whose image cannot import what it must is a failed build.
extends_documentation_fragment:
  - netra.remediation.build_context
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
  image:
    description:
      - Name of the image in its registry, without tag and digest.
    type: str
    required: true
  verify_imports:
    description:
      - Python modules that must be importable in the image.
    type: list
    default: []
    elements: str
  bucket:
    description:
      - Bucket for the packed context. If not set, the project's own for Cloud Build.
    type: str
  timeout:
    description:
      - Seconds for the build.
    type: int
    default: 600
author:
  - Netra maintainers (@netra-systems)
"""

EXAMPLES = r"""
- name: Have the frontend's image
  netra.remediation.cloud_build_image:
    context: "{{ remediation_source_directory }}"
    dockerfile: frontend/Dockerfile
    image: us-central1-docker.pkg.dev/netra-staging/netra/netra-frontend
    required_paths:
      - frontend/server.py
  register: built

- name: Tell what to deploy
  ansible.builtin.debug:
    msg: "{{ built.image }}"
"""

RETURN = r"""
image:
  description: The image by digest; null in check mode when it is not built yet.
  returned: success
  type: str
  sample: us-central1-docker.pkg.dev/netra-staging/netra/netra-frontend@sha256:9f2c
digest:
  description: Its digest; null in check mode when it is not built yet.
  returned: success
  type: str
  sample: sha256:9f2c
build_id:
  description: The build that made it.
  returned: success
  type: str
  sample: 6f1c2a
context_digest:
  description: Digest of the context it was made from.
  returned: success
  type: str
  sample: 4be1
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.cloud_build_image import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
