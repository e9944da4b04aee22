"""URL maps. https://cloud.google.com/compute/docs/reference/rest/v1/urlMaps."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.services.compute import methods, names, references, refusals, routing
from netra_sandbox.services.compute.collections import Collection
from netra_sandbox.services.compute.methods import serve
from netra_sandbox.services.compute.references import Reference

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
_HOST = re.compile(r"\*|(?:\*[.-])?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?", re.IGNORECASE)
_SERVICES = ("backendServices",)
_DEFAULTS = ("defaultService", "defaultUrlRedirect", "defaultRouteAction")
_REFERENCES = (
    Reference("defaultService", _SERVICES),
    Reference("defaultRouteAction.weightedBackendServices[].backendService", _SERVICES),
    Reference("pathMatchers[].defaultService", _SERVICES),
    Reference("pathMatchers[].pathRules[].service", _SERVICES),
    Reference("pathMatchers[].pathRules[].routeAction.weightedBackendServices[].backendService", _SERVICES),
    Reference("pathMatchers[].routeRules[].service", _SERVICES),
    Reference("pathMatchers[].routeRules[].routeAction.weightedBackendServices[].backendService", _SERVICES),
    Reference("tests[].service", _SERVICES),
)


def prepare(sandbox: Sandbox, resource: Resource, _current: Resource | None) -> Resource:
    """Refuse a URL map that contradicts itself, or fails its own tests."""
    check(resource)
    if resource.get("tests"):
        resolved = copy.deepcopy(resource)
        references.resolve(sandbox, sandbox.project, resolved, _REFERENCES)
        if failures(resolved):
            raise refusals.invalid("resource.tests", "", "URL map test failure.")
    return resource


def check(url_map: Resource) -> None:
    """Refuse what Google's documentation of the fields forbids."""
    _check_default(url_map, "resource")
    matchers = url_map.get("pathMatchers", [])
    known = [matcher.get("name") for matcher in matchers]
    hosts: set[str] = set()
    for index, rule in enumerate(url_map.get("hostRules", [])):
        field = f"resource.hostRules[{index}]"
        _check_hosts(rule.get("hosts", []), hosts, field)
        if rule.get("pathMatcher") not in known:
            why = "Bad path matcher name specified in host rule"
            raise refusals.invalid(f"{field}.pathMatcher", rule.get("pathMatcher", ""), why)
    for index, matcher in enumerate(matchers):
        _check_matcher(matcher, f"resource.pathMatchers[{index}]")


def failures(url_map: Resource) -> list[Resource]:
    """Return the tests of a URL map that it fails; `url_map` has its references resolved."""
    found = []
    for test in url_map.get("tests", []):
        scheme, host, path, query = "http", test["host"], test["path"], ""
        parts = urlsplit(path)
        path, query = parts.path, parts.query
        chosen = routing.choose(url_map, routing.Request(scheme, host, path, query))
        told: Resource = {"host": host, "path": test["path"]}
        if isinstance(chosen, routing.Redirect):
            code = test.get("expectedRedirectResponseCode", chosen.code)
            fits = test.get("expectedOutputUrl", chosen.location) == chosen.location and code == chosen.code
            told |= {"actualOutputUrl": chosen.location, "actualRedirectResponseCode": chosen.code}
        else:
            actual = chosen.link if chosen else ""
            fits = bool(actual) and test.get("service") == actual
            told |= {"expectedService": test.get("service", ""), "actualService": actual}
        if not fits:
            found.append(told)
    return found


def _check_default(holder: Resource, field: str) -> None:
    given = [key for key in _DEFAULTS if holder.get(key)]
    if not given:
        raise refusals.required(f"{field}.defaultService")
    if "defaultUrlRedirect" in given and len(given) > 1:
        why = "Only one of defaultUrlRedirect, defaultService and defaultRouteAction can be specified."
        raise refusals.invalid(f"{field}.defaultUrlRedirect", "", why)


def _check_hosts(hosts: list[str], seen: set[str], field: str) -> None:
    if not hosts:
        raise refusals.required(f"{field}.hosts")
    for index, host in enumerate(hosts):
        if not _HOST.fullmatch(host):
            raise refusals.invalid(f"{field}.hosts[{index}]", host, "Invalid host.")
        if host.lower() in seen:
            raise refusals.invalid(f"{field}.hosts[{index}]", host, "Duplicate host in host rules.")
        seen.add(host.lower())


def _check_matcher(matcher: Resource, field: str) -> None:
    _check_default(matcher, field)
    if matcher.get("pathRules") and matcher.get("routeRules"):
        raise refusals.invalid(f"{field}.routeRules", "", "Only one of pathRules and routeRules can be specified.")
    for index, rule in enumerate(matcher.get("pathRules", [])):
        for number, path in enumerate(rule.get("paths", [])):
            if not path.startswith("/") or "*" in path.removesuffix("/*") or set(path) & {"?", "#"}:
                raise refusals.invalid(f"{field}.pathRules[{index}].paths[{number}]", path, "Invalid path.")
    priorities: set[int] = set()
    for index, rule in enumerate(matcher.get("routeRules", [])):
        where = f"{field}.routeRules[{index}]"
        if rule.get("priority", 0) in priorities:
            raise refusals.invalid(f"{where}.priority", rule.get("priority", 0), "Duplicate priority.")
        priorities.add(rule.get("priority", 0))
        if any("regexMatch" in match or "pathTemplateMatch" in match for match in rule.get("matchRules", [])):
            raise refusals.unsupported("regular expressions and templates in route rules")


COLLECTION = serve(
    Collection(
        "urlMaps",
        "urlMap",
        "url_map",
        "urlMap",
        fingerprinted=True,
        verbs=("insert", "patch", "update", "delete"),
        references=_REFERENCES,
        prepare=prepare,
    )
)


@handles("compute.urlMaps.validate")
async def validate(sandbox: Sandbox, call: Call) -> Resource:
    """Say whether a URL map would load, and which of its tests fail."""
    url_map = copy.deepcopy(call.body.get("resource", {}))
    try:
        check(url_map)
        references.resolve(sandbox, call.parameters["project"], url_map, _REFERENCES)
    except ApiError as error:
        return {"result": {"loadSucceeded": False, "loadErrors": [error.message]}}
    failed = failures(url_map)
    result: Resource = {"loadSucceeded": True, "testPassed": not failed}
    return {"result": result | ({"testFailures": failed} if failed else {})}


@handles("compute.urlMaps.invalidateCache")
async def invalidate_cache(sandbox: Sandbox, call: Call) -> Resource:
    """Start an operation that empties the cache of a URL map's hosts; the sandbox caches nothing."""
    return methods.change(sandbox, call, COLLECTION, "invalidateCache", lambda current: current)


def stored(sandbox: Sandbox, link: str) -> Resource | None:
    """Return the resource behind a link."""
    return sandbox.store.get(names.KEY + link.removeprefix(names.ROOT))
