# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the code of a revision can work with the database's schema as it is now. Pure.

Layer `record`: standard library only. A head is the name of the newest migration that a database has had. A revision is
on record with the head of when it was good: that is known of it, no more. Traffic never brings a migration back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

NOW, DECLARED, LAST = "now", "by the contract", "when it was last seen"


@dataclass(frozen=True)
class Schema:
    """The head of a service's database, how it is known, and the heads whose code works with it as well."""

    head: str | None = None
    known: str = NOW
    compatible_with: frozenset[str] = frozenset()

    def fits(self, then: str | None) -> bool:
        """Say whether nothing speaks against the code that was good with a head."""
        return self.head is None or then is None or then == self.head or then in self.compatible_with


def as_last_seen(schema: Schema, heads: Iterable[str | None]) -> Schema:
    """Return a schema that nobody could read with the newest head on record; ``heads`` begin with the newest."""
    if schema.head is not None:
        return schema
    return Schema(next((head for head in heads if head), None), LAST, schema.compatible_with)


def obstacle(revision: str, then: str | None, schema: Schema) -> str | None:
    """Return why a revision that was good with a head may not work now, or None."""
    if schema.fits(then):
        return None
    return (
        f"{revision} was good while the database's schema was at {then}, and {schema.known} it is at {schema.head}: "
        f"traffic brings no migration back. Where the code of {then} works with {schema.head}, list {then} in "
        "database_schema.compatible_with of the service; else migrate back first, or roll forward"
    )


def caution(revision: str, then: str | None, schema: Schema) -> str | None:
    """Return what is not known about a revision and the schema, or None."""
    if then is None:
        return f"with which database schema {revision} was good is not on record"
    if schema.head is None or schema.known == LAST:
        return f"at which head the database's schema is now could not be read; {revision} was good with {then}"
    return None
