# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one Python file imports and what it offers, told from its text. No code of it is run. Standard library only."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace

from ansible_collections.netra.remediation.plugins.module_utils.source.python_names import Names, offered_names

_IMPORT_FAILURES = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_ENDINGS = frozenset({"exit", "_exit", "abort", "quit"})


@dataclass(frozen=True)
class Import:
    """One import: ``import module`` (``names`` is None) or ``from module import names``, relative by ``level`` dots.

    ``function`` is the function that must be called first. ``is_guarded`` means that its failure is caught and the
    program goes on; ``is_conditional`` that it may not be reached; ``is_main_only`` that it is reached only in the file
    that is started. What only a type checker sees is not here at all.
    """

    line: int
    module: str
    level: int = 0
    names: tuple[str, ...] | None = None
    function: str = ""
    is_guarded: bool = False
    is_conditional: bool = False
    is_main_only: bool = False


@dataclass(frozen=True)
class Facts:
    """What is known of one file. ``calls`` has the functions that a function calls by name; "" is the file itself."""

    imports: tuple[Import, ...] = ()
    names: Names = field(default_factory=Names)
    calls: tuple[tuple[str, tuple[str, ...]], ...] = ()
    main_calls: tuple[str, ...] = ()
    error: str = ""

    def running_functions(self, is_main: bool) -> set[str]:
        """Return the functions that run when the file is imported, or when it is started."""
        calls = dict(self.calls)
        waiting = [*calls.get("", ()), *(self.main_calls if is_main else ())]
        running: set[str] = set()
        while waiting:
            function = waiting.pop()
            if function not in running:
                running.add(function)
                waiting += calls.get(function, ())
        return running


def read_facts(source: bytes) -> Facts:
    """Return the facts of a file; where this Python cannot read it, ``error`` says why."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        where = "" if error.lineno is None else f" in line {error.lineno}"
        return Facts(error=f"{error.msg}{where}")
    except (ValueError, RecursionError, MemoryError) as error:
        return Facts(error=str(error))
    imports_by_call = b"import_module" in source or b"__import__" in source
    reading = _Reading(imports_by_call)
    try:
        reading.visit_body(tree.body, _Place())
        if not imports_by_call and any(found.function for found in reading.imports):
            # Only now does it matter which functions run; looking at every expression takes most of the time.
            reading = _Reading(looks_at_calls=True)
            reading.visit_body(tree.body, _Place())
    except RecursionError:
        return Facts(error="its expressions are nested too deeply")
    calls = tuple((function, tuple(sorted(called))) for function, called in reading.calls.items())
    return Facts(
        tuple(reading.imports), offered_names(tree, b"global" in source), calls, tuple(sorted(reading.main_calls))
    )


@dataclass(frozen=True)
class _Place:
    """Under which circumstances a statement runs."""

    function: str = ""
    is_guarded: bool = False
    is_conditional: bool = False
    is_main_only: bool = False


class _Reading:
    def __init__(self, looks_at_calls: bool) -> None:
        self.looks_at_calls = looks_at_calls
        self.imports: list[Import] = []
        self.calls: dict[str, set[str]] = {}
        self.main_calls: set[str] = set()

    def visit_body(self, body: list[ast.stmt], place: _Place) -> None:
        for statement in body:
            self._visit(statement, place)

    def _visit(self, statement: ast.stmt, place: _Place) -> None:
        match statement:
            case ast.Import(names=names):
                for alias in names:
                    self._add(statement, alias.name, 0, None, place)
            case ast.ImportFrom(module=module, level=level, names=names):
                self._add(statement, module or "", level, tuple(alias.name for alias in names), place)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                inside = _Place(function=name, is_main_only=place.is_main_only)
                self._calls_in([*statement.decorator_list, statement.args], place)
                self.visit_body(statement.body, inside)
            case ast.ClassDef():
                self._calls_in([*statement.decorator_list, *statement.bases], place)
                self._visit_class(statement, place)
            case ast.If():
                self._visit_if(statement, place)
            case ast.Try() | ast.TryStar():
                self._visit_try(statement, place)
            case ast.With(items=items) | ast.AsyncWith(items=items):
                self._calls_in([item.context_expr for item in items], place)
                suppressed = any(_suppresses_import_errors(item.context_expr) for item in items)
                self.visit_body(statement.body, replace(place, is_guarded=place.is_guarded or suppressed))
            case ast.For() | ast.AsyncFor() | ast.While() | ast.Match():
                self._visit_branches(statement, place)
            case _:
                self._calls_in([statement], place)

    def _visit_class(self, statement: ast.ClassDef, place: _Place) -> None:
        """Visit a class: its body runs at once, its methods when somebody calls them."""
        for inner in statement.body:
            if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                method = _Place(function=f"{statement.name}.{inner.name}", is_main_only=place.is_main_only)
                self.visit_body(inner.body, method)
            else:
                self._visit(inner, place)

    def _visit_if(self, statement: ast.If, place: _Place) -> None:
        self._calls_in([statement.test], place)
        conditional = replace(place, is_conditional=True)
        words = ast.unparse(statement.test)
        if words in ("TYPE_CHECKING", "typing.TYPE_CHECKING", "False", "0"):
            self.visit_body(statement.orelse, place)
        elif words in ("not TYPE_CHECKING", "not typing.TYPE_CHECKING", "True", "1"):
            self.visit_body(statement.body, place)
        elif "__name__" in words and "__main__" in words:
            self.visit_body(statement.body, replace(place, is_main_only=True))
            self.visit_body(statement.orelse, conditional)
        else:
            self.visit_body(statement.body, conditional)
            self.visit_body(statement.orelse, conditional)

    def _visit_try(self, statement: ast.Try | ast.TryStar, place: _Place) -> None:
        guards = [handler for handler in statement.handlers if _catches_import_errors(handler.type)]
        goes_on = bool(guards) and not _ends(guards[0].body)
        self.visit_body(statement.body, replace(place, is_guarded=place.is_guarded or goes_on))
        for handler in statement.handlers:
            self.visit_body(handler.body, replace(place, is_conditional=True))
        self.visit_body(statement.orelse, place)
        self.visit_body(statement.finalbody, place)

    def _visit_branches(self, statement: ast.For | ast.AsyncFor | ast.While | ast.Match, place: _Place) -> None:
        conditional = replace(place, is_conditional=True)
        if isinstance(statement, ast.Match):
            for case in statement.cases:
                self.visit_body(case.body, conditional)
            return
        self._calls_in([statement.test if isinstance(statement, ast.While) else statement.iter], place)
        self.visit_body(statement.body, conditional)
        self.visit_body(statement.orelse, conditional)

    def _calls_in(self, nodes: list[ast.AST], place: _Place) -> None:
        """Note which functions are called by name, and imports that are calls themselves."""
        for node in nodes if self.looks_at_calls else ():
            for inner in ast.walk(node):
                if not isinstance(inner, ast.Call):
                    continue
                if isinstance(inner.func, ast.Name) and not place.is_conditional:
                    if place.is_main_only and not place.function:
                        self.main_calls.add(inner.func.id)
                    else:
                        self.calls.setdefault(place.function, set()).add(inner.func.id)
                module = _imported_by_call(inner)
                if module:
                    self._add(inner, module, 0, None, place)

    def _add(
        self, node: ast.stmt | ast.expr, module: str, level: int, names: tuple[str, ...] | None, place: _Place
    ) -> None:
        self.imports.append(
            Import(
                node.lineno,
                module,
                level,
                names,
                place.function,
                place.is_guarded,
                place.is_conditional,
                place.is_main_only,
            )
        )


def _imported_by_call(call: ast.Call) -> str:
    """Return what ``importlib.import_module("a.b")`` or ``__import__("a.b")`` names outright."""
    named = ast.unparse(call.func) in ("importlib.import_module", "import_module", "__import__")
    if named and call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str):
        return "" if call.args[0].value.startswith(".") else call.args[0].value
    return ""


def _catches_import_errors(caught: ast.expr | None) -> bool:
    if caught is None:
        return True
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(ast.unparse(name).rpartition(".")[2] in _IMPORT_FAILURES for name in names)


def _suppresses_import_errors(context: ast.expr) -> bool:
    if not isinstance(context, ast.Call) or ast.unparse(context.func).rpartition(".")[2] != "suppress":
        return False
    return any(_catches_import_errors(argument) for argument in context.args)


def _ends(body: list[ast.stmt]) -> bool:
    """Tell whether a handler lets the program die: it raises, or leaves with an exit code."""
    last = body[-1]
    if isinstance(last, ast.Raise):
        return True
    call = last.value if isinstance(last, ast.Expr) else None
    return isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in _ENDINGS
