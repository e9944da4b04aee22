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
import time
from collections.abc import Callable, Iterator
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
MEMBERS = {
    f'google_secret_manager_secret_iam_member.accessor["reference-key {name}@{PROJECT}.iam.gserviceaccount.com"]'
    for name in ("api", "app")
}
ACCESSORS = MEMBERS | {
    f'google_secret_manager_secret_iam_member.accessor["reference-token api@{PROJECT}.iam.gserviceaccount.com"]'
}
DATABASE, SQL = (
    "google_sql_database_instance.postgres",
    f"https://sqladmin.googleapis.com/v1/projects/{PROJECT}/instances",
)
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
    DATABASE,
]


def variables(*hosts: str) -> dict[str, Any]:
    account = f"@{PROJECT}.iam.gserviceaccount.com"
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
            "api": {**api, "service_account": f"api{account}", "secrets": ["reference-key", "reference-token"]},
            "app": {**app, "service_account": f"app{account}", "secrets": ["reference-key"]},
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


def certificate(api: requests.Session) -> dict[str, Any]:
    """Return the one certificate that the module has."""
    found = send(api, "GET", f"{COMPUTE}/sslCertificates")["items"]
    (mine,) = [each for each in found if each["name"].startswith("reference-")]
    return dict(mine)


def ask(sandbox: Any, url: str) -> requests.Response:
    proxies, authority = {"http": sandbox.proxy, "https": sandbox.proxy}, str(sandbox.directory / "ca.pem")
    return requests.get(url, proxies=proxies, verify=authority, allow_redirects=False, timeout=60)


def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    give_up = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def fault(sandbox: Any) -> Iterator[Callable[..., None]]:
    """Put faults in force; those of a test are cleared when it ends."""
    names: list[str] = []

    def put(**options: Any) -> None:
        names.append(f"reference-{len(names)}")
        sandbox.call("faults", {"name": names[-1], **options})

    yield put
    for name in names:
        requests.delete(f"{sandbox.proxy}/_sandbox/faults?name={name}", timeout=30).raise_for_status()


@pytest.fixture
def module(sandbox: Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """Return a copy of the module, for which Terraform finds the sandbox's provider."""
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(sandbox.directory / "terraform.rc"))
    shutil.copytree(ROOT / "extensions/terraform/cloud_run_environment", tmp_path / "module")
    return tmp_path / "module"


def take_over(stack: Any, module: pathlib.Path) -> None:
    """An apply that was killed before it wrote its state leaves everything: all of it comes into the state."""
    state = (module / "terraform.tfstate").rename(module / "lost.tfstate")
    left = actions(planned := stack(state="planned", import_existing=True))
    state.rename(module / "terraform.tfstate")
    # A member that is there is added again, which changes nothing. Whether Terraform may destroy a database is in its
    # state only.
    assert {address: done for address, done in left.items() if done != ["no-op"]} == {
        **{member: ["create"] for member in ACCESSORS},
        DATABASE: ["update"],
    }
    assert {entry["address"] for entry in planned["resources"] if not entry["imported"]} == ACCESSORS


def lose_the_database(stack: Any, api: requests.Session, saved: str) -> None:
    """A database of another name is another one: that stops the run, also with a saved plan, until it is named."""

    def databases() -> set[str]:
        return {entry["name"] for entry in send(api, "GET", SQL)["items"]}

    renamed = {"changed": {"environment": "renamed"}, "targets": [DATABASE]}
    for lost, options in (("replaced", renamed), ("destroyed", {"state": "absent", "targets": [DATABASE]})):
        refused = stack(**options)["msg"]
        assert f"{DATABASE} ({lost})" in refused
        assert "Nothing was applied" in refused
    replaced = {DATABASE: ["delete", "create"]}
    assert actions(stack(state="planned", plan_file=saved, **renamed)) == replaced
    assert f"{DATABASE} (replaced)" in stack(plan_file=saved)["msg"]
    assert "reference-postgres" in databases()
    assert actions(stack(plan_file=saved, allow_destroy=[DATABASE])) == replaced
    assert databases() & {"reference-postgres", "renamed-postgres"} == {"renamed-postgres"}


def test_from_an_import_to_the_end(
    google: Any, api: requests.Session, sandbox: Any, fault: Any, module: pathlib.Path
) -> None:
    def stack(*hosts: str, changed: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        given = {"directory": str(module), "variables": variables(*hosts) | (changed or {}), **options}
        return dict(google.run("terraform_stack", False, **given)[0])

    # A secret that somebody made by hand, with a payload, comes into the state; the rest is created.
    send(api, "POST", SECRETS, {"replication": {"automatic": {}}}, secretId="reference-key")
    send(api, "POST", f"{SECRETS}/reference-key:addVersion", {"payload": {"data": PAYLOAD}})
    # Two members of its policy are made at the same time, and somebody else's change comes between.
    fault(kind="error", method="secretmanager.projects.secrets.setIamPolicy", status="ABORTED", first=1)
    made = stack(import_ids={IMPORTED: f"projects/{PROJECT}/secrets/reference-key"})
    done = actions(made)
    assert done.pop(IMPORTED) == ["update"], "its labels"
    assert set(map(tuple, done.values())) == {("create",)}
    assert sorted(made["sensitive_outputs"]) == ["database_url", "redis_url"]
    for host in made["outputs"]["hosts"]:
        fault(kind="dns-record", target=host, address=made["outputs"]["load_balancer_address"])
    until(lambda: certificate(api)["managed"]["status"] == "ACTIVE")
    answers = [ask(sandbox, f"https://{host}/health") for host in made["outputs"]["hosts"]]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].text != answers[1].text, "both hosts lead to the same service"
    moved = ask(sandbox, "http://api.reference.netrasystems.ai/health")
    assert (moved.status_code, moved.headers["Location"]) == (301, "https://api.reference.netrasystems.ai/health")

    again = stack(state="planned")
    assert (again["exit_code"], again["resources"]) == (0, []), again["drift"]
    assert all(entry["noise"] for entry in again["drift"]), "Google signed the certificate, and that is no drift"

    take_over(stack, module)

    assert refusals(module) == sentences(module) - {"A load balancer needs at least one service."}

    # Somebody takes an accessor away and lets a backend service log nothing.
    policy = send(api, "GET", f"{SECRETS}/reference-key:getIamPolicy")
    send(api, "POST", f"{SECRETS}/reference-key:setIamPolicy", {"policy": {**policy, "bindings": []}})
    send(api, "PATCH", f"{COMPUTE}/backendServices/reference-api", {"logConfig": {"enable": False}})
    # One plan repairs that and replaces what a new host replaces: the new certificate first, the old one last.
    repaired = stack("www.reference.netrasystems.ai")
    assert {entry["address"] for entry in repaired["drift"] if not entry["noise"]} == {*MEMBERS, BACKEND}
    assert actions(repaired) == {
        **{key: ["create"] for key in MEMBERS},
        BACKEND: ["update"],
        URL_MAP: ["update"],
        PROXY: ["update"],
        CERTIFICATE: ["create", "delete"],
    }
    assert certificate(api)["managed"]["domains"] == repaired["outputs"]["hosts"]
    assert send(api, "GET", f"{COMPUTE}/backendServices/reference-api")["logConfig"] == {"enable": True}
    state = (module / "terraform.tfstate").read_text(encoding="utf-8")
    assert PAYLOAD not in state + json.dumps([made, repaired])

    lose_the_database(stack, api, str(module.parent / "saved"))

    ended = stack("www.reference.netrasystems.ai", state="absent", allow_destroy=PROTECTED)
    assert set(map(tuple, actions(ended).values())) == {("delete",)}
    assert json.loads((module / "terraform.tfstate").read_text(encoding="utf-8"))["resources"] == []
    assert "/reference-" not in json.dumps([send(api, "GET", SECRETS), send(api, "GET", f"{COMPUTE}/backendServices")])
