# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say how a configuration file changes, key by key, without what may be secret in it. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation import intent, redaction
from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import (
    Change,
    change_of,
    is_known,
    known_after,
)

WHOLE = "sha256"


def change_of_document(path: str, before: str, after: str, parsed: Callable[[str], Any]) -> Change:
    """Return the change of a file's text: the keys that differ, and the hashes of the whole."""
    was, then = (_state(text, parsed) for text in (before, after))
    return change_of(intent.file_resource(path), "update" if before else "create", was, then)


def _state(text: str, parsed: Callable[[str], Any]) -> dict[str, Any]:
    return {WHOLE: _hash(text), **dict(_values("", parsed(text) or {}))} if text.strip() else {}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest() if is_known(text) else known_after("the phases before")


def _values(above: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Return each value by its path, hidden where its name says that it is secret."""
    name = above.rpartition(".")[2]
    if isinstance(value, Mapping):
        for key, entry in value.items():
            yield from _values(f"{above}.{key}" if above else str(key), entry)
    elif redaction.looks_secret(name) and is_known(value):
        yield above, redaction.shown_environment({name: value}, marked=True)[name]
    else:
        yield above, redaction.without_url_passwords(value) if isinstance(value, str) else value
