# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the build context of a service: its digest, and what its image will lack. Nothing is written."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks import context_checks
from ansible_collections.netra.remediation.plugins.module_utils.source import build_context, context_proof


def read_context(service: Mapping[str, Any], source_directory: str) -> dict[str, Any]:
    """Return the digest and the proof of a context; raise NotADirectoryError where the sources are not there."""
    build = service["build"]
    root = os.path.normpath(os.path.join(source_directory, build.get("context") or "."))
    if not os.path.isdir(root):
        raise NotADirectoryError(
            errno.ENOTDIR, "not a directory; remediation_source_directory must be a checkout of the sources", root
        )
    tree = build_context.read_tree(root, build["dockerfile"])
    proof = context_proof.prove(_question(service, root))
    return {
        **proof,
        "digest": tree.digest(build["image"]),
        "ignore_file": os.path.join(root, tree.selection.ignore_file),
        "readmit": context_checks.readmitted(proof),
    }


def _question(service: Mapping[str, Any], root: str) -> context_proof.Question:
    build = service["build"]
    judge = build.get("judge_imports") is not False
    return context_proof.Question(
        root,
        build["dockerfile"],
        required_paths=tuple(build.get("required_paths") or ()),
        entry_point=build.get("entry_point") or "",
        imports=tuple(build.get("verify_imports") or ()) if judge else (),
        command=tuple(service.get("command") or ()),
        arguments=tuple(service.get("args") or ()),
        judge_imports=judge,
    )
