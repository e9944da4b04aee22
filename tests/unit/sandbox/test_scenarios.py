# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a scenario's file may say, and what becomes of it before anything is made."""

from __future__ import annotations

import pathlib
import re

import pytest

from netra_sandbox.scenarios import files, sources
from netra_sandbox.scenarios.breakages import BREAKAGES
from netra_sandbox.scenarios.files import ScenarioError
from netra_sandbox.scenarios.plan import DropLines, DropPackage

BACKEND, AUTH, FRONTEND = "netra-backend-staging", "netra-auth-service", "netra-frontend-staging"
JWT = "jwt-secret-key-staging"
REVISIONS = {"revisions": {BACKEND: ["old", "new"]}}
HERE = pathlib.Path(__file__).parent


def scenario(*broken, **environment):
    return files.read("mine", {"environment": {**REVISIONS, **environment}, "broken": list(broken)}, HERE)


def latest(plan, service=BACKEND):
    return plan.services[service].revisions[-1]


def oldest(plan, service=BACKEND):
    return plan.services[service].revisions[0]


@pytest.mark.parametrize("name", files.names())
def test_the_scenarios_that_come_along_are_well_told(name):
    found = files.find(name)
    assert found.title and found.story
    assert found.hints or not found.broken
    hosts = {entry["host"] for entry in found.contract["remediation_services"]}
    assert set(found.seen) <= hosts


@pytest.mark.parametrize("name", BREAKAGES)
def test_every_breakage_says_what_it_does_and_is_documented(name):
    page = (files.ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
    assert BREAKAGES[name].summary
    assert f"`{name}`" in page


# Breakages → what it makes of the plan.
CHANGES = {
    "redis-missing": (["redis-missing"], lambda plan: not plan.has_cache),
    "database-slow": (["database-slow"], lambda plan: plan.tier == "db-f1-micro"),
    "another tier": ([{"database-slow": {"tier": "db-custom-1-3840"}}], lambda plan: plan.tier == "db-custom-1-3840"),
    "connector-missing": (["connector-missing"], lambda plan: not plan.has_connector),
    "connector elsewhere": (
        [{"connector-in-another-network": {"network": "default"}}],
        lambda plan: plan.connector_network == "default" and plan.has_connector,
    ),
    "image-lacks-package": (
        [{"image-lacks-package": {"service": BACKEND, "package": "a/b"}}],
        lambda plan: plan.edits == (DropPackage("a/b"),) and oldest(plan).clean and latest(plan).crashing,
    ),
    "missing-export": (
        [{"missing-export": {"service": BACKEND, "path": "a.py", "names": ["X"]}}],
        lambda plan: plan.edits == (DropLines("a.py", ("X",)),) and oldest(plan).clean and latest(plan).unchecked,
    ),
    "placeholders": (
        [{"configuration-placeholders": {"service": BACKEND, "variables": {"A": "{{ a }}"}}}],
        lambda plan: (
            latest(plan).variables == {"A": "{{ a }}"} and not plan.config_complete and not oldest(plan).variables
        ),
    ),
    "secret-missing": (
        [{"secret-missing": {"secret": JWT}}],
        lambda plan: plan.secrets[JWT] is None and latest(plan).crashing and latest(plan, AUTH).crashing,
    ),
    "secret-missing, not bound": (
        [{"secret-missing": {"secret": JWT, "bound": False}}],
        lambda plan: latest(plan).secrets == oldest(plan).secrets == {"JWT_SECRET_KEY": None},
    ),
    "secret-under-another-name": (
        [{"secret-under-another-name": {"secret": JWT, "stored_as": "jwt"}}],
        lambda plan: (
            plan.secrets[JWT] == "jwt"
            and oldest(plan).secrets == {"JWT_SECRET_KEY": "jwt:1"}
            and not latest(plan).secrets
        ),
    ),
    "floating-secrets": ([{"floating-secrets": {"service": BACKEND}}], lambda plan: latest(plan).floating),
    "service-without-connector": (
        [{"service-without-connector": {"service": AUTH}}],
        lambda plan: not latest(plan, AUTH).connected and latest(plan).connected,
    ),
    "other-variables": (
        [{"other-variables": {"service": AUTH, "variables": {"A": "b"}}}],
        lambda plan: latest(plan, AUTH).variables == {"A": "b"} and not latest(plan, AUTH).crashing,
    ),
    "pinned-traffic": (
        [{"pinned-traffic": {"service": BACKEND, "revision": "old"}}],
        lambda plan: plan.services[BACKEND].pinned == "old",
    ),
    "certificate-does-not-cover-host": (
        [{"certificate-does-not-cover-host": {"host": "api.staging.netrasystems.ai"}}],
        lambda plan: plan.uncovered == ("api.staging.netrasystems.ai",),
    ),
    "host-leads-to-other-service": (
        [{"host-leads-to-other-service": {"host": "api.staging.netrasystems.ai", "service": AUTH}}],
        lambda plan: plan.misled == {"api.staging.netrasystems.ai": AUTH},
    ),
    "error-events": (
        [{"error-events": {"service": BACKEND, "message": "m", "count": 3}}],
        lambda plan: (plan.errors[0].revision, plan.errors[0].count) == ("new", 3),
    ),
    "fault": (
        [{"fault": {"inject": {"kind": "delay", "method": "run.*"}}}],
        lambda plan: plan.faults == ({"kind": "delay", "method": "run.*"},),
    ),
    "nothing": ([], lambda plan: plan.edits == () and plan.config_complete and plan.tier == "db-g1-small"),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_breakage_changes_the_plan(case):
    broken, holds = CHANGES[case]
    assert holds(scenario(*broken).plan())


def test_every_breakage_is_in_the_table():
    used = {
        next(iter(entry)) if isinstance(entry, dict) else entry for broken, _ in CHANGES.values() for entry in broken
    }
    assert used == set(BREAKAGES)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "mine is not a mapping"),
        ({"titel": "x"}, "mine has a key titel, which there is not; there are title, story"),
        ({"title": 3}, "mine: title is not a str"),
        ({"environment": {"servces": []}}, "mine: environment has a key servces"),
        ({"environment": {"hosts": {"a.example": "nobody"}}}, "The host a.example leads to nobody"),
        ({"broken": ["redis-mising"]}, "There is no breakage redis-mising; there are image-lacks-package"),
        ({"broken": [{"redis-missing": {"x": 1}}]}, "The breakage redis-missing has no option x; it has none"),
        ({"broken": [{"a": {}, "b": {}}]}, "an entry is a breakage's name, alone or with its options"),
        ({"broken": [{"database-slow": 3}]}, "the options of database-slow are not a mapping"),
        ({"broken": [{"database-slow": {"tier": 3}}]}, "The option tier of the breakage database-slow is not a str"),
        ({"broken": ["pinned-traffic"]}, "The breakage pinned-traffic needs the option service, revision"),
        ({"broken": [{"floating-secrets": {"service": "x"}}]}, f"The environment has no service x; it has {BACKEND}"),
        ({"broken": [{"secret-missing": {"secret": "x"}}]}, "The environment has no secret x; it has postgres-user"),
        (
            {"broken": [{"pinned-traffic": {"service": BACKEND, "revision": "x"}}]},
            f"The service {BACKEND} has no revision x",
        ),
        ({"broken": [{"fault": {"inject": {"kind": "eror"}}}]}, "There is no fault eror"),
        ({"seen": [{"host": "a"}]}, "an entry has a host, and as: one of down, slow"),
        ({"seen": [{"host": "a", "as": "gone"}]}, "an entry has a host, and as"),
    ],
)
def test_what_a_scenario_cannot_say_is_refused_by_name(document, words):
    with pytest.raises(ScenarioError, match=re.escape(words)):
        files.read("mine", document, HERE)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("helthy", "There is no scenario helthy; there are"),
        ("/nowhere/mine.yml", "/nowhere/mine.yml cannot be read: No such file"),
    ],
)
def test_a_scenario_that_is_not_there_is_refused(name, words):
    with pytest.raises(ScenarioError, match=re.escape(words)):
        files.find(name)


def test_a_file_of_ones_own_has_its_own_contract(tmp_path):
    (tmp_path / "contract.yml").write_text(
        "remediation_services: [{name: web, host: web.example, port: 80}]\n"
        "remediation_secrets: []\nremediation_infrastructure: {}\n",
        encoding="utf-8",
    )
    path = tmp_path / "mine.yml"
    path.write_text(
        "environment: {contract: contract.yml, application: src, hosts: {www.example: web}}\n", encoding="utf-8"
    )
    found = files.find(str(path))
    assert found.contract["remediation_services"] == [{"name": "web", "host": "www.example", "port": 80}]
    assert found.application == tmp_path / "src"
    assert list(found.plan().services) == ["web"]


def test_a_file_that_is_not_yaml_is_refused_without_its_content(tmp_path):
    path = tmp_path / "mine.yml"
    path.write_text("a: [hunter2\nb: {", encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        files.find(str(path))
    assert "is not YAML" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("edits", "ignored", "exported"),
    [
        ((), ["**/monitoring/", "!netra_backend/app/services/monitoring"], True),
        ((DropPackage("netra_backend/app/services/monitoring"),), ["**/monitoring/"], True),
        ((DropPackage("shared"),), ["**/monitoring/", "!netra_backend/app/services/monitoring", "shared/"], True),
        ((DropLines("netra_backend/app/services/monitoring/__init__.py", ("GCPErrorReporter",)),), None, False),
    ],
)
def test_the_sources_are_sound_but_for_the_edits(tmp_path, edits, ignored, exported):
    sources.copy(files.APPLICATION, tmp_path / "w", edits)
    text = (tmp_path / "w" / ".dockerignore").read_text(encoding="utf-8")
    wanted = ("monitoring", "shared")
    if ignored is not None:
        lines = [line for line in text.splitlines() if any(word in line for word in wanted) and line[:1] != "#"]
        assert lines == ignored
    module = tmp_path / "w" / "netra_backend" / "app" / "services" / "monitoring" / "__init__.py"
    assert ("GCPErrorReporter" in module.read_text(encoding="utf-8")) is exported
