# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets in lists."""

from __future__ import annotations

from typing import Any

import pytest

REFERENCE = "https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/list"


@pytest.mark.source("public", REFERENCE)
def test_a_list_of_secrets_has_no_payloads(target: Any) -> None:
    parent = f"secretmanager.googleapis.com/v1/projects/{target.project}/secrets"
    name = target.fresh("secret")
    target.call("POST", parent, {"replication": {"automatic": {}}}, secretId=name)
    try:
        listed = target.call("GET", parent)["secrets"]
        assert name in {secret["name"].rpartition("/")[2] for secret in listed}
        assert not any("payload" in secret for secret in listed)
    finally:
        target.call("DELETE", f"{parent}/{name}")
