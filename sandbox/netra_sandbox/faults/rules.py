"""Which calls a fault strikes, decided by nothing but the rule, the call and how many calls it has seen."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from netra_sandbox.kernel.clock import format_time, read_time
from netra_sandbox.kernel.errors import CODES

ERROR, DELAY, DROP, HALF_ANSWER = "error", "delay", "drop", "half-answer"
STUCK_OPERATION, OPERATION_ERROR, HOLD = "stuck-operation", "operation-error", "hold"
KINDS = (ERROR, DELAY, DROP, HALF_ANSWER, STUCK_OPERATION, OPERATION_ERROR, HOLD)
_LONGEST_DELAY_SECONDS = 3600.0
_TYPES: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "tuple[dict[str, Any], ...]": (list, tuple),
}


class FaultError(ValueError):
    """A fault that cannot be injected as described."""


@dataclass(frozen=True)
class Rule:
    """A fault of API calls.

    `method` and `caller` are globs over the method's identifier and the caller's e-mail; `writes` leaves out calls that
    only read. Of the calls they match, the fault strikes the `nth` or the `first` n when given, each with the
    probability `rate` drawn from `seed`, and none `until` that time (RFC 3339, the sandbox's clock) has come. `status`,
    `message`, `details` and `retry_after` (seconds) are the error's; `seconds` is how long `delay` lasts; `handled`
    lets a dropped or held call take effect first.
    """

    name: str
    kind: str
    method: str = "*"
    caller: str = "*"
    writes: bool = False
    nth: int = 0
    first: int = 0
    rate: float = 1.0
    seed: int = 0
    until: str = ""
    status: str = "UNAVAILABLE"
    message: str = "The service is currently unavailable."
    details: tuple[dict[str, Any], ...] = ()
    retry_after: int = 0
    seconds: float = 1.0
    handled: bool = False

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Rule:
        """Return a rule as `as_json` gave it."""
        return cls(**{**stored, "details": tuple(stored["details"])})

    def as_json(self) -> dict[str, Any]:
        """Return the rule as it is stored and shown."""
        return {**asdict(self), "details": list(self.details)}


def read_rule(given: Mapping[str, Any], name: str, now: datetime) -> Rule:
    """Return the rule that JSON describes; `until` may be a number of seconds from now. Raise FaultError by name."""
    known = {field.name: str(field.type) for field in fields(Rule)}
    values = {"name": name, **given}
    for key, value in values.items():
        if key not in known:
            raise FaultError(f"A fault has no option {key}; it has {', '.join(sorted(known))}.")
        if key == "until" and isinstance(value, int | float) and not isinstance(value, bool):
            continue
        if not isinstance(value, _TYPES[known[key]]) or (isinstance(value, bool) and known[key] != "bool"):
            raise FaultError(f"The fault's option {key} is not of type {known[key].partition('[')[0]}.")
    rule = Rule(
        **{**values, "until": _until(values.get("until", ""), now), "details": tuple(values.get("details", ()))}
    )
    _check(rule)
    return rule


def strikes(rule: Rule, number: int, now: datetime) -> bool:
    """Tell whether a rule strikes its `number`-th matching call (from 1)."""
    if rule.nth and number != rule.nth:
        return False
    if rule.first and number > rule.first:
        return False
    if rule.until and now >= read_time(rule.until):
        return False
    return rule.rate >= 1 or draw(rule.seed, number) < rule.rate


def matches(rule: Rule, method: str, caller: str, *, writes: bool) -> bool:
    """Tell whether a call is one of those that a rule is about."""
    return fnmatchcase(method, rule.method) and fnmatchcase(caller, rule.caller) and (writes or not rule.writes)


def draw(seed: int, number: int) -> float:
    """Return the random number of a rule's n-th call: the same in every run with the same seed."""
    return random.Random(f"{seed}:{number}").random()  # noqa: S311  a repeatable choice, not a secret


def _until(given: str | float, now: datetime) -> str:
    if not isinstance(given, str):
        return format_time(now.astimezone(UTC) + timedelta(seconds=given))
    if given:
        try:
            read_time(given)
        except ValueError:
            raise FaultError(f"until is neither a number of seconds nor a time with a zone: {given}") from None
    return given


def _check(rule: Rule) -> None:
    if rule.kind not in KINDS:
        raise FaultError(f"There is no fault {rule.kind}; there are {', '.join(KINDS)}.")
    if rule.status not in CODES:
        raise FaultError(f"{rule.status} is no canonical status; there are {', '.join(CODES)}.")
    if not 0 <= rule.rate <= 1:
        raise FaultError(f"The rate of a fault is from 0 to 1, not {rule.rate}.")
    if not 0 <= rule.seconds <= _LONGEST_DELAY_SECONDS:
        raise FaultError(f"A delay is from 0 to {_LONGEST_DELAY_SECONDS:.0f} seconds, not {rule.seconds}.")
    if min(rule.nth, rule.first, rule.retry_after) < 0:
        raise FaultError("nth, first and retry_after are not negative.")
