# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print one line for each session of nox reports: python scripts/summary.py ROW..."""

from __future__ import annotations

import json
import sys
from pathlib import Path

for report in sys.argv[1:]:
    for session in json.loads(Path(f"{report}.json").read_text(encoding="utf-8"))["sessions"]:
        print(f"{session['result']:8} {session['duration']:5.0f} s  {session['signatures'][0]}")
