"""Filters as requests carry them: refused with INVALID_ARGUMENT where they cannot be read."""

from __future__ import annotations

from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.telemetry.query.grammar import Node, parse
from netra_sandbox.telemetry.query.matching import Predicate, compiled
from netra_sandbox.telemetry.query.words import FilterError


def read(text: str) -> tuple[Node, Predicate]:
    """Return the tree and the predicate of a filter."""
    try:
        tree = parse(text)
        return tree, compiled(tree)
    except FilterError as error:
        raise ApiError("INVALID_ARGUMENT", str(error)) from None
