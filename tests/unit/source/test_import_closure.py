# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Imports followed from the entry point: judged without running anything, and compared with Python, which runs it."""

# ruff: noqa: E501 - a program of a few files reads best in one line

from __future__ import annotations

import hashlib
import pathlib
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.source.context_proof import Question, prove
from ansible_collections.netra.remediation.plugins.module_utils.source.facts_cache import FactsCache
from ansible_collections.netra.remediation.plugins.module_utils.source.python_facts import read_facts

DOCKERFILE = 'FROM python:3.11\nWORKDIR /app\nCOPY . .\nCMD ["python", "-m", "app"]\n'


def write(root: pathlib.Path, files: dict[str, str]) -> pathlib.Path:
    for path, text in {"Dockerfile": DOCKERFILE, **files}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def faults(root: pathlib.Path, **question) -> list[tuple[str, ...]]:
    imports = prove(Question(str(root), **question))["imports"]
    return [
        (fault["strength"], fault["kind"], ":".join(filter(None, (fault["module"], fault["name"]))))
        for fault in imports["faults"]
    ]


def python_starts(root: pathlib.Path) -> bool:
    command = [
        sys.executable,
        "-I",
        "-c",
        "import runpy, sys; sys.path.insert(0, sys.argv[1]); runpy.run_module('app')",
    ]
    return subprocess.run([*command, str(root)], capture_output=True, check=False).returncode == 0


LAZY = "def work():\n    import app.gone\n"
GUARD = "try:\n    import app.gone\nexcept {}:\n    {}\n"
# the files of a package "app" (a name without a folder is app/NAME.py), and the faults that are certain
CASES = {
    "nothing wrong": ({"__main__": "import os, json.decoder\nfrom app import a", "a": "x = 1"}, []),
    "a module that is not there": ({"__main__": "import app.gone.deeper"}, [("missing_module", "app.gone")]),
    "a name that is not there": ({"__main__": "from app.a import y", "a": "x = 1"}, [("missing_export", "app.a:y")]),
    "a module as a name": ({"__main__": "from app import a, b", "a": ""}, [("missing_export", "app:b")]),
    "relative": ({"__main__": "from .a import x\nfrom . import a\nfrom .b import y", "a": "x = 1"}, [("missing_module", "app.b")]),
    "above the top": ({"__main__": "from ...a import x"}, [("missing_module", "...a")]),
    "a re-export": ({"__init__": "from .a import x as y", "__main__": "from app import y", "a": "x = 1"}, []),
    "a star": ({"__main__": "from app.a import x, y", "a": "from app.b import *", "b": "x = y = 1"}, []),
    "a star without private names": ({"__main__": "from app.a import _x", "a": "from app.b import *", "b": "_x = 1"}, [("missing_export", "app.a:_x")]),
    "a star with __all__": ({"__main__": "from app.a import x", "a": "from .b import *", "b": "x = y = 1\n__all__ = ['y']"}, [("missing_export", "app.a:x")]),
    "a star in a circle": ({"__main__": "from app.a import z", "a": "from app.b import *", "b": "from app.a import *"}, [("missing_export", "app.a:z")]),
    "__all__ names what is not there": ({"__main__": "from app.a import *", "a": "__all__ = ['gone']"}, [("missing_export", "app.a:gone")]),
    "__all__ names a module": ({"__init__": "__all__ = ['a']", "__main__": "from app import *", "a": ""}, []),
    "__all__ without import *": ({"__main__": "from app.a import x", "a": "x = 1\n__all__ = ['gone']"}, []),
    "__getattr__": ({"__main__": "from app.a import anything", "a": "def __getattr__(name): return name"}, []),
    "globals()": ({"__main__": "from app.a import made", "a": "globals().update(made=1)"}, []),
    "a name from a branch": ({"__main__": "from app.a import x, y", "a": "if 1:\n    x = 1\nelse:\n    x = 2\nfor y in [1]: pass"}, []),
    "names of definitions": ({"__main__": "from app.a import f, C, j", "a": "def f(): global j; j = 0\nf()\nclass C: pass"}, []),
    "names of targets": ({"__main__": "from app.a import d, e, g, i", "a": "d: int = 1\n(e, *g) = 1, 2\nif (i := 1): pass"}, []),
    "names of with": ({"__main__": "from app.a import h", "a": "with open('/dev/null') as h: pass"}, []),
    "an annotation alone": ({"__main__": "from app.a import x", "a": "x: int"}, [("missing_export", "app.a:x")]),
    "implicit names": ({"__main__": "from app import __name__, __path__, __file__"}, []),
    "for type checkers only": ({"__main__": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import app.gone"}, []),
    "a typing name": ({"__main__": "from app.a import os", "a": "import typing\nif typing.TYPE_CHECKING: import os"}, [("missing_export", "app.a:os")]),
    "guarded": ({"__main__": GUARD.format("ImportError", "pass")}, []),
    "guarded by a base class": ({"__main__": GUARD.format("(KeyError, Exception)", "pass")}, []),
    "suppressed": ({"__main__": "import contextlib\nwith contextlib.suppress(ImportError):\n    import app.gone"}, []),
    "guarded, then once more without": (
        {"__main__": GUARD.format("ImportError", "pass") + "\nimport app.gone"},
        [("missing_module", "app.gone")],
    ),
    "not guarded": ({"__main__": GUARD.format("KeyError", "pass")}, [("missing_module", "app.gone")]),
    "guarded, and the guard gives up": ({"__main__": "import sys\n" + GUARD.format("ImportError", "sys.exit(3)")}, [("missing_module", "app.gone")]),
    "guarded, and the guard raises": ({"__main__": GUARD.format("ImportError", "raise")}, [("missing_module", "app.gone")]),
    "lazy": ({"__main__": LAZY}, []),
    "lazy, and called": ({"__main__": LAZY + "work()"}, [("missing_module", "app.gone")]),
    "lazy, and called by what is called": ({"__main__": LAZY + "def main(): work()\nmain()"}, [("missing_module", "app.gone")]),
    "lazy, in a method": ({"__main__": "class A:\n    def work(self):\n        import app.gone\nA()"}, []),
    "in a class": ({"__main__": "class A:\n    import app.gone"}, [("missing_module", "app.gone")]),
    "conditional": ({"__main__": "import os\nif os.environ.get('NOT_SET'):\n    import app.gone"}, []),
    "by its name": ({"__main__": "import importlib\nimportlib.import_module('app.gone')"}, [("missing_module", "app.gone")]),
    "a folder without __init__": ({"__main__": "from app.n import a\nimport app.n.a", "n/a": ""}, []),
    "a name in a folder without __init__": ({"__main__": "from app.n import b", "n/a": ""}, [("missing_export", "app.n:b")]),
    "a module below one that is no package": ({"__main__": "import app.a.b", "a": ""}, [("missing_module", "app.a.b")]),
    "deep": ({"__main__": "from app import a", "a": "import app.b", "b": "import app.c", "c": "import app.d"}, [("missing_module", "app.d")]),
    "a circle": ({"__main__": "import app.a", "a": "import app.b", "b": "import app.a"}, []),
}  # fmt: skip


def package(files: dict[str, str]) -> dict[str, str]:
    return {f"app/{name}.py": text for name, text in {"__init__": "", **files}.items()}


@pytest.mark.parametrize("name", CASES)
def test_what_fails_at_the_start(tmp_path, name):
    files, told = CASES[name]
    found = faults(write(tmp_path, package(files)))
    assert [(kind, what) for strength, kind, what in found if strength == "eager"] == told
    assert python_starts(tmp_path) is not bool(told)


@pytest.mark.parametrize(
    ("name", "strength"),
    [("guarded", "guarded"), ("lazy", "lazy"), ("conditional", "conditional"), ("suppressed", "guarded")],
)
def test_what_may_fail_later_is_told_apart(tmp_path, name, strength):
    assert faults(write(tmp_path, package(CASES[name][0]))) == [(strength, "missing_module", "app.gone")]


def test_what_hangs_on_a_weak_import_is_weak(tmp_path):
    files = package({"__main__": "def f():\n    import app.a", "a": "import app.b", "b": "import app.gone"})
    assert faults(write(tmp_path, files)) == [("lazy", "missing_module", "app.gone")]


def test_the_surest_way_counts(tmp_path):
    files = package(
        {"__main__": "def f():\n    import app.a\nimport app.b", "b": "import app.a", "a": "import app.gone"}
    )
    assert faults(write(tmp_path, files)) == [("eager", "missing_module", "app.gone")]


def test_a_fault_that_is_met_twice_is_as_sure_as_the_surer_time(tmp_path):
    files = package({"__main__": GUARD.format("ImportError", "pass") + "import app.gone"})
    assert faults(write(tmp_path, files)) == [("eager", "missing_module", "app.gone")]


def test_the_chain_leads_from_the_entry_point_to_the_line(tmp_path):
    files = package(CASES["deep"][0])
    (fault,) = prove(Question(str(write(tmp_path, files))))["imports"]["faults"]
    assert [(step["file"], step["line"], step["imports"]) for step in fault["chain"]] == [
        ("app/__main__.py", 1, "app"),
        ("app/a.py", 1, "app.b"),
        ("app/b.py", 1, "app.c"),
        ("app/c.py", 1, "app.d"),
    ]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({".dockerignore": "**/a.py"}, ("eager", "excluded", "app.a")),
        ({".dockerignore": "app/p"}, ("eager", "excluded", "app.p.b")),
        ({".dockerignore": "app/q/__init__.py"}, ("eager", "excluded", "app.q")),
        ({"Dockerfile": DOCKERFILE.replace("COPY . .", "COPY app ./app\nCOPY Dockerfile .")}, ("eager", "not_copied", "shared")),
        ({"Dockerfile": DOCKERFILE + 'CMD ["python", "app/gone.py"]'}, ("eager", "missing_module", "/app/app/gone.py")),
        ({"Dockerfile": DOCKERFILE + 'CMD ["gunicorn", "app.a:create"]'}, ("eager", "missing_export", "app.a:create")),
        ({"Dockerfile": DOCKERFILE + 'CMD ["gunicorn", "app.z:create"]'}, ("eager", "missing_module", "app.z")),
    ],
)  # fmt: skip
def test_why_a_file_is_not_in_the_image(tmp_path, files, told):
    sources = {
        "__main__": "from app import a\nfrom app.p import b\nimport app.q\nimport shared.db",
        "a": "",
        "p/b": "",
        "q/__init__": "",
    }
    assert faults(write(tmp_path, {**package(sources), "shared/db.py": "", "shared/__init__.py": "", **files})) == [
        told
    ]


def test_what_comes_from_elsewhere_is_not_judged(tmp_path):
    files = {"__main__": "import requests.gone\nfrom alembic import op\nfrom google.cloud import run", "a": ""}
    root = write(tmp_path, {**package(files), "alembic/env.py": "", "google/config.yml": ""})
    imports = prove(Question(str(root)))["imports"]
    assert (imports["faults"], imports["third_party"]) == ([], ["google", "requests"])


def test_what_the_build_may_make_is_told_apart(tmp_path):
    text = "FROM python AS made\nRUN make\nFROM python\nWORKDIR /app\nCOPY app app\nCOPY --from=made /x app/made\n"
    root = write(
        tmp_path,
        {**package({"__main__": "import app.made.x\nimport app.api_pb2\nimport app.gone"}), "Dockerfile": text},
    )
    found = prove(Question(str(root), entry_point="app"))["imports"]["faults"]
    assert {fault["module"]: fault["may_be_built"] for fault in found} == {
        "app.made": True,
        "app.api_pb2": True,
        "app.gone": False,
    }


def test_a_file_that_cannot_be_read_is_no_other_fault(tmp_path):
    files = package({"__main__": "from app.a import x", "a": "def ("})
    assert faults(write(tmp_path, files)) == [("eager", "unreadable", "app.a")]


def test_links_are_followed_within_the_context_and_never_in_a_circle(tmp_path):
    root = write(
        tmp_path,
        {**package({"__main__": "from app.shared import db\nfrom app.shared.db import x"}), "lib/db.py": "x = 1"},
    )
    (root / "app/shared").symlink_to("../lib")
    (root / "lib/again").symlink_to("../app")
    (root / "app/outside").symlink_to("/")
    assert faults(root) == []


def test_a_link_that_leads_nowhere_is_unreadable(tmp_path):
    root = write(tmp_path, package({"__main__": "import app.a"}))
    (root / "app/a.py").symlink_to("gone.py")
    assert faults(root) == [("eager", "unreadable", "app.a")]


def test_a_name_of_the_standard_library_is_taken_for_that(tmp_path):
    files = {**package({"__main__": "from types import SimpleNamespace"}), "types.py": ""}
    assert faults(write(tmp_path, files)) == []


def test_no_code_is_run(tmp_path):
    files = package({"__main__": f"open({str(tmp_path / 'ran')!r}, 'w')\nimport app.a", "a": "raise SystemExit"})
    assert faults(write(tmp_path, files)) == []
    assert not (tmp_path / "ran").exists()


def test_a_file_is_read_once_by_content_also_in_a_later_run(tmp_path):
    root = write(tmp_path / "src", package({"__main__": "import app.a, app.b", "a": "x = 1", "b": "x = 1"}))
    first = FactsCache(str(tmp_path / "cache"))
    told = prove(Question(str(root)), first)
    assert first.read == 3  # __init__, __main__, and the one text of a and b
    first.save()
    second = FactsCache(str(tmp_path / "cache"))
    assert prove(Question(str(root)), second) == told
    assert second.read == 0
    (root / "app/a.py").write_text("y = 1")
    third = FactsCache(str(tmp_path / "cache"))
    prove(Question(str(root)), third)
    assert third.read == 1


@pytest.mark.parametrize(
    "text", ["[]", "{", '{"DIGEST": {"imports": 1}}', '{"DIGEST": []}', '{"DIGEST": {"names": {}}}']
)
def test_what_others_wrote_into_the_cache_is_not_believed(tmp_path, text):
    digest = hashlib.sha256(b"x = 1").hexdigest()
    FactsCache(str(tmp_path)).save()
    cache = FactsCache(str(tmp_path))
    cache.facts(b"")
    cache.save()
    (file,) = tmp_path.iterdir()
    file.write_text(text.replace("DIGEST", digest))
    assert FactsCache(str(tmp_path)).facts(b"x = 1").names.bound == {"x"}


def test_a_cache_that_cannot_be_used_is_no_failure(tmp_path):
    (tmp_path / "cache").write_text("a file")
    cache = FactsCache(str(tmp_path / "cache"))
    assert cache.facts(b"x = 1").names.bound == {"x"}
    cache.save()


def bodies(*others: str) -> st.SearchStrategy[str]:
    """The text of a module that imports from the given ones only, so that there is no circle."""
    # "__all__" only with what it names: else a star fails with AttributeError, which no guard of these catches.
    own = ["x = 1", "y = 2", "def x(): pass", "x = 3\n__all__ = ['x']", "from os import path as y", "x: int"]
    kinds = [
        "import app.{}",
        "from app import {}",
        "from app.{} import x",
        "from .{} import *",
        "from .{} import x as y",
    ]
    kinds += ["try:\n    from app.{} import z\nexcept ImportError:\n    x = 1", "def later():\n    import app.{}.gone"]
    statements = [*own, *(kind.format(other) for kind in kinds for other in others)]
    return st.lists(st.sampled_from(statements), max_size=4).map("\n".join)


@given(main=bodies("a", "b", "c"), first=bodies("b", "c"), second=bodies("c"), third=st.one_of(st.none(), bodies()))
@settings(max_examples=40, deadline=None)
def test_python_itself_agrees_about_any_program(tmp_path_factory, main, first, second, third):
    files = {"__main__": main, "a": first, "b": second, **({} if third is None else {"c": third})}
    root = write(tmp_path_factory.mktemp("program"), package(files))
    assert python_starts(root) is not any(strength == "eager" for strength, *_fault in faults(root))


@given(st.binary(max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_read(source):
    read_facts(source)
