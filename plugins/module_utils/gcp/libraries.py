# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Import google-auth, google-api-core and requests once, for every file that calls Google."""

from __future__ import annotations

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import MissingLibrary

__all__ = [
    "api_exceptions",
    "api_retry",
    "auth_exceptions",
    "compute_engine",
    "create_urllib3_context",
    "google_auth",
    "impersonated_credentials",
    "need",
    "oauth2_credentials",
    "requests",
    "service_account",
    "transport",
]

IMPORT_ERROR: ImportError | None = None

try:
    import google.auth as google_auth
    import google.auth.exceptions as auth_exceptions
    import google.auth.transport.requests as transport
    import google.oauth2.credentials as oauth2_credentials
    import requests
    from google.api_core import exceptions as api_exceptions
    from google.api_core import retry as api_retry
    from google.auth import compute_engine, impersonated_credentials
    from google.oauth2 import service_account
    from urllib3.util.ssl_ import create_urllib3_context
except ImportError as error:
    IMPORT_ERROR = error


def need() -> None:
    """Stop with a remedy where the libraries are missing."""
    if IMPORT_ERROR is not None:
        raise MissingLibrary("google-auth", IMPORT_ERROR)
