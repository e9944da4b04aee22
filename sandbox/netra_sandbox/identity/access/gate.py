"""The step between a call's route and its handler, which asks whether the caller may do this to that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netra_sandbox.identity.access import deploying, engine, methods, refusals, resources, roles
from netra_sandbox.identity.access.audit import AuditLog
from netra_sandbox.kernel import iam_policies
from netra_sandbox.kernel.calls import Call

if TYPE_CHECKING:
    from netra_sandbox.kernel.errors import ApiError
    from netra_sandbox.sandbox import Sandbox

ENFORCE, LOG, OFF = MODES = ("enforce", "log", "off")
ACT_AS = "iam.serviceAccounts.actAs"
_MODE = "sandbox:iam"
_DEFAULT = ENFORCE
_RUN_PATCH = "run.projects.locations.services.patch"


class Access:
    """Decides by the policies in the store, records what it decided, and refuses where the mode is `enforce`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.audit = AuditLog()

    @property
    def mode(self) -> str:
        """Return `enforce`, `log` (decide and record, refuse nothing) or `off`."""
        return str((self._sandbox.store.get(_MODE) or {}).get("mode", _DEFAULT))

    def switch(self, mode: str) -> None:
        """Set the mode until the next reset; raise ValueError for one that is none."""
        if mode not in MODES:
            raise ValueError(f"The mode must be one of {', '.join(MODES)}.")
        self._sandbox.store.put_lasting(_MODE, {"mode": mode})

    def authorize(self, call: Call, api: str, version: str) -> None:
        """Refuse a call that its caller may not make; raise PERMISSION_DENIED in the words of the API."""
        if self.mode == OFF:
            return
        permission = self._permission(call, version)
        if permission is not None:
            for resource in resources.names(call.method, call.parameters, call.body):
                self.require(call.principal, permission, api, resource, call.method)
        account = deploying.account(call, self._sandbox.compute_account, self._run_resource)
        if account is not None and not self.allows(
            call.principal, ACT_AS, "iam", f"projects/-/serviceAccounts/{account}", call.method
        ):
            raise refusals.act_as(account)

    def require(self, principal: str, permission: str, api: str, resource: str, method: str) -> None:
        """Record a decision and raise the API's refusal when the permission is missing."""
        if not self.allows(principal, permission, api, resource, method):
            raise self.refusal(principal, permission, api, resource)

    def refusal(self, principal: str, permission: str, api: str, resource: str) -> ApiError:
        """Return the words of an API, named as its host is, for a missing permission."""
        return refusals.denied(api, permission, resource, principal)

    def allows(self, principal: str | None, permission: str, api: str, resource: str, method: str) -> bool:
        """Decide and record; true as well where the mode does not refuse.

        `resource` is a full name (`projects/p/secrets/s`), `principal` an e-mail or None for a caller that nobody
        knows, `method` what was called.
        """
        mode = self.mode
        if mode == OFF:
            return True
        keys = resources.policy_keys(api, resource, self.place)
        found = self._granted(engine.members(principal), permission, keys)
        self.audit.add(self._sandbox.now(), principal or "", method, resource, permission, found)
        return found or mode == LOG

    def held(self, principal: str | None, key: str, permissions: Sequence[str]) -> list[str]:
        """Return those of the permissions that a principal holds on a resource, given by its key in the store."""
        if self.mode == OFF:
            return list(permissions)
        keys, caller = resources.of_key(key, self.place), engine.members(principal)
        return [permission for permission in permissions if self._granted(caller, permission, keys)]

    @property
    def place(self) -> resources.Place:
        """Return the project whose policies count."""
        sandbox = self._sandbox
        return resources.Place(sandbox.project, sandbox.project_number, sandbox.region)

    def _granted(self, caller: frozenset[str], permission: str, keys: Sequence[str]) -> bool:
        store = self._sandbox.store
        policies = (iam_policies.stored(store, key) for key in keys)
        return engine.granted(policies, caller, permission, lambda name: roles.permissions(store, name))

    def _permission(self, call: Call, version: str) -> str | None:
        if call.method == _RUN_PATCH and call.parameters.get("allowMissing"):
            missing = self._run_resource(str(call.parameters["name"])) is None
            return "run.services.create" if missing else "run.services.update"
        return methods.table().permission(call.method, version)

    def _run_resource(self, name: str) -> dict[str, object] | None:
        return self._sandbox.store.get(f"run:{name}")
