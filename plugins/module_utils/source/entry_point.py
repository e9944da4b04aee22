# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find what a container runs: the Python module or file that its start leads to. Standard library only."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.netra.remediation.plugins.module_utils.source.dockerfile_reader import Instruction
from ansible_collections.netra.remediation.plugins.module_utils.source.dockerfile_stages import Stage

_PYTHON = re.compile(r"python(\d(\.\d+)?)?$")
_APPLICATION = re.compile(r"(?P<module>[A-Za-z_]\w*(\.[A-Za-z_]\w*)*):[A-Za-z_]\w*(\(.*\))?(\.\w+)*$")
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$")
_SERVERS = frozenset({"gunicorn", "uvicorn", "hypercorn", "daphne", "granian", "waitress-serve", "uwsgi"})
_PLACES = frozenset({"--chdir", "--app-dir", "--pythonpath"})
_SHELLS = frozenset({"sh", "bash", "ash", "dash"})
_TAKES_A_WORD = frozenset({"-W", "-X", "--check-hash-based-pycs"})


@dataclass(frozen=True)
class EntryPoint:
    """What starts: a module by dotted name, or a file by its path in the image; ``search`` is where imports look."""

    module: str = ""
    attribute: str = ""
    file: str = ""
    is_main: bool = False
    search: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return the module or the file."""
        return self.module or self.file


def named_entry_point(text: str, directory: str, environment_path: str = "") -> EntryPoint:
    """Return the entry point that a person names: ``package.module``, ``package.module:application``, or a file."""
    search = (directory, *_paths(environment_path))
    if text.endswith(".py"):
        file = posixpath.normpath(posixpath.join(directory, text))
        return EntryPoint(file=file, is_main=True, search=(posixpath.dirname(file), *_paths(environment_path)))
    module, colon, attribute = text.partition(":")
    name = re.match(r"\w*", attribute)
    return EntryPoint(module=module, attribute=name.group() if name else "", is_main=not colon, search=search)


def entry_point_of(stage: Stage, command: Sequence[str] = (), arguments: Sequence[str] = ()) -> EntryPoint | None:
    """Return what an image of this stage starts, or nothing where that is no Python program to be seen.

    ``command`` and ``arguments`` are what Cloud Run puts in the place of ENTRYPOINT and CMD.
    """
    first = command or _words(stage.entry_point)
    rest = arguments if command or arguments else _words(stage.command)
    return _find(_unwrapped([*first, *rest]), stage)


def _words(instruction: Instruction | None) -> list[str]:
    if instruction is None:
        return []
    words = instruction.json_form()
    return ["sh", "-c", instruction.text] if words is None else words


def _unwrapped(words: list[str]) -> list[str]:
    """Look into ``sh -c``."""
    for position, word in enumerate(words[:-2]):
        if posixpath.basename(word) in _SHELLS and words[position + 1].startswith("-") and "c" in words[position + 1]:
            try:
                return shlex.split(words[position + 2])
            except ValueError:
                return []
    return words


def _find(words: list[str], stage: Stage) -> EntryPoint | None:
    for position, word in enumerate(words):
        name, rest = posixpath.basename(word), words[position + 1 :]
        if name in _SERVERS:
            return _served(rest, stage)
        if _PYTHON.match(name):
            return _interpreted(rest, stage)
    return None


def _interpreted(words: list[str], stage: Stage) -> EntryPoint | None:
    """Read the command line of python (https://docs.python.org/3/using/cmdline.html)."""
    environment = stage.environment.get("PYTHONPATH", "")
    rest = iter(enumerate(words))
    for position, word in rest:
        if word == "-m":
            module, arguments = words[position + 1 : position + 2], words[position + 2 :]
            if module and module[0] in _SERVERS:
                return _served(arguments, stage)
            if module and _MODULE.match(module[0]):
                return named_entry_point(module[0], stage.directory, environment)
            return None
        if word == "-c":
            return None
        if word in _TAKES_A_WORD:
            next(rest, None)
        elif not word.startswith("-"):
            return named_entry_point(word, stage.directory, environment) if word.endswith(".py") else None
    return None


def _served(words: list[str], stage: Stage) -> EntryPoint | None:
    """Read the command line of a WSGI or ASGI server: it imports ``module:application``."""
    directory, application = stage.directory, None
    for position, word in enumerate(words):
        option, equals, value = word.partition("=")
        if option in _PLACES:
            value = value if equals else "".join(words[position + 1 : position + 2])
            directory = posixpath.normpath(posixpath.join(stage.directory, value))
        elif application is None:
            application = _APPLICATION.match(word)
    if application is None:
        return None
    return named_entry_point(application.group(), directory, stage.environment.get("PYTHONPATH", ""))


def _paths(environment_path: str) -> list[str]:
    return [posixpath.normpath(path) for path in environment_path.split(":") if path]
