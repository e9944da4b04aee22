# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the provider: ``python -m netra_sandbox.terraform DIRECTORY`` (installation.py writes the call)."""

from __future__ import annotations

import sys
from pathlib import Path

from netra_sandbox.terraform.server import serve

if __name__ == "__main__":
    sys.exit(serve(Path(sys.argv[1])))
