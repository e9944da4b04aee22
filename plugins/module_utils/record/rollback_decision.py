# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which revision traffic may go back to, and why not. Pure. Layer `record`: may import `foundation` only.

"Second newest" and `latestReadyRevision` are not "last known good": a broken revision is Ready once it is retired. Only
what is on record counts: a revision that passed the golden path (earned), or one that a person named in the contract
(declared). Earned evidence comes before declared, newer before older.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.record import schema_heads
from ansible_collections.netra.remediation.plugins.module_utils.record.schema_heads import Schema

NOT_AS_ASKED = (
    "the service asks for another division of its traffic than the one that stands: the trial asks for what stands"
)
NOT_LOOKED = "whether its image still exists could not be looked up"
EARNED = "golden_path"
DECLARED = "declared"


@dataclass(frozen=True)
class Evidence:
    """A ledger's word that a revision was good."""

    service: str
    revision: str
    time: str
    run: str
    source: str = EARNED
    image: str | None = None
    secret_versions: Mapping[str, str] = field(default_factory=dict)
    schema_head: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return what a plan shows of it."""
        return {
            "run": self.run,
            "time": self.time,
            "source": self.source,
            "image": self.image,
            "secret_versions": dict(self.secret_versions),
            "schema_head": self.schema_head,
        }


@dataclass(frozen=True)
class Departure:
    """A ledger's word that a rollback left a revision."""

    service: str
    revision: str
    time: str


@dataclass(frozen=True)
class LiveRevision:
    """What the APIs say of a revision: its image, what failed, and the state of each bound secret version.

    ``image_exists`` is None where nobody could look; ``made``: when the version was made that a reference means now
    (RFC 3339).
    """

    image: str | None = None
    failure: str | None = None
    secret_versions: Mapping[str, str] = field(default_factory=dict)
    image_exists: bool | None = None
    made: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LiveService:
    """What the API says of a service: percent by serving revision, the hold, if any, and whether it asks for this.

    ``schema``: its database's, None where the contract says nothing of one.
    """

    name: str
    split: Mapping[str, int]
    hold: Mapping[str, Any] | None = None
    is_as_asked: bool = True
    schema: Schema | None = None


@dataclass(frozen=True)
class Request:
    """What is asked of one service: leave a revision (default: the serving one), go to one (default: by evidence)."""

    away_from: str | None = None
    revision: str | None = None


@dataclass(frozen=True)
class Decision:
    """The answer for one service. `verdict`: planned, already_serving or refused."""

    service: str
    verdict: str
    reason: str
    revision: str | None = None
    away_from: str | None = None
    evidence: Evidence | None = None
    cautions: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the decision as a module's result shows it."""
        return {
            "service": self.service,
            "verdict": self.verdict,
            "already_serving": self.verdict == "already_serving",
            "reason": self.reason,
            "revision": self.revision,
            "away_from": self.away_from,
            "evidence": self.evidence.as_dict() if self.evidence else None,
            "cautions": list(self.cautions),
        }


def ranked(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Return the best evidence of each revision, earned before declared, newer before older."""
    best: dict[str, Evidence] = {}
    for item in sorted(evidence, key=lambda item: (item.source == EARNED, item.time), reverse=True):
        best.setdefault(item.revision, item)
    return list(best.values())


def is_departed(item: Evidence, departures: Iterable[Departure]) -> bool:
    """Say whether a rollback left the revision after it last passed; declaring it again does not bring it back."""
    earned_at = item.time if item.source == EARNED else ""
    return any(left.revision == item.revision and left.time > earned_at for left in departures)


def decide(
    live: LiveService,
    evidence: Iterable[Evidence],
    departures: Iterable[Departure],
    request: Request,
    inspect: Callable[[str], LiveRevision | None],
) -> Decision:
    """Return where a service's traffic should go back to, or why nobody but a person can say."""
    on_record = ranked(item for item in evidence if item.service == live.name)
    departed = [left for left in departures if left.service == live.name]
    serving = [revision for revision, percent in live.split.items() if percent > 0]
    if len(serving) > 1 and request == Request():
        shares = ", ".join(f"{revision} {live.split[revision]} %" for revision in sorted(serving))
        return Decision(
            live.name,
            "refused",
            f"its traffic is split ({shares}), so which revision to leave is ambiguous; name the one to go back to in "
            f"remediation_rollback_revisions, or end the split{_choices(on_record)}",
        )
    current = serving[0] if len(serving) == 1 else None
    settled = _settled(live, on_record, departed, current, request)
    if settled:
        return settled
    away_from = request.away_from or current or _biggest_other(live, request.revision)
    usable = [item for item in on_record if item.revision != away_from and not is_departed(item, departed)]
    if request.revision:
        usable = [item for item in on_record if item.revision == request.revision]
    if not usable:
        return Decision(live.name, "refused", _none_on_record(on_record, away_from, request), away_from=away_from)
    schema = schema_heads.as_last_seen(live.schema, _heads(on_record)) if live.schema else None
    decision = _inspected(live.name, usable[0], away_from, inspect(usable[0].revision), schema)
    if decision.verdict == "refused":
        return replace(decision, reason=decision.reason + _choices(_fitting(usable, schema)))
    if not live.is_as_asked:
        return replace(decision, cautions=(*decision.cautions, NOT_AS_ASKED))
    return decision


def _fitting(usable: list[Evidence], schema: Schema | None) -> list[Evidence]:
    """Return what may be offered instead of the first; where that fails by the schema, what is known to fit."""
    if schema is None:
        return usable[1:]
    is_moved = not schema.fits(usable[0].schema_head)
    return [each for each in usable[1:] if schema.fits(each.schema_head) and (each.schema_head or not is_moved)]


def _heads(evidence: Iterable[Evidence]) -> list[str | None]:
    """Return the heads on record, the newest first."""
    return [item.schema_head for item in sorted(evidence, key=lambda item: item.time, reverse=True)]


def _choices(others: Iterable[Evidence]) -> str:
    """Return what a person may choose instead."""
    names = ", ".join(item.revision for item in others)
    return f"; on record as good: {names} (remediation_rollback_revisions)" if names else ""


def _settled(
    live: LiveService, on_record: list[Evidence], departed: list[Departure], current: str | None, request: Request
) -> Decision | None:
    """Return the decision that nothing needs to move: a rollback stands, or what was to be left serves no more."""
    found = next((item for item in on_record if item.revision == current), None)
    if found is None:
        return None
    if request.revision == current:
        return Decision(live.name, "already_serving", "the revision asked for serves all traffic", current, None, found)
    if request.revision:
        return None
    if request.away_from and request.away_from != current:
        return Decision(
            live.name,
            "already_serving",
            f"{request.away_from} serves nothing any more",
            current,
            request.away_from,
            found,
        )
    if live.hold and departed and not request.away_from and not is_departed(found, departed):
        left = max(departed, key=lambda item: item.time).revision
        return Decision(
            live.name,
            "already_serving",
            f"a rollback from {left} stands: a hold keeps the traffic here",
            current,
            left,
            found,
        )
    return None


def _biggest_other(live: LiveService, revision: str | None) -> str | None:
    """Return what is left where traffic is split: the revision with most of it besides the one to go to."""
    others = {name: percent for name, percent in live.split.items() if percent > 0 and name != revision}
    return max(others, key=lambda name: (others[name], name), default=None)


def _none_on_record(on_record: list[Evidence], away_from: str | None, request: Request) -> str:
    if request.revision:
        return f"{request.revision} is not on record as good: it neither passed the golden path nor was declared so"
    if not on_record:
        return (
            "no revision is on record as good; name one in remediation_last_known_good, or move traffic by hand with "
            "cloud_run_traffic"
        )
    names = ", ".join(item.revision for item in on_record)
    return f"nothing on record as good is left besides what is being left ({away_from}); on record: {names}"


def _inspected(
    service: str, found: Evidence, away_from: str | None, revision: LiveRevision | None, schema: Schema | None
) -> Decision:
    reason = _obstacle(found, revision)
    if schema and not reason:
        reason = schema_heads.obstacle(found.revision, found.schema_head, schema)
    if reason or revision is None:
        return Decision(service, "refused", str(reason), found.revision, away_from, found)
    floating = sorted(reference for reference in revision.secret_versions if reference.endswith(":latest"))
    cautions = [_about_floating(reference, found, revision.made.get(reference)) for reference in floating]
    cautions += [NOT_LOOKED] if revision.image_exists is None and revision.image else []
    unknown = schema_heads.caution(found.revision, found.schema_head, schema) if schema else None
    cautions += [unknown] if unknown else []
    earned = found.source == EARNED
    why = f"it passed the golden path in run {found.run}" if earned else "the contract declares it good"
    return Decision(service, "planned", why, found.revision, away_from, found, tuple(cautions))


def _about_floating(reference: str, found: Evidence, made: str | None) -> str:
    """Return what a reference to the latest version means for a revision that was good at a time."""
    if made and found.time and made > found.time:
        return (
            f"{reference} has moved since {found.revision} was good: the version it means now was made on {made[:10]}"
        )
    return f"{reference} floats: the rollback does not bring back its value of then"


def _obstacle(found: Evidence, revision: LiveRevision | None) -> str | None:
    """Return why the recorded revision cannot serve again, or None."""
    if revision is None:
        return f"the recorded revision {found.revision} is gone"
    if found.image and revision.image != found.image:
        return f"{found.revision} runs {revision.image}, but {found.image} is on record"
    if revision.image_exists is False:
        return f"the image of {found.revision} is gone from its registry: {revision.image}"
    if revision.failure:
        return f"{found.revision} cannot start: {revision.failure}"
    disabled = [
        f"{reference} is {state}" for reference, state in revision.secret_versions.items() if state != "ENABLED"
    ]
    if disabled:
        return f"{found.revision} cannot start: secret version {', '.join(sorted(disabled))}"
    return None
