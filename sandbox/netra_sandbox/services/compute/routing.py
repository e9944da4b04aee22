"""What a URL map does with a request: pure, by the rules of Google's documentation.

https://cloud.google.com/load-balancing/docs/url-map-concepts
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

Resource = dict[str, Any]
REDIRECT_CODES = {
    "MOVED_PERMANENTLY_DEFAULT": 301,
    "FOUND": 302,
    "SEE_OTHER": 303,
    "TEMPORARY_REDIRECT": 307,
    "PERMANENT_REDIRECT": 308,
}


@dataclass(frozen=True)
class Request:
    """A request as a URL map sees it: `host` without a port, `path` without a query."""

    scheme: str
    host: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Redirect:
    """An answer that sends the client elsewhere."""

    code: int
    location: str


@dataclass(frozen=True)
class Service:
    """The backend service that shall answer, and the path and host that it shall see."""

    link: str
    path: str
    host: str


def choose(url_map: Resource, request: Request, point: float = 0.0) -> Redirect | Service | None:
    """Return what a URL map does with a request; `point` in [0, 1) decides between weighted services."""
    matcher = _matcher(url_map, request.host)
    rule, matched = (None, "") if matcher is None else _rule(matcher, request)
    for action, prefix in ((rule, matched), (_default(matcher), "/"), (_default(url_map), "/")):
        chosen = _act(action, request, prefix, point) if action else None
        if chosen is not None:
            return chosen
    return None


def host_matches(pattern: str, host: str) -> bool:
    """Match a host rule: exact, `*` for every host, or `*` before a suffix that begins with a dot or a dash."""
    pattern = pattern.partition(":")[0].lower()
    if pattern == "*":
        return True
    return host.endswith(pattern[1:]) and len(host) > len(pattern) - 1 if pattern[:1] == "*" else pattern == host


def path_length(pattern: str, path: str) -> int:
    """Return how much of a path a pattern of a path rule names, -1 when it does not match it."""
    if not pattern.endswith("/*"):
        return len(pattern) + 1 if pattern == path else -1
    prefix = pattern[:-1]
    return len(prefix) if path.startswith(prefix) else -1


def _matcher(url_map: Resource, host: str) -> Resource | None:
    """Return the path matcher of the most specific host rule."""
    best, found = -1, None
    for rule in url_map.get("hostRules", []):
        for pattern in rule["hosts"]:
            length = len(pattern) + (1000 if not pattern.startswith("*") else 0)
            if host_matches(pattern, host) and length > best:
                best, found = length, rule["pathMatcher"]
    return next((entry for entry in url_map.get("pathMatchers", []) if entry["name"] == found), None)


def _rule(matcher: Resource, request: Request) -> tuple[Resource | None, str]:
    """Return the rule of a path matcher and the part of the path that it matched."""
    for rule in sorted(matcher.get("routeRules", []), key=lambda rule: int(rule.get("priority", 0))):
        for match in rule.get("matchRules", []):
            prefix = _matched(match, request)
            if prefix is not None:
                return rule, prefix
    best, found, prefix = -1, None, ""
    for rule in matcher.get("pathRules", []):
        for pattern in rule["paths"]:
            length = path_length(pattern, request.path)
            if length > best:
                best, found, prefix = length, rule, pattern.removesuffix("*")
    return found, prefix


def _matched(match: Resource, request: Request) -> str | None:
    path = request.path.lower() if match.get("ignoreCase") else request.path
    prefix, full = match.get("prefixMatch"), match.get("fullPathMatch")
    if match.get("ignoreCase"):
        prefix, full = prefix and prefix.lower(), full and full.lower()
    if prefix is not None and not path.startswith(prefix):
        return None
    if full is not None and path != full:
        return None
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    fits = all(_header_fits(entry, request.headers) for entry in match.get("headerMatches", []))
    fits = fits and all(_query_fits(entry, query) for entry in match.get("queryParameterMatches", []))
    return (prefix or full or "/") if fits else None


def _header_fits(wanted: Resource, headers: Mapping[str, str]) -> bool:
    value = headers.get(wanted["headerName"])
    if "presentMatch" in wanted:
        fits = (value is not None) is wanted["presentMatch"]
    elif value is None:
        return False
    elif "exactMatch" in wanted:
        fits = value == wanted["exactMatch"]
    elif "prefixMatch" in wanted:
        fits = value.startswith(wanted["prefixMatch"])
    else:
        fits = value.endswith(wanted.get("suffixMatch", ""))
    return fits is not bool(wanted.get("invertMatch"))


def _query_fits(wanted: Resource, query: Mapping[str, str]) -> bool:
    value = query.get(wanted["name"])
    if "presentMatch" in wanted:
        return (value is not None) is bool(wanted["presentMatch"])
    return value == wanted.get("exactMatch")


def _default(holder: Resource | None) -> Resource | None:
    if holder is None:
        return None
    names = {"defaultService": "service", "defaultUrlRedirect": "urlRedirect", "defaultRouteAction": "routeAction"}
    return {names[key]: value for key, value in holder.items() if key in names}


def _act(action: Resource, request: Request, prefix: str, point: float) -> Redirect | Service | None:
    if "urlRedirect" in action:
        return redirect(action["urlRedirect"], request, prefix)
    routed = action.get("routeAction", {})
    weighted = routed.get("weightedBackendServices", [])
    link = _weighted(weighted, point) if weighted else action.get("service")
    if not link:
        return None
    rewrite = routed.get("urlRewrite", {})
    path = request.path
    if "pathPrefixRewrite" in rewrite:
        path = rewrite["pathPrefixRewrite"] + path[len(prefix) :]
    return Service(link, path, rewrite.get("hostRewrite", request.host))


def _weighted(services: list[Resource], point: float) -> str | None:
    total = sum(int(entry.get("weight", 0)) for entry in services)
    passed = 0
    for entry in services:
        passed += int(entry.get("weight", 0))
        if point * total < passed:
            return str(entry["backendService"])
    return None


def redirect(wanted: Resource, request: Request, prefix: str = "/") -> Redirect:
    """Return where a redirect leads (HttpRedirectAction)."""
    scheme = "https" if wanted.get("httpsRedirect") else request.scheme
    host = wanted.get("hostRedirect") or request.host
    path = request.path
    if wanted.get("pathRedirect"):
        path = wanted["pathRedirect"]
    elif wanted.get("prefixRedirect"):
        path = wanted["prefixRedirect"] + path[len(prefix) :]
    query = f"?{request.query}" if request.query and not wanted.get("stripQuery") else ""
    code = REDIRECT_CODES[wanted.get("redirectResponseCode", "MOVED_PERMANENTLY_DEFAULT")]
    return Redirect(code, f"{scheme}://{host}{path}{query}")
