# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Which sources an image is made of, for every module that builds."""

    DOCUMENTATION = r"""
options:
  context:
    description:
      - The directory of the build context.
    type: path
    required: true
  dockerfile:
    description:
      - The Dockerfile, relative to the context.
    type: str
    default: Dockerfile
  required_paths:
    description:
      - Paths without which the image is worthless; a context that lacks one is refused.
    type: list
    default: []
    elements: str
"""
