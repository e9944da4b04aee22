"""Filters as requests carry them: refused with INVALID_ARGUMENT where they cannot be read."""

from __future__ import annotations

from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.telemetry.query.grammar import Node, parse
from netra_sandbox.telemetry.query.selecting import Predicate, selected
from netra_sandbox.telemetry.query.words import FilterError


def read(text: str, field: str = "filter") -> tuple[Node, Predicate]:
    """Return the tree and the predicate of a filter."""
    try:
        tree = parse(text)
        return tree, selected(tree)
    except FilterError as error:
        raise refusal(text, str(error), field) from None


def refusal(text: str, words: str, field: str = "filter") -> ApiError:
    """Return the error for a field that cannot be used."""
    return ApiError("INVALID_ARGUMENT", f'Field {field} had an invalid value of "{text}": {words}')
