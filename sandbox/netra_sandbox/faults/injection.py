"""The faults that are in force, as rows of the store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from aiohttp import web

from netra_sandbox.faults import effects, resources
from netra_sandbox.faults.resources import ResourceFault
from netra_sandbox.faults.rules import KINDS, FaultError, Rule, matches, read_rule, strikes
from netra_sandbox.front.request_log import is_write

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

KEY = "fault:"
Fault = Rule | ResourceFault


class Faults:
    """The faults of one sandbox, oldest first."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._known: dict[str, Fault] = {}
        self._seen: dict[str, int] = {}

    async def add(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Put a fault in force and return it with its name; raise FaultError when it cannot be."""
        name = given.get("name", "") or self._free_name()
        if name in self._known:
            raise FaultError(f"There is a fault {name} already.")
        fault = self._read(given, name)
        if isinstance(fault, ResourceFault):
            fault = await resources.apply(self._sandbox, fault)
        self._known[name] = fault
        self._keep(fault)
        return self._described(fault)

    def all(self) -> list[dict[str, Any]]:
        """Return the faults; those of calls with the number of calls that each has `seen`."""
        return [self._described(fault) for fault in self._known.values()]

    async def clear(self, name: str | None = None) -> list[str]:
        """End one fault, or all, and return their names; raise FaultError for one that is not there."""
        if name is not None and name not in self._known:
            raise FaultError(f"There is no fault {name}.")
        ended = list(self._known)[::-1] if name is None else [name]
        for each in ended:
            fault = self._known.pop(each)
            self._seen.pop(each, None)
            self._sandbox.store.delete(KEY + each)
            if isinstance(fault, ResourceFault):
                await resources.clear(self._sandbox, fault)
        return ended

    def forget(self) -> None:
        """Drop all faults without ending them: what they were about is gone."""
        self._known.clear()
        self._seen.clear()

    async def resume(self) -> None:
        """Read the faults that an earlier process of the sandbox left in force, and put them in force again."""
        for row in sorted(self._sandbox.store.list(KEY), key=lambda row: int(row["order"])):
            fault = ResourceFault(**row["resource"]) if "resource" in row else Rule.of(row["rule"])
            self._known[fault.name] = fault
            self._seen[fault.name] = int(row["seen"])
            if isinstance(fault, ResourceFault):
                await resources.resume(self._sandbox, fault)

    async def around(
        self, method: str, caller: str, request: web.BaseRequest, answer: Callable[[], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Answer an authorised call, with the faults that strike it."""
        struck = self._strike(method, caller, is_write(request.method, method)) if self._known else []
        if not struck:
            return await answer()
        return await effects.carry_out(struck, request, answer, lambda rule: self._known.get(rule.name) is rule)

    def _strike(self, method: str, caller: str, writes: bool) -> list[Rule]:
        struck, now = [], self._sandbox.now()
        for rule in self._known.values():
            if isinstance(rule, Rule) and matches(rule, method, caller, writes=writes):
                self._seen[rule.name] = self._seen.get(rule.name, 0) + 1
                self._keep(rule)
                if strikes(rule, self._seen[rule.name], now):
                    struck.append(rule)
        return struck

    def _read(self, given: Mapping[str, Any], name: str) -> Fault:
        kind = given.get("kind")
        if kind in KINDS:
            return read_rule(given, name, self._sandbox.now())
        if kind in resources.FAULTS:
            return resources.read(given, name)
        raise FaultError(f"There is no fault {kind}; there are {', '.join((*KINDS, *resources.FAULTS))}.")

    def _free_name(self) -> str:
        number = 1
        while f"fault-{number}" in self._known:
            number += 1
        return f"fault-{number}"

    def _keep(self, fault: Fault) -> None:
        order = list(self._known).index(fault.name)
        described = {"resource" if isinstance(fault, ResourceFault) else "rule": fault.as_json()}
        self._sandbox.store.put(KEY + fault.name, {**described, "seen": self._seen.get(fault.name, 0), "order": order})

    def _described(self, fault: Fault) -> dict[str, Any]:
        seen = {} if isinstance(fault, ResourceFault) else {"seen": self._seen.get(fault.name, 0)}
        return {**fault.as_json(), **seen}
