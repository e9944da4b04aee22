"""The router: from a request line to the API method it calls, by the paths of the discovery documents."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Any
from urllib.parse import unquote

from netra_sandbox.discovery import parameters as typed

Document = dict[str, Any]
_HOST = re.compile(r"(?:[a-z]+-[a-z]+[0-9]+-)?(?P<api>[a-z]+)\.googleapis\.com")
_VARIABLE = re.compile(r"\{(\+?)([^}]+)\}")
# Parameters that every API takes; gRPC transcoding spells one of them with a dollar sign.
_SYSTEM = frozenset({"$alt", "$.xgafv", "returnPartialSuccess"})
_UPLOAD = {"upload_id": {"type": "string"}}  # in the address that a resumable upload goes on at


@dataclass(frozen=True)
class Route:
    """The method that a request calls, its parameters by their names, and what its bodies must look like."""

    method_id: str
    parameters: Mapping[str, Any]
    api: str
    version: str = ""
    request: str = ""
    response: str = ""
    schemas: Mapping[str, Any] = field(default_factory=dict, repr=False)
    media: bool = False


@dataclass(frozen=True)
class _Pattern:
    expression: re.Pattern[str]
    variables: tuple[str, ...]
    method: Document
    document: Document
    literal: int
    media: bool = False


class Index:
    """All methods, by API and HTTP method, the most literal path first."""

    def __init__(self, documents: list[Document]) -> None:
        self._patterns: dict[tuple[str, str], list[_Pattern]] = {}
        for document in documents:
            for pattern in _patterns(document):
                key = document["name"], pattern.method["httpMethod"]
                self._patterns.setdefault(key, []).append(pattern)
        for found in self._patterns.values():
            found.sort(key=lambda pattern: pattern.literal, reverse=True)
        self._apis = frozenset(api for api, _ in self._patterns)

    @classmethod
    def load(cls) -> Index:
        """Read the documents that came with the sandbox."""
        content = resources.files(__package__).joinpath("documents.json.gz").read_bytes()
        return cls(json.loads(gzip.decompress(content)))

    def serves(self, host: str) -> bool:
        """Tell whether a host is one of an API, global or regional."""
        return api_of(host) in self._apis

    def route(self, host: str, http_method: str, path: str, query: Mapping[str, str]) -> Route | None:
        """Find a request's method; `path` as it was sent, with its escapes. Raise ApiError for a wrong parameter."""
        for pattern in self._patterns.get((api_of(host), http_method), []):
            found = pattern.expression.fullmatch(path)
            if found:
                values = dict(zip(pattern.variables, map(unquote, found.groups()), strict=True))
                return _route(pattern, values, query)
        return None


@lru_cache(maxsize=256)
def api_of(host: str) -> str:
    """Return the API that a host name stands for (`run` for us-central1-run.googleapis.com), empty for others."""
    match = _HOST.fullmatch(host)
    return match["api"] if match else ""


def _route(pattern: _Pattern, values: dict[str, str], query: Mapping[str, str]) -> Route:
    method, document = pattern.method, pattern.document
    known = document["parameters"] | method.get("parameters", {}) | (_UPLOAD if pattern.media else {})
    given = {name: _all(query, name) for name in query if name not in _SYSTEM}
    return Route(
        method_id=method["id"],
        parameters=typed.read(known, given) | values,
        api=document["name"],
        version=document["version"],
        request=method.get("request", {}).get("$ref", ""),
        response=method.get("response", {}).get("$ref", ""),
        schemas=document["schemas"],
        media=pattern.media,
    )


def _all(query: Mapping[str, str], name: str) -> list[str]:
    every = getattr(query, "getall", None)
    return list(every(name)) if every else [query[name]]


def _patterns(document: Document) -> Iterator[_Pattern]:
    for method in _methods(document["resources"]):
        yield _compile(f"/{document['servicePath']}{method['path']}", method, document)
        if method.get("useMediaDownloadService"):
            yield _compile(f"/download/{document['servicePath']}{method['path']}", method, document)
        for upload in method.get("mediaUpload", {}).get("protocols", {}).values():
            yield _compile(upload["path"], method, document, media=True)
            # A resumable upload goes on with PUT, and without the parameters that began it.
            yield _compile(upload["path"], {**method, "httpMethod": "PUT"}, document, media=True)


def _methods(found: Mapping[str, Any]) -> Iterator[Document]:
    for resource in found.values():
        yield from resource.get("methods", {}).values()
        yield from _methods(resource.get("resources", {}))


def _compile(path: str, method: Document, document: Document, *, media: bool = False) -> _Pattern:
    expression, end, variables = "", 0, []
    for variable in _VARIABLE.finditer(path):
        several, name = variable.groups()
        given = method["parameters"][name].get("pattern", "").removeprefix("^").removesuffix("$")
        expression += f"{re.escape(path[end : variable.start()])}({given or ('.+' if several else '[^/:]+')})"
        end = variable.end()
        variables.append(name)
    literal = len(_VARIABLE.sub("", path))
    return _Pattern(re.compile(expression + re.escape(path[end:])), tuple(variables), method, document, literal, media)
