# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a line in a log says about why a process ended or a request failed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MODULE, EXPORT, REDIS, REDIS_AUTH = "missing_module", "missing_export", "redis", "redis_auth"
DATABASE, DATABASE_FULL, SECRET, VARIABLE, NETWORK = "database", "database_full", "secret", "variable", "network"
MEMORY, PORT, UNKNOWN = "memory", "port", "unknown"
# The first pattern that a line matches decides; the words are those of Python, redis-py, libpq and Cloud Run.
PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (EXPORT, re.compile(r"ImportError: cannot import name '(?P<what>[^']+)' from '(?P<where>[^']+)'")),
    (MODULE, re.compile(r"ModuleNotFoundError: No module named '(?P<what>[^']+)'")),
    (
        VARIABLE,
        re.compile(r"KeyError: '(?P<what>[A-Z][A-Z0-9_]+)'|\b(PLACEHOLDER|TEMPLATE)_\w+|\{\{\s*\w+\s*\}\}|\$\{\w+\}"),
    ),
    (REDIS_AUTH, re.compile(r"\b(NOAUTH|WRONGPASS)\b|redis\S*AuthenticationError|client already authenticated")),
    (
        DATABASE_FULL,
        re.compile(r"too many (clients|connections)|remaining connection slots are reserved", re.IGNORECASE),
    ),
    (
        SECRET,
        re.compile(r"(?=.*\bsecrets?/|.*\bSecret\b).*(not found|was not found|is in state|DISABLED|denied).*", re.I),
    ),
    (
        REDIS,
        re.compile(
            r"redis\S*\.(exceptions\.)?\w*(Timeout|Connection)\w*|\bredis\b.*(time|refused|reach|ping|answer)", re.I
        ),
    ),
    (
        DATABASE,
        re.compile(r"psycopg\S*|OperationalError|\b(postgres\w*|database)\b.*(time|refused|reach|connect)", re.I),
    ),
    (MEMORY, re.compile(r"[Mm]emory limit of .* exceeded|Out of memory")),
    (
        NETWORK,
        re.compile(r"TimeoutError|timed out|ConnectionRefusedError|No route to host|Name or service not known", re.I),
    ),
    (PORT, re.compile(r"failed to (start and )?listen on the port", re.I)),
)
PRECISE = frozenset({EXPORT, MODULE, REDIS_AUTH, DATABASE_FULL, VARIABLE, MEMORY})
# Cloud Run's own words for a process that ended or never began: https://cloud.google.com/run/docs/troubleshooting
_ENDED = re.compile(
    r"Container called exit\((?P<code>\d+)\)|STARTUP .*probe failed|Container terminated on signal", re.I
)
# Lines that only report that something ended: another line says why.
_SAYS_NOTHING = re.compile(
    r"Container called exit|probe failed|The instance was not started|Worker failed to boot", re.I
)


@dataclass(frozen=True)
class Evidence:
    """The line of a log that says most, and what it is about."""

    kind: str
    line: str
    time: str
    revision: str
    what: str = ""
    count: int = 1
    origin: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the evidence as a finding shows it."""
        told = {"log": self.line, "time": self.time, "revision": self.revision, "seen": self.count}
        return {**told, **({"raised_from": self.origin} if self.origin else {})}


def kind_of(line: str) -> tuple[str, str]:
    """Return what a line is about, and the name in it (a module, an export, a variable), if it has one."""
    for kind, pattern in PATTERNS:
        match = pattern.search(line)
        if match:
            named = {name: value for name, value in match.groupdict().items() if value}
            return kind, " from ".join(named[name] for name in ("what", "where") if name in named)
    return UNKNOWN, ""


def _kind(entry: Mapping[str, Any]) -> tuple[str, str]:
    """Return what an entry is about: what an error was raised from knows more than what was made of it."""
    said, made_of = kind_of(str(entry["line"])), kind_of(str(entry.get("origin") or ""))
    return made_of if made_of[0] in PRECISE else said if said[0] != UNKNOWN else made_of


def ended_at_start(entries: Iterable[Mapping[str, Any]], revision: str) -> bool:
    """Tell whether instances of a revision ended or were not started."""
    return any(_ENDED.search(str(entry["line"])) for entry in entries if entry["revision"] == revision)


def most_telling(entries: Iterable[Mapping[str, Any]], revision: str) -> Evidence | None:
    """Return the newest line of a revision that says what is wrong, one that names a known reason before others."""
    lines = [entry for entry in entries if entry["revision"] == revision and entry["line"]]
    telling = [entry for entry in lines if not _SAYS_NOTHING.search(str(entry["line"]))]
    known = [entry for entry in telling if _kind(entry)[0] != UNKNOWN]
    errors = [entry for entry in telling if entry["severity"] not in ("WARNING", "NOTICE", "INFO", "DEFAULT")]
    chosen = next(iter(known or errors), None)
    if chosen is None:
        return None
    line = str(chosen["line"])
    kind, what = _kind(chosen)
    origin = str(chosen.get("origin") or "")
    return Evidence(kind, line, str(chosen["time"]), revision, what, sum(str(e["line"]) == line for e in lines), origin)
