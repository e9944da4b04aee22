"""Follow a serving instance by its liveness or readiness probe."""

from __future__ import annotations

import asyncio

from netra_sandbox.runtime import probes
from netra_sandbox.runtime.pool import Member, Pool


async def watch(pool: Pool, member: Member, probe: probes.Probe) -> None:
    """Try the probe for as long as the instance lives, and act when its verdict changes.

    A liveness probe that fails shuts the instance down with SIGKILL; a readiness probe takes it out of rotation until
    it passes again. Both begin after the start-up probe has passed.
    """
    streak = probes.Streak(probe)
    await asyncio.sleep(probe.delay)
    while member in pool.members and member.instance.running:
        outcome = await member.instance.check(probe)
        if streak.note(outcome) and not member.stopping:
            _act(pool, member, streak, outcome)
        await asyncio.sleep(probe.period)


async def crash(member: Member, seconds: float) -> None:
    """Kill an instance after a while."""
    await asyncio.sleep(seconds)
    member.instance.kill()


def _act(pool: Pool, member: Member, streak: probes.Streak, outcome: probes.Outcome) -> None:
    if not streak.healthy:
        member.instance.say(probes.failed(streak.probe, streak.failures, outcome.status), "ERROR")
    if streak.probe.kind == probes.READINESS:
        member.ready = streak.healthy
        pool.hand_out()
    elif not streak.healthy:
        member.instance.kill()
