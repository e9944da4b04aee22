# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the diagnosis finds in the two scenarios."""

from __future__ import annotations

import base64
import pathlib
import re
import time
from typing import Any

import pytest
import requests
import yaml
from module_runs import run_module

from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operations import environment_info

PAGE = pathlib.Path(__file__).parents[2] / "docs/diagnosis.md"
CONTRACT = pathlib.Path(__file__).parents[2] / "inventory/sandbox/group_vars/all/contract.yml"
# The causes of the incident, each by the finding that names it.
CAUSES = {
    "BLD-001 netra-backend-staging",  # the image lacks a package
    "INF-001 staging-redis",
    "INF-002 staging-connector",
    "INF-003 staging-postgres",  # a machine type that takes 8 s to connect
    "CFG-001 deployment/staging_config.yaml",  # placeholders
}


def contract_of(sandbox: Any) -> dict[str, Any]:
    """Read what the play's variables say, as preflight hands it over."""
    variables = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
    named = {name.removeprefix("remediation_"): value for name, value in variables.items()}
    return {**named, "source_directory": str(sandbox.directory / "workspace")}


def until_it_answers(host: str) -> None:
    """Wait until a service is warm: a reset starts its first instance anew, and that takes its time."""
    give_up = time.monotonic() + 90
    while True:
        answer = requests.get(f"https://{host}/health", timeout=60)
        if answer.status_code == 200 and answer.elapsed.total_seconds() < 1:
            return
        assert time.monotonic() < give_up, f"{host} answered {answer.status_code} in {answer.elapsed}"
        time.sleep(0.1)


def look(google: Any) -> dict[str, Any]:
    """Diagnose, and make sure that looking changed nothing."""
    seen, writes = google.run("environment_info", contract=contract_of(google.sandbox))
    assert not seen.get("failed"), seen
    assert (seen["changed"], writes) == (False, [])
    return seen


@pytest.fixture
def incident(google: Any) -> Any:
    google.sandbox.reset("incident")
    yield google
    google.sandbox.reset("healthy")


def test_a_healthy_environment_has_no_findings(google: Any) -> None:
    google.sandbox.reset("healthy")
    for host in ("api", "auth", "app"):
        until_it_answers(f"{host}.staging.netrasystems.ai")
    give_up = time.monotonic() + 60
    seen = look(google)
    while seen["findings"] and time.monotonic() < give_up:  # a busy machine may miss the two seconds of a health gate
        seen = look(google)
    assert seen["findings"] == []
    assert seen["phases"] == []


def test_an_incident_has_its_causes_and_the_symptoms_point_at_them(incident: Any) -> None:
    seen = look(incident)
    found = {finding["key"]: finding for finding in seen["findings"]}
    assert found.keys() >= CAUSES
    leading, waiting = set(), ["RUN-004 netra-backend-staging"]
    while waiting:
        leading.update(causes := found[waiting.pop()]["caused_by"])
        waiting += causes
    assert leading >= CAUSES
    assert [finding["key"] for finding in found.values() if finding["key"] in CAUSES and finding["caused_by"]] == []
    assert seen["phases"] == ["build", "infrastructure", "configuration", "deployment"]


def permissions_on_the_page() -> set[str]:
    """Return the permissions that the page says a diagnosis needs."""
    return set(re.findall(r"^\| `(\w+(?:\.\w+)+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))


def test_a_viewer_can_diagnose_with_the_permissions_on_the_page(incident: Any) -> None:
    mark, since = incident.sandbox.call("audit?since=999999999")["next"], incident.sandbox.mark()
    key = incident.sandbox.directory / "viewer.json"
    seen, writes = incident.run(
        "environment_info",
        auth_kind="serviceaccount",
        service_account_file=str(key),
        contract=contract_of(incident.sandbox),
    )
    assert not seen.get("failed"), seen.get("msg")
    assert writes == []
    assert {finding["key"] for finding in seen["findings"]} >= CAUSES
    assert [finding["key"] for finding in seen["findings"] if finding["id"] == "OBS-001"] == []
    decisions = incident.sandbox.call(f"audit?since={mark}")["decisions"]
    asked = {row["permission"] for row in decisions if row["principal"].startswith("viewer@")}
    assert asked == permissions_on_the_page()
    methods = [request["method"] for request in incident.sandbox.requests(since) if request["method"].endswith(".list")]
    repeated = {method for method in methods if methods.count(method) > 1}
    assert repeated == {"secretmanager.projects.secrets.versions.list", "clouderrorreporting.projects.groupStats.list"}


def test_sources_that_are_not_there_are_told(google: Any) -> None:
    nowhere = {**contract_of(google.sandbox), "source_directory": "/nonexistent/sources"}
    seen, writes = google.run("environment_info", contract=nowhere)
    assert (seen.get("failed"), seen["changed"], writes) == (None, False, [])
    assert "OBS-001" in {finding["id"] for finding in seen["findings"]}


def test_a_host_whose_name_leads_elsewhere_is_told(google: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that no proxy stands before are resolved for real: this machine's own leads to itself."""
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    place = {"project": google.place["project"], "region": google.place["region"]}
    contract = {**place, "services": [{"name": "netra-auth-service", "host": "localhost"}]}
    seen, _writes = google.run("environment_info", contract=contract)
    (found,) = (finding for finding in seen["findings"] if finding["id"] == "NET-010")
    assert re.match(r"localhost leads to .*127\.0\.0\.1 instead of \d+\.", found["summary"])
    assert "127.0.0.1" in seen["observation"]["dns"]["localhost"]


def test_what_an_account_may_not_read_is_told_and_not_judged(incident: Any) -> None:
    key = incident.sandbox.directory / "nobody.json"
    seen, writes = incident.run(
        "environment_info",
        auth_kind="serviceaccount",
        service_account_file=str(key),
        contract=contract_of(incident.sandbox),
    )
    assert not seen.get("failed"), seen.get("msg")
    assert writes == []
    found = {finding["key"] for finding in seen["findings"]}
    assert found >= {"OBS-001 infrastructure redis", "OBS-001 services netra-backend-staging"}
    assert not {identity for identity in found if identity.startswith(("INF-", "RUN-001", "SEC-"))}


def test_an_export_that_is_missing_is_named_and_the_ignore_file_is_cleared(google: Any) -> None:
    google.sandbox.reset("missing-export")
    try:
        found = {finding["key"]: finding for finding in look(google)["findings"]}
    finally:
        google.sandbox.reset("healthy")
    finding = found["BLD-005 netra-backend-staging netra_backend.app.services.monitoring"]
    assert finding["evidence"]["names"] == ["GCPErrorReporter", "clear_request_context", "set_request_context"]
    assert finding["evidence"]["imports"][-1].startswith("netra_backend/app/application.py:")
    assert finding["evidence"]["ignore_file"].startswith("not the culprit: line ")
    assert not any(key.startswith("BLD-001") for key in found)


REFUSED = [
    {"kind": "error", "method": "redis.projects.locations.instances.list", "status": "UNAVAILABLE"},
    {"kind": "error", "method": "secretmanager.projects.secrets.list", "status": "PERMISSION_DENIED"},
    {"kind": "drop", "method": "compute.urlMaps.list"},
    {"kind": "half-answer", "method": "serviceusage.services.list"},
    {"kind": "delay", "method": "run.projects.locations.services.revisions.list", "seconds": 3},
]


def test_what_does_not_answer_is_told_and_not_judged(google: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each way of not answering, at once: refused, unavailable, cut off, cut in half, late."""
    monkeypatch.setattr(environment_info, "PATIENCE_SECONDS", 1.0)
    google.sandbox.reset("redis-missing")
    for fault in REFUSED:
        google.sandbox.call("faults", fault)
    seen = look(google)
    google.sandbox.reset("healthy")
    found = {finding["key"] for finding in seen["findings"]}
    assert found >= {
        "OBS-001 infrastructure redis",
        "OBS-001 secrets service-secret-staging",
        "OBS-001 load_balancer url_maps",
        "OBS-001 apis enabled",
        "OBS-001 revisions netra-backend-staging",
    }
    assert not {key for key in found if key.startswith(("INF-001", "INF-005", "SEC-", "NET-"))}
    assert seen["phases"] == []
    assert seen["verdict"]["complete"] is False


def test_when_nothing_answers_the_diagnosis_ends(google: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment_info, "PATIENCE_SECONDS", 0.5)
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    options = {"auth_kind": "accesstoken", "access_token": google.sandbox.token, "probe": False}
    seen = run_module("environment_info", contract=contract_of(google.sandbox), **google.place, **options)
    assert seen["failed"]
    assert "Could not" in seen["msg"]
    assert "(UNAVAILABLE)" in seen["msg"]


def quota_of_cpus(google: Any, cpus: int) -> None:
    """Lower what the region's instances may have, as a person does with Google's API."""
    metrics = f"/v1beta1/projects/{google.place['project']}/services/run.googleapis.com/consumerQuotaMetrics"
    client = Session({**google.place, "auth_kind": "application"}).json("serviceusage")
    body = {"overrideValue": str(1000 * cpus), "dimensions": {"region": google.place["region"]}}
    limit = f"{metrics}/run.googleapis.com%2Fcpu_allocation/limits/%2Fproject%2Fregion"
    client.post(f"{limit}/consumerOverrides", body, force=True)


def without_the_agent(google: Any) -> None:
    """Take the project's role from Cloud Run's agent."""
    path = f"/v3/projects/{google.place['project']}"
    client = Session({**google.place, "auth_kind": "application"}).json("cloudresourcemanager")
    policy = client.post(f"{path}:getIamPolicy")
    policy["bindings"] = [entry for entry in policy["bindings"] if entry["role"] != "roles/run.serviceAgent"]
    client.post(f"{path}:setIamPolicy", {"policy": policy})


def test_what_cloud_run_would_refuse_of_the_next_revision_is_known_before(google: Any) -> None:
    google.sandbox.reset("healthy")
    wanted = contract_of(google.sandbox)
    wanted["services"][0]["environment"]["LOG_LEVEL"] = "debug"
    seen, _writes = google.run("environment_info", contract=wanted, probe=False)
    assert seen["obstacles"] == []
    (backend,) = (entry for entry in seen["services_desired"] if entry["name"] == "netra-backend-staging")
    quota_of_cpus(google, 40)
    without_the_agent(google)
    seen, _writes = google.run("environment_info", contract=wanted, probe=False, rotate=["jwt-secret-key-staging"])
    readers = ["netra-auth-service", "netra-backend-staging"]  # a rotation makes a revision of both
    hindered = [text.split(": ", 1)[0] for text in seen["rotation"]["obstacles"]]
    assert hindered[-2:] == [f"RUN-014 {name}" for name in readers]
    told = {text.split(": ", 1)[0]: text for text in seen["obstacles"]}
    assert list(told) == ["RUN-014 netra-backend-staging", "RUN-015 netra-backend-staging cpu"]
    assert "80 CPUs, the quota of us-central1 is 40 CPUs: max_instances may be at most 10" in seen["obstacles"][1]
    assert "serverless-robot-prod.iam.gserviceaccount.com may not read images of repository" in seen["obstacles"][0]
    refused, _writes = google.run("cloud_run_service", **backend)
    assert "CpuAllocPerProjectRegion requested: 80000 allowed: 40000" in refused["msg"]
    failed, _writes = google.run("cloud_run_service", **{**backend, "max_instances": 10})
    google.sandbox.reset("healthy")
    assert "must have permission to read the image" in failed["msg"]


def test_an_image_in_a_project_whose_policies_nobody_may_read_is_told_and_stops_nothing(google: Any) -> None:
    wanted = contract_of(google.sandbox)
    (frontend,) = (service for service in wanted["services"] if service["name"] == "netra-frontend-staging")
    del frontend["build"]
    frontend["image"] = f"us-central1-docker.pkg.dev/another/images/frontend@sha256:{'0' * 64}"
    seen, _writes = google.run("environment_info", contract=wanted, probe=False)
    repository = "projects/another/locations/us-central1/repositories/images"
    unread = {finding["key"] for finding in seen["findings"] if finding["id"] == "OBS-001"}
    assert unread == {f"OBS-001 images {repository}", f"OBS-001 policies repository {repository}"}
    assert seen["obstacles"] == []


def two_keys(sandbox: Any) -> dict[str, Any]:
    """Return the contract with another secret as the key of the auth service's tokens."""
    contract = contract_of(sandbox)
    contract["services"][1]["secrets"]["JWT_SECRET_KEY"] = "secret-key-staging"
    return contract


def test_two_keys_of_tokens_are_told_apart_by_digest_and_shown_to_nobody(google: Any) -> None:
    google.sandbox.reset("healthy")
    seen, writes = google.run("environment_info", contract=two_keys(google.sandbox), probe=False)
    assert writes == []
    (found,) = (finding for finding in seen["findings"] if finding["id"] == "PLN-009")
    assert found["resource"] == "JWT_SECRET_KEY (contract)"
    references = found["evidence"]["references"]
    assert references == {
        "netra-backend-staging": "jwt-secret-key-staging:1",
        "netra-auth-service": "secret-key-staging:1",
    }
    client = Session({**google.place, "auth_kind": "application"}).json("secretmanager")
    for reference in references.values():
        secret, _colon, version = reference.partition(":")
        answer = client.get(f"/v1/projects/{google.place['project']}/secrets/{secret}/versions/{version}:access")
        assert base64.b64decode(answer["payload"]["data"]).decode() not in str(seen)


def test_keys_that_a_viewer_may_not_read_are_not_judged_and_not_rotated(google: Any) -> None:
    key = google.sandbox.directory / "viewer.json"
    options = {"auth_kind": "serviceaccount", "service_account_file": str(key), "probe": False}
    options |= {"rotate": ["jwt-secret-key-staging"]}
    seen, _writes = google.run("environment_info", contract=two_keys(google.sandbox), **options)
    found = {finding["key"] for finding in seen["findings"] if finding["id"] in ("PLN-009", "OBS-001")}
    assert found == {"OBS-001 digests jwt-secret-key-staging:1", "OBS-001 digests secret-key-staging:1"}
    versions = "secretmanager.versions.add, secretmanager.versions.disable, secretmanager.versions.enable"
    lacking = [text for text in seen["rotation"]["obstacles"] if text.startswith("the caller lacks")]
    assert lacking[0] == f"the caller lacks {versions} on secret jwt-secret-key-staging"
    assert "the caller lacks run.services.update on service netra-backend-staging" in lacking


def audited(google: Any, **options: Any) -> dict[str, Any]:
    """Diagnose with an audit of the payloads."""
    contract = {**contract_of(google.sandbox), "secret_payload_audit": True}
    seen, writes = google.run("environment_info", contract=contract, probe=False, **options)
    assert writes == []
    return seen


def test_an_audit_finds_payloads_that_are_none_and_leaves_the_others_in_peace(google: Any) -> None:
    google.sandbox.reset("healthy")
    assert [found["key"] for found in audited(google)["findings"] if found["id"].startswith(("SEC-", "OBS-"))] == []
    mistakes = {"service-secret-staging": "change-me-please", "postgres-password-staging": "Zk3v9QpL0sT7\n"}
    for name, payload in mistakes.items():
        google.run("secret_manager_secret", name=name, payload=payload)
    seen = audited(google)
    google.sandbox.reset("healthy")
    found = {finding["key"] for finding in seen["findings"] if finding["id"].startswith("SEC-01")}
    assert found == {"SEC-010 service-secret-staging", "SEC-012 postgres-password-staging"}
    assert seen["secret_payloads"]["not_judged"] == []
    assert [payload for payload in mistakes.values() if payload.strip() in str(seen)] == []


def test_an_audit_by_a_viewer_judges_no_payload_and_says_so(google: Any) -> None:
    key = google.sandbox.directory / "viewer.json"
    seen = audited(google, auth_kind="serviceaccount", service_account_file=str(key))
    assert seen["secret_payloads"]["judged"] == []
    assert seen["verdict"]["complete"] is False
    assert "OBS-001 payloads jwt-secret-key-staging:1" in {finding["key"] for finding in seen["findings"]}
