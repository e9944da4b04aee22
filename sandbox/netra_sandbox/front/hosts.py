"""The allow-list: the APIs of the sandbox, at their global and their regional hosts."""

from __future__ import annotations

import re

APIS = frozenset(
    {
        "cloudbuild",
        "clouderrorreporting",
        "iamcredentials",
        "redis",
        "run",
        "secretmanager",
        "sqladmin",
        "storage",
        "vpcaccess",
    }
)
_HOST = re.compile(r"(?:[a-z]+-[a-z]+[0-9]+-)?(?P<api>[a-z]+)\.googleapis\.com")


def api_of(host: str) -> str | None:
    """Return the API that a host name stands for (`run` for us-central1-run.googleapis.com)."""
    match = _HOST.fullmatch(host)
    return match["api"] if match else None
