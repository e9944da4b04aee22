# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dockerfiles: how instructions are read, what is copied where, and what starts."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.source.dockerfile_reader import read_instructions
from ansible_collections.netra.remediation.plugins.module_utils.source.dockerfile_stages import parse
from ansible_collections.netra.remediation.plugins.module_utils.source.dockerfile_words import (
    UnknownVariableError,
    expand,
)
from ansible_collections.netra.remediation.plugins.module_utils.source.entry_point import entry_point_of
from ansible_collections.netra.remediation.plugins.module_utils.source.image_files import ContextPaths, lay_out

FILES = ["api/main.py", "api/sub/x.py", "shared/db.py", "requirements.txt", "setup.cfg", "a b.txt", "lib.tar.gz"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("FROM a\n\n# c\nRUN x \\\n  # inside\n\n  y\nCMD z", [(1, "FROM", "a"), (4, "RUN", "x   y"), (8, "CMD", "z")]),
        ("# escape=`\nFROM a\nRUN x `\n y\nCMD c:\\", [(2, "FROM", "a"), (3, "RUN", "x  y"), (5, "CMD", "c:\\")]),
        ("#\n# escape=`\nRUN x \\\n y", [(3, "RUN", "x  y")]),
        ("\ufefffrom a\r\ncopy b \\\r\n c\r\n", [(1, "FROM", "a"), (2, "COPY", "b  c")]),
        ("RUN <<EOF\nFROM no\n# no\nEOF\nCMD x", [(1, "RUN", "<<EOF"), (5, "CMD", "x")]),
        ("COPY <<-'A' <<B /d\n\tone\n\tA\ntwo\nB\nCMD x", [(1, "COPY", "<<-'A' <<B /d"), (6, "CMD", "x")]),
        ("RUN echo 1<<2 a\\\\\nCMD x", [(1, "RUN", "echo 1<<2 a\\\\"), (2, "CMD", "x")]),
    ],
)  # fmt: skip
def test_instructions_with_the_line_where_they_begin(text, told):
    assert [(entry.line, entry.keyword, entry.text) for entry in read_instructions(text)] == told


def test_flags_json_and_heredocs():
    copy, run, json_copy = read_instructions(
        'COPY --from=base --chown=1:2 a b\nRUN <<-X\n\t\thi\n\tX\nCOPY --link ["a b", "/c/"]'
    )
    assert (copy.flag("from"), copy.flag("chown"), copy.flag("link"), copy.text) == ("base", "1:2", None, "a b")
    assert run.heredocs[0].text == "hi\n"
    assert (json_copy.flag("link"), json_copy.json_form()) == ("true", ["a b", "/c/"])


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("$A/b", "1/b"),
        ("${A}b", "1b"),
        ("${N:-d$A}", "d1"),
        ("${E:-d}", "d"),
        ("${E-d}", ""),
        ("${A:+y}", "y"),
        ("${N:+y}", ""),
        ("\\$A", "$A"),
        ("'$A'", "$A"),
        ('"$A b"', "1 b"),
        ("$N", ""),
    ],
)
def test_variables(word, told):
    assert expand(word, {"A": "1", "E": ""}, open_ended=False) == told


def test_a_variable_that_only_the_build_knows():
    with pytest.raises(UnknownVariableError):
        expand("$N/x", {}, open_ended=True)
    assert expand("${N:-x}", {"N": ""}, open_ended=True) == "x"


def files(text, paths=tuple(FILES)):
    return lay_out(parse(text), ContextPaths(paths))[-1].files


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("COPY api /app", {"/app/main.py": "api/main.py", "/app/sub/x.py": "api/sub/x.py"}),
        ("WORKDIR /srv\nCOPY api/ ./api/", {"/srv/api/main.py": "api/main.py", "/srv/api/sub/x.py": "api/sub/x.py"}),
        ("WORKDIR /srv\nWORKDIR app\nCOPY setup.cfg .", {"/srv/app/setup.cfg": "setup.cfg"}),
        ("COPY setup.cfg /etc/name", {"/etc/name": "setup.cfg"}),
        ("COPY setup.cfg /etc/", {"/etc/setup.cfg": "setup.cfg"}),
        ("COPY api/sub /a/b\nCOPY setup.cfg /a/b", {"/a/b/x.py": "api/sub/x.py", "/a/b/setup.cfg": "setup.cfg"}),
        ("COPY setup.cfg shared/db.py /d/", {"/d/setup.cfg": "setup.cfg", "/d/db.py": "shared/db.py"}),
        ("COPY req* /d/", {"/d/requirements.txt": "requirements.txt"}),
        ("COPY */x.py /d/", {}),
        ("COPY ap* /d/", {"/d/main.py": "api/main.py", "/d/sub/x.py": "api/sub/x.py"}),
        ("COPY ../setup.cfg /d/", {"/d/setup.cfg": "setup.cfg"}),
        ('COPY ["a b.txt", "/d/"]', {"/d/a b.txt": "a b.txt"}),
        ("ARG D=/x\nENV E=$D/y\nCOPY setup.cfg ${E}/", {"/x/y/setup.cfg": "setup.cfg"}),
        ("COPY --parents api/sub/x.py /d", {"/d/api/sub/x.py": "api/sub/x.py"}),
        ("COPY --exclude=sub api /d", {"/d/main.py": "api/main.py"}),
        ("COPY <<X setup.cfg /d/\nhello\nX", {"/d/setup.cfg": "setup.cfg"}),
        ("ADD https://x.example/setup.cfg lib.tar.gz /d/", {}),
    ],
)  # fmt: skip
def test_where_files_land(text, told):
    assert files(f"FROM x\n{text}") == told


def test_stages():
    text = """
    ARG BASE=python:3.11
    FROM ${BASE} AS Build
    WORKDIR /src
    COPY . .
    RUN make
    FROM build AS tested
    FROM scratch
    COPY --from=0 /src/api /app/api
    COPY --from=build /src/setup.cfg /src/dist /app/
    COPY --from=docker.io/other /bin/tool /bin/
    """
    dockerfile = parse(text)
    build, tested, final = lay_out(dockerfile, ContextPaths(FILES))
    assert [stage.base for stage in dockerfile.stages] == ["python:3.11", "build", "scratch"]
    assert tested.files == build.files
    assert set(final.files) == {"/app/api/main.py", "/app/api/sub/x.py", "/app/setup.cfg"}
    assert final.open == {"/app", "/app/api", "/bin"}  # make may have put something into each of them
    assert dockerfile.stages[1].directory == "/src"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("COPY gone.txt /d/", [("COPY", "gone.txt", False)]),
        ("ADD ./gone/ /d/", [("ADD", "./gone/", False)]),
        ("COPY g*.txt setup.cfg /d/", [("COPY", "g*.txt", True)]),
        ("RUN --mount=type=bind,source=gone,target=/x --mount=type=cache,to=/y x", [("RUN --mount", "gone", False)]),
        ("RUN --mount=type=bind,source=setup.cfg,target=/x make", []),
        ("ARG V\nCOPY $V/x /d/", []),
        ("COPY $FROM_THE_BASE/x /d/", []),
        ("COPY --from=x gone /d/", []),
        ("COPY /api/main.py api /d/", []),
    ],
)  # fmt: skip
def test_sources_that_are_not_there(text, told):
    absent = lay_out(parse(f"FROM scratch\n{text}"), ContextPaths(FILES))[-1].absent
    assert [(entry.keyword, entry.source, entry.is_pattern) for entry in absent] == told
    assert all(entry.line >= 2 for entry in absent)


@pytest.mark.parametrize(
    ("text", "name", "is_main", "search"),
    [
        ('CMD ["python", "-m", "api.main"]', "api.main", True, ("/app",)),
        ('CMD ["python3.11", "-u", "-X", "dev", "api/main.py"]', "/app/api/main.py", True, ("/app/api",)),
        ('ENV PYTHONPATH=/l:/x\nCMD ["gunicorn", "-k", "u.W", "a.b:app"]', "a.b", False, ("/app", "/l", "/x")),
        ("CMD exec uvicorn --app-dir src a:make() --port $PORT", "a", False, ("/app/src",)),
        ('ENTRYPOINT ["tini", "--", "python", "-m"]\nCMD ["api"]', "api", True, ("/app",)),
        ('CMD ["x"]\nENTRYPOINT ["sh", "-c", "python -m gunicorn a.b:app"]', "a.b", False, ("/app",)),
        ('CMD ["node", "server.js"]', None, None, None),
        ('CMD ["python", "-c", "pass"]', None, None, None),
        ("RUN x", None, None, None),
    ],
)  # fmt: skip
def test_what_starts(text, name, is_main, search):
    found = entry_point_of(parse(f"FROM x\nWORKDIR /app\n{text}").final)
    assert (found and (found.name, found.is_main, found.search)) == (name and (name, is_main, search))


def test_what_cloud_run_puts_in_their_place():
    stage = parse('FROM x\nENTRYPOINT ["python"]\nCMD ["-m", "a"]').final
    assert entry_point_of(stage, arguments=["-m", "b"]).name == "b"
    assert entry_point_of(stage, command=["uvicorn"], arguments=["c:app"]).name == "c"


BUILT = """
FROM scratch AS build
WORKDIR /src
COPY . .
FROM scratch
ARG NAME=named
WORKDIR /app
COPY api /app
COPY setup.cfg other
COPY *.txt lib/
COPY api/sub/x.py /app/sub
COPY shared/db.py sub/$NAME.py
COPY ["a b.txt", "./"]
COPY --from=build /src/api/sub /copied
COPY --from=build /src/setup.cfg /src/requirements.txt /copied/
"""


@pytest.mark.skipif(shutil.which("buildah") is None or os.geteuid() != 0, reason="buildah must be there, and root")
def test_buildah_puts_the_same_files_at_the_same_places(tmp_path: pathlib.Path):
    context = tmp_path / "context"
    for path in FILES:
        (context / path).parent.mkdir(parents=True, exist_ok=True)
        (context / path).write_text(path)
    (context / "Dockerfile").write_text(BUILT)
    (tmp_path / "policy.json").write_text(json.dumps({"default": [{"type": "insecureAcceptAnything"}]}))
    base = ["buildah", f"--root={tmp_path}/storage", f"--runroot={tmp_path}/run", "--storage-driver=vfs"]

    def buildah(*arguments: str) -> str:
        done = subprocess.run([*base, *arguments], capture_output=True, text=True, check=True, timeout=120)
        return done.stdout.strip()

    policy = f"--signature-policy={tmp_path}/policy.json"
    buildah("bud", policy, "--isolation=chroot", "--tag=built", str(context))
    root = pathlib.Path(buildah("mount", buildah("from", policy, "built")))
    there = {f"/{path.relative_to(root)}": path.read_text() for path in root.rglob("*") if path.is_file()}
    buildah("rm", "--all")
    assert files(BUILT, [*FILES, "Dockerfile"]) == there
