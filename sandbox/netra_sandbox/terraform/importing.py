# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the identifiers by which resources are imported. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from netra_sandbox.terraform.codec import null_state
from netra_sandbox.terraform.schema import Object, ResourceType

_PLACES = {"projects": "project", "locations": "region", "regions": "region", "instances": "instance"}


def imported(resource: ResourceType, identifier: str, defaults: Mapping[str, Any]) -> Object:
    """Return what an identifier says of a resource; a short one leaves project and region to the provider's defaults.

    A member of a policy is imported by "RESOURCE ROLE MEMBER", anything else by its path or its name.
    """
    path, *member = identifier.split(" ")
    *place, name = path.split("/")
    known = {**defaults, "id": identifier, **dict(zip(("role", "member"), member, strict=False))}
    known |= {_PLACES[word]: value for word, value in itertools.pairwise(place) if word in _PLACES}
    known[resource.name_attribute] = name
    state = null_state(resource.block)
    return state | {attribute: value for attribute, value in known.items() if attribute in state}
