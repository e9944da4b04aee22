# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Speak JSON with one Google API: verbs, paging, retries, one kind of error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline, pause
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import ApiError
from ansible_collections.netra.remediation.plugins.module_utils.gcp.api_errors import attempting, from_response

# 429 was not executed, so anything may be sent again. The others may have been executed: only what reads is repeated.
REPEAT_ALWAYS = frozenset({429})
REPEAT_READS = frozenset({429, 500, 502, 503, 504})
CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 60.0
RETRY_SECONDS = 60.0
FIRST_ERROR = 400


class JsonClient:
    """Call one API at its public host; the proxy and the CA come from the environment, as requests reads them."""

    def __init__(self, api: str, session: Any, patience: float = RETRY_SECONDS) -> None:
        self.api = api
        self.patience = patience
        self.base = f"https://{api}.googleapis.com"
        self._session = session

    def get(self, path: str, *, attempt: str = "", **query: Any) -> dict[str, Any]:
        """Read a resource."""
        return self.call("GET", path, query=query, attempt=attempt)

    def post(self, path: str, body: Any = None, *, attempt: str = "", **query: Any) -> dict[str, Any]:
        """Create a resource or call a method of one."""
        return self.call("POST", path, query=query, body=body or {}, attempt=attempt)

    def patch(self, path: str, body: Any, *, attempt: str = "", **query: Any) -> dict[str, Any]:
        """Change the parts of a resource that the update mask names."""
        return self.call("PATCH", path, query=query, body=body, attempt=attempt)

    def put(self, path: str, body: Any, *, attempt: str = "", **query: Any) -> dict[str, Any]:
        """Replace a resource."""
        return self.call("PUT", path, query=query, body=body, attempt=attempt)

    def delete(self, path: str, *, attempt: str = "", **query: Any) -> dict[str, Any]:
        """Delete a resource."""
        return self.call("DELETE", path, query=query, attempt=attempt)

    def paged(self, path: str, key: str, *, attempt: str = "", **query: Any) -> Iterator[dict[str, Any]]:
        """Yield the entries below ``key`` of every page."""
        token = ""
        while True:
            page = self.get(path, attempt=attempt, **query, **({"pageToken": token} if token else {}))
            yield from page.get(key, [])
            token = page.get("nextPageToken", "")
            if not token:
                return

    def call(
        self, method: str, path: str, *, query: Any = None, body: Any = None, attempt: str = "", reads: bool = False
    ) -> dict[str, Any]:
        """Send JSON, return JSON; ``reads`` marks a POST that changes nothing and may be repeated."""
        response = self.send(method, path, query=query, attempt=attempt, reads=reads, json=body)
        if not response.content:
            return {}
        try:
            answer = response.json()
        except ValueError as error:
            raise from_response(attempt or f"{method} {self.base}{path}", response) from error
        return answer if isinstance(answer, dict) else {"value": answer}

    def send(
        self, method: str, path: str, *, query: Any = None, attempt: str = "", reads: bool = False, **request: Any
    ) -> Any:
        """Send a request and return requests' response; ``json``, ``data`` and ``headers`` pass through to requests."""
        attempt = attempt or f"{method} {self.base}{path}"
        repeatable = reads or method == "GET"
        deadline, wait = Deadline(self.patience), 0.2
        while True:
            response, error = self._once(method, path, query, attempt, request)
            if error is None:
                return response
            again = error.http in (REPEAT_READS if repeatable else REPEAT_ALWAYS) or (not error.http and repeatable)
            wait = max(wait, _retry_after(response))
            if not again or error.status == "UNAUTHENTICATED" or deadline.remaining() < wait:
                raise error
            pause(deadline, wait)
            wait = min(wait * 2, 8.0)

    def _once(self, method: str, path: str, query: Any, attempt: str, request: Any) -> tuple[Any, ApiError | None]:
        """Return the response and, where it is not a success, the error it stands for."""
        try:
            with attempting(attempt):
                response = self._session.request(
                    method,
                    f"{self.base}{path}",
                    params=_query(query or {}),
                    timeout=(min(CONNECT_SECONDS, self.patience), min(ANSWER_SECONDS, self.patience)),
                    **request,
                )
        except ApiError as error:
            return None, error
        return response, from_response(attempt, response) if response.status_code >= FIRST_ERROR else None


def _query(query: dict[str, Any]) -> dict[str, Any]:
    """Write booleans as Google spells them and leave out what is None."""
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in query.items()
        if value is not None
    }


def _retry_after(response: Any) -> float:
    """Return the pause the server asks for, zero where it names none."""
    header = response.headers.get("Retry-After", "") if response is not None else ""
    return float(header) if header.isdigit() else 0.0
