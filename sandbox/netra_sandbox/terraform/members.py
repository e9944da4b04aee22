# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep single members of IAM policies, as the Google provider's ``*_iam_member`` resources do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from netra_sandbox.terraform.cloud import NOT_FOUND, Cloud, CloudError
from netra_sandbox.terraform.schema import Attribute, Object, ResourceType

_CONFLICT = 409
_ATTEMPTS = 10
_VERSION = 3  # https://cloud.google.com/iam/docs/reference/rest/v1/Policy: lower ones hide conditions
# Terraform makes several members of one policy at the same time.
_TURN = threading.Lock()


class Members:
    """The policies as one caller sees them; a member with a condition is somebody else's."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def read(self, resource: ResourceType, attributes: Mapping[str, Any]) -> Object | None:
        """Return role, member and the policy's etag, None when the policy does not have the member."""
        try:
            policy = self._policy(resource, attributes)
        except CloudError as error:
            if error.code == NOT_FOUND:
                return None
            raise
        role, member = attributes["role"], attributes["member"]
        if member not in _members(policy, role):
            return None
        return {"role": role, "member": member, "etag": policy["etag"]}

    def create(self, resource: ResourceType, attributes: Mapping[str, Any], _body: Object) -> None:
        """Add the member."""
        self._change(resource, attributes, lambda members, member: members | {member})

    def update(self, resource: ResourceType, _attributes: Mapping[str, Any], _body: Object, _mask: list[str]) -> None:
        """Refuse: everything of a member replaces it."""
        raise CloudError(0, f"{resource.label} cannot be changed")

    def set_one(self, resource: ResourceType, attributes: Mapping[str, Any], attribute: Attribute) -> None:
        """Refuse, as `update` does."""
        self.update(resource, attributes, {}, [attribute.name])

    def delete(self, resource: ResourceType, attributes: Mapping[str, Any]) -> None:
        """Take the member away; one that is not there, or whose resource is gone, is fine."""
        try:
            self._change(resource, attributes, lambda members, member: members - {member})
        except CloudError as error:
            if error.code != NOT_FOUND:
                raise

    def _change(
        self, resource: ResourceType, attributes: Mapping[str, Any], edit: Callable[[set[str], str], set[str]]
    ) -> None:
        role, url = attributes["role"], self._url(resource, attributes)
        for attempt in range(1, _ATTEMPTS + 1):
            with _TURN:
                policy = self._policy(resource, attributes)
                members = _members(policy, role)
                wanted = edit(members, attributes["member"])
                if wanted == members:
                    return
                others = [entry for entry in policy.get("bindings", []) if not _is_plain(entry, role)]
                bound = [{"role": role, "members": sorted(wanted)}] if wanted else []
                changed = {**policy, "bindings": others + bound, "version": _VERSION}
                try:
                    self._cloud.call("POST", f"{url}:setIamPolicy", {"policy": changed})
                except CloudError as error:
                    # The etag is stale: somebody else changed the policy, so it is read again.
                    if error.code != _CONFLICT or attempt == _ATTEMPTS:
                        raise
                else:
                    return

    def _policy(self, resource: ResourceType, attributes: Mapping[str, Any]) -> Object:
        url = self._url(resource, attributes)
        return self._cloud.call("GET", f"{url}:getIamPolicy", None, {"options.requestedPolicyVersion": _VERSION})

    def _url(self, resource: ResourceType, attributes: Mapping[str, Any]) -> str:
        return self._cloud.url(resource, resource.address(attributes))


def _members(policy: Mapping[str, Any], role: str) -> set[str]:
    return {member for entry in policy.get("bindings", []) if _is_plain(entry, role) for member in entry["members"]}


def _is_plain(binding: Mapping[str, Any], role: str) -> bool:
    return bool(binding["role"] == role and not binding.get("condition"))
