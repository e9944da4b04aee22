# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prove what an image will hold before it is built: the whole question about a context, answered in one value.

Standard library only; nothing is written, and no code of the context is run.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.source import dockerfile_stages, import_closure
from ansible_collections.netra.remediation.plugins.module_utils.source.context_selection import (
    DOCKER,
    Selection,
    read_selection,
    read_text,
)
from ansible_collections.netra.remediation.plugins.module_utils.source.entry_point import (
    EntryPoint,
    entry_point_of,
    named_entry_point,
)
from ansible_collections.netra.remediation.plugins.module_utils.source.facts_cache import FactsCache
from ansible_collections.netra.remediation.plugins.module_utils.source.ignore_rules import relative_to_context
from ansible_collections.netra.remediation.plugins.module_utils.source.image_files import (
    ContextPaths,
    Image,
    in_context,
    lay_out,
)
from ansible_collections.netra.remediation.plugins.module_utils.source.import_closure import ImportFault
from ansible_collections.netra.remediation.plugins.module_utils.source.python_facts import Facts
from ansible_collections.netra.remediation.plugins.module_utils.source.python_modules import ModuleFinder

# Not worth a look where an ignore file leaves them out: no program's own modules are in them, and many files.
_LEFTOVERS = frozenset({".git", ".nox", ".terraform", ".tox", ".venv", "__pycache__", "node_modules", "venv"})
_IN_CONTEXT = "context:/"
GENERATED = ("_pb2", "_pb2_grpc")


@dataclass(frozen=True)
class Question:
    """What to prove. ``entry_point`` is a module, ``module:application`` or a file; empty is what the image starts.

    ``imports`` are further modules that must import in the image, ``command`` and ``arguments`` what is run in the
    place of ENTRYPOINT and CMD.
    """

    root: str
    dockerfile: str = "Dockerfile"
    sender: str = DOCKER
    required_paths: tuple[str, ...] = ()
    entry_point: str = ""
    imports: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    judge_imports: bool = True


@dataclass(frozen=True)
class Survey:
    """The files of a directory: all of them, and those that a COPY can see."""

    files: list[str] = field(default_factory=list)
    seen_files: list[str] = field(default_factory=list)
    seen_directories: list[str] = field(default_factory=list)


def prove(question: Question, cache: FactsCache | None = None) -> dict[str, Any]:
    """Return what is wrong with a context, in the form of results.

    ``excluded`` and ``missing`` are about the required paths, ``absent`` about the sources of COPY and ADD,
    ``imports`` about the program; ``refusals`` are lines with which no build begins. Raise OSError where the context
    cannot be read, IncludeError for a bad ``#!include``.
    """
    selection = read_selection(question.root, question.dockerfile, question.sender)
    told: dict[str, Any] = {
        "ignore_file": selection.ignore_file,
        "dockerfile": question.dockerfile,
        "refusals": [refusal.as_dict() for refusal in selection.refusals],
        "excluded": [_exclusion(selection, entry.path) for entry in selection.exclusions([*question.required_paths])],
        "missing": [path for path in question.required_paths if not _exists(question.root, path)],
        "absent": [],
        "imports": None,
    }
    text = read_text(os.path.join(question.root, question.dockerfile))
    dockerfile = dockerfile_stages.parse(text or "")
    told["builds"] = bool(dockerfile.stages)
    if dockerfile.final is None:
        return told
    survey = take_survey(question.root, selection)
    images = lay_out(dockerfile, ContextPaths(survey.seen_files, survey.seen_directories))
    told["absent"] = [
        {"line": source.line, "keyword": source.keyword, "source": source.source, "is_pattern": source.is_pattern}
        | _explained(question.root, selection, source.source)
        for image in images
        for source in image.absent
    ]
    entries = _entry_points(question, dockerfile.final) if question.judge_imports else []
    if entries:
        unfiltered = lay_out(dockerfile, ContextPaths(survey.files))[-1]
        told["imports"] = _Imports(question.root, selection, survey, images[-1], unfiltered).prove(
            entries, cache or FactsCache()
        )
    return told


def take_survey(root: str, selection: Selection) -> Survey:
    """Walk a directory and sort its files by what the ignore files let through.

    A link to a directory of the context counts as a directory with the same files, which is what imports find there;
    any other link counts as a file.
    """
    survey = Survey()
    for path, is_directory, is_seen in _walk(root, "", selection, (os.path.realpath(root),)):
        if is_directory:
            survey.seen_directories.extend([path] if is_seen else [])
        else:
            survey.files.append(path)
            survey.seen_files.extend([path] if is_seen else [])
    return survey


def _walk(root: str, directory: str, selection: Selection, above: tuple[str, ...]) -> Iterator[tuple[str, bool, bool]]:
    """Return paths below a directory: whether each is a directory, and whether COPY sees it.

    ``above`` are the real paths of the directories on the way, which no link leads back into.
    """
    with os.scandir(os.path.join(root, directory)) as entries:
        for entry in entries:
            path = f"{directory}/{entry.name}" if directory else entry.name
            real = os.path.realpath(entry.path) if entry.is_symlink() else f"{above[-1]}/{entry.name}"
            is_directory = entry.is_dir() and real not in above and real.startswith(f"{above[0].rstrip('/')}/")
            is_seen = not selection.decide(path, is_directory).excluded
            yield path, is_directory, is_seen
            if is_directory and (entry.name not in _LEFTOVERS or selection.may_hold_sent(path)):
                yield from _walk(root, path, selection, (*above, real))


def _entry_points(question: Question, stage: dockerfile_stages.Stage) -> list[EntryPoint]:
    environment_path = stage.environment.get("PYTHONPATH", "")
    if question.entry_point:
        first = named_entry_point(question.entry_point, stage.directory, environment_path)
    else:
        found = entry_point_of(stage, question.command, question.arguments)
        first = found or EntryPoint()
    named = (
        replace(named_entry_point(name, stage.directory, environment_path), is_main=False) for name in question.imports
    )
    return [entry for entry in (first, *named) if entry.name]


def _exists(root: str, path: str) -> bool:
    return os.path.lexists(os.path.join(root, relative_to_context(path)))


def _exclusion(selection: Selection, path: str) -> dict[str, Any]:
    rule = selection.explain(path)["decided_by"]
    return {"path": path, **rule, "edits": [edit.as_dict() for edit in selection.edits(path)]}


def _explained(root: str, selection: Selection, source: str) -> dict[str, Any]:
    """Return why a source of COPY is not there: left out with an edit, or not there at all."""
    path = in_context(source)
    decision = selection.explain(path)
    if decision["included"] or not _exists(root, path):
        return {"excluded": False}
    rule = decision["decided_by"]
    named = {"file": rule["file"], "pattern_line": rule["line"], "pattern": rule["pattern"]}
    return {"excluded": True, **named, "edits": [edit.as_dict() for edit in selection.edits(path)]}


class _Imports:
    """The program in an image, looked up in the files that will be there and in those that will not."""

    def __init__(self, root: str, selection: Selection, survey: Survey, image: Image, unfiltered: Image) -> None:
        self.root = root
        self.selection = selection
        self.survey = survey
        self.image = image
        self.unfiltered = unfiltered

    def prove(self, entries: list[EntryPoint], cache: FactsCache) -> dict[str, Any]:
        facts: dict[str, Facts] = {}

        def facts_of(origin: str) -> Facts:
            if origin not in facts:
                facts[origin] = self._facts_of(origin, cache)
            return facts[origin]

        closures = []
        for entry in entries:
            program = import_closure.Program(
                ModuleFinder(self.image.files, entry.search),
                ModuleFinder(self.unfiltered.files, entry.search),
                ModuleFinder([_IN_CONTEXT + path for path in self.survey.files], self._source_roots(entry.search)),
                self._origin,
                facts_of,
            )
            named = {"attribute": entry.attribute, "is_main": entry.is_main}
            file = entry.file if entry.file in self.image.files else ""
            if entry.file and not file:
                closures.append(self._without_start(entry))
            else:
                closures.append(import_closure.follow(program, entry.module, file=file, **named))  # type: ignore[arg-type]
        return self._told(entries, closures)

    def _facts_of(self, origin: str, cache: FactsCache) -> Facts:
        try:
            with open(os.path.join(self.root, origin), "rb") as source:
                return cache.facts(source.read())
        except OSError as error:
            return Facts(error=str(error.strerror))

    def _without_start(self, entry: EntryPoint) -> import_closure.Closure:
        """Report a file that is to be started and is not in the image."""
        origin = self.unfiltered.files.get(entry.file, "")
        kind = import_closure.EXCLUDED if origin else import_closure.MISSING_MODULE
        fault = ImportFault(kind, entry.file, import_closure.EAGER, (), file=origin)
        return import_closure.Closure(faults=[] if self.image.may_hold(entry.file) else [fault])

    def _origin(self, path: str) -> str:
        if path.startswith(_IN_CONTEXT):
            return path.removeprefix(_IN_CONTEXT)
        return self.image.files.get(path) or self.unfiltered.files[path]

    def _source_roots(self, search: tuple[str, ...]) -> list[str]:
        """Return the directories of the context that become places of search in the image, the likeliest first."""
        roots: Counter[str] = Counter()
        for place in search:
            beginning = place.rstrip("/") + "/"
            for path, origin in self.unfiltered.files.items():
                within = path.removeprefix(beginning)
                if path.endswith(".py") and within != path and f"/{origin}".endswith(f"/{within}"):
                    roots[origin.removesuffix(within).rstrip("/")] += 1
        return [(_IN_CONTEXT + root).rstrip("/") for root, _count in roots.most_common()]

    def _told(self, entries: list[EntryPoint], closures: list[import_closure.Closure]) -> dict[str, Any]:
        faults: dict[tuple[str, str, str], ImportFault] = {}
        found = [fault for closure in closures for fault in closure.faults]
        for fault in sorted(found, key=lambda fault: import_closure.STRENGTHS.index(fault.strength)):
            faults.setdefault((fault.kind, fault.module, fault.name), fault)
        files = {file for closure in closures for file in closure.files}
        return {
            "entry_points": [entry.name for entry in entries],
            "modules": len(files),
            "third_party": sorted(set().union(*(closure.third_party for closure in closures))),
            "faults": [self._fault(fault, entries) for fault in faults.values()],
        }

    def _fault(self, fault: ImportFault, entries: list[EntryPoint]) -> dict[str, Any]:
        told: dict[str, Any] = {
            "kind": fault.kind,
            "module": fault.module,
            "name": fault.name,
            "strength": fault.strength,
            "function": fault.function,
            "file": fault.file,
            "reason": fault.reason,
            "offers": list(fault.offers),
            "chain": [step.as_dict() for step in fault.chain],
            "may_be_built": fault.kind == import_closure.MISSING_MODULE and self._may_be_built(fault.module, entries),
        }
        if fault.file:
            told |= {"ignore": self.selection.explain(fault.file)}
        if fault.kind == import_closure.EXCLUDED:
            told["edits"] = [edit.as_dict() for edit in self.selection.edits(fault.file)]
        return told

    def _may_be_built(self, module: str, entries: list[EntryPoint]) -> bool:
        """Tell whether the build itself may make a module: it generates code, or copies what it made elsewhere."""
        if module.endswith(GENERATED):
            return True
        path = module.replace(".", "/")
        return any(self.image.may_hold(f"{place.rstrip('/')}/{path}") for entry in entries for place in entry.search)
