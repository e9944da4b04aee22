# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the resource types of Compute Engine share. https://cloud.google.com/compute/docs/reference/rest/v1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netra_sandbox.terraform.schema import Attribute, Block, Object, ResourceType, output, required, server_default

# Compute Engine's objects name no project: it is what the configuration or the import said.
OWN = (
    output("id"),
    required("name", "name", immutable=True),
    server_default("project", immutable=True),
    output("self_link", "selfLink"),
)


def compute_type(
    name: str,
    label: str,
    plural: str,
    attributes: tuple[Attribute, ...],
    blocks: tuple[Block, ...] = (),
    **options: Any,
) -> ResourceType:
    """Describe a global type, or with ``scope="regions/{region}"`` a regional one."""
    collection = f"projects/{{project}}/{options.pop('scope', 'global')}/{plural}"
    return ResourceType(
        name=name,
        label=label,
        block=Block("", (*OWN, *attributes), blocks),
        api="compute",
        endpoint="https://compute.googleapis.com/compute/v1/",
        collection=collection,
        identifier=_identifier(collection),
        sends_mask=False,
        **options,
    )


def region_of(found: Object) -> Object:
    """Return a regional object's region by its name; the API gives a link."""
    return {"region": str(found["region"]).rpartition("/")[2]}


def _identifier(collection: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda state: f"{collection.format_map(state)}/{state['name']}"
