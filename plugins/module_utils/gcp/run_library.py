# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Import Google's Cloud Run client, apart from google-auth because it takes half a second."""

from __future__ import annotations

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import MissingLibrary

__all__ = ["need", "run_v2"]

IMPORT_ERROR: ImportError | None = None

try:
    from google.cloud import run_v2
except ImportError as error:
    IMPORT_ERROR = error


def need() -> None:
    """Stop with a remedy where the library is missing."""
    if IMPORT_ERROR is not None:
        raise MissingLibrary("google-cloud-run", IMPORT_ERROR)
