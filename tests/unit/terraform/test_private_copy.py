# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Terraform sees of a configuration in a private folder, and what of it is only there."""

from __future__ import annotations

import json
import pathlib

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.terraform.private_copy import (
    copy_of,
    stateless_copy_of,
)

FILES = {
    "modules/cache/main.tf": "cache",
    "environment/main.tf": "main",
    "environment/inner/part.tf": "part",
    "environment/terraform.tfstate": "state",
    "environment/terraform.tfstate.d/blue/terraform.tfstate": "blue",
    "environment/.terraform/terraform.tfstate": "backend",
    "environment/.terraform/environment": "blue",
    "environment/.terraform/modules/modules.json": "modules",
}


@pytest.fixture
def environment(tmp_path: pathlib.Path) -> pathlib.Path:
    for name, text in FILES.items():
        path = tmp_path / "repository" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "repository/environment/shared.tf").symlink_to("../modules/cache/main.tf")
    (tmp_path / "place").mkdir()
    return tmp_path / "repository/environment"


def seen(shown: str) -> dict[str, str]:
    """Return text by path of everything that a copy shows, and of the module beside it."""
    folder = pathlib.Path(shown)
    names = [name.removeprefix("environment/") for name in FILES if name.startswith("environment/")]
    names += ["shared.tf", "../modules/cache/main.tf"]
    return {name: (folder / name).read_text(encoding="utf-8") for name in names if (folder / name).exists()}


def test_a_copy_shows_everything_and_what_is_around_it(environment: pathlib.Path, tmp_path: pathlib.Path) -> None:
    shown = copy_of(str(environment), str(tmp_path / "place"))
    expected = {name.removeprefix("environment/"): text for name, text in FILES.items() if name.startswith("env")}
    assert seen(shown) == {**expected, "shared.tf": "cache", "../modules/cache/main.tf": "cache"}


def test_what_is_added_to_a_copy_is_nowhere_else(environment: pathlib.Path, tmp_path: pathlib.Path) -> None:
    before = sorted(tmp_path.joinpath("repository").rglob("*"))
    for number in range(2):
        shown = pathlib.Path(copy_of(str(environment), str(tmp_path / "place")))
        shown.joinpath("more.tf").write_text(str(number), encoding="utf-8")
        shown.joinpath("inner/more.tf").write_text(str(number), encoding="utf-8")
    assert sorted(tmp_path.joinpath("repository").rglob("*")) == before


def test_a_copy_without_state_has_providers_and_modules_and_a_backend_of_its_own(
    environment: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    shown = stateless_copy_of(str(environment), str(tmp_path / "place"))
    assert seen(shown) == {
        "main.tf": "main",
        "inner/part.tf": "part",
        ".terraform/modules/modules.json": "modules",
        "shared.tf": "cache",
        "../modules/cache/main.tf": "cache",
    }
    override = json.loads(pathlib.Path(shown, "netra_override.tf.json").read_text(encoding="utf-8"))
    assert override == {"terraform": {"backend": {"local": {}}}}
