"""Notification channels: kept and checked; nothing is sent.

https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.notificationChannels
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel import field_mask
from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.kernel.paging import page
from netra_sandbox.services import longrunning
from netra_sandbox.services.cloud_monitoring import policies
from netra_sandbox.services.cloud_monitoring.filters import refusal
from netra_sandbox.services.cloud_monitoring.named import counted_page, numbered

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
METHODS = "monitoring.projects.notificationChannels"
DESCRIPTORS = "monitoring.projects.notificationChannelDescriptors"
KEY = "monitoring:notificationChannels/"
# Type → (display name, labels it needs, labels that are secrets).
TYPES = {
    "email": ("Email", ("email_address",), ()),
    "pagerduty": ("PagerDuty", ("service_key",), ("service_key",)),
    "pubsub": ("Cloud Pub/Sub", ("topic",), ()),
    "slack": ("Slack", ("channel_name", "auth_token"), ("auth_token",)),
    "sms": ("SMS", ("number",), ()),
    "webhook_basicauth": ("Webhook with Basic Authentication", ("url", "username", "password"), ("password",)),
    "webhook_tokenauth": ("Webhook with Token Authentication", ("url",), ()),
}


@handles(f"{METHODS}.create")
async def create(sandbox: Sandbox, call: Call) -> Resource:
    """Make a channel."""
    name = f"projects/{sandbox.project}/notificationChannels/{secrets.randbelow(9 * 10**18) + 10**18}"
    mutation = _mutation(sandbox, call)
    channel = {"enabled": True, **call.body, "name": name, "creationRecord": mutation, "mutationRecords": [mutation]}
    return _put(sandbox, channel)


@handles(f"{METHODS}.list")
async def list_channels(sandbox: Sandbox, call: Call) -> Resource:
    """Return the channels."""
    return counted_page(sandbox.store.list(KEY), "notificationChannels", call)


@handles(f"{METHODS}.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return a channel."""
    return _channel(sandbox, call)


@handles(f"{METHODS}.patch")
async def patch(sandbox: Sandbox, call: Call) -> Resource:
    """Change a channel."""
    channel = _channel(sandbox, call)
    mask = call.parameters.get("updateMask") or ",".join(call.body)
    if call.body.get("type", channel["type"]) != channel["type"]:
        raise refusal(call.body["type"], "the type of a channel cannot be changed.", "notification_channel.type")
    changed = field_mask.apply(channel, call.body, mask)
    changed |= {key: channel[key] for key in ("name", "type", "creationRecord")}
    changed["mutationRecords"] = [*channel["mutationRecords"], _mutation(sandbox, call)]
    return _put(sandbox, changed)


@handles(f"{METHODS}.delete")
async def delete(sandbox: Sandbox, call: Call) -> Resource:
    """Remove a channel; one that a policy notifies only by force, which takes it out of the policy."""
    channel = _channel(sandbox, call)
    users = policies.users_of(sandbox, channel["name"])
    if users and not call.parameters.get("force"):
        raise ApiError(
            "FAILED_PRECONDITION", f"The channel {channel['name']} is used by {len(users)} alert policies: use force."
        )
    for policy in users:
        policy["notificationChannels"].remove(channel["name"])
        sandbox.store.put(policies.KEY + policy["name"], policy)
    sandbox.store.delete(KEY + channel["name"])
    return {}


@handles(f"{DESCRIPTORS}.list")
async def list_descriptors(sandbox: Sandbox, call: Call) -> Resource:
    """Return the types of channels."""
    return page([_descriptor(sandbox, kind) for kind in TYPES], "channelDescriptors", call)


@handles(f"{DESCRIPTORS}.get")
async def get_descriptor(sandbox: Sandbox, call: Call) -> Resource:
    """Return a type of channels."""
    kind = call.parameters["name"].rpartition("/")[2]
    if kind not in TYPES:
        raise ApiError("NOT_FOUND", f"The notification channel descriptor {kind} could not be found.")
    return _descriptor(sandbox, kind)


def _descriptor(sandbox: Sandbox, kind: str) -> Resource:
    title, labels, _ = TYPES[kind]
    return {
        "name": f"projects/{sandbox.project}/notificationChannelDescriptors/{kind}",
        "type": kind,
        "displayName": title,
        "labels": [{"key": label} for label in labels],
    }


def _put(sandbox: Sandbox, channel: Resource) -> Resource:
    kind = channel.get("type", "")
    if kind not in TYPES:
        raise refusal(kind, "there is no such type of channel.", "notification_channel.type")
    missing = [label for label in TYPES[kind][1] if not channel.get("labels", {}).get(label)]
    if missing:
        raise refusal("", f"the label {missing[0]} is required.", "notification_channel.labels")
    # Nothing is ever sent, so that a secret need not be kept.
    hidden = TYPES[kind][2]
    labels = {key: "*" * 8 if key in hidden else value for key, value in channel["labels"].items()}
    stored = {**channel, "labels": labels}
    sandbox.store.put(KEY + channel["name"], stored)
    return stored


def _mutation(sandbox: Sandbox, call: Call) -> Resource:
    return {"mutateTime": longrunning.timestamp(sandbox), "mutatedBy": call.principal}


def _channel(sandbox: Sandbox, call: Call) -> Resource:
    name = numbered(sandbox, call.parameters["name"])
    found = sandbox.store.get(KEY + name)
    if found is None:
        raise ApiError("NOT_FOUND", f"The notification channel {name} could not be found.")
    return found
