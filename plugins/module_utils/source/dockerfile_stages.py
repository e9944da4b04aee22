# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stages of a Dockerfile: what each starts from, copies, sets and runs at last. Standard library only."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ansible_collections.netra.remediation.plugins.module_utils.source.dockerfile_reader import (
    Instruction,
    escape_character,
    read_instructions,
)
from ansible_collections.netra.remediation.plugins.module_utils.source.dockerfile_words import (
    UnknownVariableError,
    assignments,
    expand,
    split_words,
)

SCRATCH = "scratch"


@dataclass(frozen=True)
class Copy:
    """A COPY, an ADD, or a bind mount of a RUN; paths with ``None`` in their place hold a value only the build knows.

    ``origin`` is an earlier stage or an image; empty means the build context. ``to`` is absolute and ends in a slash
    where it must be a directory; a mount has none.
    """

    line: int
    keyword: str
    sources: tuple[str | None, ...]
    to: str | None
    origin: str = ""
    keeps_parents: bool = False
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stage:
    """One stage; settings that a stage inherits from another one of the same Dockerfile are in it."""

    line: int
    name: str
    base: str
    index: int
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: str = "/"
    copies: tuple[Copy, ...] = ()
    entry_point: Instruction | None = None
    command: Instruction | None = None
    parent: Stage | None = None


@dataclass(frozen=True)
class Dockerfile:
    """The stages of a Dockerfile in order."""

    stages: tuple[Stage, ...]

    @property
    def final(self) -> Stage | None:
        """Return the stage that becomes the image."""
        return self.stages[-1] if self.stages else None

    def stage(self, origin: str, before: int) -> Stage | None:
        """Return the stage that ``--from`` or ``FROM`` names by name or number among those before a given one."""
        earlier = self.stages[:before]
        if origin.isdigit():
            return earlier[int(origin)] if int(origin) < len(earlier) else None
        return next((stage for stage in reversed(earlier) if stage.name == origin.lower()), None)


def parse(text: str, build_arguments: Mapping[str, str] | None = None) -> Dockerfile:
    """Return the stages of a Dockerfile built with the given ``--build-arg`` values."""
    reading = _Reading(escape_character(text), dict(build_arguments or {}))
    for instruction in read_instructions(text):
        reading.take(instruction)
    return Dockerfile(tuple(reading.stages))


class _Reading:
    """Goes through the instructions from top to bottom and knows the variables at each of them."""

    def __init__(self, escape: str, build_arguments: dict[str, str]) -> None:
        self.escape = escape
        self.build_arguments = build_arguments
        self.stages: list[Stage] = []
        self.global_arguments: dict[str, str] = {}
        self.arguments: dict[str, str] = {}

    def take(self, instruction: Instruction) -> None:
        take = getattr(self, f"_take_{instruction.keyword.lower()}", None)
        if instruction.keyword == "FROM" or (take and (self.stages or instruction.keyword == "ARG")):
            take(instruction)  # type: ignore[misc]

    def _take_from(self, instruction: Instruction) -> None:
        words = split_words(instruction.text, self.escape)
        base = self._global(words[0]) if words else ""
        name = words[2].lower() if [word.upper() for word in words[1:2]] == ["AS"] and words[2:] else ""
        parent = Dockerfile(tuple(self.stages)).stage(base, len(self.stages)) if not base.isdigit() else None
        stage = Stage(instruction.line, name, base, len(self.stages), parent=parent)
        if parent:
            kept = {"environment": parent.environment, "directory": parent.directory}
            stage = replace(stage, **kept, entry_point=parent.entry_point, command=parent.command)  # type: ignore[arg-type]
        self.stages.append(stage)
        self.arguments = {}

    def _global(self, word: str) -> str:
        try:
            return expand(word, self.global_arguments, open_ended=True, escape=self.escape)
        except UnknownVariableError:
            return word

    def _take_arg(self, instruction: Instruction) -> None:
        known = self.arguments if self.stages else self.global_arguments
        for name, default in _declared(instruction.text, self.escape):
            if name in self.build_arguments:
                known[name] = self.build_arguments[name]
            elif default is not None:
                value = self._expanded(default) if self.stages else self._global(default)
                known.update({name: value} if value is not None else {})
            elif self.stages and name in self.global_arguments:
                known[name] = self.global_arguments[name]

    def _take_env(self, instruction: Instruction) -> None:
        pairs = [(name, self._expanded(value)) for name, value in assignments(instruction.text, self.escape)]
        environment = dict(self._now.environment)
        for name, value in pairs:
            environment.pop(name, None)
            environment.update({name: value} if value is not None else {})
        self._set(environment=environment)

    def _take_workdir(self, instruction: Instruction) -> None:
        named = self._expanded(instruction.text)
        if named is not None:
            self._set(directory=posixpath.normpath(posixpath.join(self._now.directory, named)))

    def _take_cmd(self, instruction: Instruction) -> None:
        self._set(command=instruction)

    def _take_entrypoint(self, instruction: Instruction) -> None:
        # Setting ENTRYPOINT resets the CMD of the base image (https://docs.docker.com/reference/dockerfile/#cmd).
        inherited = self._now.parent.command if self._now.parent else None
        command = None if self._now.command is inherited else self._now.command
        self._set(entry_point=instruction, command=command)

    def _take_copy(self, instruction: Instruction) -> None:
        words = instruction.json_form() or instruction.text.split()
        if not words[1:]:
            return
        *sources, to = (self._expanded(word) for word in words)
        heredocs = {heredoc.name for heredoc in instruction.heredocs}
        named = (source for source in sources if source is None or not _is_heredoc(source, heredocs))
        copy = Copy(
            instruction.line,
            instruction.keyword,
            tuple(named),
            None if to is None else self._destination(to),
            instruction.flag("from") or "",
            instruction.flag("parents") == "true",
            tuple(value for name, value in instruction.flags if name == "exclude"),
        )
        self._set(copies=(*self._now.copies, copy))

    _take_add = _take_copy

    def _take_run(self, instruction: Instruction) -> None:
        for name, value in instruction.flags:
            options = dict(part.partition("=")[::2] for part in value.split(","))
            if name != "mount" or options.get("type", "bind") != "bind":
                continue
            source = self._expanded(options.get("source") or options.get("src") or ".")
            mount = Copy(instruction.line, "RUN --mount", (source,), None, options.get("from", ""))
            self._set(copies=(*self._now.copies, mount))

    def _destination(self, to: str) -> str:
        is_directory = to.endswith("/") or posixpath.basename(to) in (".", "..")
        path = posixpath.normpath(posixpath.join(self._now.directory, to))
        return path if not is_directory or path == "/" else f"{path}/"

    def _expanded(self, word: str) -> str | None:
        """Return a word with its variables replaced; nothing where one may come from the base image or the builder."""
        known = {**self.arguments, **self._now.environment}
        try:
            return expand(word, known, open_ended=True, escape=self.escape)
        except UnknownVariableError:
            return None

    @property
    def _now(self) -> Stage:
        return self.stages[-1]

    def _set(self, **settings: object) -> None:
        self.stages[-1] = replace(self.stages[-1], **settings)  # type: ignore[arg-type]


def _declared(text: str, escape: str) -> list[tuple[str, str | None]]:
    """Return the names of an ARG, each with its default or nothing."""
    return [
        (word.partition("=")[0], word.partition("=")[2] if "=" in word else None) for word in split_words(text, escape)
    ]


def _is_heredoc(word: str, heredocs: set[str]) -> bool:
    return "<<" in word and word.rpartition("<<")[2].lstrip("-").strip("\"'") in heredocs
