"""Traffic: what a service asks for, and what its revisions then get."""

from __future__ import annotations

from typing import Any

from netra_sandbox.services.cloud_run import names

LATEST = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
REVISION = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"
EVERYTHING_TO_LATEST = [{"type": LATEST, "percent": 100}]


def normalised(targets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Fill in types and drop defaults; a service that names no target sends everything to its latest revision."""
    if not targets:
        return [dict(EVERYTHING_TO_LATEST[0])]
    return [_target(target) for target in targets]


def statuses(name: names.ServiceName, targets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the trafficStatuses of targets that have become real: the same, with the address of every tag."""
    result = []
    for target in targets:
        status = dict(target)
        if status.get("tag"):
            status["uri"] = f"https://{names.legacy_host(name, status['tag'])}"
        result.append(status)
    return result


def named_revisions(targets: list[dict[str, Any]]) -> list[str]:
    """Return the short names of the revisions that targets name."""
    return [target["revision"] for target in targets if target.get("revision")]


def weights(statuses_: list[dict[str, Any]], latest: str) -> dict[str, int]:
    """Return revision → percent; the latest revision stands in for the targets that follow it."""
    result: dict[str, int] = {}
    for status in statuses_:
        revision = target_revision(status, latest)
        if revision and status.get("percent"):
            result[revision] = result.get(revision, 0) + int(status["percent"])
    return result


def tagged(statuses_: list[dict[str, Any]], latest: str) -> dict[str, str]:
    """Return tag → revision."""
    found = {status["tag"]: target_revision(status, latest) for status in statuses_ if status.get("tag")}
    return {tag: revision for tag, revision in found.items() if revision}


def reachable(statuses_: list[dict[str, Any]], latest: str) -> set[str]:
    """Return the revisions that a request can reach, by weight or by tag."""
    return set(weights(statuses_, latest)) | set(tagged(statuses_, latest).values())


def target_revision(target: dict[str, Any], latest: str) -> str:
    """Return the short name of the revision behind a target or status."""
    return str(target.get("revision") or latest)


def pick(weighted: dict[str, int], point: float) -> str | None:
    """Return the revision at a point in [0, 1) of the weighted split, None when nothing has a weight."""
    total = sum(weighted.values())
    threshold = point * total
    for revision in sorted(weighted):
        threshold -= weighted[revision]
        if threshold < 0:
            return revision
    return None


def _target(target: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {"type": target.get("type") or (REVISION if target.get("revision") else LATEST)}
    for key in ("revision", "percent", "tag"):
        if target.get(key):
            result[key] = target[key]
    return result
