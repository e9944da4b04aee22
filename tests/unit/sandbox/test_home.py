# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from netra_sandbox.home import Home, HomeError, environment, shell


def test_a_folder_has_one_owner_at_a_time(tmp_path: Path) -> None:
    home = Home(tmp_path / "state")
    assert home.owner() is None
    with home.claim():
        assert home.owner() == os.getpid()
        with pytest.raises(HomeError, match="already"):
            Home(tmp_path / "state").claim()
    assert home.owner() is None
    assert home.wait_released(0)


def test_a_new_life_forgets_the_last_one_but_keeps_images(tmp_path: Path) -> None:
    home = Home(tmp_path / "state")
    with home.claim():
        (home.directory / "images").mkdir()
        (home.directory / "records").mkdir()
        home.write_json("state.json", {"pid": os.getpid()})
        assert home.state() == {"pid": os.getpid()}
    assert home.state() is None
    with home.claim():
        assert sorted(path.name for path in home.directory.iterdir()) == ["images", "lock"]


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(HomeError, match="not a sandbox's"):
        Home(tmp_path).claim()


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    home = Home(tmp_path / "state")
    with home.claim():
        home.write("token", "x")
        assert stat.S_IMODE((home.directory / "token").stat().st_mode) == 0o600
        assert stat.S_IMODE(home.directory.stat().st_mode) == 0o700


def test_the_environment_survives_a_shell(tmp_path: Path) -> None:
    text = shell(environment(tmp_path / "it's here", "http://127.0.0.1:1", "netra-staging"))
    assert "export https_proxy=http://127.0.0.1:1\n" in text
    assert """it'"'"'s here""" in text
