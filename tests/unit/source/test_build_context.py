import hashlib
import io
import os
import tarfile

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.source.build_context import read_tree

IMAGE = "us-central1-docker.pkg.dev/p/r/i"


@pytest.fixture
def context(tmp_path):
    for path, content in {
        ".dockerignore": "**/monitoring\nbuild\nDockerfile\n",
        "Dockerfile": "FROM python\n",
        "a/main.py": "print()\n",
        "a/monitoring/x.py": "",
        "build/out": "",
        "run.sh": "#!/bin/sh\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
    (tmp_path / "run.sh").chmod(0o755)
    return tmp_path


def test_includes_what_docker_sends(context):
    assert [f.path for f in read_tree(str(context)).included("Dockerfile")] == [
        ".dockerignore",
        "Dockerfile",
        "a/main.py",
        "run.sh",
    ]


def test_the_digest_is_the_documented_text(context):
    def sha(path):
        return hashlib.sha256((context / path).read_bytes()).hexdigest()

    text = (
        f"Dockerfile\0{IMAGE}\n"
        f".dockerignore\x000\0{sha('.dockerignore')}\n"
        f"Dockerfile\x000\0{sha('Dockerfile')}\n"
        f"a/main.py\x000\0{sha('a/main.py')}\n"
        f"run.sh\x001\0{sha('run.sh')}\n"
    )
    assert read_tree(str(context)).digest("Dockerfile", IMAGE) == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("path", "matters"), [("a/monitoring/x.py", False), ("build/out", False), ("a/main.py", True), ("Dockerfile", True)]
)
def test_only_included_files_matter(context, path, matters):
    before = read_tree(str(context)).digest("Dockerfile", IMAGE)
    (context / path).write_text("changed")
    assert (read_tree(str(context)).digest("Dockerfile", IMAGE) != before) is matters


def test_the_executable_bit_matters_and_the_time_does_not(context):
    tree = read_tree(str(context))
    before, archive = tree.digest("Dockerfile", IMAGE), tree.archive("Dockerfile")
    os.utime(context / "a/main.py", (1, 1))
    assert read_tree(str(context)).digest("Dockerfile", IMAGE) == before
    assert read_tree(str(context)).archive("Dockerfile") == archive
    (context / "a/main.py").chmod(0o755)
    assert read_tree(str(context)).digest("Dockerfile", IMAGE) != before


def test_the_archive_holds_the_context(context):
    (context / "link").symlink_to("a/main.py")
    packed = io.BytesIO(read_tree(str(context)).archive("Dockerfile"))
    with tarfile.open(fileobj=packed) as archive:
        assert archive.getnames() == [".dockerignore", "Dockerfile", "a/main.py", "link", "run.sh"]
        assert archive.extractfile("a/main.py").read() == b"print()\n"
        assert archive.getmember("run.sh").mode == 0o755
        assert archive.getmember("link").linkname == "a/main.py"


def test_missing_paths_are_named(context):
    assert read_tree(str(context)).missing(["a/main.py", "a/other.py"]) == ["a/other.py"]
