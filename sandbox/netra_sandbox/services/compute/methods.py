"""The methods that every collection has: get, list, aggregatedList, insert, patch, update, delete, setLabels."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import HANDLERS, Call
from netra_sandbox.services.compute import listing, names, operations, references, refusals
from netra_sandbox.services.compute.collections import COLLECTIONS, Collection, users

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
_NAME = re.compile(refusals.NAME_RULE)
_OUTPUT_ONLY = frozenset({"id", "kind", "selfLink", "creationTimestamp", "region", "zone", "labelFingerprint"})


def serve(collection: Collection) -> Collection:
    """Answer the methods of a collection and let other resources refer to it."""
    COLLECTIONS[collection.plural, collection.regional] = collection
    methods = _Methods(collection)
    served: dict[str, Callable[[Sandbox, Call], Any]] = {"get": methods.get, "list": methods.list_resources}
    served |= {verb: getattr(methods, verb) for verb in collection.verbs}
    if collection.labelled:
        served["setLabels"] = methods.set_labels
    for verb, handler in served.items():
        HANDLERS[f"{collection.api}.{verb}"] = handler
    if collection.aggregated:
        HANDLERS[f"compute.{collection.plural}.aggregatedList"] = methods.aggregated_list
    return collection


def change(
    sandbox: Sandbox, call: Call, collection: Collection, verb: str, edit: Callable[[Resource], Resource]
) -> Resource:
    """Start an operation that changes the resource of a call; `edit` returns it as it shall be, or refuses.

    A change is checked before the operation begins and made when it ends, on the resource as it is by then.
    """
    name = name_in(call, collection)
    current = existing(sandbox, name)
    _apply(sandbox, call, collection, current, edit)

    def work() -> None:
        changed = _apply(sandbox, call, collection, existing(sandbox, name), edit)
        sandbox.store.put(names.KEY + name, _stamped(collection, changed))
        collection.created(sandbox, changed)

    return operations.begin(sandbox, call, verb, name=name, target_id=current["id"], work=work)


def existing(sandbox: Sandbox, name: str) -> Resource:
    """Return a resource as it is stored; refuse a name that nothing has."""
    resource = sandbox.store.get(names.KEY + name)
    if resource is None:
        raise refusals.not_found(name)
    return resource


def name_in(call: Call, collection: Collection) -> str:
    """Return the name of the resource that a call is about."""
    parameters = call.parameters
    identifier = parameters.get(collection.parameter) or parameters.get("resource")
    return f"{collection.parent(parameters['project'], parameters.get('region', ''))}/{identifier}"


def check_fingerprint(current: Resource, given: Resource, *, needed: bool) -> None:
    """Refuse a change that was planned against another version of the resource."""
    fingerprint = given.get("fingerprint")
    if needed and not fingerprint:
        raise refusals.required("resource.fingerprint")
    if fingerprint and not same_bytes(fingerprint, current["fingerprint"]):
        raise refusals.stale_fingerprint()


def put(sandbox: Sandbox, collection: Collection, body: Resource, region: str = "") -> Resource:
    """Make a resource at once, checked as the method does; for scenarios."""
    parent = collection.parent(sandbox.project, region)
    name = f"{parent}/{body['name']}"
    resource = _completed(sandbox, collection, sandbox.project, body, None)
    made = _named(sandbox, collection, name, resource, names.number())
    sandbox.store.put(names.KEY + name, made)
    collection.created(sandbox, made)
    return made


class _Methods:
    """Handlers of one collection."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def get(self, sandbox: Sandbox, call: Call) -> Resource:
        """Return a resource."""
        return self._collection.view(sandbox, existing(sandbox, name_in(call, self._collection)))

    async def list_resources(self, sandbox: Sandbox, call: Call) -> Resource:
        """Return a page of the collection."""
        parent = self._collection.parent(call.parameters["project"], call.parameters.get("region", ""))
        return listing.answer(call, self._collection.kind, parent, self._collection.all(sandbox, parent))

    async def aggregated_list(self, sandbox: Sandbox, call: Call) -> Resource:
        """Return a page of the collection in all scopes."""
        plural, project = self._collection.plural, call.parameters["project"]
        found, scopes = [], ["global", f"regions/{sandbox.region}"]
        for regional in (False, True):
            collection = COLLECTIONS.get((plural, regional))
            if collection is not None:
                found += collection.all(sandbox, collection.parent(project, sandbox.region))
        return listing.aggregated(call, self._collection.kind, plural, scopes, found)

    async def insert(self, sandbox: Sandbox, call: Call) -> Resource:
        """Start an operation that makes a resource."""
        collection, parameters = self._collection, call.parameters
        identifier = _checked_name(call.body)
        name = f"{collection.parent(parameters['project'], parameters.get('region', ''))}/{identifier}"
        if sandbox.store.get(names.KEY + name) is not None:
            raise refusals.already_exists(name)
        resource = _completed(sandbox, collection, parameters["project"], call.body, None)
        number = names.number()

        def work() -> None:
            if sandbox.store.get(names.KEY + name) is not None:
                raise refusals.already_exists(name)
            made = _named(sandbox, collection, name, resource, number)
            sandbox.store.put(names.KEY + name, made)
            collection.created(sandbox, made)

        return operations.begin(sandbox, call, "insert", name=name, target_id=number, work=work)

    async def patch(self, sandbox: Sandbox, call: Call) -> Resource:
        """Start an operation that merges a body into a resource."""

        def edit(current: Resource) -> Resource:
            check_fingerprint(current, call.body, needed=False)
            return merged(current, _without_output(self._collection, call.body))

        return change(sandbox, call, self._collection, "patch", edit)

    async def update(self, sandbox: Sandbox, call: Call) -> Resource:
        """Start an operation that replaces a resource by a body."""

        def edit(current: Resource) -> Resource:
            check_fingerprint(current, call.body, needed=self._collection.fingerprinted)
            kept = {key: current[key] for key in self._collection.output_only if key in current}
            return {"name": current["name"]} | _without_output(self._collection, call.body) | kept

        return change(sandbox, call, self._collection, "update", edit)

    async def delete(self, sandbox: Sandbox, call: Call) -> Resource:
        """Start an operation that removes a resource that nothing refers to."""
        collection = self._collection
        name = name_in(call, collection)
        current = existing(sandbox, name)
        _check_unused(sandbox, collection, current)

        def work() -> None:
            _check_unused(sandbox, collection, existing(sandbox, name))
            sandbox.store.delete(names.KEY + name)
            collection.deleted(sandbox, current)

        return operations.begin(sandbox, call, "delete", name=name, target_id=current["id"], work=work)

    async def set_labels(self, sandbox: Sandbox, call: Call) -> Resource:
        """Start an operation that replaces the labels of a resource."""

        def edit(current: Resource) -> Resource:
            if not same_bytes(call.body.get("labelFingerprint", ""), current["labelFingerprint"]):
                raise refusals.stale_labels()
            return {**current, "labels": call.body.get("labels", {}), "labelFingerprint": _fingerprint()}

        return change(sandbox, call, self._collection, "setLabels", edit)


def same_bytes(given: str, current: str) -> bool:
    """Compare two texts in base64: clients may send either alphabet (protobuf's JSON mapping, bytes)."""
    return given.replace("+", "-").replace("/", "_").rstrip("=") == current.rstrip("=")


def merged(current: Resource, given: Resource) -> Resource:
    """Return a resource with the given fields: objects are merged, lists replaced (RFC 7396)."""
    result = dict(current)
    for key, value in given.items():
        inner = result.get(key)
        result[key] = merged(inner, value) if isinstance(value, dict) and isinstance(inner, dict) else value
    return result


def _apply(
    sandbox: Sandbox, call: Call, collection: Collection, current: Resource, edit: Callable[[Resource], Resource]
) -> Resource:
    wanted = edit(current)
    if wanted["name"] != current["name"]:
        raise refusals.invalid("resource.name", wanted["name"], "Name cannot be changed.")
    kept = {key: current[key] for key in _OUTPUT_ONLY if key in current}
    kept |= {key: wanted[key] for key in ("labelFingerprint",) if key in wanted}
    return _completed(sandbox, collection, call.parameters["project"], wanted, current) | kept


def _completed(
    sandbox: Sandbox, collection: Collection, project: str, body: Resource, current: Resource | None
) -> Resource:
    given = body if current is not None else _without_output(collection, body)
    resource = collection.prepare(sandbox, given, current)
    references.resolve(sandbox, project, resource, collection.references)
    return resource


def _named(sandbox: Sandbox, collection: Collection, name: str, resource: Resource, number: str) -> Resource:
    made = {
        **resource,
        "kind": f"compute#{collection.kind}",
        "id": number,
        "creationTimestamp": names.timestamp(sandbox.now()),
        "selfLink": names.link(name),
    }
    if collection.regional:
        made["region"] = names.link("/".join(name.split("/")[:4]))
    if collection.labelled:
        made["labelFingerprint"] = _fingerprint()
    return _stamped(collection, made)


def _stamped(collection: Collection, resource: Resource) -> Resource:
    return {**resource, "fingerprint": _fingerprint()} if collection.fingerprinted else resource


def _without_output(collection: Collection, body: Resource) -> Resource:
    dropped = _OUTPUT_ONLY | collection.output_only | {"fingerprint"}
    return {key: value for key, value in body.items() if key not in dropped}


def _check_unused(sandbox: Sandbox, collection: Collection, resource: Resource) -> None:
    collection.deletable(sandbox, resource)
    name = names.name_of(resource)
    for user in users(sandbox, name):
        raise refusals.in_use(collection.word, name, user)


def _checked_name(body: Resource) -> str:
    identifier = str(body.get("name", ""))
    if not identifier:
        raise refusals.required("resource.name")
    if not _NAME.fullmatch(identifier):
        raise refusals.invalid("resource.name", identifier, f"Must be a match of regex '{refusals.NAME_RULE}'")
    return identifier


def _fingerprint() -> str:
    return base64.urlsafe_b64encode(os.urandom(8)).decode()
