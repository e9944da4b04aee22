"""Conditions on generations, which make a write safe against others.

https://cloud.google.com/storage/docs/request-preconditions
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NOTHING = {"generation": "0", "metageneration": ""}  # an object that is not there has generation 0


def hold(parameters: Mapping[str, Any], current: Mapping[str, Any] | None, prefix: str = "if") -> bool:
    """Tell whether all conditions of a request hold for a resource, None when there is none.

    `prefix` is `ifSource` for the source of a copy.
    """
    seen = current or NOTHING
    for name in ("generation", "metageneration"):
        match = parameters.get(f"{prefix}{name.title()}Match")
        if match is not None and str(match) != seen[name]:
            return False
        other = parameters.get(f"{prefix}{name.title()}NotMatch")
        if other is not None and (str(other) == seen[name] or (name == "metageneration" and current is None)):
            return False
    return True
