# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answer the provider protocol's calls: schema, read, plan, apply, import."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from netra_sandbox.terraform.cloud import ENVIRONMENT, Cloud, CloudError
from netra_sandbox.terraform.codec import body_from_state, state_from_api
from netra_sandbox.terraform.importing import imported
from netra_sandbox.terraform.members import Members
from netra_sandbox.terraform.planning import Path, plan
from netra_sandbox.terraform.resources.catalogue import RESOURCE_TYPES
from netra_sandbox.terraform.schema import Block, Object, ResourceType, optional, schema_message
from netra_sandbox.terraform.values import is_unknown, pack, unpack
from netra_sandbox.terraform.wire import Message

PROVIDER_BLOCK = Block(
    "",
    (
        *(optional(name, sensitive=name in {"credentials", "access_token"}) for name in ENVIRONMENT),
        optional("zone"),
        optional("billing_project"),
        optional("user_project_override", type="bool"),
        *(optional(f"{api}_custom_endpoint") for api in sorted({each.api for each in RESOURCE_TYPES.values()})),
    ),
)
_ERROR = 1
_CAPABILITIES = {"get_provider_schema_optional": True}


class Provider:
    """One started provider: first configured, then asked about resources."""

    def __init__(self) -> None:
        self._cloud: Cloud | None = None

    def calls(self) -> dict[str, Callable[[Message], Message]]:
        """Return the protocol's calls by name."""
        return {
            "GetMetadata": lambda _request: {
                "server_capabilities": _CAPABILITIES,
                "resources": [{"type_name": name} for name in RESOURCE_TYPES],
            },
            "GetProviderSchema": self._schema,
            "ValidateProviderConfig": lambda _request: {},
            "ValidateResourceConfig": lambda _request: {},
            "ConfigureProvider": self._configure,
            "UpgradeResourceState": self._upgrade,
            "ReadResource": self._read,
            "PlanResourceChange": self._plan,
            "ApplyResourceChange": self._apply,
            "ImportResourceState": self._import,
            "GetFunctions": lambda _request: {},
            "StopProvider": lambda _request: {},
        }

    def _schema(self, _request: Message) -> Message:
        schemas = [{"key": name, "value": schema_message(r.block)} for name, r in RESOURCE_TYPES.items()]
        return {
            "provider": schema_message(PROVIDER_BLOCK),
            "resource_schemas": schemas,
            "server_capabilities": _CAPABILITIES,
        }

    def _configure(self, request: Message) -> Message:
        configuration = unpack(request.get("config")) or {}
        self._cloud = Cloud({name: value for name, value in configuration.items() if not is_unknown(value)})
        return {}

    def _upgrade(self, request: Message) -> Message:
        block = RESOURCE_TYPES[request["type_name"]].block
        stored = json.loads(request["raw_state"]["json"])
        return {"upgraded_state": pack(_shaped(block, stored))}

    def _read(self, request: Message) -> Message:
        resource = RESOURCE_TYPES[request["type_name"]]
        prior = unpack(request["current_state"])
        try:
            found = self._access(resource).read(resource, prior)
        except CloudError as error:
            return {"new_state": pack(prior), "diagnostics": _errors(f"Error reading {resource.label}: {error}")}
        return {
            "new_state": pack(None if found is None else state_from_api(resource, found, prior)),
            "private": request.get("private"),
        }

    def _plan(self, request: Message) -> Message:
        resource = RESOURCE_TYPES[request["type_name"]]
        prior, proposed = unpack(request["prior_state"]), unpack(request["proposed_new_state"])
        if proposed is None:
            return {"planned_state": pack(None)}
        planned = plan(resource.block, prior, self._with_defaults(resource, unpack(request["config"])))
        return {
            "planned_state": pack(planned.state),
            "requires_replace": [_path_message(path) for path in planned.replaces],
            "planned_private": request.get("prior_private"),
            # As the Google provider's SDK: server defaults may stand where the configuration says nothing.
            "legacy_type_system": True,
        }

    def _apply(self, request: Message) -> Message:
        resource = RESOURCE_TYPES[request["type_name"]]
        prior, planned = unpack(request["prior_state"]), unpack(request["planned_state"])
        verb = "creating" if prior is None else "deleting" if planned is None else "updating"
        try:
            state = self._carry_out(resource, prior, planned)
        except CloudError as error:
            failure = _errors(f"Error {verb} {resource.label}: {error}")
            return {"new_state": pack(prior), "diagnostics": failure, "legacy_type_system": True}
        return {"new_state": pack(state), "legacy_type_system": True}

    def _carry_out(self, resource: ResourceType, prior: Object | None, planned: Object | None) -> Object | None:
        cloud = self._access(resource)
        if planned is None:
            _refuse_protected(prior or {})
            cloud.delete(resource, prior or {})
            return None
        if prior is None:
            cloud.create(resource, planned, body_from_state(resource.block, planned))
        else:
            _update(cloud, resource, prior, planned)
        found = cloud.read(resource, planned)
        if found is None:
            raise CloudError(0, "the API accepted it, and then it was not there")
        return state_from_api(resource, found, _known(planned))

    def _import(self, request: Message) -> Message:
        resource = RESOURCE_TYPES[request["type_name"]]
        state = imported(resource, str(request["id"]), self._configured().defaults())
        return {"imported_resources": [{"type_name": resource.name, "state": pack(state)}]}

    def _configured(self) -> Cloud:
        if self._cloud is None:
            self._cloud = Cloud({})
        return self._cloud

    def _access(self, resource: ResourceType) -> Cloud | Members:
        cloud = self._configured()
        return Members(cloud) if resource.is_member else cloud

    def _with_defaults(self, resource: ResourceType, config: Object) -> Object:
        """Put the provider's project and region where a resource names none."""
        names = {attribute.name for attribute in resource.block.attributes}
        defaults = self._configured().defaults().items()
        return config | {key: value for key, value in defaults if key in names and config.get(key) is None}


def _update(cloud: Cloud | Members, resource: ResourceType, prior: Object, planned: Object) -> None:
    changed = [name for name in planned if planned[name] != prior.get(name)]
    for attribute in resource.block.attributes:
        if attribute.setter and attribute.name in changed:
            cloud.set_one(resource, planned, attribute)
            changed.remove(attribute.name)
    body = body_from_state(resource.block, planned, changed)
    mask = [a.api for a in resource.block.attributes if a.name in changed and a.in_body]
    if body or mask:
        cloud.update(resource, planned, body, mask)


def _refuse_protected(prior: Mapping[str, Any]) -> None:
    if prior.get("deletion_protection"):
        raise CloudError(
            0, "the instance has deletion_protection; set it to false and apply before this destroys the instance"
        )


def _known(planned: Object) -> Object:
    """Return a planned state with null for whatever was still unknown."""
    return {name: _without_unknown(value) for name, value in planned.items()}


def _without_unknown(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_unknown(entry) for entry in value]
    if isinstance(value, dict):
        return _known(value)
    return None if is_unknown(value) else value


def _shaped(block: Block, stored: Mapping[str, Any]) -> Object:
    """Return a stored state with exactly the schema's attributes."""
    state: Object = {attribute.name: stored.get(attribute.name) for attribute in block.attributes}
    for nested in block.blocks:
        state[nested.name] = [_shaped(nested, entry) for entry in stored.get(nested.name) or []]
    return state


def _errors(summary: str) -> list[Message]:
    return [{"severity": _ERROR, "summary": summary}]


def _path_message(path: Iterable[str | int]) -> Message:
    return {"steps": [_step(step) for step in path]} if isinstance(path, tuple) else {}


def _step(step: str | int) -> Message:
    return {"attribute_name": step} if isinstance(step, str) else {"element_key_int": step}


__all__ = ["PROVIDER_BLOCK", "Path", "Provider"]
