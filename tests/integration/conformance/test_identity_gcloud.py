# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""gcloud's ways to sign in, to act as another account, and to manage who may do what."""

from __future__ import annotations

import os
import pathlib
from typing import Any

import jwt
import pytest

GCLOUD = "https://cloud.google.com/sdk/gcloud/reference"
AUDIENCE = "https://api.example"
AS_PRINTED = ""


@pytest.fixture
def own_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, target: Any) -> str:
    """Give gcloud a folder of its own and no token; return the key file that it may use."""
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    monkeypatch.delenv("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", raising=False)
    return os.environ["GOOGLE_APPLICATION_CREDENTIALS"]


@pytest.mark.source("public", f"{GCLOUD}/auth/activate-service-account")
@pytest.mark.sandbox_only("the key file of the environment is not there for a user's own credentials")
def test_gcloud_signs_in_with_a_key_file(target: Any, gcloud: Any, own_configuration: str) -> None:
    gcloud("auth", "activate-service-account", f"--key-file={own_configuration}")
    assert gcloud("auth", "print-access-token", output=AS_PRINTED).strip()
    token = gcloud("auth", "print-identity-token", f"--audiences={AUDIENCE}", output=AS_PRINTED).strip()
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["aud"] == AUDIENCE
    assert claims["iss"] == "https://accounts.google.com"
    assert gcloud("projects", "describe", target.project)["lifecycleState"] == "ACTIVE"


@pytest.mark.source("public", f"{GCLOUD}#--impersonate-service-account")
@pytest.mark.sandbox_only("the account to act as is the scenario's")
def test_gcloud_acts_as_another_account(target: Any, gcloud: Any, sandbox: Any) -> None:
    account = f"deployer@{target.project}.iam.gserviceaccount.com"
    own = gcloud("auth", "print-access-token", output=AS_PRINTED)
    other = gcloud("auth", "print-access-token", f"--impersonate-service-account={account}", output=AS_PRINTED)
    assert other.strip() not in {"", own.strip()}


@pytest.mark.source("public", f"{GCLOUD}/projects/add-iam-policy-binding")
def test_gcloud_binds_a_role_and_takes_it_away(target: Any, gcloud: Any) -> None:
    name = target.fresh("sa").replace("conformance", "conf")
    email = f"{name}@{target.project}.iam.gserviceaccount.com"
    gcloud("iam", "service-accounts", "create", name, "--display-name=Conformance")
    try:
        assert email in {account["email"] for account in gcloud("iam", "service-accounts", "list")}
        binding = (target.project, f"--member=serviceAccount:{email}", "--role=roles/run.viewer", "--condition=None")
        policy = gcloud("projects", "add-iam-policy-binding", *binding)
        assert f"serviceAccount:{email}" in members(policy, "roles/run.viewer")
        policy = gcloud("projects", "remove-iam-policy-binding", *binding)
        assert f"serviceAccount:{email}" not in members(policy, "roles/run.viewer")
    finally:
        gcloud("iam", "service-accounts", "delete", email, "--quiet", output="none")


@pytest.mark.source("public", f"{GCLOUD}/services/disable")
@pytest.mark.sandbox_only("it switches an API of the project off")
def test_gcloud_switches_an_api_off_and_on(target: Any, gcloud: Any) -> None:
    api = "cloudscheduler.googleapis.com"
    url = f"{api}/v1/{target.location}/jobs"
    target.call("GET", url)
    gcloud("services", "disable", api, "--force", output="none")
    try:
        refusal = target.refusal("GET", url)
        assert refusal["status"] == "PERMISSION_DENIED"
        assert refusal["details"][0]["reason"] == "SERVICE_DISABLED"
    finally:
        gcloud("services", "enable", api, output="none")
    target.call("GET", url)


def members(policy: dict[str, Any], role: str) -> set[str]:
    return {member for binding in policy["bindings"] if binding["role"] == role for member in binding["members"]}
