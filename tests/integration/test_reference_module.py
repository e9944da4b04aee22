# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The reference root module under the real binary: one story from an import over drift and a replacement to the end."""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import subprocess
from typing import Any

import pytest
import requests
from playbook_story import PROJECT

ROOT = pathlib.Path(__file__).parents[2]
TERRAFORM = shutil.which("terraform") or shutil.which("tofu")
pytestmark = pytest.mark.skipif(TERRAFORM is None, reason="neither terraform nor tofu is on PATH")
SECRETS = f"https://secretmanager.googleapis.com/v1/projects/{PROJECT}/secrets"
COMPUTE = f"https://compute.googleapis.com/compute/v1/projects/{PROJECT}/global"
IMPORTED = 'google_secret_manager_secret.secret["reference-key"]'
MEMBER = 'google_secret_manager_secret_iam_member.accessor["reference-key api@netra-staging.iam.gserviceaccount.com"]'
CERTIFICATE, PROXY = "google_compute_managed_ssl_certificate.hosts", "google_compute_target_https_proxy.https"
BACKEND, URL_MAP = 'google_compute_backend_service.service["api"]', "google_compute_url_map.https"
WORDS = [
    "environment",
    "connector_cidr",
    "connector_machine_type",
    "redis_tier",
    "postgres_version",
    "database_edition",
    "database_availability_type",
]
PAYLOAD = "cmVmZXJlbmNlLXBheWxvYWQtNzFhMw=="
PROTECTED = [
    "google_compute_global_address.public",
    IMPORTED,
    'google_secret_manager_secret.secret["reference-token"]',
    "google_redis_instance.cache",
    "google_sql_database.database",
    "google_sql_database_instance.postgres",
]


def variables(*hosts: str) -> dict[str, Any]:
    account = "api@netra-staging.iam.gserviceaccount.com"
    api = {"cloud_run_service": "netra-backend-staging", "hosts": ["api.reference.netrasystems.ai"]}
    app = {"cloud_run_service": "netra-frontend-staging", "hosts": ["app.reference.netrasystems.ai", *hosts]}
    return {
        "project_id": PROJECT,
        "environment": "reference",
        "network": "staging-vpc",
        "connector_cidr": "10.9.0.0/28",
        "labels": {"made-by": "reference-module"},
        "database_name": "reference",
        "database_deletion_protection": False,
        "default_service": "app",
        "services": {
            "api": {**api, "service_account": account, "secrets": ["reference-key", "reference-token"]},
            "app": {**app, "service_account": account, "secrets": ["reference-key"]},
        },
    }


def actions(result: dict[str, Any]) -> dict[str, list[str]]:
    assert not result.get("failed"), result["msg"]
    return {entry["address"]: entry["actions"] for entry in result["resources"]}


def refusals(module: pathlib.Path) -> set[str]:
    """Return what a plan says in which every variable is wrong in every way that goes with the others."""
    service = {"cloud_run_service": "s", "hosts": ["*.example.ai"], "service_account": "a", "secrets": ["a/b"]}
    many = {**service, "hosts": ["*.example.ai", *(f"h{number}.example.ai" for number in range(100))]}
    wrong = dict.fromkeys(WORDS, "none of these") | {
        "network": "projects/p/global/networks/n",
        "redis_memory_size_gb": 1.5,
    }
    wrong |= {"services": {"One": service, "two": many, "three": {**service, "hosts": []}}}
    wrong |= {"connector_instances": {"min": 1, "max": 20}}
    (module / "wrong.json").write_text(json.dumps({**variables(), **wrong}), encoding="utf-8")
    planned = subprocess.run(
        [str(TERRAFORM), "plan", "-json", "-input=false", "-var-file=wrong.json"],
        cwd=module,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    said = [json.loads(line).get("diagnostic", {}).get("detail", "") for line in planned.stdout.splitlines()]
    return {detail.partition("\n")[0] for detail in said if detail}


def sentences(module: pathlib.Path) -> set[str]:
    """Return the sentences with which the variables refuse a value."""
    text = (module / "variables.tf").read_text(encoding="utf-8")
    return {json.loads(found) for found in re.findall(r"error_message = (\".*\")\n", text)}


@pytest.fixture
def api(sandbox: Any) -> requests.Session:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {sandbox.token}"
    return session


def send(api: requests.Session, method: str, url: str, body: Any = None, **parameters: str) -> Any:
    answer = api.request(method, url, json=body, params=parameters, timeout=30)
    assert answer.ok, answer.text
    return answer.json()


def test_from_an_import_to_the_end(
    google: Any, api: requests.Session, sandbox: Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(sandbox.directory / "terraform.rc"))
    module = tmp_path / "module"
    shutil.copytree(ROOT / "extensions/terraform/cloud_run_environment", module)

    def stack(*hosts: str, **options: Any) -> dict[str, Any]:
        return dict(
            google.run("terraform_stack", False, directory=str(module), variables=variables(*hosts), **options)[0]
        )

    # A secret that somebody made by hand, with a payload, comes into the state; the rest is created.
    send(api, "POST", SECRETS, {"replication": {"automatic": {}}}, secretId="reference-key")
    send(api, "POST", f"{SECRETS}/reference-key:addVersion", {"payload": {"data": PAYLOAD}})
    made = stack(import_ids={IMPORTED: f"projects/{PROJECT}/secrets/reference-key"})
    done = actions(made)
    assert done.pop(IMPORTED) == ["update"], "its labels"
    assert set(map(tuple, done.values())) == {("create",)}
    assert sorted(made["sensitive_outputs"]) == ["database_url", "redis_url"]
    rules = send(api, "GET", f"{COMPUTE}/forwardingRules")["items"]
    mine = {rule["portRange"] for rule in rules if rule["IPAddress"] == made["outputs"]["load_balancer_address"]}
    assert mine == {"443-443", "80-80"}
    again = stack(state="planned")
    assert (again["exit_code"], again["resources"], again["drift"]) == (0, [], [])

    assert refusals(module) == sentences(module) - {"A load balancer needs at least one service."}

    # Somebody takes an accessor away and lets a backend service log nothing.
    policy = send(api, "GET", f"{SECRETS}/reference-key:getIamPolicy")
    send(api, "POST", f"{SECRETS}/reference-key:setIamPolicy", {"policy": {**policy, "bindings": []}})
    send(api, "PATCH", f"{COMPUTE}/backendServices/reference-api", {"logConfig": {"enable": False}})
    # One plan repairs that and replaces what a new host replaces: the new certificate first, the old one last.
    repaired = stack("www.reference.netrasystems.ai")
    assert {entry["address"] for entry in repaired["drift"]} == {MEMBER, BACKEND}
    assert actions(repaired) == {
        MEMBER: ["create"],
        BACKEND: ["update"],
        URL_MAP: ["update"],
        PROXY: ["update"],
        CERTIFICATE: ["create", "delete"],
    }
    certificates = send(api, "GET", f"{COMPUTE}/sslCertificates")["items"]
    (certificate,) = [each for each in certificates if each["name"].startswith("reference-")]
    assert certificate["managed"]["domains"] == repaired["outputs"]["hosts"]
    assert send(api, "GET", f"{COMPUTE}/backendServices/reference-api")["logConfig"] == {"enable": True}
    state = (module / "terraform.tfstate").read_text(encoding="utf-8")
    assert PAYLOAD not in state + json.dumps([made, repaired])

    ended = stack("www.reference.netrasystems.ai", state="absent", allow_destroy=PROTECTED)
    assert set(map(tuple, actions(ended).values())) == {("delete",)}
    assert json.loads((module / "terraform.tfstate").read_text(encoding="utf-8"))["resources"] == []
    assert "/reference-" not in json.dumps([send(api, "GET", SECRETS), send(api, "GET", f"{COMPUTE}/backendServices")])
