# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When the Cloud Run library is imported: by a diagnosis beside its probes, by a repair before workers are forked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = "ansible_collections.netra.remediation.plugins.module_utils.operations"
PROGRAM = f"""
import sys
from ansible.plugins.loader import init_plugin_loader
init_plugin_loader([{str(ROOT / "playbooks/collections")!r}])
import {OPERATIONS}.environment_info
print("google.cloud.run_v2" in sys.modules)
import {OPERATIONS}.cloud_run_service
print("google.cloud.run_v2" in sys.modules)
"""


def test_a_diagnosis_starts_without_the_run_library_and_a_repair_with_it() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "True"]
