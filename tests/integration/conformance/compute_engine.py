# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compute Engine as its cases use it: make resources under fresh names, wait for operations, remove what was made."""

from __future__ import annotations

import contextlib
from typing import Any

ROOT = "https://www.googleapis.com/compute/v1/"
REFERENCE = "https://cloud.google.com/compute/docs/reference/rest/v1"
REGIONAL = {"networkEndpointGroups"}


class Compute:
    """A project's load balancer resources; what `make` made is removed by `clear`, the newest first."""

    def __init__(self, target: Any) -> None:
        self.target = target
        self.made: list[str] = []

    def path(self, collection: str, name: str = "") -> str:
        """Return the name of a collection or of a resource in it."""
        scope = f"regions/{self.target.region}" if collection in REGIONAL else "global"
        return f"projects/{self.target.project}/{scope}/{collection}" + (f"/{name}" if name else "")

    def call(self, http_method: str, path: str, body: Any = None, **query: Any) -> dict[str, Any]:
        """Send a request that has to succeed."""
        return self.target.call(http_method, f"compute.googleapis.com/compute/v1/{path}", body, **query)

    def refusal(self, http_method: str, path: str, body: Any = None, **query: Any) -> dict[str, Any]:
        """Send a request that has to be refused and return its error."""
        return self.target.refusal(http_method, f"compute.googleapis.com/compute/v1/{path}", body, **query)

    def get(self, collection: str, name: str) -> dict[str, Any]:
        """Return a resource."""
        return self.call("GET", self.path(collection, name))

    def done(self, operation: dict[str, Any]) -> dict[str, Any]:
        """Wait for an operation and return it, whatever it came to."""
        path = operation["selfLink"].removeprefix(ROOT)
        return self.target.until(lambda: self.call("POST", f"{path}/wait"), lambda seen: seen["status"] == "DONE")

    def change(self, http_method: str, path: str, body: Any = None, **query: Any) -> dict[str, Any]:
        """Send a change, wait for its operation, which has to end well, and return it."""
        operation = self.done(self.call(http_method, path, body, **query))
        assert "error" not in operation, operation
        return operation

    def make(self, collection: str, **body: Any) -> dict[str, Any]:
        """Make a resource under a fresh name and return it."""
        body = {"name": self.target.fresh(collection.lower()[:12]), **body}
        self.change("POST", self.path(collection), body)
        self.made.append(self.path(collection, body["name"]))
        return self.get(collection, body["name"])

    def clear(self) -> None:
        """Remove what was made."""
        for path in reversed(self.made):
            with contextlib.suppress(AssertionError):
                self.change("DELETE", path)

    def group(self, service: str = "hello", **body: Any) -> dict[str, Any]:
        """Make a serverless network endpoint group."""
        target = {"networkEndpointType": "SERVERLESS", "cloudRun": {"service": service}}
        return self.make("networkEndpointGroups", **target, **body)

    def backend(self, *groups: dict[str, Any], **body: Any) -> dict[str, Any]:
        """Make a backend service of groups."""
        backends = {"backends": [{"group": group["selfLink"]} for group in groups]} if groups else {}
        return self.make("backendServices", **{"loadBalancingScheme": "EXTERNAL_MANAGED", **backends, **body})
