"""Roll-outs: a new revision proves itself, then the service's traffic becomes what was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Set
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.services.cloud_run import conditions, launching, names, registry, resources
from netra_sandbox.services.cloud_run import template as templates
from netra_sandbox.services.cloud_run import traffic as traffics
from netra_sandbox.services.cloud_run.launching import CannotStart

if TYPE_CHECKING:
    from netra_sandbox.server import Sandbox

Resource = dict[str, Any]
ROLL_OUT_SECONDS = 0.2
MOST_REVISIONS = 1000  # https://cloud.google.com/run/quotas


def revision_for(sandbox: Sandbox, previous: Resource | None, service: Resource, *, force: bool = False) -> str | None:
    """Return the name of the revision that a service's template calls for, None when the latest one is that already."""
    name = names.ServiceName.parse(service["name"])
    template = service["template"]
    requested = template.get("revision", "")
    if requested and _is_taken(sandbox, name, requested, template):
        return None
    same = previous is not None and templates.same_configuration(previous["template"], template)
    if same and not force and not requested:
        return None
    return requested or names.generated_revision(name.service, _next_number(sandbox, name))


def begin(sandbox: Sandbox, service: Resource, revision: str | None, principal: str) -> Resource:
    """Store a service whose roll-out starts, and its new revision; return the service."""
    name = names.ServiceName.parse(service["name"])
    if revision is not None:
        created = resources.new_revision(sandbox, name, revision, service["template"], principal)
        sandbox.store.put(name.revision_key(revision), created | {"reconciling": True})
        number = max(_next_number(sandbox, name), names.revision_number(revision))
        sandbox.store.put(
            name.deployment_key(revision), {"template": service["template"], "number": number, "ready": False}
        )
        service = service | {"latestCreatedRevision": name.revision(revision)}
    service = resources.reconciling(service, resources.timestamp(sandbox))
    sandbox.store.put(name.key, service)
    for surplus in surplus_revisions(registry.revisions(sandbox, name.full), registry.reachable(service)):
        sandbox.store.delete(f"{names.API}{surplus}")
    return service


def surplus_revisions(revisions: Iterable[Resource], reachable: Set[str], limit: int = MOST_REVISIONS) -> list[str]:
    """Return the full names of the oldest revisions beyond the limit that nothing reaches (Cloud Run: quotas)."""
    by_age = sorted(revisions, key=lambda revision: (str(revision["createTime"]), str(revision["name"])))
    idle = [item["name"] for item in by_age[:-1] if names.short_name(item["name"]) not in reachable]
    return idle[: max(0, len(by_age) - limit)]


async def carry_out(sandbox: Sandbox, name: names.ServiceName, revision: str | None, generation: str) -> Resource:
    """Do what `begin` announced; raise ApiError, as the operation's error, when it cannot be done.

    A change that came after it (a later `generation`) has its own roll-out, which then decides about the traffic.
    """
    async with sandbox.supervisor.roll_out_lock(name.full):
        await asyncio.sleep(ROLL_OUT_SECONDS)
        revision = revision or _unproven(sandbox, name)
        if revision is not None:
            try:
                await _prove(sandbox, name, revision)
            except CannotStart as error:
                _note_failed_revision(sandbox, name, revision, error.failure)
                raise _fail(sandbox, name, generation, error.failure, "ConfigurationsReady") from error
        if _service(sandbox, name)["generation"] != generation:
            return _service(sandbox, name)
        try:
            _check_targets(sandbox, name)
        except CannotStart as error:
            raise _fail(sandbox, name, generation, error.failure, "RoutesReady") from error
        return _route(sandbox, name)


def settle_revisions(sandbox: Sandbox, service: Resource) -> None:
    """Retire revisions that nothing reaches, and revive those that something reaches again."""
    name = names.ServiceName.parse(service["name"])
    wanted = registry.reachable(service) | {names.short_name(service.get("latestCreatedRevision", ""))}
    time = resources.timestamp(sandbox)
    for revision in registry.revisions(sandbox, service["name"]):
        short = names.short_name(revision["name"])
        active = conditions.state_of(revision, "Active")
        if short not in wanted and not _is_retired(revision):
            _write_conditions(sandbox, name, revision, conditions.revision_retired(time))
        elif short in wanted and active == "FAILED" and _was_ready(sandbox, name, short):
            _write_conditions(sandbox, name, revision, serving_conditions(sandbox, name, short))
    sandbox.supervisor.wake()


def serving_conditions(sandbox: Sandbox, name: names.ServiceName, short: str) -> list[conditions.Condition]:
    """Return the conditions of a ready revision, as its template makes them."""
    template = launching.deployment(sandbox, name.revision(short))["template"]
    return conditions.revision_serving(
        resources.timestamp(sandbox),
        health_checked=not template.get("healthCheckDisabled"),
        minimum=int(template.get("scaling", {}).get("minInstanceCount", 0)),
    )


async def _prove(sandbox: Sandbox, name: names.ServiceName, short: str) -> None:
    full = name.revision(short)
    record = launching.deployment(sandbox, full)
    launching.check_pull(sandbox, full)
    launching.check_image(sandbox, full)
    launching.check_connector(sandbox, full)
    launching.check_secrets(sandbox, full)
    if not record["template"].get("healthCheckDisabled"):
        await sandbox.supervisor.roll_out(full)
    sandbox.store.put(name.deployment_key(short), record | {"ready": True})
    revision = sandbox.store.get(name.revision_key(short))
    if revision is not None:
        _write_conditions(sandbox, name, revision, serving_conditions(sandbox, name, short))
    service = _service(sandbox, name)
    sandbox.store.put(name.key, service | {"latestReadyRevision": full})


def _unproven(sandbox: Sandbox, name: names.ServiceName) -> str | None:
    """Return the latest revision when it failed before and traffic is to follow it again."""
    service = _service(sandbox, name)
    latest = names.short_name(service["latestCreatedRevision"])
    follows = any(not target.get("revision") for target in service["traffic"])
    return latest if follows and not _was_ready(sandbox, name, latest) else None


def _check_targets(sandbox: Sandbox, name: names.ServiceName) -> None:
    service = _service(sandbox, name)
    for short in traffics.named_revisions(service["traffic"]):
        if sandbox.store.get(name.revision_key(short)) is None:
            raise CannotStart(conditions.revision_gone(short))
        if not _was_ready(sandbox, name, short):
            raise CannotStart(conditions.revision_unready(short))
    follows_latest = any(not target.get("revision") for target in service["traffic"])
    if follows_latest and not service.get("latestReadyRevision"):
        raise CannotStart(conditions.revision_unready(names.short_name(service["latestCreatedRevision"])))


def _route(sandbox: Sandbox, name: names.ServiceName) -> Resource:
    service = _service(sandbox, name)
    time = resources.timestamp(sandbox)
    terminal, parts = conditions.service_ready(time)
    service |= {
        "trafficStatuses": traffics.statuses(name, service["traffic"]),
        "observedGeneration": service["generation"],
        "terminalCondition": terminal,
        "conditions": parts,
        "updateTime": time,
    }
    service.pop("reconciling", None)
    sandbox.store.put(name.key, service)
    settle_revisions(sandbox, service)
    return service


def _fail(
    sandbox: Sandbox, name: names.ServiceName, generation: str, failure: conditions.Failure, culprit: str
) -> ApiError:
    service = _service(sandbox, name)
    if service["generation"] == generation:
        time = resources.timestamp(sandbox)
        terminal, parts = conditions.service_failed(time, failure, culprit)
        service |= {"terminalCondition": terminal, "conditions": parts, "updateTime": time}
        service.pop("reconciling", None)
        sandbox.store.put(name.key, service)
    return ApiError(failure.status, failure.message)


def _note_failed_revision(sandbox: Sandbox, name: names.ServiceName, short: str, failure: conditions.Failure) -> None:
    revision = sandbox.store.get(name.revision_key(short))
    if revision is not None:
        failed = conditions.revision_failed(resources.timestamp(sandbox), failure)
        _write_conditions(sandbox, name, revision, failed)


def _write_conditions(
    sandbox: Sandbox, name: names.ServiceName, revision: Resource, parts: list[conditions.Condition]
) -> None:
    changed = revision | {"conditions": parts, "updateTime": resources.timestamp(sandbox)}
    changed.pop("reconciling", None)
    sandbox.store.put(name.revision_key(names.short_name(revision["name"])), changed)


def _service(sandbox: Sandbox, name: names.ServiceName) -> Resource:
    service = sandbox.store.get(name.key)
    if service is None:
        raise ApiError("ABORTED", f"Service {name.full} was deleted while it was being rolled out.")
    return service


def _is_taken(sandbox: Sandbox, name: names.ServiceName, short: str, template: Resource) -> bool:
    record = sandbox.store.get(name.deployment_key(short))
    if record is None:
        return False
    if templates.same_configuration(record["template"], template):
        return True
    raise ApiError("ALREADY_EXISTS", f"Revision named '{short}' with different configuration already exists.")


def _next_number(sandbox: Sandbox, name: names.ServiceName) -> int:
    records = sandbox.store.list(f"run-deployment:{name.full}/revisions/")
    return max((int(record["number"]) for record in records), default=0) + 1


def _was_ready(sandbox: Sandbox, name: names.ServiceName, short: str) -> bool:
    record = sandbox.store.get(name.deployment_key(short))
    return bool(record and record["ready"])


def _is_retired(revision: Resource) -> bool:
    return any(item.get("revisionReason") == "RETIRED" for item in revision["conditions"])
