# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every way in which Google says no becomes one of our errors."""

from __future__ import annotations

import json

import pytest
import requests

from ansible_collections.netra.remediation.plugins.module_utils.foundation import errors
from ansible_collections.netra.remediation.plugins.module_utils.gcp import api_errors


def answer(http, body):
    response = requests.Response()
    response.status_code, response.reason = http, "because"
    response._content = (json.dumps(body) if isinstance(body, dict) else body).encode()
    return response


def refusal(http, status=None, message="no"):
    return answer(http, {"error": {"code": http, "message": message, **({"status": status} if status else {})}})


@pytest.mark.parametrize(
    ("response", "kind", "status"),
    [
        (refusal(404, "NOT_FOUND"), errors.NotFound, "NOT_FOUND"),
        (refusal(409, "ABORTED"), errors.Conflict, "ABORTED"),
        (refusal(409, "ALREADY_EXISTS"), errors.Conflict, "ALREADY_EXISTS"),
        (refusal(403, "PERMISSION_DENIED"), errors.PermissionDenied, "PERMISSION_DENIED"),
        # Cloud Storage's conditionNotMet and Cloud SQL's staleData: HTTP 412 without a canonical status.
        (refusal(412), errors.Conflict, "ABORTED"),
        # Secret Manager's stale etag.
        (refusal(400, "FAILED_PRECONDITION", "The etag of [x] does not match."), errors.Conflict, "ABORTED"),
        (refusal(400, "FAILED_PRECONDITION", "It is DISABLED."), errors.ApiError, "FAILED_PRECONDITION"),
        (answer(404, "<html>not here</html>"), errors.NotFound, "NOT_FOUND"),
        (answer(502, ""), errors.ApiError, "UNKNOWN"),
    ],
)
def test_a_refusal_has_a_kind(response, kind, status):
    error = api_errors.from_response("read it", response)
    assert (type(error), error.status, error.http) == (kind, status, response.status_code)
    assert error.message.startswith("Could not read it: ")
