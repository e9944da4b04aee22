import hashlib
import io
import os
import tarfile

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.source.build_context import read_tree

IMAGE = "us-central1-docker.pkg.dev/p/r/i"


def tree(root):
    return read_tree(str(root), "Dockerfile")


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
    assert [f.path for f in tree(context).files] == [
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
    assert tree(context).digest(IMAGE) == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("path", "matters"), [("a/monitoring/x.py", False), ("build/out", False), ("a/main.py", True), ("Dockerfile", True)]
)
def test_only_included_files_matter(context, path, matters):
    before = tree(context).digest(IMAGE)
    (context / path).write_text("changed")
    assert (tree(context).digest(IMAGE) != before) is matters


def test_the_executable_bit_matters_and_the_time_does_not(context):
    before, archive = tree(context).digest(IMAGE), tree(context).archive()
    os.utime(context / "a/main.py", (1, 1))
    assert tree(context).digest(IMAGE) == before
    assert tree(context).archive() == archive
    (context / "a/main.py").chmod(0o755)
    assert tree(context).digest(IMAGE) != before


def test_the_archive_holds_the_context(context):
    (context / "link").symlink_to("a/main.py")
    packed = io.BytesIO(tree(context).archive())
    with tarfile.open(fileobj=packed) as archive:
        assert archive.getnames() == [".dockerignore", "Dockerfile", "a/main.py", "link", "run.sh"]
        assert archive.extractfile("a/main.py").read() == b"print()\n"
        assert archive.getmember("run.sh").mode == 0o755
        assert archive.getmember("link").linkname == "a/main.py"


def test_missing_paths_are_named(context):
    assert tree(context).missing(["a/main.py", "a/other.py"]) == ["a/other.py"]


def test_the_ignore_file_of_a_dockerfile_comes_first_and_is_sent(context):
    (context / "Dockerfile.dockerignore").write_text("a\n*.sh\n*ignore\n")
    assert [f.path for f in tree(context).files] == ["Dockerfile", "Dockerfile.dockerignore", "build/out"]
    assert tree(context).selection.exclusions(["run.sh"])[0].as_dict() == {
        "path": "run.sh",
        "file": "Dockerfile.dockerignore",
        "line": 2,
        "pattern": "*.sh",
    }


def test_gcloud_filters_before_docker(context):
    (context / ".gcloudignore").write_text("*.sh\n")
    sent = [f.path for f in read_tree(str(context), "Dockerfile", "gcloud").files]
    assert sent == [".dockerignore", ".gcloudignore", "Dockerfile", "a/main.py"]


def test_a_dockerfile_in_an_ignored_folder_is_sent(context):
    (context / "build/api.Dockerfile").write_text("FROM scratch\n")
    sent = [f.path for f in read_tree(str(context), "build/api.Dockerfile").files]
    assert sent == [".dockerignore", "a/main.py", "build/api.Dockerfile", "run.sh"]


def test_names_that_are_no_text_are_kept(context):
    name = os.fsencode(str(context)) + b"/caf\xe9.py"
    os.close(os.open(name, os.O_CREAT))
    assert os.fsdecode(b"caf\xe9.py") in [f.path for f in tree(context).files]
    assert tree(context).digest(IMAGE)
    assert tree(context).archive()
