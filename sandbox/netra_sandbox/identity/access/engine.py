"""The decision itself: from policies, a caller and a permission to yes or no."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Policy = Mapping[str, Any]
RolePermissions = Callable[[str], frozenset[str]]
EVERYONE = "allUsers"
EVERY_ACCOUNT = "allAuthenticatedUsers"


def members(email: str | None) -> frozenset[str]:
    """Return the members of policies that a caller counts as; None is a caller that nobody knows."""
    if email is None:
        return frozenset({EVERYONE})
    kind = "serviceAccount" if email.endswith(".gserviceaccount.com") else "user"
    return frozenset({EVERYONE, EVERY_ACCOUNT, f"{kind}:{email}"})


def granted(policies: Iterable[Policy], caller: frozenset[str], permission: str, allows: RolePermissions) -> bool:
    """Tell whether one of the policies that hold for a resource gives the caller a role with the permission.

    Policies only add up (https://cloud.google.com/iam/docs/resource-hierarchy-access-control). A binding with a
    condition gives nothing: the sandbox keeps conditions and does not evaluate them.
    """
    return any(
        permission in allows(binding["role"])
        for policy in policies
        for binding in policy.get("bindings", ())
        if not binding.get("condition") and not caller.isdisjoint(binding["members"])
    )
