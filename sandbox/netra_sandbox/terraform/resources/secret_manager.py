# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe secrets and who may read them; their payloads are no resource here, so that no state ever holds one.

The API: https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netra_sandbox.terraform.schema import Block, ResourceType, optional, output, required, server_default

_ENDPOINT = "https://secretmanager.googleapis.com/v1/"
_SECRETS = "projects/{project}/secrets"
_OWN = (
    output("id"),
    required("secret_id", immutable=True, in_path=True),
    server_default("project", immutable=True, in_path=True),
)
_REPLICATION = Block("replication", (), (Block("auto", (), api="automatic"),), api="replication", required=True)


def _secret(state: Mapping[str, Any]) -> str:
    return f"projects/{state['project']}/secrets/{state['secret_id']}"


def _member(state: Mapping[str, Any]) -> str:
    return f"{_secret(state)}/{state['role']}/{state['member']}"


SECRET = ResourceType(
    name="google_secret_manager_secret",
    label="Secret",
    block=Block(
        "",
        (
            *_OWN,
            optional("labels", "labels", type=["map", "string"]),
            output("name", "name"),
            output("create_time", "createTime"),
        ),
        (_REPLICATION,),
    ),
    api="secret_manager",
    endpoint=_ENDPOINT,
    collection=_SECRETS,
    identifier=_secret,
    id_parameter="secretId",
    name_attribute="secret_id",
    has_operations=False,
)
SECRET_IAM_MEMBER = ResourceType(
    name="google_secret_manager_secret_iam_member",
    label="IAM Member of Secret",
    block=Block(
        "",
        (
            *_OWN,
            required("role", "role", immutable=True),
            required("member", "member", immutable=True),
            output("etag", "etag"),
        ),
    ),
    api="secret_manager",
    endpoint=_ENDPOINT,
    collection=_SECRETS,
    identifier=_member,
    name_attribute="secret_id",
    has_operations=False,
    is_member=True,
)
