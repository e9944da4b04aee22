# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the diagnosis finds in the two scenarios."""

from __future__ import annotations

import pathlib
import time
from typing import Any

import pytest
import requests
import yaml

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
    """Wait for the first instance, which a reset starts anew."""
    give_up = time.monotonic() + 30
    while requests.get(f"https://{host}/health", timeout=30).status_code != 200 and time.monotonic() < give_up:
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
    seen = look(google)
    assert seen["findings"] == []
    assert seen["phases"] == []


def test_an_incident_has_its_causes_and_the_symptoms_point_at_them(incident: Any) -> None:
    seen = look(incident)
    found = {finding["key"]: finding for finding in seen["findings"]}
    assert found.keys() >= CAUSES
    symptom = found["RUN-004 netra-backend-staging"]
    assert set(symptom["caused_by"]) >= CAUSES
    assert [finding["key"] for finding in found.values() if finding["key"] in CAUSES and finding["caused_by"]] == []
    assert seen["phases"] == ["build", "infrastructure", "configuration", "deployment"]
