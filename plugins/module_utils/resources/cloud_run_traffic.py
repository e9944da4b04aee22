# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reason about who serves: targets are ``{revision | latest, percent, tag}``. Pure.

https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services#TrafficTarget
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Target = dict[str, Any]

TO_LATEST = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
TO_REVISION = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"
ALL_TO_LATEST: list[Target] = [{"latest": True, "percent": 100}]


def short(name: str | None) -> str:
    """Return the last part of a resource name: ``latest*Revision`` are full names, targets have short ones."""
    return (name or "").rsplit("/", 1)[-1]


def decode_targets(entries: Iterable[Mapping[str, Any]] | None) -> list[Target]:
    """Return the targets or the statuses of a service; no target at all means everything to the latest revision."""
    return [_decode_target(entry) for entry in entries or ()]


def _decode_target(entry: Mapping[str, Any]) -> Target:
    target: Target = {"percent": int(entry.get("percent", 0))}
    if entry.get("type_") == TO_LATEST:
        target["latest"] = True
    if entry.get("revision"):
        target["revision"] = short(entry["revision"])
    for name, source in (("tag", "tag"), ("url", "uri")):
        if entry.get(source):
            target[name] = entry[source]
    return target


def encode_targets(targets: Iterable[Target]) -> list[dict[str, Any]]:
    """Return the targets as the API takes them."""
    return [_encode_target(target) for target in targets]


def _encode_target(target: Target) -> dict[str, Any]:
    aim = {"type_": TO_LATEST} if target.get("latest") else {"type_": TO_REVISION, "revision": target["revision"]}
    tag = {"tag": target["tag"]} if target.get("tag") else {}
    return {**aim, "percent": int(target.get("percent") or 0), **tag}


def canonical(targets: Iterable[Target]) -> list[list[Any]]:
    """Return the shares and the tags: Google splits and orders the same traffic in several ways."""
    shares: dict[str, int] = {}
    tags: dict[str, str] = {}
    for target in targets:
        aim = "latest" if target.get("latest") else str(target.get("revision"))
        shares[aim] = shares.get(aim, 0) + int(target.get("percent") or 0)
        if target.get("tag"):
            tags[target["tag"]] = aim
    return [sorted([aim, percent] for aim, percent in shares.items() if percent), sorted(map(list, tags.items()))]


def settled(targets: Iterable[Target]) -> list[Target]:
    """Return the targets in the one form that the same traffic has: shares first, then tags at 0 %."""
    shares, tags = canonical(targets)
    aims = [(aim, {"percent": percent}) for aim, percent in shares]
    aims += [(aim, {"percent": 0, "tag": tag}) for tag, aim in tags]
    return [{**({"latest": True} if aim == "latest" else {"revision": aim}), **rest} for aim, rest in aims]


def current_targets(service: Mapping[str, Any]) -> list[Target]:
    """Return the targets a service asks for."""
    return decode_targets(service.get("traffic")) or [dict(target) for target in ALL_TO_LATEST]


def shares_asked_for(service: Mapping[str, Any]) -> dict[str, int]:
    """Return the percentage that each revision, or "latest", is to get; more than one is a split."""
    return dict(canonical(current_targets(service))[0])


def serving(service: Mapping[str, Any]) -> dict[str, int]:
    """Return the percentage each revision really gets, by its name."""
    shares: dict[str, int] = {}
    for status in decode_targets(service.get("traffic_statuses")):
        revision = status.get("revision") or short(service.get("latest_ready_revision"))
        if revision and status["percent"]:
            shares[revision] = shares.get(revision, 0) + status["percent"]
    return shares


def pinned(service: Mapping[str, Any]) -> list[Target]:
    """Keep, by name, the revisions that serve now; a tag on the latest revision goes on following it."""
    targets: list[Target] = []
    for target in current_targets(service):
        if not target.get("latest"):
            targets.append(target)
            continue
        if target["percent"]:
            targets.append({"revision": _served_by_latest(service), "percent": target["percent"]})
        if target.get("tag"):
            targets.append({"latest": True, "percent": 0, "tag": target["tag"]})
    return targets


def effective_shares(service: Mapping[str, Any], targets: Iterable[Target]) -> dict[str, int]:
    """Return the percentage by name that targets give to the revisions that are there now."""
    shares: dict[str, int] = {}
    for target in targets:
        name = _served_by_latest(service) if target.get("latest") else str(target.get("revision"))
        if target.get("percent"):
            shares[name] = shares.get(name, 0) + int(target["percent"])
    return shares


def _served_by_latest(service: Mapping[str, Any]) -> str:
    for status in decode_targets(service.get("traffic_statuses")):
        if status.get("latest") and status["percent"] and status.get("revision"):
            return str(status["revision"])
    return short(service.get("latest_ready_revision"))


def without_tags(targets: Iterable[Target], tags: Iterable[str]) -> list[Target]:
    """Return the targets without these tags; a target that had only its tag disappears."""
    gone = set(tags)
    stripped = [
        {name: value for name, value in target.items() if name != "tag"} if target.get("tag") in gone else target
        for target in targets
    ]
    return [target for target in stripped if target.get("percent") or target.get("tag")]


def with_candidate(service: Mapping[str, Any] | None, tag: str) -> list[Target]:
    """Return traffic in which a new revision gets nothing but a tag; where nothing serves yet, it gets everything."""
    if service is None or not service.get("latest_ready_revision"):
        return [{"latest": True, "percent": 100, "tag": tag}]
    return [*without_tags(pinned(service), [tag]), {"latest": True, "percent": 0, "tag": tag}]


def has_pending_revision(service: Mapping[str, Any]) -> bool:
    """Say whether the newest revision became ready and serves nobody."""
    newest = short(service.get("latest_created_revision"))
    return bool(newest) and newest == short(service.get("latest_ready_revision")) and newest not in serving(service)


def shifted(
    service: Mapping[str, Any], wanted: Iterable[Target], *, keep_tags: bool, remove_tags: Iterable[str] = ()
) -> list[Target]:
    """Return the wanted traffic, with the tags that exist and are not given anew kept at 0 %."""
    targets = [dict(target) for target in wanted]
    if not keep_tags:
        return targets
    taken = {target["tag"] for target in targets if target.get("tag")} | set(remove_tags)
    kept = [target for target in current_targets(service) if target.get("tag") and target["tag"] not in taken]
    return targets + [{**target, "percent": 0} for target in kept]


def with_share(service: Mapping[str, Any], aim: Target, percent: int) -> list[Target]:
    """Return traffic in which one target gets ``percent`` and those that serve now divide the rest as they do today."""
    name = short(service.get("latest_created_revision")) if aim.get("latest") else aim["revision"]
    others = {revision: share for revision, share in serving(service).items() if revision != name}
    rest = 100 - percent
    if not rest or not others:
        return [{**aim, "percent": 100 if not others else percent}]
    total = sum(others.values())
    shares = {revision: share * rest // total for revision, share in others.items()}
    biggest = max(others, key=lambda revision: (others[revision], revision))
    shares[biggest] += rest - sum(shares.values())
    return [{**aim, "percent": percent}, *({"revision": name, "percent": share} for name, share in shares.items())]
