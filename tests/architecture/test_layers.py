# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Import arrows point down only (docs/architecture.md)."""

from __future__ import annotations

import pathlib
import sys

import pytest

from .tree import PACKAGE, PLUGINS, ROOT, imports, python_files, relative

# A layer may import those below it and itself.
LAYERS = [
    {"modules", "action"},
    {"plugin_utils"},
    {"module_utils.fronts"},
    {"module_utils.operations", "module_utils.console"},
    {"module_utils.checks"},
    {
        "module_utils.resources",
        "module_utils.record",
        "module_utils.probes",
        "module_utils.terraform",
        "module_utils.containers",
    },
    {"module_utils.source"},
    {"module_utils.reconcile", "module_utils.gcp"},
    {"module_utils.operation", "module_utils.foundation"},
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
FILES = [path for path in python_files(PLUGINS) if path.parent.name != "doc_fragments"]
# Who may know a library. Everybody else asks that file, so that a missing library is one sentence and not a traceback.
GATES = {
    "google": "plugins/module_utils/gcp/",
    "ansible.module_utils.basic": "plugins/module_utils/fronts/",
    "ansible.plugins.action": "plugins/plugin_utils/",
}


def layer_of(name: str) -> str | None:
    """The layer of a dotted name below plugins."""
    parts = name.removeprefix(f"{PACKAGE}.").split(".")
    wanted = ".".join(parts[:2]) if parts[0] == "module_utils" else parts[0]
    return wanted if wanted in RANK else None


def layer_of_file(path: pathlib.Path) -> str:
    name = ".".join(path.relative_to(PLUGINS).with_suffix("").parts)
    layer = layer_of(name)
    assert layer, f"{relative(path)} is in no layer: give its folder a place in LAYERS and in docs/architecture.md"
    return layer


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_arrows_point_down(path: pathlib.Path) -> None:
    own = RANK[layer_of_file(path)]
    upward = {
        name
        for name in imports(path)
        if name.startswith(f"{PACKAGE}.") and (layer := layer_of(name)) is not None and RANK[layer] < own
    }
    assert not upward


@pytest.mark.parametrize("path", python_files(PLUGINS), ids=relative)
def test_libraries_have_one_gate(path: pathlib.Path) -> None:
    place = relative(path)
    wrong = {
        name
        for name in imports(path)
        for library, gate in GATES.items()
        if (name == library or name.startswith(f"{library}.")) and not place.startswith(gate)
    }
    assert not wrong


@pytest.mark.parametrize("path", python_files(PLUGINS / "module_utils" / "foundation"), ids=relative)
def test_the_foundation_needs_the_standard_library_only(path: pathlib.Path) -> None:
    roots = {name.split(".")[0] for name in imports(path)}
    assert roots <= set(sys.stdlib_module_names) | {"__future__", "ansible_collections"}


CLOCKS = ("foundation/clock.py", "resources/vpc_probe_program.py")


@pytest.mark.parametrize("path", python_files(PLUGINS), ids=relative)
def test_only_the_clock_sleeps(path: pathlib.Path) -> None:
    # The program runs in an image, where there is no clock of ours.
    if relative(path).removeprefix("plugins/module_utils/") not in CLOCKS:
        assert "sleep(" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "path",
    [
        path
        for folder in ("plugins", "roles", "playbooks")
        for pattern in ("*.py", "*.yml", "*.j2")
        for path in (ROOT / folder).rglob(pattern)
        if "collections" not in path.parts
    ],
    ids=relative,
)
def test_production_code_knows_no_sandbox(path: pathlib.Path) -> None:
    assert "sandbox" not in path.read_text(encoding="utf-8").lower()


def test_the_sandbox_is_independent_of_the_collection() -> None:
    for path in python_files(ROOT / "sandbox"):
        assert not {name for name in imports(path) if name.startswith("ansible")}, relative(path)
