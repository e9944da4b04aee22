# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names a Python file offers to those who import from it. No code of it is run. Standard library only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

# What every module has without saying so (https://docs.python.org/3/reference/datamodel.html#module-objects).
IMPLICIT = frozenset(
    {
        "__annotations__",
        "__builtins__",
        "__cached__",
        "__class__",
        "__dict__",
        "__doc__",
        "__file__",
        "__loader__",
        "__name__",
        "__package__",
        "__path__",
        "__spec__",
    }
)


@dataclass(frozen=True)
class Names:
    """The names of a module; ``is_open`` means that it may offer any other one as well.

    ``listed`` is ``__all__``, None where there is none or where it is made at run time. ``stars`` are the modules that
    are imported whole, each with its dots.
    """

    bound: frozenset[str] = frozenset()
    listed: tuple[str, ...] | None = None
    stars: tuple[tuple[int, str], ...] = ()
    is_open: bool = False

    def public(self) -> list[str]:
        """Return the names that ``import *`` takes, those of stars not among them."""
        return list(self.listed) if self.listed is not None else [name for name in self.bound if name[0] != "_"]


def offered_names(tree: ast.Module, uses_global: bool = True) -> Names:
    """Return the names that a module binds at its top, in whatever branch, and in functions by ``global``.

    ``uses_global`` says whether that word is in the text at all, so that functions are worth a look.
    """
    reading = _Reading(uses_global)
    reading.visit_body(tree.body)
    bound = reading.bound | reading.global_names
    return Names(frozenset(bound), reading.all_names(), tuple(reading.stars), reading.is_open or "__getattr__" in bound)


class _Reading:
    def __init__(self, uses_global: bool) -> None:
        self.uses_global = uses_global
        self.bound: set[str] = set()
        self.global_names: set[str] = set()
        self.stars: list[tuple[int, str]] = []
        self.is_open = False
        self._all: list[str] | None = None
        self._all_is_known = True

    def all_names(self) -> tuple[str, ...] | None:
        return tuple(self._all) if self._all is not None and self._all_is_known else None

    def visit_body(self, body: list[ast.stmt]) -> None:
        for statement in body:
            self._visit(statement)

    def _visit(self, statement: ast.stmt) -> None:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.bound.add(statement.name)
                self._look_into_function(statement)
            case ast.ClassDef():
                self.bound.add(statement.name)
                self._look_into_function(statement)
            case ast.Import(names=names):
                self.bound.update(alias.asname or alias.name.partition(".")[0] for alias in names)
            case ast.ImportFrom(names=names):
                self._from(statement, names)
            case ast.If(test=test) if ast.unparse(test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
                self.visit_body(statement.orelse)
            case ast.AnnAssign(value=None):
                pass  # an annotation alone binds nothing
            case ast.Try() | ast.TryStar():
                self._blocks(statement)
                for handler in statement.handlers:
                    self.visit_body(handler.body)
            case ast.Match(cases=cases):
                for case in cases:
                    self.bound.update(_captured(case.pattern))
                    self.visit_body(case.body)
            case _:
                self._assigned(statement)
                self._blocks(statement)

    def _blocks(self, statement: ast.stmt) -> None:
        for block in ("body", "orelse", "finalbody"):
            self.visit_body(getattr(statement, block, []))

    def _from(self, statement: ast.ImportFrom, names: list[ast.alias]) -> None:
        for alias in names:
            if alias.name == "*":
                self.stars.append((statement.level, statement.module or ""))
            else:
                self.bound.add(alias.asname or alias.name)

    def _assigned(self, statement: ast.stmt) -> None:
        """Note what one statement binds by itself, its blocks aside."""
        if isinstance(statement, ast.If | ast.While):
            parts: list[ast.AST] = [statement.test]
        elif isinstance(statement, ast.For | ast.AsyncFor):
            parts = [statement.target, statement.iter]
        elif isinstance(statement, ast.With | ast.AsyncWith):
            parts = list(statement.items)
        else:
            parts = [statement]
            self._note_all(statement)
        for part in parts:
            for node in ast.walk(part):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    self.bound.add(node.id)
                elif isinstance(node, ast.Call):
                    self._note_magic(node)
                elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
                    self.is_open |= ast.unparse(node.value) in ("globals()", "vars()", "locals()", "sys.modules")

    def _note_magic(self, call: ast.Call) -> None:
        """Note what makes names that no reader of the text can know."""
        name = ast.unparse(call.func)
        self.is_open |= name in ("exec", "globals().update", "vars().update", "locals().update", "setattr")
        if name in ("__all__.extend", "__all__.append", "__all__.remove"):
            added = _strings(call.args[0]) if call.args and name != "__all__.remove" else None
            self._add_all(added)

    def _note_all(self, statement: ast.stmt) -> None:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id="__all__")], value=value)
                | ast.AnnAssign(target=ast.Name(id="__all__"), value=ast.expr() as value)
            ):
                self._all = []
                self._add_all(_strings(value))
            case ast.AugAssign(target=ast.Name(id="__all__"), value=value):
                self._add_all(_strings(value))

    def _add_all(self, names: list[str] | None) -> None:
        if names is None:
            self._all_is_known = False
        else:
            self._all = [*(self._all or []), *names]

    def _look_into_function(self, function: ast.AST) -> None:
        """Note the names that a function binds in the module: by ``global``, or who knows which by ``globals()``."""
        for node in ast.walk(function) if self.uses_global else ():
            if isinstance(node, ast.Global):
                self.global_names.update(node.names)
            elif isinstance(node, ast.Name) and node.id == "globals":
                self.is_open = True


def _captured(pattern: ast.pattern) -> Iterator[str]:
    for node in ast.walk(pattern):
        name = getattr(node, "name", None) or getattr(node, "rest", None)
        if isinstance(name, str):
            yield name


def _strings(value: ast.expr) -> list[str] | None:
    """Return the strings of a list or tuple, or of sums of them; nothing where they are not all written out."""
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        left, right = _strings(value.left), _strings(value.right)
        return None if left is None or right is None else [*left, *right]
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return [value.value]
    if not isinstance(value, ast.List | ast.Tuple | ast.Set):
        return None
    found = [node.value for node in value.elts if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return found if len(found) == len(value.elts) else None
