# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge the proof of a build context (source/context_proof.py): what the image will lack, why, and the way to it.

Standard library only, so that it serves where there is neither Ansible nor a library of Google's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import (
    BUILD,
    BY_HAND,
    ERROR,
    WARNING,
    Finding,
)

EAGER, GUARDED = "eager", "guarded"
WHEN = {
    "conditional": "under a condition",
    "lazy": "when {function} is called",
    "guarded": "in a try that goes on without it",
}
PHASE_EDITS = "The build phase makes that edit and builds the image again."
PERSON_EDITS = "Make that edit, or let the build phase make it: remediation_ignore_file_repair: true."
# What no phase can repair, because only people know what was meant.
FOR_PEOPLE = frozenset({"BLD-004", "BLD-005", "BLD-006", "BLD-007", "BLD-008"})


def context_findings(name: str, proof: Mapping[str, Any], edit_remedy: str = PHASE_EDITS) -> Iterator[Finding]:
    """Find what the image of a service will lack; ``proof`` may leave out what was not asked for.

    ``edit_remedy`` says who makes the edits of ignore files.
    """
    imports = proof.get("imports") or {}
    faults: Sequence[Mapping[str, Any]] = imports.get("faults") or ()
    yield from _unusable(name, proof)
    yield from _required(name, proof, faults, edit_remedy)
    yield from _absent_sources(name, proof)
    yield from _excluded_modules(name, proof, faults, edit_remedy)
    for fault in faults:
        if fault["kind"] in ("missing_module", "not_copied", "unreadable") and fault["strength"] != GUARDED:
            yield _module(name, proof, fault)
    yield from _missing_exports(name, proof, faults)


def readmitted(proof: Mapping[str, Any]) -> list[str]:
    """Return the paths that an ignore file drops and the image needs: required ones, and imported ones."""
    imports = (proof.get("imports") or {}).get("faults") or ()
    imported = [fault["file"] for fault in imports if fault["kind"] == "excluded" and fault["strength"] == EAGER]
    return list(dict.fromkeys([*(entry["path"] for entry in proof.get("excluded") or ()), *imported]))


def _finding(identity: str, severity: str, service: str, about: str, **told: Any) -> Finding:
    phase = BY_HAND if identity in FOR_PEOPLE else BUILD
    return Finding(identity, severity, phase, f"{service} {about}", service=service, **told)


def _unusable(name: str, proof: Mapping[str, Any]) -> Iterator[Finding]:
    """Find what keeps a build from beginning at all."""
    for line in proof.get("refusals") or ():
        yield _finding(
            "BLD-008",
            ERROR,
            name,
            f"{line['file']}:{line['line']}",
            summary=f"no build begins with line {line['line']} of {line['file']}: {line['reason']}",
            remedy="Write the line as a pattern that Docker accepts, or take it out.",
            evidence={"pattern": line["pattern"]},
        )
    if not proof.get("builds", True):
        yield _finding(
            "BLD-008",
            ERROR,
            name,
            str(proof.get("dockerfile")),
            summary=f"the sources hold no Dockerfile {proof.get('dockerfile')} with a stage to build",
            remedy="Name the Dockerfile in remediation_services[].build.dockerfile, or bring it back.",
        )


def _required(
    name: str, proof: Mapping[str, Any], faults: Sequence[Mapping[str, Any]], edit_remedy: str
) -> Iterator[Finding]:
    for entry in proof.get("excluded") or ():
        importers = [fault for fault in faults if _rule(fault) == (entry.get("file"), entry.get("line"))]
        yield Finding(
            "BLD-001",
            ERROR,
            BUILD,
            name,
            f"the build context lacks {entry['path']}, which the image needs",
            edit_remedy,
            {
                "line": entry.get("line"),
                "pattern": entry.get("pattern"),
                "ignore_file": proof.get("ignore_file"),
                "edit": _edits(entry),
                "imported_by": _chain(importers[0]) if importers else [],
            },
            service=name,
        )
    for path in proof.get("missing") or ():
        yield Finding(
            "BLD-001",
            ERROR,
            BUILD,
            name,
            f"the sources lack {path}, which the image needs",
            "Bring the file back from version control; no build can invent it.",
            {"ignore_file": "not the culprit: there is no such file that it could drop"},
            service=name,
        )


def _absent_sources(name: str, proof: Mapping[str, Any]) -> Iterator[Finding]:
    for source in proof.get("absent") or ():
        place = f"{proof.get('dockerfile')}:{source['line']}"
        evidence: dict[str, Any] = {"dockerfile": place}
        if source["excluded"]:
            cause = f"line {source['pattern_line']} of {source['file']} ({source['pattern']}) drops it"
            evidence["edit"] = _edits(source)
            remedy = "Make that edit, or take the source out of the Dockerfile."
        else:
            cause = "the sources hold no such path"
            evidence["ignore_file"] = "not the culprit: there is nothing that it could drop"
            remedy = "Correct the path in the Dockerfile, or bring the file back."
        goes_on = source["is_pattern"] and not source["excluded"]
        yield _finding(
            "BLD-006",
            WARNING if goes_on else ERROR,
            name,
            f"{place} {source['source']}",
            summary=f"{source['keyword']} {source['source']} finds nothing in the build context: {cause}",
            remedy=remedy,
            evidence=evidence,
        )


def _excluded_modules(
    name: str, proof: Mapping[str, Any], faults: Sequence[Mapping[str, Any]], edit_remedy: str
) -> Iterator[Finding]:
    """Find modules that a line of an ignore file drops, one finding for each line."""
    told = {(entry.get("file"), entry.get("line")) for entry in proof.get("excluded") or ()}
    lines: dict[tuple[Any, Any], list[Mapping[str, Any]]] = {}
    for fault in faults:
        if fault["kind"] == "excluded" and _rule(fault) not in told:
            lines.setdefault(_rule(fault), []).append(fault)
    for (file, line), dropped in lines.items():
        first = dropped[0]
        rule = first["ignore"]["decided_by"]
        yield _finding(
            "BLD-003",
            _severity(first),
            name,
            f"{file}:{line}",
            summary=f"line {line} of {file} ({rule['pattern']}) drops {_listed(fault['module'] for fault in dropped)}, "
            f"which the program imports{_when(first)}",
            remedy=edit_remedy if first["strength"] == EAGER else "Make that edit where the image is to hold it.",
            evidence={"files": [fault["file"] for fault in dropped], "edit": _edits(first), "imports": _chain(first)},
        )


def _module(name: str, proof: Mapping[str, Any], fault: Mapping[str, Any]) -> Finding:
    identity, remedy, summary = {
        "missing_module": (
            "BLD-004",
            "Add the module, or correct the import.",
            f"the program imports {fault['module']}{_when(fault)}, and the sources hold no such module",
        ),
        "not_copied": (
            "BLD-007",
            f"Add a COPY for it to {proof.get('dockerfile')}, or correct the import.",
            f"the program imports {fault['module']}{_when(fault)}, and no COPY brings {fault['file']} into the image",
        ),
        "unreadable": (
            "BLD-009",
            "Look at the file with the Python of the image; what it imports was not judged.",
            f"{fault['file']} could not be read as Python: {fault['reason']}",
        ),
    }[fault["kind"]]
    evidence = {"imports": _chain(fault), "ignore_file": _verdict(proof, fault), "reason": fault["reason"]}
    severity = WARNING if identity == "BLD-009" else _severity(fault)
    if fault.get("may_be_built"):
        severity, evidence["note"] = WARNING, "a step of the build may make it"
    return _finding(identity, severity, name, fault["module"], summary=summary, remedy=remedy, evidence=evidence)


def _missing_exports(name: str, proof: Mapping[str, Any], faults: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Find names that a module does not offer, one finding for each module and circumstance."""
    modules: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for fault in faults:
        if fault["kind"] == "missing_export" and fault["strength"] != GUARDED:
            modules.setdefault((fault["module"], fault["strength"]), []).append(fault)
    for (module, _strength), missing in modules.items():
        first, names = missing[0], [fault["name"] for fault in missing]
        place = first["file"] or module
        offers = {fault["name"]: list(fault["offers"]) for fault in missing if fault["offers"]}
        yield _finding(
            "BLD-005",
            _severity(first),
            name,
            module,
            summary=f"{place} is in the image and does not offer {_listed(names)}, "
            f"which the program imports{_when(first)}",
            remedy=f"Define or re-export {_listed(names)} in {place}, or correct the import.",
            evidence={
                "names": names,
                "imports": _chain(first),
                "ignore_file": _verdict(proof, first),
                "offers_instead": offers,
            },
        )


def _severity(fault: Mapping[str, Any]) -> str:
    return ERROR if fault["strength"] == EAGER else WARNING


def _rule(fault: Mapping[str, Any]) -> tuple[Any, Any]:
    rule = (fault.get("ignore") or {}).get("decided_by") or {}
    return rule.get("file"), rule.get("line")


def _when(fault: Mapping[str, Any]) -> str:
    told = WHEN.get(fault["strength"], "").format(function=f"{fault['function'] or 'a function'}")
    return f" {told}" if told else ""


def _chain(fault: Mapping[str, Any]) -> list[str]:
    """Return the imports that lead to a fault, from the entry point on."""
    return [f"{step['file']}:{step['line']} imports {step['imports']}" for step in fault["chain"]]


def _edits(told: Mapping[str, Any]) -> list[str]:
    edits = told.get("edits") or ()
    return [f"below line {edit['after_line']} of {edit['file']} add {edit['add']}" for edit in edits]


def _verdict(proof: Mapping[str, Any], fault: Mapping[str, Any]) -> str:
    """Say that the ignore file is not to blame, and why a reader may have thought so."""
    if not fault.get("file"):
        return "not the culprit: there is no such file that it could drop"
    ignore = fault.get("ignore") or {}
    guilty, decided = ignore.get("overruled"), ignore.get("decided_by")
    if guilty and decided:
        return (
            f"not the culprit: line {guilty['line']} of {guilty['file']} ({guilty['pattern']}) would drop "
            f"{fault['file']}, but line {decided['line']} ({decided['pattern']}) brings it back"
        )
    return f"not the culprit: no line of {proof.get('ignore_file')} drops {fault['file']}"


def _listed(names: Any) -> str:
    *before, last = list(names)
    return f"{', '.join(before)} and {last}" if before else str(last)
