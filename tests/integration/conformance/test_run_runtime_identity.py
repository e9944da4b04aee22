# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who an instance is: what its processes ask the metadata server, and what they may do with the answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from accounts import Account, refused, session_of, with_role

DOCS = "https://cloud.google.com/run/docs"
METADATA = f"{DOCS}/container-contract#metadata-server"
ACT_AS = f"{DOCS}/reference/iam/roles#additional-configuration"
AUDIENCE = "https://audience.example"
TOKEN_INFO = "https://oauth2.googleapis.com/tokeninfo"
OWN = "instance/service-accounts/default"


@pytest.fixture(scope="module")
def account(services: Any) -> Iterator[Account]:
    made = Account(services.target)
    yield made
    made.delete()


@pytest.fixture(scope="module")
def service(services: Any, account: Account) -> Any:
    """Return a service whose instances run as `account`."""
    return services.deploy({"serviceAccount": account.email})


def told(service: Any, path: str) -> str:
    """Return what the metadata server tells an instance of the service."""
    answer = service.fetch(f"http://metadata.google.internal/computeMetadata/v1/{path}", "Metadata-Flavor: Google")
    assert answer.status_code == 200, answer.text
    return str(answer.json())


@pytest.mark.source("public", METADATA)
def test_an_instance_is_its_revisions_service_account(service: Any, account: Account) -> None:
    assert told(service, f"{OWN}/email") == account.email
    assert told(service, "instance/service-accounts/") == f"default/\n{account.email}/\n"


@pytest.mark.source("public", f"{DOCS}/securing/service-identity")
def test_an_instance_without_an_account_of_its_own_is_the_default_one(services: Any) -> None:
    assert told(services.deploy(), f"{OWN}/email").endswith("-compute@developer.gserviceaccount.com")


@pytest.mark.source("public", METADATA)
def test_an_instance_is_told_where_it_is(service: Any) -> None:
    target = service.target
    number = target.call("GET", f"cloudresourcemanager.googleapis.com/v1/projects/{target.project}")["projectNumber"]
    seen = [told(service, path) for path in ("project/project-id", "project/numeric-project-id", "instance/region")]
    assert seen == [target.project, number, f"projects/{number}/regions/{target.region}"]


@pytest.mark.source("public", METADATA)
def test_a_request_without_the_header_is_refused_inside_too(service: Any) -> None:
    url = f"http://metadata.google.internal/computeMetadata/v1/{OWN}/token"
    assert service.fetch(url).status_code == 403


@pytest.mark.source("public", METADATA)
def test_an_access_token_from_inside_is_the_accounts(service: Any, account: Account) -> None:
    given = json.loads(told(service, f"{OWN}/token"))
    assert given["token_type"] == "Bearer"
    assert 0 < given["expires_in"] <= 3600
    seen = requests.get(TOKEN_INFO, {"access_token": given["access_token"]}, timeout=30).json()
    assert seen["email"] == account.email


@pytest.mark.source("public", f"{DOCS}/securing/service-identity#access_tokens")
def test_an_instance_calls_an_api_as_its_account(service: Any, account: Account) -> None:
    target, name = service.target, service.target.fresh("secret")
    parent = f"secretmanager.googleapis.com/v1/projects/{target.project}/secrets"
    target.call("POST", parent, {"replication": {"automatic": {}}}, secretId=name)
    try:
        payload = base64.b64encode(b"told").decode()
        target.call("POST", f"{parent}/{name}:addVersion", {"payload": {"data": payload}})
        token = json.loads(told(service, f"{OWN}/token"))["access_token"]
        asked = f"https://{parent}/{name}/versions/latest:access", f"Authorization: Bearer {token}"
        assert service.fetch(*asked).status_code == 403
        binding = {"role": "roles/secretmanager.secretAccessor", "members": [f"serviceAccount:{account.email}"]}
        target.call("POST", f"{parent}/{name}:setIamPolicy", {"policy": {"bindings": [binding]}})
        answer = target.until(lambda: service.fetch(*asked), lambda seen: seen.status_code == 200)
        assert json.loads(answer.json())["payload"]["data"] == payload
    finally:
        target.call("DELETE", f"{parent}/{name}")


@pytest.mark.source("public", f"{DOCS}/securing/service-identity#identity_tokens")
@pytest.mark.parametrize("detail", ["standard", "full"])
def test_an_id_token_from_inside_is_the_accounts(service: Any, account: Account, detail: str) -> None:
    token = told(service, f"{OWN}/identity?audience={AUDIENCE}&format={detail}")
    seen = requests.get(TOKEN_INFO, {"id_token": token}, timeout=30).json()
    assert seen["aud"] == AUDIENCE
    assert seen.get("email") == (account.email if detail == "full" else None)


@pytest.mark.source("public", f"{DOCS}/authenticating/service-to-service")
def test_a_service_calls_a_private_one_with_its_id_token(services: Any, service: Any, account: Account) -> None:
    private = services.deploy(public=False)
    token = told(service, f"{OWN}/identity?audience={private.uri}")
    asked = f"{private.uri}/environment?name=K_SERVICE", f"Authorization: Bearer {token}"
    assert service.fetch(*asked).status_code == 403
    binding = {"role": "roles/run.invoker", "members": [f"serviceAccount:{account.email}"]}
    services.target.call("POST", f"{private.url}:setIamPolicy", {"policy": {"bindings": [binding]}})
    answer = services.target.until(lambda: service.fetch(*asked), lambda seen: seen.status_code == 200)
    assert json.loads(answer.json()) == private.name


@pytest.fixture(scope="module")
def deployer(services: Any) -> Iterator[Any]:
    """Return an account that administers Cloud Run and may act as nobody; its `client` sends requests as it."""
    made = Account(services.target)
    made.client = session_of(made.key())
    with_role(services.target, "roles/run.admin", f"serviceAccount:{made.email}")
    yield made
    with_role(services.target, "roles/run.admin", f"serviceAccount:{made.email}", remove=True)
    made.delete()


def deployment(services: Any, account: str) -> dict[str, Any]:
    return {"template": {"serviceAccount": account, "containers": [{"image": services.image}]}}


@pytest.mark.source("observed", "messages of failed deployments, quoted in public issues")
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_who_deploys_needs_to_act_as_the_revisions_account(
    services: Any, service: Any, account: Account, deployer: Any, method: str
) -> None:
    target = services.target
    parent = f"run.googleapis.com/v2/{target.location}/services"
    url = f"{parent}?serviceId={target.fresh('act')}" if method == "POST" else service.url
    before = service.read()
    status, message, _reasons = refused(deployer.client, method, url, deployment(services, account.email))
    words = f"Permission 'iam.serviceaccounts.actAs' denied on service account {account.email} (or it may not exist)."
    assert (status, message) == ("PERMISSION_DENIED", words)
    assert service.read() == before


@pytest.mark.source("public", ACT_AS)
def test_who_may_act_as_the_account_deploys(services: Any, account: Account, deployer: Any) -> None:
    account.bind("roles/iam.serviceAccountUser", f"serviceAccount:{deployer.email}")
    target, name = services.target, services.target.fresh("act")
    parent = f"https://run.googleapis.com/v2/{target.location}/services"
    body = deployment(services, account.email)
    answer = target.until(
        lambda: deployer.client.post(f"{parent}?serviceId={name}", json=body, timeout=60), lambda seen: seen.ok
    )
    done = target.finished(answer.json(), "run.googleapis.com", "v2")
    assert "error" not in done
    assert done["response"]["creator"] == deployer.email
    target.call("DELETE", f"run.googleapis.com/v2/{target.location}/services/{name}")
