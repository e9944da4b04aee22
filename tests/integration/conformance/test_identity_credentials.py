# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials: google-auth's flows unmodified, what the token endpoint refuses, short-lived credentials."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import google.auth.exceptions
import jwt
import pytest
import requests
from accounts import CLOUD, CREDENTIALS, Account, bearer, plain_get, session_of
from google.auth import impersonated_credentials
from google.auth.transport.requests import Request
from google.cloud import secretmanager_v1
from google.oauth2 import id_token, service_account

SERVICE_ACCOUNTS = "https://developers.google.com/identity/protocols/oauth2/service-account"
SHORT_LIVED = "https://cloud.google.com/iam/docs/create-short-lived-credentials-direct"
DELEGATES = "https://cloud.google.com/iam/docs/create-short-lived-credentials-delegated"
REST = "https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts"
TOKEN_URL = "https://oauth2.googleapis.com/token"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
NOT_FOUND = "https://github.com/googleapis/google-cloud-php/issues/3622"
GET_ACCESS_TOKEN = "https://github.com/google-github-actions/auth/issues/340"
AUDIENCE = "https://service.example"


@pytest.fixture
def account(target: Any) -> Iterator[Account]:
    made = Account(target)
    yield made
    made.delete()


def assertion(key: dict[str, Any], **changes: Any) -> str:
    now = int(time.time())
    claims = {"iss": key["client_email"], "aud": TOKEN_URL, "scope": CLOUD, "iat": now, "exp": now + 3600} | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key["private_key"], algorithm="RS256", headers={"kid": key["private_key_id"]})


def exchange(token: str, grant: str = GRANT) -> tuple[int, dict[str, Any]]:
    answer = requests.post(TOKEN_URL, data={"grant_type": grant, "assertion": token}, timeout=30)
    return answer.status_code, answer.json()


@pytest.mark.source("public", SERVICE_ACCOUNTS)
def test_a_key_gets_an_access_token_that_lives_an_hour(account: Account) -> None:
    status, answer = exchange(assertion(account.key()))
    assert status == 200
    assert (answer["token_type"], 3500 < answer["expires_in"] <= 3600) == ("Bearer", True)
    info = requests.get("https://oauth2.googleapis.com/tokeninfo", {"access_token": answer["access_token"]}, timeout=30)
    assert info.json()["scope"] == CLOUD


@pytest.mark.source("public", SERVICE_ACCOUNTS)
@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"aud": "https://elsewhere.example"}, "invalid_grant", "Invalid JWT: Failed audience check."),
        ({"scope": None}, "invalid_scope", "Invalid OAuth scope or ID token audience provided."),
        ({"exp": int(time.time()) + 7200}, "invalid_grant", "Token must be a short-lived token (60 minutes)"),
        ({"iat": 1, "exp": 3000}, "invalid_grant", "Check your iat and exp values in the JWT claim."),
        ({"iss": "nobody-at-all@example.com"}, "invalid_grant", "Invalid grant: account not found"),
        ({"sub": "someone@example.com"}, "unauthorized_client", "Client is unauthorized to retrieve access tokens"),
    ],
)
def test_what_the_token_endpoint_refuses(account: Account, changes: dict[str, Any], error: str, words: str) -> None:
    status, answer = exchange(assertion(account.key(), **changes))
    assert (status in {400, 401}, answer["error"]) == (True, error)
    assert words in answer["error_description"]


@pytest.mark.source("public", SERVICE_ACCOUNTS)
def test_a_grant_type_that_is_none_is_refused(account: Account) -> None:
    assert exchange("x", "password")[1]["error"] == "unsupported_grant_type"


@pytest.mark.source("observed", NOT_FOUND)
@pytest.mark.parametrize("way", ["disable", "delete"])
def test_a_disabled_or_deleted_account_gets_no_token(target: Any, account: Account, way: str) -> None:
    key = account.key()
    if way == "disable":
        target.call("POST", f"{account.url}:disable", {})
    else:
        account.delete()
    credentials = service_account.Credentials.from_service_account_info(key, scopes=[CLOUD])
    with pytest.raises(google.auth.exceptions.RefreshError, match="Invalid grant: account not found"):
        credentials.refresh(Request())


@pytest.mark.source("public", "https://cloud.google.com/iam/docs/service-accounts-disable-enable")
def test_a_disabled_account_is_not_authenticated_until_it_is_enabled(target: Any, account: Account) -> None:
    token = exchange(assertion(account.key()))[1]["access_token"]
    assert plain_get(account.url, token).status_code == 403
    target.call("POST", f"{account.url}:disable", {})
    answer = plain_get(account.url, token)
    assert (answer.status_code, answer.json()["error"]["status"]) == (401, "UNAUTHENTICATED")
    target.call("POST", f"{account.url}:enable", {})
    assert plain_get(account.url, token).status_code == 403


@pytest.mark.source("public", "https://cloud.google.com/iam/docs/service-accounts-delete-undelete")
def test_a_deleted_account_comes_back_by_its_unique_id(target: Any, account: Account) -> None:
    account.delete()
    assert target.refusal("GET", account.url)["status"] == "NOT_FOUND"
    restored = target.call("POST", f"{account.parent}/{account.made['uniqueId']}:undelete", {})["restoredAccount"]
    assert (restored["email"], restored["uniqueId"]) == (account.email, account.made["uniqueId"])
    assert target.call("GET", account.url)["uniqueId"] == account.made["uniqueId"]
    assert exchange(assertion(account.key()))[0] == 200


@pytest.mark.source("public", "https://cloud.google.com/iam/docs/keys-create-delete#deleting")
def test_a_deleted_key_signs_nothing_any_more(target: Any, account: Account) -> None:
    key, other = account.key(), account.key()
    target.call("DELETE", f"{account.url}/keys/{key['private_key_id']}")
    assert exchange(assertion(key))[1]["error_description"] == "Invalid JWT Signature."
    assert exchange(assertion(other))[0] == 200


@pytest.mark.source("public", "https://google.aip.dev/auth/4111")
@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"aud": "https://iam.googleapis.com/", "scope": None}, 403),
        ({"aud": None}, 403),
        ({"aud": "https://run.googleapis.com/", "scope": None}, 401),
    ],
    ids=["audience", "scope", "another API's audience"],
)
def test_a_self_signed_jwt_of_any_account_is_its_holder(account: Account, claims: dict[str, Any], status: int) -> None:
    """403 means that the account was known: it has no roles."""
    assert plain_get(account.url, assertion(account.key(), **claims)).status_code == status


@pytest.mark.source("public", "https://google.aip.dev/auth/4111")
def test_googles_client_sends_a_self_signed_jwt(target: Any, account: Account) -> None:
    credentials = service_account.Credentials.from_service_account_info(account.key())
    client = secretmanager_v1.SecretManagerServiceClient(credentials=credentials, transport="rest")
    with pytest.raises(Exception, match=r"secretmanager\.secrets\.get"):
        client.get_secret(name=f"projects/{target.project}/secrets/{target.fresh('none')}")


@pytest.mark.source("public", "https://cloud.google.com/docs/authentication/rest")
@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({}, "Request is missing required authentication credential."),
        (bearer("ya29.nonsense"), "Request had invalid authentication credentials."),
        ({"Authorization": "Basic YTpi"}, "Request had invalid authentication credentials."),
    ],
)
def test_a_caller_that_proves_nothing_is_refused(target: Any, headers: dict[str, str], words: str) -> None:
    url = f"https://run.googleapis.com/v2/{target.location}/services"
    answer = requests.get(url, headers=headers, timeout=30)
    error = answer.json()["error"]
    assert (answer.status_code, error["status"]) == (401, "UNAUTHENTICATED")
    assert error["message"].startswith(words)


@pytest.mark.source("public", "https://cloud.google.com/docs/authentication/troubleshoot-adc#access_scopes")
def test_a_token_whose_scopes_do_not_reach_the_api_is_refused(target: Any, account: Account) -> None:
    token = exchange(assertion(account.key(), scope="https://www.googleapis.com/auth/userinfo.email"))[1][
        "access_token"
    ]
    error = plain_get(account.url, token).json()["error"]
    assert (error["status"], error["message"]) == (
        "PERMISSION_DENIED",
        "Request had insufficient authentication scopes.",
    )


@pytest.mark.source("public", "https://google-auth.readthedocs.io/en/stable/reference/google.oauth2.id_token.html")
def test_an_id_token_from_a_key_is_verified_by_googles_own_library(account: Account) -> None:
    credentials = service_account.IDTokenCredentials.from_service_account_info(account.key(), target_audience=AUDIENCE)
    credentials.refresh(Request())
    claims = id_token.verify_oauth2_token(credentials.token, Request(), AUDIENCE)
    assert (claims["email"], claims["sub"], claims["email_verified"]) == (account.email, account.made["uniqueId"], True)
    with pytest.raises(ValueError, match="audience"):
        id_token.verify_oauth2_token(credentials.token, Request(), "https://another.example")


@pytest.mark.source(
    "public", "https://developers.google.com/identity/openid-connect/openid-connect#validatinganidtoken"
)
def test_the_published_keys_verify_id_tokens(account: Account) -> None:
    credentials = service_account.IDTokenCredentials.from_service_account_info(account.key(), target_audience=AUDIENCE)
    credentials.refresh(Request())
    published = requests.get("https://www.googleapis.com/oauth2/v3/certs", timeout=30).json()
    key = jwt.PyJWKSet.from_dict(published)[jwt.get_unverified_header(credentials.token)["kid"]]
    assert jwt.decode(credentials.token, key.key, ["RS256"], audience=AUDIENCE)["iss"] == "https://accounts.google.com"
    told = requests.get("https://oauth2.googleapis.com/tokeninfo", {"id_token": credentials.token}, timeout=30).json()
    assert (told["aud"], told["email"]) == (AUDIENCE, account.email)


@pytest.mark.source("public", "https://developers.google.com/identity/protocols/oauth2/web-server#tokenrevoke")
def test_a_revoked_token_is_not_accepted(account: Account) -> None:
    token = exchange(assertion(account.key()))[1]["access_token"]
    assert plain_get(account.url, token).status_code == 403
    assert requests.post("https://oauth2.googleapis.com/revoke", {"token": token}, timeout=30).status_code == 200
    assert plain_get(account.url, token).status_code == 401
    info = requests.get("https://oauth2.googleapis.com/tokeninfo", {"access_token": token}, timeout=30)
    assert (info.status_code, info.json()["error"]) == (400, "invalid_token")


def impersonate(source: Any, email: str, **more: Any) -> impersonated_credentials.Credentials:
    return impersonated_credentials.Credentials(source, email, [CLOUD], lifetime=600, **more)


def credentials_of(account: Account) -> service_account.Credentials:
    return service_account.Credentials.from_service_account_info(account.key(), scopes=[CLOUD])


@pytest.fixture
def other(target: Any) -> Iterator[Account]:
    made = Account(target)
    yield made
    made.delete()


@pytest.mark.source("observed", GET_ACCESS_TOKEN)
def test_impersonation_needs_the_token_creator(account: Account, other: Account) -> None:
    answer = session_of(account.key()).post(
        f"https://{CREDENTIALS}/projects/-/serviceAccounts/{other.email}:generateAccessToken", json={"scope": [CLOUD]}
    )
    error = answer.json()["error"]
    words = "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist)."
    assert (answer.status_code, error["message"]) == (403, words)
    (info,) = error["details"]
    assert (info["reason"], info["domain"]) == ("IAM_PERMISSION_DENIED", "iam.googleapis.com")
    assert info["metadata"] == {"permission": "iam.serviceAccounts.getAccessToken"}


@pytest.mark.source("public", SHORT_LIVED)
def test_google_auth_impersonates_an_account(account: Account, other: Account) -> None:
    other.bind("roles/iam.serviceAccountTokenCreator", f"serviceAccount:{account.email}")
    acting = impersonate(credentials_of(account), other.email)
    acting.refresh(Request())
    told = requests.get("https://oauth2.googleapis.com/tokeninfo", {"access_token": acting.token}, timeout=30).json()
    assert (told["email"], int(told["expires_in"]) <= 600) == (other.email, True)
    identity = impersonated_credentials.IDTokenCredentials(acting, AUDIENCE, include_email=True)
    identity.refresh(Request())
    assert id_token.verify_oauth2_token(identity.token, Request(), AUDIENCE)["email"] == other.email


@pytest.mark.source("public", DELEGATES)
def test_delegates_have_to_hold_the_whole_chain(target: Any, account: Account, other: Account) -> None:
    between = Account(target)
    try:
        between.bind("roles/iam.serviceAccountTokenCreator", f"serviceAccount:{account.email}")
        source = credentials_of(account)
        with pytest.raises(google.auth.exceptions.RefreshError, match=r"iam\.serviceAccounts\.getAccessToken"):
            impersonate(source, other.email, delegates=[between.email]).refresh(Request())
        other.bind("roles/iam.serviceAccountTokenCreator", f"serviceAccount:{between.email}")
        impersonate(source, other.email, delegates=[between.email]).refresh(Request())
        with pytest.raises(google.auth.exceptions.RefreshError):
            impersonate(source, other.email).refresh(Request())
    finally:
        between.delete()


@pytest.mark.source("public", f"{REST}/signBlob")
def test_blobs_and_jwts_are_signed_with_a_key_that_is_published(target: Any, account: Account) -> None:
    caller = target.session.credentials.service_account_email
    account.bind("roles/iam.serviceAccountTokenCreator", f"serviceAccount:{caller}")
    named = f"{CREDENTIALS}/projects/-/serviceAccounts/{account.email}"
    now = int(time.time())
    claims = (
        f'{{"iss": "{account.email}", "aud": "{TOKEN_URL}", "scope": "{CLOUD}", "iat": {now}, "exp": {now + 3600}}}'
    )
    signed = target.call("POST", f"{named}:signJwt", {"payload": claims})
    published = requests.get(f"https://www.googleapis.com/service_accounts/v1/jwk/{account.email}", timeout=30).json()
    key = jwt.PyJWKSet.from_dict(published)[signed["keyId"]]
    assert jwt.decode(signed["signedJwt"], key.key, ["RS256"], options={"verify_aud": False})["iss"] == account.email
    assert exchange(signed["signedJwt"])[0] == 200
    blob = target.call("POST", f"{named}:signBlob", {"payload": base64.b64encode(b"blob").decode()})
    assert blob["keyId"] == signed["keyId"]
    listed = target.call("GET", f"{account.url}/keys", keyTypes="SYSTEM_MANAGED")["keys"]
    assert signed["keyId"] in {item["name"].rpartition("/")[2] for item in listed}


@pytest.mark.source(
    "discovery", "iamcredentials v1: GenerateAccessTokenRequest, GenerateIdTokenRequest, SignJwtRequest"
)
@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("generateAccessToken", {"scope": []}),
        ("generateAccessToken", {"scope": [CLOUD], "lifetime": "7200s"}),
        ("generateIdToken", {}),
        ("signJwt", {"payload": "no JSON"}),
        ("signBlob", {}),
    ],
)
def test_what_iam_credentials_refuses(target: Any, account: Account, verb: str, body: dict[str, Any]) -> None:
    caller = target.session.credentials.service_account_email
    account.bind("roles/iam.serviceAccountTokenCreator", f"serviceAccount:{caller}")
    error = target.refusal("POST", f"{CREDENTIALS}/projects/-/serviceAccounts/{account.email}:{verb}", body)
    assert error["status"] == "INVALID_ARGUMENT"


# Google's clients where the environment names no credentials, as on a machine of Google's.
ON_A_MACHINE = f"""
import json
import google.auth
from google.auth.transport.requests import Request
from google.oauth2 import id_token

credentials, project = google.auth.default(scopes=["{CLOUD}"])
credentials.refresh(Request())
kind = type(credentials).__module__
print(json.dumps([kind, project, credentials.token, id_token.fetch_id_token(Request(), "{AUDIENCE}")]))
"""


@pytest.mark.source(
    "public", "https://cloud.google.com/docs/authentication/application-default-credentials#attached-sa"
)
@pytest.mark.sandbox_only("this machine has no metadata server but the sandbox's")
def test_google_auth_finds_the_metadata_server_and_gets_tokens_there(target: Any, sandbox: Any, tmp_path: Any) -> None:
    address = f"127.0.0.1:{sandbox.port}"
    seen = {name: value for name, value in os.environ.items() if not name.startswith(("GOOGLE_", "CLOUDSDK_"))}
    seen |= {"GCE_METADATA_HOST": address, "GCE_METADATA_IP": address, "CLOUDSDK_CONFIG": str(tmp_path)}
    command = [sys.executable, "-c", ON_A_MACHINE]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=seen, timeout=60)
    kind, project, access, identity = json.loads(done.stdout)
    default = "123456789012-compute@developer.gserviceaccount.com"
    assert (kind, project) == ("google.auth.compute_engine.credentials", target.project)
    told = requests.get("https://oauth2.googleapis.com/tokeninfo", {"access_token": access}, timeout=30).json()
    assert told["email"] == default
    assert id_token.verify_oauth2_token(identity, Request(), AUDIENCE)["email"] == default
