# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prove a build context from the command line, in pre-commit and in CI: ``cli/build-context``.

Needs Python and this collection's files; neither Ansible nor a library of Google's.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, TextIO

from ansible_collections.netra.remediation.plugins.module_utils.checks.context_checks import (
    context_findings,
    readmitted,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import Finding, ranked
from ansible_collections.netra.remediation.plugins.module_utils.console import context_edits
from ansible_collections.netra.remediation.plugins.module_utils.console.context_text import (
    decision_line,
    finding_lines,
)
from ansible_collections.netra.remediation.plugins.module_utils.source.build_context import sent_paths
from ansible_collections.netra.remediation.plugins.module_utils.source.context_proof import Question, prove
from ansible_collections.netra.remediation.plugins.module_utils.source.context_selection import (
    DOCKER,
    SENDERS,
    read_selection,
)
from ansible_collections.netra.remediation.plugins.module_utils.source.facts_cache import FactsCache
from ansible_collections.netra.remediation.plugins.module_utils.source.gcloud_ignore import IncludeError

EDIT_REMEDY = "Make that edit: build-context repair --write."
SOUND, FAULTY, UNUSABLE = 0, 1, 2
EXIT_CODES = """
exit codes:
  0  nothing is wrong; every path is included; nothing had to be repaired, or --write repaired it
  1  check: an error was found (with --strict a warning, too); explain: a path is left out; repair: an edit is due
  2  the command line is wrong, or the context cannot be read
"""


def main(arguments: Sequence[str] | None = None, out: TextIO | None = None) -> int:
    """Run one command and return its exit code."""
    out = out or sys.stdout
    options = _parser().parse_args(arguments)
    try:
        if not os.path.isdir(options.context):
            raise NotADirectoryError(f"{options.context} is no directory")
        return int(options.run(options, out))
    except (OSError, IncludeError) as error:
        sys.stderr.write(f"build-context: could not read the context: {error}\n")
        return UNUSABLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="build-context",
        description="Tell what an image will hold before it is built. Nothing is built and no code is run.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check = _command(commands, "check", _check, "find what the image will lack, why, and what to do")
    repair = _command(commands, "repair", _repair, "show the smallest edit of the ignore files, or make it")
    for command in (check, repair):
        _add_question(command)
    check.add_argument("--strict", action="store_true", help="let warnings fail as well")
    repair.add_argument("--write", action="store_true", help="edit the ignore files")
    explain = _command(commands, "explain", _explain, "say of each path whether it is included, and which line decides")
    explain.add_argument("paths", nargs="+", metavar="PATH", help="a path relative to the context")
    _command(commands, "list", _list, "list the files that are sent to the builder")
    return parser


def _command(commands: Any, name: str, run: Callable[[argparse.Namespace, TextIO], int], told: str) -> Any:
    parser = commands.add_parser(name, help=told, description=f"{told[0].upper()}{told[1:]}.")
    parser.set_defaults(run=run)
    parser.add_argument("--context", default=".", metavar="DIR", help="the directory that is built from (default: .)")
    parser.add_argument("--file", default="Dockerfile", help="the Dockerfile, relative to the context")
    parser.add_argument(
        "--sender", choices=SENDERS, default=DOCKER, help="what sends the context: gcloud filters before Docker does"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    return parser


def _add_question(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--require", action="append", default=[], metavar="PATH", help="a path that the image needs")
    parser.add_argument(
        "--entry-point",
        default="",
        help="what starts: a module, module:application or a file (default: what CMD says)",
    )
    parser.add_argument(
        "--import",
        action="append",
        default=[],
        dest="imports",
        metavar="MODULE",
        help="another module that must import",
    )
    parser.add_argument("--no-imports", action="store_true", help="do not follow imports")
    parser.add_argument(
        "--cache", default=_cache_directory(), metavar="DIR", help="where to remember files by content; '' for nowhere"
    )


def _cache_directory() -> str:
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(home, "netra-remediation")


def _proof(options: argparse.Namespace) -> dict[str, Any]:
    cache = FactsCache(options.cache)
    question = Question(
        options.context,
        options.file,
        options.sender,
        tuple(options.require),
        options.entry_point,
        tuple(options.imports),
        judge_imports=not options.no_imports,
    )
    proof = prove(question, cache)
    cache.save()
    return proof


def _check(options: argparse.Namespace, out: TextIO) -> int:
    proof = _proof(options)
    findings = ranked(context_findings(options.file, proof, EDIT_REMEDY))
    if options.format == "json":
        _write_json({"findings": [finding.as_dict() for finding in findings], "proof": proof}, out)
    else:
        out.writelines(f"{line}\n" for line in finding_lines(findings, proof))
    return FAULTY if any(_fails(finding, options.strict) for finding in findings) else SOUND


def _fails(finding: Finding, strict: bool) -> bool:
    return finding.asks_for_action or strict


def _explain(options: argparse.Namespace, out: TextIO) -> int:
    selection = read_selection(options.context, options.file, options.sender)
    told = [{**selection.explain(path), "sent": selection.is_sent(path)} for path in options.paths]
    if options.format == "json":
        _write_json(told, out)
    else:
        out.writelines(f"{decision_line(entry)}\n" for entry in told)
    return SOUND if all(entry["included"] for entry in told) else FAULTY


def _list(options: argparse.Namespace, out: TextIO) -> int:
    selection = read_selection(options.context, options.file, options.sender)
    paths = sorted(sent_paths(options.context, selection))
    if options.format == "json":
        _write_json(paths, out)
    else:
        out.writelines(f"{path}\n" for path in paths)
    return SOUND


def _repair(options: argparse.Namespace, out: TextIO) -> int:
    edited = context_edits.edited_files(
        read_selection(options.context, options.file, options.sender), readmitted(_proof(options))
    )
    if options.format == "json":
        _write_json([{"file": file.path, "diff": file.diff(), "written": options.write} for file in edited], out)
    else:
        out.writelines(file.diff() for file in edited)
    if options.write:
        for file in edited:
            file.write(options.context)
    return FAULTY if edited and not options.write else SOUND


def _write_json(told: Any, out: TextIO) -> None:
    out.write(json.dumps(told, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
