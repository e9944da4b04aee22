# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the tokens with which a caller shows a private Cloud Run service who it is.

https://cloud.google.com/run/docs/authenticating/service-to-service
"""

from __future__ import annotations

from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.gcp import libraries
from ansible_collections.netra.remediation.plugins.module_utils.gcp.api_errors import attempting
from ansible_collections.netra.remediation.plugins.module_utils.gcp.connections import token_request
from ansible_collections.netra.remediation.plugins.module_utils.gcp.credentials import credentials
from ansible_collections.netra.remediation.plugins.module_utils.operation import Options


def identity_token(options: Options, audience: str) -> str:
    """Return a token of the caller for an audience, which is the address of the service."""
    with attempting(f"get an identity token for {audience}"):
        found = _of_audience(credentials(options), audience)
        found.refresh(token_request())
    return str(found.token)


def _of_audience(found: Any, audience: str) -> Any:
    """Return credentials that make identity tokens, of the same account."""
    if isinstance(found, libraries.service_account.Credentials):
        return libraries.service_account.IDTokenCredentials(
            found.signer, found.service_account_email, found._token_uri, audience
        )
    if isinstance(found, libraries.impersonated_credentials.Credentials):
        return libraries.impersonated_credentials.IDTokenCredentials(
            found, target_audience=audience, include_email=True
        )
    if isinstance(found, libraries.compute_engine.Credentials):
        return libraries.compute_engine.IDTokenCredentials(
            token_request(), audience, use_metadata_identity_endpoint=True
        )
    raise BadInput(
        f"No identity token for {audience} can be made of {type(found).__name__}: be a service account, by "
        "its key, by impersonation or on Google's machines.",
        option="auth_kind",
    )
