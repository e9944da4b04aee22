"""Refusals in the words of Cloud Run v2: the field as `Violation in REQUEST.field`, and what would be right."""

from __future__ import annotations

import re
from typing import Any

from netra_sandbox.kernel.errors import ApiError, invalid

_DURATION = re.compile(r"^(\d+)(\.\d+)?s$")


def violation(request: str, field: str, words: str) -> ApiError:
    """Return the refusal of a field of a request message (`CreateServiceRequest`)."""
    path = f"Violation in {request}.{field}"
    return invalid(f"{path}: {words}", field=path, description=words)


def seconds(duration: str) -> float:
    """Return a protobuf JSON duration's seconds."""
    match = _DURATION.match(duration)
    if match is None:
        raise ValueError(f"{duration!r} is not a duration")
    return float(duration[:-1])


def check_range(  # noqa: PLR0917  a range reads from left to right
    request: str, field: str, value: Any, lowest: int, highest: int, unit: str = ""
) -> None:
    """Refuse a number outside of lowest..highest; None is a default and passes."""
    if value is not None and not lowest <= int(value) <= highest:
        name = field.rpartition(".")[2]
        raise violation(request, field, f"{name} should be between {lowest} and {highest}{unit}.")
