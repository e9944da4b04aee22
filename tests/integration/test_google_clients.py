# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Google's own clients, unmodified: only the variables of the sandbox's `env` lead them here."""

from __future__ import annotations

import os
from typing import Any

import google.api_core.exceptions
import pytest
from google.cloud import run_v2, secretmanager_v1

FRONTEND = "netra-frontend-staging"


@pytest.fixture
def suffix() -> str:
    return os.urandom(4).hex()


def test_a_service_is_created_updated_and_deleted(sandbox: Any, suffix: str) -> None:
    place = f"projects/{sandbox.state['project']}/locations/{sandbox.state['region']}"
    services, revisions = run_v2.ServicesClient(transport="rest"), run_v2.RevisionsClient(transport="rest")
    image = services.get_service(name=f"{place}/services/{FRONTEND}").template.containers[0].image
    container = run_v2.Container(image=image, ports=[{"container_port": 3000}])
    wanted = run_v2.Service(template={"containers": [container]})
    name = f"clients-{suffix}"

    made = services.create_service(parent=place, service=wanted, service_id=name).result(timeout=60)
    assert made.name == f"{place}/services/{name}"
    assert made.terminal_condition.state == run_v2.Condition.State.CONDITION_SUCCEEDED
    with pytest.raises(google.api_core.exceptions.Conflict, match="already exists"):
        services.create_service(parent=place, service=wanted, service_id=name)

    made.template.containers[0].env = [run_v2.EnvVar(name="GREETING", value="hello")]
    changed = services.update_service(service=made, update_mask="template").result(timeout=60)
    assert changed.generation == made.generation + 1
    assert changed.etag != made.etag
    assert len(list(revisions.list_revisions(parent=changed.name))) == 2
    with pytest.raises(google.api_core.exceptions.Conflict, match="was specified but current version is"):
        services.update_service(service=made).result(timeout=60)

    assert name in {service.name.rpartition("/")[2] for service in services.list_services(parent=place)}
    services.delete_service(name=changed.name).result(timeout=60)
    with pytest.raises(google.api_core.exceptions.NotFound):
        services.get_service(name=changed.name)


def test_a_secret_is_created_read_updated_and_deleted(sandbox: Any, suffix: str) -> None:
    client = secretmanager_v1.SecretManagerServiceClient(transport="rest")
    parent = f"projects/{sandbox.state['project']}"
    wanted = secretmanager_v1.Secret(replication={"automatic": {}}, labels={"team": "netra"})
    secret = client.create_secret(parent=parent, secret_id=f"clients-{suffix}", secret=wanted)
    payload = os.urandom(16)
    version = client.add_secret_version(parent=secret.name, payload={"data": payload})
    accessed = client.access_secret_version(name=f"{secret.name}/versions/latest")
    assert (accessed.name, accessed.payload.data) == (version.name, payload)

    secret.labels["team"] = "other"
    updated = client.update_secret(secret=secret, update_mask="labels")
    assert updated.labels["team"] == "other"
    with pytest.raises(google.api_core.exceptions.BadRequest, match="etag"):
        client.update_secret(secret=secret, update_mask="labels")

    client.disable_secret_version(name=version.name)
    with pytest.raises(google.api_core.exceptions.BadRequest, match="DISABLED"):
        client.access_secret_version(name=version.name)
    client.delete_secret(name=secret.name)
    with pytest.raises(google.api_core.exceptions.NotFound):
        client.get_secret(name=secret.name)
