# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the ignore files of a context and put their answers together. Standard library only.

Docker reads ``DOCKERFILE.dockerignore`` beside the Dockerfile, and only where there is none the ``.dockerignore`` at
the top of the context (https://docs.docker.com/build/concepts/context/#filename-and-location). What gcloud uploads has
passed its own ignore file before Docker sees it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation import intent
from ansible_collections.netra.remediation.plugins.module_utils.source import docker_ignore, gcloud_ignore
from ansible_collections.netra.remediation.plugins.module_utils.source.ignore_repair import (
    Dialect,
    Edit,
    IgnoreFile,
    docker_dialect,
    edits_for,
    gcloud_dialect,
)
from ansible_collections.netra.remediation.plugins.module_utils.source.ignore_rules import (
    INCLUDED,
    Decision,
    Exclusion,
    relative_to_context,
)

DOCKER, GCLOUD = "docker", "gcloud"
SENDERS = (DOCKER, GCLOUD)


@dataclass(frozen=True)
class Filter:
    """One ignore file with its text; ``file`` is its path relative to the context, also where it does not exist."""

    file: str
    text: str
    ignore: IgnoreFile
    dialect: Dialect


@dataclass(frozen=True)
class Selection:
    """The filters that a context passes, in order, and what is sent in spite of Docker's."""

    root: str
    filters: tuple[Filter, ...]
    always_sent: frozenset[str] = frozenset()

    @property
    def ignore_file(self) -> str:
        """Return the path of Docker's ignore file, which is the last filter."""
        return self.filters[-1].file

    @property
    def refusals(self) -> tuple[docker_ignore.Refusal, ...]:
        """Return the lines with which Docker refuses to build."""
        ignore = self.filters[-1].ignore
        return ignore.refusals if isinstance(ignore, docker_ignore.DockerIgnore) else ()

    def decide(self, path: str, is_directory: bool = False) -> Decision:
        """Return what the first filter that stops the path says, or the last one that said anything."""
        told = INCLUDED
        for entry in self.filters:
            decision = entry.ignore.decide(path, is_directory)
            if decision.excluded:
                return decision
            told = decision if decision.rule else told
        return told

    def is_sent(self, path: str) -> bool:
        """Tell whether a file reaches the builder: let in, or needed for the build itself."""
        return path in self.always_sent or not self.decide(path).excluded

    def may_hold_sent(self, directory: str) -> bool:
        """Tell whether something below a directory can reach the builder."""
        return all(entry.ignore.may_hold_included(directory) for entry in self.filters) or any(
            path.startswith(f"{directory}/") for path in self.always_sent
        )

    def exclusions(self, required: list[str]) -> list[Exclusion]:
        """Return the required paths that are left out, each with the line that decided it."""
        decisions = ((path, self._decide_required(path)) for path in required)
        return [Exclusion(path, found.rule) for path, found in decisions if found.excluded and found.rule]

    def edits(self, path: str) -> list[Edit]:
        """Return the smallest edit of the ignore files that brings a path back."""
        directories = {relative_to_context(path)} if self._is_directory(path) else ()
        return [edit for entry in self.filters for edit in edits_for(entry.text, [path], entry.dialect, directories)]

    def explain(self, path: str) -> dict[str, Any]:
        """Return whether a path is included and what decided it, as results show it."""
        return {"path": path, **self._decide_required(path).as_dict()}

    def _decide_required(self, path: str) -> Decision:
        return self.decide(relative_to_context(path), self._is_directory(path))

    def _is_directory(self, path: str) -> bool:
        return os.path.isdir(os.path.join(self.root, relative_to_context(path)))


def read_selection(root: str, dockerfile: str, sender: str = DOCKER, *, legacy: bool = False) -> Selection:
    """Read the ignore files of a context; raise OSError or IncludeError where one cannot be read.

    ``sender`` is what sends the context: ``docker``, or ``gcloud``, which filters before Docker does.
    """
    own = f"{dockerfile}.dockerignore"
    name = own if os.path.isfile(os.path.join(root, own)) else docker_ignore.IGNORE_FILE_NAME
    text = ignore_text(os.path.join(root, name)) or ""
    docker = Filter(name, text, docker_ignore.parse(text, name, legacy=legacy), docker_dialect(name))
    filters = (_gcloud_filter(root), docker) if sender == GCLOUD else (docker,)
    return Selection(root, filters, frozenset({dockerfile, name}))


def read_text(path: str) -> str | None:
    """Return the text of a file with its line ends, nothing if there is none; bytes that are no UTF-8 survive."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as source:
            return source.read()
    except FileNotFoundError:
        return None


def ignore_text(path: str) -> str | None:
    """Return the text of an ignore file; in a check as the tasks before would leave it."""
    foreseen = intent.foreseen_text(path)
    return read_text(path) if foreseen is None else foreseen


def _gcloud_filter(root: str) -> Filter:
    def read(name: str) -> str | None:
        return ignore_text(os.path.join(root, name))

    has_git_files = any(os.path.exists(os.path.join(root, name)) for name in (".git", ".gitignore"))
    ignore = gcloud_ignore.parse_top(read, has_git_files)
    text = read(gcloud_ignore.IGNORE_FILE_NAME)
    if text is None:
        # What gcloud would write there itself.
        text = gcloud_ignore.DEFAULT_TEXT if has_git_files else ""
        text += "#!include:.gitignore\n" if read(gcloud_ignore.GIT_IGNORE_FILE_NAME) is not None else ""
    return Filter(gcloud_ignore.IGNORE_FILE_NAME, text, ignore, gcloud_dialect(read))
