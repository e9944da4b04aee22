"""What a secret may look like: limits from the discovery document's descriptions, unless another source is named."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from netra_sandbox.kernel.errors import ApiError, invalid

Resource = dict[str, Any]
IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{1,255}")
MUTABLE = frozenset({"labels", "annotations", "topics", "expireTime", "ttl", "rotation", "versionAliases"})
MUTABLE |= {"versionDestroyTtl"}
MOST_LABELS, MOST_TOPICS, MOST_ALIASES = 64, 10, 50
LARGEST_ANNOTATIONS = 16 * 1024
CENTURY_SECONDS = 3_153_600_000
SHORTEST_LIFE_SECONDS = 60  # https://cloud.google.com/secret-manager/docs/creating-and-managing-expiring-secrets
SHORTEST_ROTATION_SECONDS, SOONEST_ROTATION_SECONDS = 3600, 300
_LARGEST_KEY_BYTES, _LONGEST_KEY = 128, 63
_TOPIC = re.compile(r"projects/[^/]+/topics/[A-Za-z][\w.~+%-]{2,254}")
_ANNOTATION = re.compile(r"[a-zA-Z0-9]([-_.a-zA-Z0-9]{0,61}[a-zA-Z0-9])?")
_ALIAS = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")
_LOWER = frozenset({"Ll", "Lo"})
_WORD = _LOWER | {"Nd", "Nl", "No"}


def refuse(secret: Resource, now: datetime, numbers: set[int], touched: set[str]) -> None:
    """Raise INVALID_ARGUMENT for the first thing wrong; `touched` are the fields of this request.

    `numbers` are the versions there are. Times are compared with `now` only where the request sets them.
    """
    for field, message in _faults(secret, now, numbers, touched):
        raise invalid(message, field=f"secret.{field}")


def expiry(given: Mapping[str, Any], now: datetime) -> datetime | None:
    """Return when a secret expires by a request's expireTime or ttl, which exclude each other."""
    if given.get("ttl") and given.get("expireTime"):
        raise ApiError("INVALID_ARGUMENT", "Only one of expire_time and ttl may be set.")
    if given.get("ttl"):
        return now + timedelta(seconds=seconds(given["ttl"]))
    return datetime.fromisoformat(given["expireTime"]) if given.get("expireTime") else None


def seconds(duration: str) -> float:
    """Read a duration of protobuf's JSON."""
    return float(duration.removesuffix("s"))


def _faults(secret: Resource, now: datetime, numbers: set[int], touched: set[str]) -> Iterator[tuple[str, str]]:
    yield from _replication(secret.get("replication") or {})
    yield from _labels(secret.get("labels") or {})
    yield from _annotations(secret.get("annotations") or {})
    topics = secret.get("topics") or []
    if len(topics) > MOST_TOPICS:
        yield "topics", f"A secret has at most {MOST_TOPICS} topics."
    for topic in topics:
        if not _TOPIC.fullmatch(str(topic.get("name", ""))):
            yield "topics", f"Topic [{topic.get('name', '')}] is not of the form projects/*/topics/*."
    if touched & {"expireTime", "ttl"} and secret.get("expireTime"):
        ahead = (datetime.fromisoformat(secret["expireTime"]) - now).total_seconds()
        if not SHORTEST_LIFE_SECONDS <= ahead <= CENTURY_SECONDS:
            yield "expire_time", "The expiration must be at least 60 seconds and at most 100 years away."
    if touched & {"rotation", "topics"}:
        yield from _rotation(secret.get("rotation") or {}, now, topics=bool(topics))
    if secret.get("versionDestroyTtl") and seconds(secret["versionDestroyTtl"]) <= 0:
        yield "version_destroy_ttl", "The version destroy TTL must be positive."
    yield from _aliases(secret.get("versionAliases") or {}, numbers)


def _replication(replication: Resource) -> Iterator[tuple[str, str]]:
    if not replication:
        yield "replication", "The replication field is required."
    elif len(replication) > 1:
        yield "replication", "Only one of automatic and user_managed replication may be set."
    elif "userManaged" in replication:
        places = [str(replica.get("location", "")) for replica in replication["userManaged"].get("replicas", [])]
        if not places or not all(places):
            yield "replication.user_managed.replicas", "User-managed replication needs replicas with locations."
        elif len(set(places)) < len(places):
            yield "replication.user_managed.replicas", "A location may be named once."


def _labels(labels: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if len(labels) > MOST_LABELS:
        yield "labels", f"A secret has at most {MOST_LABELS} labels."
    for key, value in labels.items():
        begins = bool(key) and unicodedata.category(key[0]) in _LOWER
        if not begins or not _is_label(key) or not _is_label(value):
            yield "labels", f"The label [{key}] or its value is not allowed."


def _is_label(text: str) -> bool:
    fits = len(text) <= _LONGEST_KEY and len(text.encode()) <= _LARGEST_KEY_BYTES
    return fits and all(letter in "_-" or unicodedata.category(letter) in _WORD for letter in text)


def _annotations(annotations: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key in annotations:
        if not _ANNOTATION.fullmatch(key):
            yield "annotations", f"The annotation key [{key}] is not allowed."
    if sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items()) >= LARGEST_ANNOTATIONS:
        yield "annotations", "The total size of annotations must be less than 16 KiB."


def _rotation(rotation: Resource, now: datetime, *, topics: bool) -> Iterator[tuple[str, str]]:
    if not rotation:
        return
    if not topics:
        yield "rotation", "Topics must be set to configure rotation."
    period, following = rotation.get("rotationPeriod"), rotation.get("nextRotationTime")
    if period and not SHORTEST_ROTATION_SECONDS <= seconds(period) <= CENTURY_SECONDS:
        yield "rotation.rotation_period", "The rotation period must be between 3600s and 3153600000s."
    if period and not following:
        yield "rotation.next_rotation_time", "next_rotation_time must be set when rotation_period is set."
    if following:
        ahead = (datetime.fromisoformat(following) - now).total_seconds()
        if not SOONEST_ROTATION_SECONDS <= ahead <= CENTURY_SECONDS:
            yield "rotation.next_rotation_time", "The next rotation must be at least 300 seconds in the future."


def _aliases(aliases: Mapping[str, str], numbers: set[int]) -> Iterator[tuple[str, str]]:
    if len(aliases) > MOST_ALIASES:
        yield "version_aliases", f"A secret has at most {MOST_ALIASES} version aliases."
    for alias, number in aliases.items():
        if not _ALIAS.fullmatch(alias) or alias in {"latest", "NEW"}:
            yield "version_aliases", f"The version alias [{alias}] is not allowed."
        elif int(number) not in numbers:
            yield "version_aliases", f"The version alias [{alias}] names version [{number}], which does not exist."
