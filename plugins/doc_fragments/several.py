# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  each:
    description:
      - Several at once, each a mapping of the module's other options. All are started, then all are waited for.
      - The task then registers RV(ignore:results), as a loop does, each with its C(item.name). One that fails keeps no
        other back, and fails the task.
    type: list
    elements: dict
"""
