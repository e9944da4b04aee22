#!/usr/bin/python
# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ignore_file
short_description: Keep paths in a build context
version_added: 0.1.0
description:
  - Reads an ignore file as the tool does that it is for, and adds the fewest lines that bring required paths back into
    the build context. Every line that is there stays as it is.
  - A file named C(.gcloudignore) is read as gcloud reads it, with C(#!include); any other, such as C(.dockerignore) or
    C(api.Dockerfile.dockerignore), as Docker does.
extends_documentation_fragment:
  - netra.remediation.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  path:
    description:
      - The ignore file. If there is none, nothing is ignored.
    type: path
    required: true
  required_paths:
    description:
      - Paths, relative to the context, that the image needs.
    type: list
    elements: str
    required: true
  state:
    description:
      - V(present) keeps them in the context, V(absent) keeps them out of it.
    type: str
    choices: [present, absent]
    default: present
author:
  - Netra maintainers (@netra-systems)
"""

EXAMPLES = r"""
- name: Keep the monitoring package in the image
  netra.remediation.ignore_file:
    path: "{{ remediation_source_directory }}/.dockerignore"
    required_paths:
      - netra_backend/app/services/monitoring/__init__.py
  register: context

- name: Tell which line dropped it
  ansible.builtin.debug:
    msg: "{{ context.excluded }}"
"""

RETURN = r"""
excluded:
  description: Which required paths the file dropped as it was, and by which line of which file.
  returned: success
  type: list
  elements: dict
  sample:
    - path: netra_backend/app/services/monitoring/__init__.py
      file: .dockerignore
      line: 12
      pattern: "**/monitoring/"
"""

from ansible_collections.netra.remediation.plugins.module_utils.fronts.module import run_module
from ansible_collections.netra.remediation.plugins.module_utils.operations.ignore_file import OPERATION


def main() -> None:
    run_module(OPERATION)


if __name__ == "__main__":
    main()
