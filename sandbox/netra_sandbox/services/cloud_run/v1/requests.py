"""What v1's requests have in common: namespaces, regional hosts, selectors, pages, and its way to report errors."""

from __future__ import annotations

import functools
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.errors import ApiError, invalid

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
Handler = Callable[["Sandbox", Call], Awaitable[Resource]]
_HOST = re.compile(r"(?P<region>[a-z]+-[a-z]+\d+)-run\.googleapis\.com")
_NAMESPACE = re.compile(r"(?:namespaces|projects)/(?P<project>[^/]+)")
_LOCATION = re.compile(r"projects/[^/]+/locations/(?P<region>[^/]+)")
_TERM = re.compile(r"\s*(?P<key>[\w./-]+)\s*(?:(?P<equals>==?|!=)\s*(?P<value>[\w.-]*)|in\s*\((?P<values>[^)]*)\))\s*")
# Where a field of v2's requests is in v1's, the longest first.
_FIELDS = (
    ("service_id", "metadata.name"),
    ("job_id", "metadata.name"),
    ("service.template.timeout", "spec.template.spec.timeoutSeconds"),
    ("service.template.max_instance_request_concurrency", "spec.template.spec.containerConcurrency"),
    (
        "service.template.scaling.min_instance_count",
        "spec.template.metadata.annotations[autoscaling.knative.dev/minScale]",
    ),
    (
        "service.template.vpc_access.connector",
        "spec.template.metadata.annotations[run.googleapis.com/vpc-access-connector]",
    ),
    ("service.template.containers", "spec.template.spec.containers"),
    ("service.traffic", "spec.traffic"),
    ("service.labels", "metadata.labels"),
    ("service.annotations", "metadata.annotations"),
    ("job.template.template", "spec.template.spec.template.spec"),
    ("job.template", "spec.template.spec"),
)


def handles_v1(*methods: str) -> Callable[[Handler], Handler]:
    """Register a handler for methods of v1; an error about a v2 field names the field of v1 instead."""

    def register(handler: Handler) -> Handler:
        @functools.wraps(handler)
        async def answer(sandbox: Sandbox, call: Call) -> Resource:
            try:
                return await handler(sandbox, call)
            except ApiError as error:
                raise _in_words_of_v1(error) from error

        for method in methods:
            handles(f"{method}@v1")(answer)
        return answer

    return register


def location(sandbox: Sandbox, call: Call, resource: str) -> str:
    """Return projects/P/locations/L of a v1 name: the region is in the name, or in a regional host's."""
    match = _NAMESPACE.match(resource)
    project = match["project"] if match else ""
    if project not in {sandbox.project, sandbox.project_number}:
        raise ApiError("PERMISSION_DENIED", f"Permission denied on resource project {project}.")
    named = _LOCATION.match(resource) or _HOST.match(call.headers.get("Host", ""))
    return f"projects/{sandbox.project}/locations/{named['region'] if named else sandbox.region}"


def dry_run(call: Call) -> bool:
    """Tell whether a request only validates; `all` is the one value that dryRun takes."""
    given = str(call.parameters.get("dryRun") or "")
    if given not in {"", "all"}:
        raise invalid(f"Invalid value {given!r} for dryRun: only 'all' is supported.", field="dry_run")
    return bool(given)


def listed(call: Call, kind: str, found: Sequence[Resource], api_version: str) -> Resource:
    """Return one page of a v1 list: those whose labels match, `limit` at a time."""
    matches = selector(str(call.parameters.get("labelSelector") or ""))
    chosen = [item for item in found if matches(item["metadata"]["labels"])]
    start, size = str(call.parameters.get("continue") or "0"), int(call.parameters.get("limit") or 0)
    if not start.isdigit() or size < 0:
        raise invalid("Invalid value for limit or continue.", field="continue")
    end = int(start) + size if size else len(chosen)
    metadata = {"continue": str(end)} if end < len(chosen) else {}
    items = chosen[int(start) : end]
    # gcloud reads the metadata of every list, so it is there when it says nothing.
    answer: Resource = {"apiVersion": api_version, "kind": kind, "metadata": metadata}
    return answer | ({"items": items} if items else {})


def selector(expression: str) -> Callable[[dict[str, str]], bool]:
    """Read a label selector: `key = value`, `key != value`, `key in (a,b)`, joined by commas."""
    tests: list[tuple[str, frozenset[str], bool]] = []
    rest = expression.strip()
    while rest:
        match = _TERM.match(rest)
        if match is None or rest[match.end() : match.end() + 1] not in {"", ","}:
            raise invalid(f"Invalid value {expression!r} for labelSelector.", field="label_selector")
        given = match["values"] if match["values"] is not None else match["value"]
        values = frozenset(value.strip() for value in given.split(","))
        tests.append((match["key"], values, match["equals"] == "!="))
        rest = rest[match.end() + 1 :]
    return lambda labels: all((labels.get(key, "") in values) is not negated for key, values, negated in tests)


def success(name: str, kind: str) -> Resource:
    """Return what a v1 delete answers."""
    return {"status": "Success", "details": {"name": name, "kind": kind}}


def _in_words_of_v1(error: ApiError) -> ApiError:
    violations = [item for detail in error.details for item in detail.get("fieldViolations") or []]
    if error.status != "INVALID_ARGUMENT" or not str(violations[:1]).count("Violation in"):
        return error
    renamed = [{**item, "field": field_of_v1(str(item["field"]))} for item in violations]
    return ApiError("INVALID_ARGUMENT", "The request has errors", [{**error.details[0], "fieldViolations": renamed}])


def field_of_v1(field: str) -> str:
    """Return where v1 has the field that a v2 refusal names (`Violation in CreateServiceRequest.service.…`)."""
    path = re.sub(r"^Violation in \w+\.", "", field)
    for of_v2, of_v1 in _FIELDS:
        if path.startswith(of_v2):
            return of_v1 + path.removeprefix(of_v2)
    return path
