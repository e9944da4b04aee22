# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Import Google's Secret Manager client, apart from google-auth because only some operations need it."""

from __future__ import annotations

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import MissingLibrary

__all__ = ["need", "secretmanager_v1"]

IMPORT_ERROR: ImportError | None = None

try:
    from google.cloud import secretmanager_v1
except ImportError as error:
    IMPORT_ERROR = error


def need() -> None:
    """Stop with a remedy where the library is missing."""
    if IMPORT_ERROR is not None:
        raise MissingLibrary("google-cloud-secret-manager", IMPORT_ERROR)
