from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from netra_sandbox.images.catalogue import Catalogue, split_reference
from netra_sandbox.images.context import read_context
from netra_sandbox.images.dockerfile import BuildError, parse, parse_environment

APPLICATION = Path(__file__).parents[3] / "sandbox" / "application"
BACKEND = "netra_backend/Dockerfile"
CULPRIT = "**/monitoring/"


def fixed_copy(target: Path) -> Path:
    shutil.copytree(APPLICATION, target)
    ignore_file = target / ".dockerignore"
    text = ignore_file.read_text().replace(CULPRIT, f"{CULPRIT}\n!netra_backend/app/services/monitoring")
    ignore_file.write_text(text)
    return target


def run_in_image(catalogue: Catalogue, source: Path, code: str) -> subprocess.CompletedProcess[str]:
    image = catalogue.build(source, BACKEND, [])
    return subprocess.run(
        [sys.executable, "-c", code], check=False, cwd=image.directory, capture_output=True, text=True, timeout=60
    )


def test_the_ignore_file_as_found_drops_the_package(tmp_path):
    result = run_in_image(Catalogue(tmp_path), APPLICATION, "import netra_backend.app.services.monitoring")
    assert result.returncode == 1
    assert "No module named 'netra_backend.app.services.monitoring'" in result.stderr


def test_the_repaired_ignore_file_keeps_it(tmp_path):
    source = fixed_copy(tmp_path / "source")
    code = "from netra_backend.app.services.monitoring import GCPErrorReporter, set_request_context"
    assert run_in_image(Catalogue(tmp_path / "images"), source, code).returncode == 0


def test_what_changes_during_a_repair_is_not_part_of_the_context():
    files = read_context(APPLICATION, BACKEND).files
    assert not [
        path for path in files if path.startswith(("deployment/", "terraform-gcp-staging/", "netra_backend/tests"))
    ]
    assert {BACKEND, ".dockerignore", "shared/database.py"} <= set(files)


def test_same_source_same_image_and_references_find_it(tmp_path):
    catalogue = Catalogue(tmp_path)
    first, second = (catalogue.build(APPLICATION, BACKEND, []) for _count in range(2))
    assert first == second
    assert first.command == ["python", "-m", "netra_backend.app.main"]
    assert (first.workdir, first.port, first.environment["PYTHONUNBUFFERED"]) == ("/app", 8000, "1")
    catalogue.push("example/backend:v1", first.digest)
    assert catalogue.get("example/backend:v1") == first == catalogue.get(f"example/backend@{first.digest}")
    assert catalogue.get("example/backend") is None
    assert catalogue.get(f"other/backend@{first.digest}") is None
    catalogue.forget()
    assert catalogue.get("example/backend:v1") is None


@pytest.mark.parametrize(
    ("dockerfile", "message"),
    [
        (
            "FROM scratch\nCOPY missing/ ./\n",
            "file not found in build context or excluded by .dockerignore: stat missing",
        ),
        ("FROM scratch\nCOPY --from=other a b\n", "COPY --from is not followed"),
        ("FROM scratch\nCOPY a.txt ../../out\n", "outside the build context"),
        ("FROM scratch\nINSTALL x\n", "line 2: unknown instruction: INSTALL"),
        ("COPY a b\n", "no build stage"),
    ],
)
def test_what_a_build_refuses(tmp_path, dockerfile, message):
    source = tmp_path / "source"
    source.mkdir()
    (source / "Dockerfile").write_text(dockerfile)
    (source / "a.txt").write_text("a")
    with pytest.raises(BuildError, match=message):
        Catalogue(tmp_path / "images").build(source, "Dockerfile", [])


def test_copy_forms(tmp_path):
    source = tmp_path / "source"
    (source / "folder" / "deep").mkdir(parents=True)
    for path in ("a.txt", "b.txt", "folder/c.txt", "folder/deep/d.txt"):
        (source / path).write_text(path)
    text = (
        'FROM scratch\nWORKDIR /srv\nCOPY *.txt texts/\nCOPY a.txt ./renamed\nCOPY folder .\nCOPY ["b.txt", "/top/"]\n'
    )
    (source / "Dockerfile").write_text(text)
    root = Catalogue(tmp_path / "images").build(source, "Dockerfile", []).root
    found = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
    assert found == [
        "srv/c.txt",
        "srv/deep/d.txt",
        "srv/renamed",
        "srv/texts/a.txt",
        "srv/texts/b.txt",
        "top/b.txt",
    ]


def test_continued_lines_and_variables():
    instructions = parse("FROM x\n# comment\nENV A=1 \\\n    # inside\n    B=$A\nCMD run me\n")
    assert [(item.line, item.keyword) for item in instructions] == [(1, "FROM"), (3, "ENV"), (6, "CMD")]
    assert parse_environment(instructions[1].words(), {"A": "0"}) == {"A": "1", "B": "0"}
    assert parse_environment(["NAME", "two", "words"], {}) == {"NAME": "two words"}
    assert instructions[2].command() == ["/bin/sh", "-c", "run me"]


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("a/b", ("a/b", "latest")),
        ("a/b:c", ("a/b", "c")),
        ("host:5000/b", ("host:5000/b", "latest")),
        ("a/b@sha256:0", ("a/b", "sha256:0")),
    ],
)
def test_references(reference, parts):
    assert split_reference(reference) == parts
