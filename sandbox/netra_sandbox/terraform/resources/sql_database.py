# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe ``google_sql_database``.

The API: https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1beta4/databases
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netra_sandbox.terraform.schema import Block, ResourceType, output, required, server_default


def _identifier(state: Mapping[str, Any]) -> str:
    return f"projects/{state['project']}/instances/{state['instance']}/databases/{state['name']}"


SQL_DATABASE = ResourceType(
    name="google_sql_database",
    label="Database",
    block=Block(
        "",
        (
            output("id"),
            required("name", "name", immutable=True),
            required("instance", "instance", immutable=True),
            server_default("project", "project", immutable=True),
            output("self_link", "selfLink"),
        ),
    ),
    api="sql",
    endpoint="https://sqladmin.googleapis.com/sql/v1beta4/",
    collection="projects/{project}/instances/{instance}/databases",
    identifier=_identifier,
    sends_mask=False,
)
