# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refuse a build context from which no sound image can come."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.source import build_context

# The options by which a module is told of a context; doc_fragments/build_context.py documents them.
CONTEXT_OPTIONS: dict[str, dict[str, Any]] = {
    "context": {"type": "path", "required": True},
    "dockerfile": {"type": "str", "default": "Dockerfile"},
    "required_paths": {"type": "list", "elements": "str", "default": []},
}


def sound_tree(root: str, dockerfile: str, image: str, required: list[str]) -> build_context.SourceTree:
    """Return the context; raise BadInput where the Dockerfile or a required path does not reach the builder."""
    if not os.path.isfile(os.path.join(root, dockerfile)):
        raise BadInput(
            f"Could not build {image}: there is no {dockerfile} in {root}. Check context and dockerfile.",
            option="dockerfile",
        )
    tree = build_context.read_tree(root, dockerfile)
    told = [f"{path} does not exist" for path in tree.missing(required)]
    told += [
        f"{entry.path} is dropped by line {entry.line} of {entry.rule.file} ({entry.pattern})"
        for entry in tree.selection.exclusions(required)
    ]
    if told:
        raise BadInput(
            f"Could not build {image}: {'; '.join(told)}. Repair the context or run ignore_file first.",
            option="required_paths",
        )
    return tree
