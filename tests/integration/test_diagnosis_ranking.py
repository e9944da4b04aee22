# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first root cause that a diagnosis names is what the scenario broke; of two, both are the first two."""

from __future__ import annotations

import pathlib
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from test_environment_info import contract_of

from netra_sandbox.scenarios import files

# What a diagnosis may name first, by scenario.
ROOTS = {
    "certificate-does-not-cover-host": {"NET-001"},
    "configuration-placeholders": {"CFG-001", "CFG-002"},
    "connector-in-another-network": {"INF-002"},
    "connector-missing": {"INF-002"},
    "database-out-of-connections": {"INF-008"},
    "database-slow": {"INF-003"},
    "image-lacks-package": {"BLD-001"},
    "missing-export": {"BLD-005"},
    "pinned-traffic": {"RUN-003"},
    "redis-missing": {"INF-001"},
    "redis-with-auth": {"INF-007"},
    "secret-missing": {"SEC-001"},
    "secret-under-another-name": {"SEC-004"},
}
PAIRS = [
    ("connector-missing", "image-lacks-package"),
    ("certificate-does-not-cover-host", "redis-with-auth"),
    ("database-slow", "pinned-traffic"),
    ("connector-in-another-network", "secret-missing"),
    ("configuration-placeholders", "database-out-of-connections"),
    ("missing-export", "redis-missing"),
]
# Not one cause: all at once, none, and nothing there.
OTHERS = {"empty", "healthy", "incident"}
# How long a process that cannot start may take to say so: the patience of a database's client, on a slow machine.
PATIENCE_SECONDS = 90.0
TABLE: list[tuple[str, str]] = []


@pytest.fixture(scope="module", autouse=True)
def leave_it_healthy(sandbox: Any) -> Iterator[None]:
    yield
    sandbox.reset("healthy")


def first_roots(google: Any, expected: list[set[str]]) -> list[str]:
    """Return the first root causes once they are the expected ones in any order, or at the end of the time."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        seen = google.run("environment_info", contract=contract_of(google.sandbox))[0]
        assert not seen.get("failed"), seen
        roots = [finding["id"] for finding in seen["findings"] if not finding["caused_by"]][: len(expected)]
        found = [not kinds.isdisjoint(roots) for kinds in expected]
        if (all(found) and len(roots) == len(expected)) or time.monotonic() > give_up:
            return roots
        time.sleep(0.2)


def test_every_scenario_with_one_cause_is_ranked() -> None:
    assert set(files.names()) == {*ROOTS, *OTHERS}


@pytest.mark.parametrize("name", ROOTS)
def test_the_first_root_cause_is_what_was_broken(google: Any, name: str) -> None:
    google.sandbox.reset(name)
    roots = first_roots(google, [ROOTS[name]])
    TABLE.append((name, ", ".join(roots)))
    assert len(roots) == 1
    assert roots[0] in ROOTS[name]


@pytest.mark.parametrize("pair", PAIRS, ids="+".join)
def test_of_two_causes_both_are_the_first_two(google: Any, pair: tuple[str, str], tmp_path: pathlib.Path) -> None:
    folder = pathlib.Path(files.__file__).parent
    first, second = (yaml.safe_load((folder / f"{name}.yml").read_text(encoding="utf-8")) for name in pair)
    hosts = {entry["host"]: entry for entry in [*first.get("seen", []), *second.get("seen", [])]}
    both = {**first, "broken": [*first["broken"], *second["broken"]], "seen": list(hosts.values())}
    scenario = tmp_path / "pair.yml"
    scenario.write_text(yaml.safe_dump(both), encoding="utf-8")
    google.sandbox.reset(str(scenario))
    roots = first_roots(google, [ROOTS[name] for name in pair])
    TABLE.append((" + ".join(pair), ", ".join(roots)))
    assert [name for name in pair if ROOTS[name].isdisjoint(roots)] == []


def test_the_table_of_causes_and_first_roots(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        sys.stdout.write("\n" + "".join(f"{broken:55} {roots}\n" for broken, roots in TABLE))
