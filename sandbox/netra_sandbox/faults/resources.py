"""Faults of resources: each is a row that says how it is brought about and how it is ended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from netra_sandbox.faults import instances, load_balancer, mechanisms
from netra_sandbox.faults.rules import FaultError

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Values = dict[str, Any]
# (sandbox, target, options) → what `clear` needs to know of how things were.
Apply = Callable[["Sandbox", str, Mapping[str, Any]], Awaitable[Values]]
Clear = Callable[["Sandbox", str, Mapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True)
class Kind:
    """One kind of fault: what it is about, its options with their defaults, how it begins and how it ends."""

    about: str
    summary: str
    apply: Apply
    clear: Clear
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ResourceFault:
    """A fault of one resource; `before` is how things were, as `clear` needs it."""

    name: str
    kind: str
    target: str
    options: Values
    before: Values = field(default_factory=dict)

    def as_json(self) -> Values:
        """Return the fault as it is stored and shown."""
        return asdict(self)


FAULTS: Mapping[str, Kind] = {
    "redis-full": Kind(
        "a Redis instance",
        "its memory is used up: it refuses to write",
        mechanisms.fill_redis,
        mechanisms.unfill_redis,
    ),
    "redis-auth": Kind(
        "a Redis instance",
        "it asks for a password that no client has",
        mechanisms.lock_redis,
        mechanisms.unlock_redis,
    ),
    "postgres-out-of-connections": Kind(
        "a Cloud SQL instance",
        "its databases take no more than `limit` connections",
        mechanisms.limit_connections,
        mechanisms.unlimit_connections,
        {"limit": 0},
    ),
    "postgres-slow": Kind(
        "a Cloud SQL instance",
        "a new connection waits for `seconds`",
        mechanisms.slow_postgres,
        mechanisms.unslow_postgres,
        {"seconds": 8},
    ),
    "crash-loop": Kind(
        "a Cloud Run service or revision",
        "its instances are killed `seconds` after they have started",
        instances.crash,
        instances.calm,
        {"seconds": 0.0},
    ),
    "slow-start": Kind(
        "a Cloud Run service or revision",
        "its processes start `seconds` late",
        instances.start_late,
        instances.calm,
        {"seconds": 10.0},
    ),
    "wrong-port": Kind(
        "a Cloud Run service or revision",
        "its processes listen on another port than they are probed on",
        instances.listen_elsewhere,
        instances.calm,
    ),
    "memory-limit": Kind(
        "a Cloud Run service or revision",
        "its instances may use `mib` MiB of memory, whatever their limit says",
        instances.lower_memory,
        instances.calm,
        {"mib": 1},
    ),
    "certificate-expired": Kind(
        "an SSL certificate of the load balancer",
        "it is past its end",
        load_balancer.expire_certificate,
        load_balancer.renew_certificate,
    ),
    "certificate-provisioning": Kind(
        "a managed SSL certificate of the load balancer",
        "nobody has signed it yet, so handshakes fail",
        load_balancer.hold_certificate,
        load_balancer.renew_certificate,
    ),
    "dns-record": Kind(
        "a host name",
        "it leads to `address`",
        load_balancer.point_host,
        load_balancer.restore_host,
        {"address": load_balancer.ELSEWHERE},
    ),
    "clock-offset": Kind(
        "`sandbox`",
        "its clock is `seconds` ahead of this machine's (behind, when negative)",
        mechanisms.move_clock,
        mechanisms.unmove_clock,
        {"seconds": 3600.0},
    ),
    "metric-lag": Kind(
        "`sandbox`",
        "samples of Cloud Monitoring stay unseen for `seconds`",
        mechanisms.delay_metrics,
        mechanisms.undelay_metrics,
        {"seconds": 180.0},
    ),
}


def read(given: Mapping[str, Any], name: str) -> ResourceFault:
    """Return the fault that JSON describes; raise FaultError for an option that its kind does not have."""
    kind = FAULTS[given["kind"]]
    options = {key: value for key, value in given.items() if key not in {"name", "kind", "target"}}
    for key, value in options.items():
        if key not in kind.options:
            known = ", ".join(["target", *kind.options])
            raise FaultError(f"The fault {given['kind']} has no option {key}; it has {known}.")
        if not _fits(value, kind.options[key]):
            expected = type(kind.options[key]).__name__
            raise FaultError(f"The option {key} of the fault {given['kind']} is not of type {expected}.")
    target = given.get("target")
    if not isinstance(target, str) or not target:
        raise FaultError(f"The fault {given['kind']} needs a target: {kind.about}.")
    return ResourceFault(name, given["kind"], target, {**kind.options, **options})


async def apply(sandbox: Sandbox, fault: ResourceFault) -> ResourceFault:
    """Bring a fault about; raise FaultError when its target is not there."""
    before = await FAULTS[fault.kind].apply(sandbox, fault.target, fault.options)
    return ResourceFault(fault.name, fault.kind, fault.target, fault.options, before)


async def resume(sandbox: Sandbox, fault: ResourceFault) -> None:
    """Bring a fault about again in a new process of the sandbox."""
    await FAULTS[fault.kind].apply(sandbox, fault.target, fault.options)


async def clear(sandbox: Sandbox, fault: ResourceFault) -> None:
    """End a fault; a target that is gone took it along."""
    try:
        await FAULTS[fault.kind].clear(sandbox, fault.target, fault.before)
    except FaultError:
        return


def _fits(value: object, default: object) -> bool:
    if isinstance(value, bool) or isinstance(default, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, float):
        return isinstance(value, int | float)
    return isinstance(value, type(default))
