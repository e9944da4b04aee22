# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find what nobody filled in in a repository's configuration, from the command line: ``cli/placeholders``.

Needs Python and this collection's files; neither Ansible nor a library of Google's.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import Any, TextIO

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.source import placeholder_allowances
from ansible_collections.netra.remediation.plugins.module_utils.source.placeholder_scan import Scan, scan

CLEAN, FOUND, UNUSABLE = 0, 1, 2
EXIT_CODES = """
exit codes:
  0  no placeholder is left
  1  a placeholder is left; with --strict also an allowance that allows nothing
  2  the command line is wrong, or the files cannot be read
"""


def main(arguments: Sequence[str] | None = None, out: TextIO | None = None) -> int:
    """Search once and return the exit code."""
    out = out or sys.stdout
    options = _parser().parse_args(arguments)
    try:
        allowances = _allowances(options)
        result = scan(options.root, allowances, options.paths or [""], options.processes)
    except OSError as error:
        sys.stderr.write(f"placeholders: could not read {error.filename}: {error.strerror}\n")
        return UNUSABLE
    except BadInput as error:
        sys.stderr.write(f"placeholders: {error.message}\n")
        return UNUSABLE
    out.write(_as_json(result) if options.format == "json" else _as_text(result))
    if result.unread:
        return UNUSABLE
    return FOUND if result.found or (options.strict and result.unused) else CLEAN


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="placeholders",
        description="Find settings that nobody filled in. Files are read and nothing else.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders below the root (default: all)")
    parser.add_argument("--root", default=".", metavar="DIR", help="the repository (default: .)")
    parser.add_argument(
        "--allow",
        metavar="FILE",
        help=f"what is meant, and why (default: {placeholder_allowances.FILE_NAME} in the root)",
    )
    parser.add_argument("--strict", action="store_true", help="fail on an allowance that allows nothing as well")
    parser.add_argument(
        "--processes", type=int, default=0, metavar="N", help="how many to use (default: one each core)"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    return parser


def _allowances(options: argparse.Namespace) -> list[placeholder_allowances.Allowance]:
    path = options.allow or os.path.join(options.root, placeholder_allowances.FILE_NAME)
    if not options.allow and not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return placeholder_allowances.read_list(file.read(), path)


def _as_text(result: Scan) -> str:
    lines = [f"{entry.place}: {entry.token} ({entry.key or 'no name'})" for entry in result.found]
    lines += [f"could not read {path}: {why}" for path, why in result.unread]
    lines += [f"allows nothing any more: {rule.path} {rule.token}  # {rule.reason}" for rule in result.unused]
    count = "no placeholder" if not result.found else f"{len(result.found)} placeholder(s)"
    return "\n".join([*lines, f"{count} in {result.files} files; {len(result.allowed)} allowed."]) + "\n"


def _as_json(result: Scan) -> str:
    told: dict[str, Any] = {
        "files": result.files,
        "placeholders": [entry._asdict() for entry in result.found],
        "allowed": [{**entry._asdict(), "reason": rule.reason} for entry, rule in result.allowed],
        "allowances_that_allow_nothing": [vars(rule) for rule in result.unused],
        "unread": [{"path": path, "reason": why} for path, why in result.unread],
    }
    return json.dumps(told, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
