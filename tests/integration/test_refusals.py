# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run refuses before it writes anything: one run of many environments, each with a mistake of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from playbook_story import INVENTORY, ROOT, Story, contract

SECRET_NAMES = [{"name": secret["name"]} for secret in contract()["remediation_secrets"]]
# What it takes to come as far as to the record; without a lock, which would be a write.
READY = {"remediation_lock_bucket": ""}
# Environment: its mistake, and what the refusal says.
NO_INPUT: dict[str, tuple[dict[str, Any], str]] = {
    "empty-project": ({"remediation_project": ""}, "remediation_project is empty"),
    "list-of-regions": ({"remediation_region": ["us-central1"]}, "remediation_region"),
    "gate-in-words": ({"remediation_gates": {"health_seconds": "soon"}}, "remediation_gates"),
    "unknown-mode": ({"remediation_mode": "everything"}, "remediation_mode"),
    "unknown-service": ({"remediation_waves": [["no-such-service"]]}, "remediation_waves"),
    "services-in-words": ({"remediation_services": "not-a-list"}, "remediation_services"),
    "no-such-key": (
        {"remediation_service_account_file": "/nonexistent/key.json"},
        "remediation_service_account_file names /nonexistent/key.json",
    ),
    "unknown-phase": ({"remediation_start_at": "deploy"}, "value of remediation_start_at must be one of: build,"),
    "two-ways-to-choose": (
        {"remediation_only": ["build"], "remediation_start_at": "build"},
        "remediation_start_at cannot be combined with remediation_only",
    ),
    "skipped-for-no-reason": ({"remediation_skip": {"build": None}}, "remediation_skip.build has no reason"),
    "no-token": ({"remediation_auth_kind": "accesstoken"}, "remediation_access_token is missing"),
    "nobody-to-be": (
        {"remediation_auth_kind": "impersonate"},
        "remediation_impersonate_service_account is missing",
    ),
}
# These are refused once the environment was looked at.
NO_REPAIR: dict[str, tuple[dict[str, Any], str]] = {
    "secrets-of-people": ({"remediation_secrets": SECRET_NAMES}, "gcloud secrets create service-secret-staging"),
    "nothing-to-take-up": (
        {**READY, "remediation_resume": "20250923T101500Z-3fa29c"},
        "remediation_resume: ",
    ),
    "ordered-to-stop": (
        {"remediation_stop_file": str(ROOT / "README.md")},
        "somebody ordered runs of ordered-to",
    ),
    "frozen": (
        {
            "remediation_freezes": [
                {"from": "2020-01-01", "until": "2099-01-01", "timezone": "Europe/Berlin", "reason": "the fair"}
            ],
            "remediation_secrets": contract()["remediation_secrets"],
        },
        "frozen is frozen: the fair (until 2099-01-01 Europe/Berlin)",
    ),
    "beyond-the-quota": (
        {
            "remediation_services": [
                {**service, "max_instances": 1000} for service in contract()["remediation_services"]
            ]
        },
        "are 4000 CPUs, the quota of us-central1 is 1000 CPUs: max_instances may be at most 250",
    ),
    "no-sources": (
        {"remediation_source_directory": "/nonexistent/sources"},
        "Set remediation_source_directory to a checkout",
    ),
}


@dataclass
class Refusals:
    """What a run of several environments printed about each, and which calls it made."""

    returncode: int
    said: dict[str, str]
    calls: list[str]
    writes: list[Any]


def refuse(story: Story, place: Any, mistakes: dict[str, tuple[dict[str, Any], str]]) -> Refusals:
    """Remediate an environment for each mistake, all in one run."""
    hosts = {name: variables for name, (variables, _says) in mistakes.items()}
    inventory = place / "mistakes.yml"
    inventory.write_text(yaml.safe_dump({"mistaken": {"hosts": hosts}}), encoding="utf-8")
    mark = story.sandbox.mark()
    sources = ("-i", str(INVENTORY), "-i", str(inventory), "--limit", "mistaken")
    done = story.run("ansible-playbook", *sources, str(ROOT / "playbooks/remediate.yml"))
    words = " ".join(done.stdout.split())
    told = re.findall(r"fatal: \[([\w-]+)\]: FAILED! =>(.*?)(?=fatal: |TASK \[|PLAY RECAP)", words)
    calls = [request["method"] for request in story.sandbox.requests(mark) if request["method"]]
    return Refusals(done.returncode, dict(told), calls, story.sandbox.writes(mark))


@pytest.fixture(scope="module")
def story(sandbox: Any) -> Story:
    sandbox.reset("incident")
    return Story(sandbox)


@pytest.fixture(scope="module")
def unread(story: Story, tmp_path_factory: pytest.TempPathFactory) -> Refusals:
    return refuse(story, tmp_path_factory.mktemp("input"), NO_INPUT)


@pytest.fixture(scope="module")
def unrepaired(story: Story, tmp_path_factory: pytest.TempPathFactory) -> Refusals:
    return refuse(story, tmp_path_factory.mktemp("repair"), NO_REPAIR)


@pytest.mark.parametrize("environment", NO_INPUT)
def test_bad_input_is_refused_by_name_before_any_call(unread: Refusals, environment: str) -> None:
    assert NO_INPUT[environment][1] in unread.said[environment]
    assert unread.returncode == 2
    assert unread.calls == []


@pytest.mark.parametrize("environment", NO_REPAIR)
def test_what_cannot_be_repaired_is_refused_before_any_write(unrepaired: Refusals, environment: str) -> None:
    assert NO_REPAIR[environment][1] in unrepaired.said[environment]
    assert "Nothing was written" in unrepaired.said[environment]
    assert unrepaired.returncode == 2
    assert unrepaired.writes == []


def test_a_refused_run_has_no_record(story: Story, unread: Refusals, unrepaired: Refusals) -> None:
    assert set(unread.said) == set(NO_INPUT)
    assert set(unrepaired.said) == set(NO_REPAIR)
    assert not list(story.sandbox.directory.glob("records/**/ledger.jsonl"))
