# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Where the records of an environment are."""

    DOCUMENTATION = r"""
options:
  directory:
    description:
      - The folder of all records, of all environments. A run that is started makes it where it is missing.
    type: path
    required: true
  environment:
    description:
      - Whose records they are; by convention the inventory host's name.
    type: str
    required: true
"""
