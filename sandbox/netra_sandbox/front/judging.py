"""The sandbox's answers before they leave it: what no client of Google's could read becomes an error of the sandbox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from netra_sandbox.discovery import validation
from netra_sandbox.discovery.index import Route
from netra_sandbox.discovery.messages import Messages

_MOST_REMEMBERED = 512


class Judge:
    """Holds answers against the discovery documents and, where asked, against Google's message classes."""

    def __init__(self, messages: Messages | None = None) -> None:
        self._messages = messages
        # What was found good: most answers are asked for many times before they change.
        self._good: set[tuple[str, str, str, str]] = set()

    def answer(self, route: Route, result: Any, text: str) -> list[str]:
        """Return what is wrong with an answer, given as its value and as the text that is sent."""
        judged = route.api, route.version, route.response, text
        if judged in self._good:
            return []
        found = validation.answer(route, result)
        if self._messages is not None:
            found += self._messages.answer(route.api, route.version, route.response, text)
        if not found:
            self._remember(judged)
        return found

    def refusal(self, body: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with the body of a refusal; what lists its errors is older than Google's messages."""
        if self._messages is None or "errors" in body["error"]:
            return []
        judged = "", "", "google.rpc.Status", json.dumps(body)
        if judged in self._good:
            return []
        found = self._messages.refusal(body["error"])
        if not found:
            self._remember(judged)
        return found

    def _remember(self, judged: tuple[str, str, str, str]) -> None:
        if len(self._good) >= _MOST_REMEMBERED:
            self._good.clear()
        self._good.add(judged)
