# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Follow the imports of a program from where it starts, and find those that will fail. Standard library only.

Nothing is run: files are read as text. Only imports of the program's own code are judged; what the standard library or
an installed package provides is left to the build.
"""

from __future__ import annotations

import difflib
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from ansible_collections.netra.remediation.plugins.module_utils.source.python_facts import Facts, Import
from ansible_collections.netra.remediation.plugins.module_utils.source.python_modules import Module, ModuleFinder
from ansible_collections.netra.remediation.plugins.module_utils.source.python_names import IMPLICIT

EXCLUDED, NOT_COPIED, MISSING_MODULE, MISSING_EXPORT, UNREADABLE = (
    "excluded",
    "not_copied",
    "missing_module",
    "missing_export",
    "unreadable",
)
# How surely an import happens at the start, the surest first.
EAGER, CONDITIONAL, LAZY, GUARDED = STRENGTHS = ("eager", "conditional", "lazy", "guarded")


@dataclass(frozen=True)
class Step:
    """One import on the way from the entry point: the line of a file, and the module that it asks for."""

    file: str
    line: int
    module: str

    def as_dict(self) -> dict[str, str | int]:
        """Return the step as findings show it."""
        return {"file": self.file, "line": self.line, "imports": self.module}


@dataclass(frozen=True)
class ImportFault:
    """An import that fails, with the way to it; ``file`` is the file that should answer it, in the context."""

    kind: str
    module: str
    strength: str
    chain: tuple[Step, ...]
    name: str = ""
    file: str = ""
    function: str = ""
    reason: str = ""
    offers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Program:
    """The files that a program is looked up in, and how its text is read.

    ``image`` finds what will be in the image, ``unfiltered`` what would be there without ignore files, ``sources``
    what the context's directory holds at all. ``origin`` returns the path in the context of a file that any of them
    found, ``facts`` what is known of it.
    """

    image: ModuleFinder
    unfiltered: ModuleFinder
    sources: ModuleFinder
    origin: Callable[[str], str]
    facts: Callable[[str], Facts]


@dataclass
class Closure:
    """What an entry point leads to: the files that are imported, the packages from elsewhere, and what fails."""

    files: dict[str, str] = field(default_factory=dict)
    third_party: set[str] = field(default_factory=set)
    faults: list[ImportFault] = field(default_factory=list)


@dataclass(frozen=True)
class _Reached:
    """A module in the queue, and the import that led to it first."""

    module: Module
    chain: tuple[Step, ...]
    is_main: bool = False


def follow(program: Program, module: str, *, attribute: str = "", is_main: bool = False, file: str = "") -> Closure:
    """Return what an entry point leads to: a module, or a ``file`` of the image that is started by its path."""
    walk = _Walk(program)
    if file:
        walk.start(Module("__main__", file), is_main=True)
    else:
        walk.enter(module, attribute, is_main)
    walk.run()
    return walk.closure


class _Walk:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.closure = Closure()
        self._queues: dict[str, deque[_Reached]] = {strength: deque() for strength in STRENGTHS}
        self._known: dict[str, int] = {}
        self._faults: dict[tuple[str, str, str], int] = {}  # their places in the closure

    def enter(self, module: str, attribute: str, is_main: bool) -> None:
        """Begin with a module that a server imports or ``python -m`` runs."""
        named = Import(0, module, names=(attribute,) if attribute else None)
        found = self._require(module, named, EAGER, ())
        if found and is_main and found.paths:
            found = self._require(f"{module}.__main__", named, EAGER, ())
        if found:
            self._queues[EAGER].pop()
            self.start(found, is_main)
            if attribute:
                self._require_name(found, attribute, named, EAGER, ())

    def start(self, module: Module, is_main: bool) -> None:
        """Put the first module into the queue."""
        self._known[module.name] = STRENGTHS.index(EAGER)
        self._queues[EAGER].append(_Reached(module, (), is_main))

    def run(self) -> None:
        """Visit what is imported for sure first, so that each module is reached by its surest way."""
        while strength := next((entry for entry in STRENGTHS if self._queues[entry]), None):
            self._visit(self._queues[strength].popleft(), strength)

    def _visit(self, reached: _Reached, strength: str) -> None:
        module = reached.module
        if module.is_namespace or not module.is_text:
            return
        origin = self.program.origin(module.file)
        if origin in self.closure.files:
            return
        self.closure.files[origin] = strength
        facts = self.program.facts(origin)
        if facts.error:
            self._report(ImportFault(UNREADABLE, module.name, strength, reached.chain, file=origin, reason=facts.error))
            return
        running = facts.running_functions(reached.is_main)
        for found in facts.imports:
            if found.is_main_only and not reached.is_main:
                continue
            weaker = _weaker(strength, _strength_of(found, running))
            self._import(reached, origin, found, weaker)

    def _import(self, reached: _Reached, origin: str, found: Import, strength: str) -> None:
        name = _absolute(found, reached.module)
        told = "." * found.level + found.module
        chain = (*reached.chain, Step(origin, found.line, name or told))
        if not name:
            reason = "a relative import needs a package around it"
            self._fail(MISSING_MODULE, told, found, strength, chain, reason=reason)
            return
        module = self._require(name, found, strength, chain)
        if module is None:
            return
        for wanted in found.names or ():
            if wanted == "*":
                self._require_star(module, found, strength, chain)
            else:
                self._require_name(module, wanted, found, strength, chain)

    def _require(self, name: str, found: Import, strength: str, chain: tuple[Step, ...]) -> Module | None:
        """Look for a module and all packages above it; report the first that is not there."""
        if self._is_foreign(name):
            self.closure.third_party.update({name.partition(".")[0]} - set(sys.stdlib_module_names))
            return None
        parts = name.split(".")
        module = None
        for depth in range(1, len(parts) + 1):
            module = self._find(".".join(parts[:depth]), found, strength, chain)
            if module is None:
                return None
        return module

    def _is_foreign(self, name: str) -> bool:
        """Tell whether a module comes from elsewhere.

        A directory at the top without ``__init__.py`` (migrations named ``alembic``) gives way to an installed package
        of its name, so only what is really in it is the program's own. A name of the standard library is taken for
        that: parts of it are loaded before any path is searched.
        """
        if name.partition(".")[0] in sys.stdlib_module_names:
            return True
        finders = (self.program.image, self.program.unfiltered, self.program.sources)
        tops = [top for finder in finders if (top := finder.find(name.partition(".")[0]))]
        if all(top.is_namespace for top in tops):
            return not any(finder.find(name) for finder in finders)
        return False

    def _find(self, name: str, found: Import, strength: str, chain: tuple[Step, ...]) -> Module | None:
        module, unfiltered = self.program.image.find(name), self.program.unfiltered.find(name)
        if unfiltered and unfiltered.file and (module is None or (module.is_namespace and not unfiltered.is_namespace)):
            self._fail(EXCLUDED, name, found, strength, chain, file=self.program.origin(unfiltered.file))
            return None
        if module is None:
            source = self.program.sources.find(name)
            if source and source.file:
                self._fail(NOT_COPIED, name, found, strength, chain, file=self.program.origin(source.file))
            elif not source and not unfiltered:
                self._fail(MISSING_MODULE, name, found, strength, chain)
            # Directories without __init__.py: what is asked for in them will be found to be left out, or not copied.
            return next((stub for stub in (unfiltered, source) if stub and stub.is_namespace), None)
        if STRENGTHS.index(strength) < self._known.get(name, len(STRENGTHS)):
            self._known[name] = STRENGTHS.index(strength)
            self._queues[strength].append(_Reached(module, chain))
        return module

    def _require_name(self, module: Module, name: str, found: Import, strength: str, chain: tuple[Step, ...]) -> None:
        """Look for what ``from module import name`` asks for: a name of the module, else a module below it."""
        if name in self._bound(module):
            return
        below = f"{module.name}.{name}"
        finders = (self.program.image, self.program.unfiltered, self.program.sources)
        if module.paths and any(finder.find(below) for finder in finders):
            self._find(below, found, strength, chain)
        elif self._offers(module, name, set()) is False:
            origin = self.program.origin(module.file) if module.file else ""
            offers = tuple(difflib.get_close_matches(name, sorted(self._bound(module)), n=3))
            self._fail(MISSING_EXPORT, module.name, found, strength, chain, name=name, file=origin, offers=offers)

    def _require_star(self, module: Module, found: Import, strength: str, chain: tuple[Step, ...]) -> None:
        """Look for the names of ``__all__``: ``import *`` fails where one of them does not exist.

        In a circle it takes what the module has so far, which may not even be ``__all__``.
        """
        facts = self._facts(module)
        if any(step.file == self.program.origin(module.file) for step in chain if module.file):
            return
        for name in facts.names.listed or () if facts else ():
            self._require_name(module, name, found, strength, chain)

    def _facts(self, module: Module) -> Facts | None:
        return self.program.facts(self.program.origin(module.file)) if module.file and module.is_text else None

    def _bound(self, module: Module) -> frozenset[str]:
        facts = self._facts(module)
        return facts.names.bound if facts else frozenset()

    def _offers(self, module: Module, name: str, seen: set[str]) -> bool | None:
        """Tell whether a module offers a name that it does not bind by itself; None where nobody can know."""
        facts = self._facts(module)
        if name in IMPLICIT:
            return True
        if module.is_namespace:
            return False if "." in module.name else None
        if facts is None or facts.error or facts.names.is_open:
            return None
        if name in facts.names.bound:
            return True
        seen.add(module.name)
        answers = [self._star_offers(module, level, star, name, seen) for level, star in facts.names.stars]
        return True if True in answers else None if None in answers else False

    def _star_offers(self, module: Module, level: int, star: str, name: str, seen: set[str]) -> bool | None:
        absolute = _absolute(Import(0, star, level), module)
        target = self.program.image.find(absolute) if absolute else None
        if target is None:
            return None
        if target.name in seen:
            return False
        facts = self._facts(target)
        if facts and facts.names.listed is not None:
            return name in facts.names.listed
        return False if name.startswith("_") else self._offers(target, name, seen)

    def _fail(
        self, kind: str, module: str, found: Import, strength: str, chain: tuple[Step, ...], **told: object
    ) -> None:
        function = found.function if strength == LAZY else ""
        self._report(ImportFault(kind, module, strength, chain, function=function, **told))  # type: ignore[arg-type]

    def _report(self, fault: ImportFault) -> None:
        """Keep one fault of those that are the same: the surest, of equally sure ones the first."""
        key = (fault.kind, fault.module, fault.name)
        place = self._faults.setdefault(key, len(self.closure.faults))
        if place == len(self.closure.faults):
            self.closure.faults.append(fault)
        elif STRENGTHS.index(fault.strength) < STRENGTHS.index(self.closure.faults[place].strength):
            self.closure.faults[place] = fault


def _strength_of(found: Import, running: set[str]) -> str:
    if found.is_guarded:
        return GUARDED
    if found.function and found.function not in running:
        return LAZY
    return CONDITIONAL if found.is_conditional else EAGER


def _weaker(first: str, second: str) -> str:
    return max(first, second, key=STRENGTHS.index)


def _absolute(found: Import, importer: Module) -> str:
    """Return the full name of what is imported; nothing where dots climb out of the package."""
    if not found.level:
        return found.module
    package = importer.name.split(".")
    package = package if importer.file.endswith("/__init__.py") else package[:-1]
    kept = package[: len(package) - found.level + 1]
    if not package or not kept:
        return ""
    return ".".join([*kept, found.module] if found.module else kept)
