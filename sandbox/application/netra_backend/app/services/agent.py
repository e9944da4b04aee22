"""One agent run: read the question, ask the cost table, answer with what was found."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

from shared import database

COSTS = """
    SELECT resource, kind, cost_usd::float8, utilization::float8, advice FROM resource_costs
    WHERE month = (SELECT max(month) FROM resource_costs) ORDER BY cost_usd DESC
"""


async def run_agent(question: str) -> AsyncIterator[dict[str, Any]]:
    """Yield the five events of a run, the last with the answer."""
    run_id = str(uuid.uuid4())
    sequence = 0

    def event(kind: str, **fields: Any) -> dict[str, Any]:
        nonlocal sequence
        sequence += 1
        return {"type": kind, "run_id": run_id, "sequence": sequence, "timestamp": time.time(), **fields}

    yield event("agent_started", question=question)
    yield event("agent_thinking", thought="The cost table of the last full month answers this.")
    yield event("tool_executing", tool="cost_table")
    started = time.monotonic()
    rows = await read_costs()
    yield event("tool_completed", tool="cost_table", rows=len(rows), seconds=round(time.monotonic() - started, 3))
    yield event("agent_completed", answer=answer(rows))


async def read_costs() -> list[tuple[Any, ...]]:
    async with await database.connect() as connection:
        cursor = await connection.execute(COSTS)
        return await cursor.fetchall()


def answer(rows: list[tuple[Any, ...]]) -> str:
    """Name the largest costs, and first the change that saves most: what is paid for and not used."""
    if not rows:
        return "No cost data is recorded for any month yet, so there is nothing to compare and nothing to change."
    total = sum(row[2] for row in rows)
    largest = ", ".join(f"{resource} ({cost:,.0f} USD)" for resource, _, cost, _, _ in rows[:3])
    resource, kind, cost, utilization, advice = max(rows, key=lambda row: row[2] * (1 - row[3]))
    return (
        f"Last month {len(rows)} resources cost {total:,.0f} USD; the largest are {largest}. "
        f"Change {resource} ({kind}) first: it is {utilization:.0%} used, so about {cost * (1 - utilization):,.0f} USD "
        f"a month pay for idle capacity. {advice}"
    )
