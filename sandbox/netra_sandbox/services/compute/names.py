"""Names of resources: `projects/P/global/urlMaps/U`, their links, and the forms in which clients refer to them."""

from __future__ import annotations

import os
import re
from datetime import datetime, timedelta, timezone

ROOT = "https://www.googleapis.com/compute/v1/"
KEY = "compute:"
_ROOTS = re.compile(r"https://(?:www|compute)\.googleapis\.com/compute/(?:v1|beta)/")
_FULL = re.compile(r"projects/[^/]+/(?:global|regions/[^/]+|zones/[^/]+)/[A-Za-z]+/[^/]+")
_PARTIAL = re.compile(r"(?:global|regions/[^/]+|zones/[^/]+)/[A-Za-z]+/[^/]+")
# Compute Engine writes its times in the time of its home.
_HOME = timezone(timedelta(hours=-8))


def link(name: str) -> str:
    """Return the `selfLink` of a resource."""
    return ROOT + name


def read(reference: str, project: str) -> str | None:
    """Return the name that a full or partial URL refers to; None for what is no URL of a resource."""
    path = _ROOTS.sub("", reference, count=1).lstrip("/")
    if _FULL.fullmatch(path):
        return path
    return f"projects/{project}/{path}" if _PARTIAL.fullmatch(path) else None


def name_of(resource: dict[str, object]) -> str:
    """Return the name of a resource by its `selfLink`."""
    return str(resource["selfLink"]).removeprefix(ROOT)


def collection_of(name: str) -> str:
    """Return the collection of a name: `urlMaps`."""
    return name.split("/")[-2]


def scope_of(name: str) -> str:
    """Return the scope that a name is in: `global`, `regions/R` or `zones/Z`."""
    return "/".join(name.split("/")[2:-2])


def short(name: str) -> str:
    """Return the last part of a name or a link."""
    return name.rpartition("/")[2]


def number() -> str:
    """Return a new identifier: uint64, which JSON carries as a string."""
    return str(int.from_bytes(os.urandom(8), "big") >> 1 | 1 << 62)


def timestamp(moment: datetime) -> str:
    """Write a time as Compute Engine does: `2026-05-30T09:13:38.258-08:00`."""
    return moment.astimezone(_HOME).isoformat(timespec="milliseconds")
