# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find modules in the files of an image as Python's path finder does. Standard library only.

https://docs.python.org/3/reference/import.html#the-path-based-finder
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable
from dataclasses import dataclass

_COMPILED = (".so", ".pyd", ".pyc")
_IMPORTABLE = (".py", *_COMPILED)


@dataclass(frozen=True)
class Module:
    """A module that was found; without a ``file`` it is a namespace package, in the directories of ``paths``.

    ``paths`` are where its submodules are looked for; a module that is no package has none. ``is_text`` is false for
    what is compiled, of which nothing more is known.
    """

    name: str
    file: str = ""
    paths: tuple[str, ...] = ()
    is_text: bool = True

    @property
    def is_namespace(self) -> bool:
        """Tell whether the module is a directory without ``__init__.py``."""
        return not self.file


class ModuleFinder:
    """Looks for modules below the places where imports look, among files given by their paths."""

    def __init__(self, files: Collection[str], search: Iterable[str]) -> None:
        self._search = tuple(dict.fromkeys(search))
        self._entries: dict[str, set[str]] = {}
        for path in files:
            if path.endswith(_IMPORTABLE):
                self._enter(path)
        self._found: dict[str, Module | None] = {}

    def _enter(self, path: str) -> None:
        """File a path under its directory, and the directory under the one above, up to the top."""
        while True:
            directory, name = posixpath.split(path)
            entries = self._entries.setdefault(directory, set())
            if name in entries or not name:
                return
            entries.add(name)
            path = directory

    def find(self, name: str) -> Module | None:
        """Return a module by its dotted name, or nothing."""
        if name not in self._found:
            above, _dot, last = name.rpartition(".")
            parent = self.find(above) if above else None
            places = (parent.paths if parent else ()) if above else self._search
            self._found[name] = self._look(name, last, places)
        return self._found[name]

    def module_of(self, file: str) -> str:
        """Return the dotted name under which a file is imported, or nothing where it is below no place of search."""
        for place in self._search:
            beginning = place.rstrip("/") + "/"
            if file.startswith(beginning) and file.endswith(".py"):
                parts = file.removeprefix(beginning).removesuffix(".py").split("/")
                return ".".join(parts[:-1] if parts[-1] == "__init__" and parts[1:] else parts)
        return ""

    def _look(self, name: str, last: str, places: Iterable[str]) -> Module | None:
        portions: list[str] = []
        nothing: frozenset[str] = frozenset()
        for place in places:
            entries = self._entries.get(place, nothing)
            directory = posixpath.join(place, last)
            inside = self._entries.get(directory)
            if inside and "__init__.py" in inside:
                return Module(name, posixpath.join(directory, "__init__.py"), (directory,))
            if f"{last}.py" in entries:
                return Module(name, f"{directory}.py")
            compiled = next((entry for entry in entries if _is_compiled(entry, last)), None)
            if compiled:
                return Module(name, posixpath.join(place, compiled), is_text=False)
            if inside is not None:
                portions.append(directory)
        return Module(name, paths=tuple(portions)) if portions else None


def _is_compiled(entry: str, last: str) -> bool:
    return entry.startswith(f"{last}.") and entry.endswith(_COMPILED)
