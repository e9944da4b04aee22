# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say how a configuration file changes, key by key, without what may be secret in it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation import intent, redaction
from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import (
    Change,
    change_of,
    is_known,
    known_after,
)

WHOLE = "content"


def change_of_document(path: str, before: str, after: str, parsed: Callable[[str], Any]) -> Change:
    """Return the change of a file's text: the keys that differ, and fingerprints of the whole."""
    was, then = (_state(text, parsed) for text in (before, after))
    return change_of(intent.file_resource(path), "update" if before else "create", was, then)


def _state(text: str, parsed: Callable[[str], Any]) -> dict[str, Any]:
    if not text.strip():
        return {}
    whole = redaction.fingerprint(text) if is_known(text) else known_after("the phases before")
    return {WHOLE: whole, **dict(_values("", parsed(text) or {}, is_secret=False))}


def _values(above: str, value: Any, *, is_secret: bool) -> Iterator[tuple[str, Any]]:
    """Return each value by its path, hidden where a name on the way to it says that it is secret."""
    if isinstance(value, Mapping):
        # An entry of a list may have its name beside its value.
        named = "value" in value and redaction.looks_secret(str(value.get("name")))
        for key, entry in value.items():
            hides = is_secret or redaction.looks_secret(str(key)) or (named and key == "value")
            yield from _values(f"{above}.{key}" if above else str(key), entry, is_secret=hides)
    elif isinstance(value, list):
        for number, entry in enumerate(value):
            yield from _values(f"{above}[{number}]", entry, is_secret=is_secret)
    elif is_secret and is_known(value):
        yield above, f"{redaction.SENSITIVE} {redaction.fingerprint(str(value))}"
    else:
        yield above, redaction.without_url_passwords(value) if isinstance(value, str) else value
