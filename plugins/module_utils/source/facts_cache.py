# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remember what was read of a file by its content, so that the same text is read once. Standard library only."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.source.python_facts import Facts, Import, read_facts
from ansible_collections.netra.remediation.plugins.module_utils.source.python_names import Names

# Part of the name of what is kept on disk: count up when read_facts tells more or otherwise.
EDITION = 1
KEPT_FILES = 20_000


class FactsCache:
    """Facts by the SHA-256 of a file's bytes; kept in a directory between runs where one is given."""

    def __init__(self, directory: str = "") -> None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        self._path = os.path.join(directory, f"python-facts-{EDITION}-{version}.json") if directory else ""
        self._known: dict[str, Facts] = {}
        self._stored = _load(self._path) if self._path else {}
        self.read = 0

    def facts(self, source: bytes) -> Facts:
        """Return the facts of a file with these bytes."""
        digest = hashlib.sha256(source).hexdigest()
        found = self._known.get(digest)
        if found is None:
            stored = self._stored.get(digest)
            found = self._known[digest] = (stored and _as_facts(stored)) or self._read(source)
        return found

    def save(self) -> None:
        """Keep what was asked for last on disk; where the directory cannot be written, keep nothing."""
        if not self._path or not self.read:
            return
        kept = {digest: _as_json(facts) for digest, facts in self._known.items()}
        older = {digest: told for digest, told in self._stored.items() if digest not in kept}
        newest = dict([*older.items(), *kept.items()][-KEPT_FILES:])
        with contextlib.suppress(OSError):
            _replace(self._path, json.dumps(newest))

    def _read(self, source: bytes) -> Facts:
        self.read += 1
        return read_facts(source)


def _replace(path: str, text: str) -> None:
    """Put a text in the place of a file in one step, so that other runs read the old one or the new one."""
    directory = os.path.dirname(path)
    os.makedirs(directory, exist_ok=True)
    descriptor, beside = tempfile.mkstemp(prefix=".writing-", dir=directory)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(beside, path)
    except OSError:
        os.unlink(beside)
        raise


def _load(path: str) -> dict[str, Any]:
    """Return what is on disk; what cannot be read was not kept."""
    try:
        with open(path, encoding="utf-8") as file:
            stored = json.load(file)
    except (OSError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}


def _as_json(facts: Facts) -> dict[str, Any]:
    told = asdict(facts)
    told["names"]["bound"] = sorted(facts.names.bound)
    return told


def _as_facts(told: Mapping[str, Any]) -> Facts | None:
    """Return the facts that were kept, or nothing where somebody else wrote there."""
    try:
        return _restored(told)
    except (KeyError, TypeError, ValueError):
        return None


def _restored(told: Mapping[str, Any]) -> Facts:
    names = told["names"]
    return Facts(
        tuple(Import(**{**found, "names": _tuple(found["names"])}) for found in told["imports"]),
        Names(
            frozenset(names["bound"]),
            _tuple(names["listed"]),
            tuple((level, star) for level, star in names["stars"]),
            names["is_open"],
        ),
        tuple((function, tuple(called)) for function, called in told["calls"]),
        tuple(told["main_calls"]),
        told["error"],
    )


def _tuple(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)
