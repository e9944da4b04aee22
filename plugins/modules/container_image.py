#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_image
short_description: Have an image of a build context, built here
version_added: 0.1.0
description:
  - Builds with the container engine of the host that runs the module, and pushes to Artifact Registry. Where no engine
    is at hand, M(netra.remediation.cloud_build_image) builds in the cloud.
  - The engine gets exactly the files that the ignore file lets in, read as Docker reads it. The tag in the registry is
    the digest of this context, so the same sources are never built twice. It appears with the last step of the push;
    a run that is interrupted leaves none.
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
      - Name of the image, V(LOCATION-docker.pkg.dev/PROJECT/REPOSITORY/NAME), without tag and digest.
    type: str
    required: true
  engine:
    description:
      - The container engine. V(auto) takes the first of C(docker), C(podman) and C(buildah) that is on PATH.
    type: str
    default: auto
    choices:
      - auto
      - docker
      - podman
      - buildah
  force_rebuild:
    description:
      - Build and push although the registry has an image of this context.
    type: bool
    default: false
  timeout:
    description:
      - Seconds for build and push together.
    type: int
    default: 600
notes:
  - The collection's tests run C(buildah) and C(podman). C(docker) needs a daemon; its commands are tested as text only.
author:
  - Netra maintainers (@netra-systems)
"""

EXAMPLES = r"""
- name: Tell whether the frontend would be built
  netra.remediation.container_image:
    context: "{{ remediation_source_directory }}"
    dockerfile: frontend/Dockerfile
    image: us-central1-docker.pkg.dev/netra-staging/netra/netra-frontend
    engine: buildah
    required_paths:
      - frontend/server.py
  check_mode: true
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
context_digest:
  description: Digest of the context it was made from.
  returned: success
  type: str
  sample: 4be1
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.container_image import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
