# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the files of a repository to the findings about its image."""

# ruff: noqa: E501 - a fault and what is told of it read best side by side

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.checks.context_checks import (
    context_findings,
    readmitted,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import Finding
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation
from ansible_collections.netra.remediation.plugins.module_utils.checks.phases import needed_phases
from ansible_collections.netra.remediation.plugins.module_utils.checks.source_checks import only_people_repair
from ansible_collections.netra.remediation.plugins.module_utils.source.context_proof import Question, prove

MONITORING = "app/services/monitoring"
DOCKERFILE = "FROM python:3.11\nWORKDIR /srv\nCOPY app ./app\nCOPY shared ./shared\n"
DOCKERFILE += 'CMD ["python", "-m", "app.main"]\n'
SOUND = {
    "Dockerfile": DOCKERFILE,
    ".dockerignore": "**/__pycache__\n",
    "app/__init__.py": "",
    "app/main.py": "import sys\nfrom app.server import serve\n\nserve()\n",
    "app/server.py": f"from {MONITORING.replace('/', '.')} import Reporter, set_context\nfrom shared import db\n"
    "def serve():\n    from app import optional\n",
    "app/optional.py": "",
    "app/services/__init__.py": "",
    f"{MONITORING}/__init__.py": "from .reporter import Reporter\nfrom .context import set_context\n",
    f"{MONITORING}/reporter.py": "class Reporter: pass\n",
    f"{MONITORING}/context.py": "def set_context(): pass\n",
    "shared/__init__.py": "",
    "shared/db.py": "",
}


@pytest.fixture
def repository(tmp_path: pathlib.Path):
    def write(changes: dict[str, str | None]) -> pathlib.Path:
        for path, text in {**SOUND, **changes}.items():
            if text is not None:
                (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / path).write_text(text)
        return tmp_path

    return write


def findings(root: pathlib.Path, **question):
    return list(context_findings("api", prove(Question(str(root), **question))))


def test_a_sound_repository_has_none(repository):
    assert findings(repository({}), required_paths=(f"{MONITORING}/__init__.py",), imports=("shared.db",)) == []


BROUGHT_BACK = {
    ".dockerignore": "# exports, 25 MB\n**/monitoring/\n*.log\n!app/services/monitoring\n",
    f"{MONITORING}/__init__.py": "from .reporter import Report\n",
    f"{MONITORING}/reporter.py": "class Report: pass\n",
}


def test_the_ignore_file_looks_guilty_and_the_fault_is_a_missing_export(repository):
    """A clean-up dropped the package, somebody brought it back, and the image is still broken: by two lost names."""
    root = repository(BROUGHT_BACK)
    (finding,) = findings(root, required_paths=(f"{MONITORING}/__init__.py",))
    assert (finding.id, finding.severity, finding.resource) == ("BLD-005", "error", "api app.services.monitoring")
    assert finding.summary == (
        "app/services/monitoring/__init__.py is in the image and does not offer Reporter and set_context, "
        "which the program imports"
    )
    assert finding.evidence == {
        "names": ["Reporter", "set_context"],
        "imports": ["app/main.py:2 imports app.server", "app/server.py:1 imports app.services.monitoring"],
        "ignore_file": "not the culprit: line 2 of .dockerignore (**/monitoring/) would drop "
        "app/services/monitoring/__init__.py, but line 4 (!app/services/monitoring) brings it back",
        "offers_instead": {"Reporter": ["Report"]},
    }


# what is changed, and the finding: id, severity, the rest of its name, a part of its summary, a part of its evidence
CASES = {
    "names that are nowhere": (
        BROUGHT_BACK,
        ("BLD-005", "error", "app.services.monitoring", "does not offer Reporter and set_context", "not the culprit: line 2"),
    ),
    "a required path that a line drops": (
        {".dockerignore": "# x\n**/monitoring\n"},
        ("BLD-001", "error", "", "lacks app/services/monitoring/__init__.py", "below line 2 of .dockerignore add !app/services/monitoring"),
    ),
    "a required path that nobody has": (
        {f"{MONITORING}/__init__.py": None, "app/server.py": "def serve(): pass"},
        ("BLD-001", "error", "", "the sources lack app/services/monitoring/__init__.py", "not the culprit"),
    ),
    "an imported module that a line drops": (
        {".dockerignore": "shared/d*\n"},
        ("BLD-003", "error", ".dockerignore:1", "line 1 of .dockerignore (shared/d*) drops shared.db", "below line 1 of .dockerignore add !shared/db.py"),
    ),
    "a module that is nowhere": (
        {"shared/db.py": "import shared.pool"},
        ("BLD-004", "error", "shared.pool", "the sources hold no such module", "app/server.py:2 imports shared"),
    ),
    "a module that is missed later": (
        {"app/server.py": "def serve(): pass\ndef later():\n    import app.gone\n"},
        ("BLD-004", "warning", "app.gone", "imports app.gone when later is called", "app/server.py:3 imports app.gone"),
    ),
    "a source that a line drops": (
        {".dockerignore": "shared\n!shared/*.py\n"},
        None,
    ),
    "a source that is nowhere": (
        {"Dockerfile": DOCKERFILE + "COPY config.yml /etc/\n"},
        ("BLD-006", "error", "Dockerfile:6 config.yml", "COPY config.yml finds nothing", "not the culprit"),
    ),
    "the Dockerfile itself as a source": (
        {"Dockerfile": DOCKERFILE + "COPY Dockerfile /etc/\n", ".dockerignore": "Dockerfile\n"},
        ("BLD-006", "error", "Dockerfile:6 Dockerfile", "line 1 of .dockerignore (Dockerfile) drops it", "add !Dockerfile"),
    ),
    "a pattern that finds nothing": (
        {"Dockerfile": DOCKERFILE + "COPY *.lock /srv/\n"},
        ("BLD-006", "warning", "Dockerfile:6 *.lock", "COPY *.lock finds nothing", "not the culprit"),
    ),
    "a module that nobody copies": (
        {"Dockerfile": DOCKERFILE.replace("COPY shared ./shared\n", "")},
        ("BLD-007", "error", "shared", "no COPY brings shared/__init__.py into the image", "no line of .dockerignore drops shared/__init__.py"),
    ),
    "a line that Docker refuses": (
        {".dockerignore": "a\n[\n"},
        ("BLD-008", "error", ".dockerignore:2", "no build begins with line 2 of .dockerignore", "["),
    ),
    "no Dockerfile": (
        {"Dockerfile": None},
        ("BLD-008", "error", "Dockerfile", "no Dockerfile Dockerfile", ""),
    ),
    "a file that is no Python": (
        {"shared/db.py": "def ("},
        ("BLD-009", "warning", "shared.db", "shared/db.py could not be read as Python", "app/server.py:2"),
    ),
    "a name that a guard does without": ({"app/main.py": "try:\n    from app import gone\nexcept ImportError:\n    gone = None\n"}, None),
    "a module that a guard does without, dropped by a line": (
        {"app/main.py": "try:\n    from app import optional\nexcept ImportError:\n    pass\n", ".dockerignore": "app/optional.py"},
        ("BLD-003", "warning", ".dockerignore:1", "which the program imports in a try that goes on without it", "app/optional.py"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_one_fault_one_finding(repository, case):
    changes, told = CASES[case]
    found = findings(repository(changes), required_paths=(f"{MONITORING}/__init__.py",))
    if told is None:
        assert found == []
        return
    identity, severity, about, summary, evidence = told
    (finding,) = found
    assert (finding.id, finding.severity, finding.resource) == (identity, severity, f"api {about}".strip())
    assert summary in finding.summary
    assert evidence in str(finding.evidence)
    assert finding.service == "api"
    assert finding.remedy


PAGE = (pathlib.Path(__file__).parents[3] / "docs/findings.md").read_text(encoding="utf-8")


# BLD-009 is a warning, in the words of the Python that reads.
SHOWN = [case for case, (_changes, told) in CASES.items() if told and told[0] > "BLD-002" and told[1] == "error"]


@pytest.mark.parametrize("case", SHOWN)
def test_the_page_shows_what_is_told(repository, case):
    changes, told = CASES[case]
    finding = findings(repository(changes), required_paths=(f"{MONITORING}/__init__.py",))[0]
    section = PAGE.partition(f"## {told[0]}\n")[2].partition("\n## ")[0]
    assert f"{finding.key}: {finding.summary}\n" in section


def test_what_the_build_phase_readmits(repository):
    root = repository({".dockerignore": "**/monitoring\nshared/d*\napp/optional.py\n"})
    proof = prove(Question(str(root), required_paths=(f"{MONITORING}/__init__.py",)))
    # app/optional.py is imported inside of a function that is called at the start only by another file.
    assert readmitted(proof) == [f"{MONITORING}/__init__.py", "shared/db.py"]


def test_a_line_that_drops_a_required_path_and_a_module_is_told_once(repository):
    root = repository({".dockerignore": "**/monitoring\n"})
    (finding,) = findings(root, required_paths=(f"{MONITORING}/__init__.py",))
    assert finding.evidence["imported_by"][-1] == "app/server.py:1 imports app.services.monitoring"


@pytest.mark.parametrize(
    ("builds", "is_broken", "told"),
    [({"api": None}, False, 1), ({"api": {"id": "1"}}, False, 0), ({"api": {"id": "1"}}, True, 1), ({}, False, 0)],
)
def test_a_fault_that_only_people_repair_stops_a_run_where_it_matters(repository, builds, is_broken, told):
    found = findings(repository({"shared/db.py": "import shared.pool"}))
    symptom = Finding("RUN-004", "critical", "golden_path", "api", "down", "look", service="api").because(found)
    observation = Observation("p", "r", builds=builds)
    assert len(only_people_repair([*found, *([symptom] if is_broken else [])], observation)) == told
    assert needed_phases(found) == []


def test_a_run_is_not_stopped_by_what_it_repairs(repository):
    found = findings(repository({".dockerignore": "shared/d*\n"}))
    assert only_people_repair(found, Observation("p", "r", builds={"api": None})) == []
