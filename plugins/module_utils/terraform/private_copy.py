# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show Terraform a configuration in a private folder, where files may be added; its own folder stays as it is.

Nothing is copied but folders: files are links. What is around the configuration is there too, because modules and
files may be named by ``../``. A run that is killed leaves no more than that folder of links, in the system's place
for temporary files. ``abspath`` and ``path.cwd`` tell the private folder.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil
import tempfile
from collections.abc import Collection
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.record.files import write_whole

OWN = ".terraform"
STATES = ("terraform.tfstate", "terraform.tfstate.backup", "terraform.tfstate.d")
# What Terraform keeps in its own folder about the backend and the workspace that were used last.
USED_LAST = ("terraform.tfstate", "environment")


def copy_of(directory: str, place: str, without: Collection[str] = ()) -> str:
    """Return a new folder below ``place`` that shows a configuration, its providers and its state, but some names."""
    source = pathlib.Path(os.path.realpath(directory))
    root = pathlib.Path(tempfile.mkdtemp(prefix="shown-", dir=place))
    for folder, kept in zip(reversed(source.parents), source.parts[1:], strict=True):
        _link(folder, root / folder.relative_to(source.anchor), without=(kept,))
    shown = root / source.relative_to(source.anchor)
    linked = {OWN, ".git", "terraform.tfstate.d"}
    shutil.copytree(
        source,
        shown,
        symlinks=True,
        ignore=lambda folder, _names: {*linked, *without} if pathlib.Path(folder) == source else set(),
        copy_function=os.symlink,
    )
    for name in linked - set(without):
        if (source / name).exists():
            (shown / name).symlink_to(source / name)
    return str(shown)


def stateless_copy_of(directory: str, place: str) -> str:
    """Return such a folder whose state will be empty, whatever backend the configuration has; it needs an init."""
    shown = copy_of(directory, place, without=(OWN, *STATES))
    used = pathlib.Path(directory, os.environ.get("TF_DATA_DIR") or OWN)
    _link(used, pathlib.Path(shown, OWN), without=USED_LAST)
    backend: dict[str, Any] = {"terraform": {"backend": {"local": {}}}}
    write_whole(os.path.join(shown, "netra_override.tf.json"), json.dumps(backend).encode())
    return shown


def _link(source: pathlib.Path, place: pathlib.Path, without: Collection[str]) -> None:
    """Make a folder of links to what is in another; one that is missing or may not be listed shows nothing."""
    place.mkdir(exist_ok=True)
    with contextlib.suppress(PermissionError, FileNotFoundError):
        for entry in source.iterdir():
            if entry.name not in without:
                (place / entry.name).symlink_to(entry.absolute())
