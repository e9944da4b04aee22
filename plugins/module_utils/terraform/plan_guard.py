# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read Terraform's JSON plan: what would change, and whether that may happen. Pure.

https://developer.hashicorp.com/terraform/internals/json-format#plan-representation
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import UnsafeChange
from ansible_collections.netra.remediation.plugins.module_utils.foundation.redaction import SENSITIVE, fingerprint

PROTECTED = (
    "google_alloydb_cluster",
    "google_alloydb_instance",
    "google_compute_address",
    "google_compute_global_address",
    "google_compute_network",
    "google_compute_subnetwork",
    "google_firestore_database",
    "google_kms_crypto_key",
    "google_redis_cluster",
    "google_redis_instance",
    "google_secret_manager_secret",
    "google_service_networking_connection",
    "google_spanner_database",
    "google_sql_database",
    "google_sql_database_instance",
    "google_sql_user",
    "google_storage_bucket",
)
IDLE = (["no-op"], ["read"])
UNKNOWN = "(known after apply)"
OUTPUT = "terraform output"  # how plans of runs call what changes in a state besides resources


def changes(plan: Mapping[str, Any], *, marked: bool = False) -> list[dict[str, Any]]:
    """Return the resources that would change or be imported, with their actions and the attributes that differ.

    Sensitive values are hidden; ``marked`` adds fingerprints, by which two plans can be compared.
    """
    found = []
    for resource in plan.get("resource_changes") or ():
        change = resource["change"]
        if change["actions"] in IDLE and not change.get("importing"):
            continue
        found.append(
            {
                "address": resource["address"],
                "type": resource["type"],
                "actions": list(change["actions"]),
                "imported": bool(change.get("importing")),
                "before": _shown(change, "before", marked),
                "after": _shown(change, "after", marked),
            }
        )
    return sorted(found, key=lambda entry: str(entry["address"]))


def changed_outputs(plan: Mapping[str, Any]) -> list[str]:
    """Return the names of the outputs that would change."""
    entries = (plan.get("output_changes") or {}).items()
    return sorted(name for name, change in entries if change.get("actions") not in IDLE)


def refuse_losses(found: Iterable[Mapping[str, Any]], protected: Iterable[str], allowed: Iterable[str]) -> None:
    """Raise UnsafeChange where something with data or addresses in it would be destroyed or replaced."""
    protected, allowed = set(protected), set(allowed)
    lost = [
        f"{entry['address']} ({'replaced' if 'create' in entry['actions'] else 'destroyed'})"
        for entry in found
        if "delete" in entry["actions"] and entry["type"] in protected and entry["address"] not in allowed
    ]
    if lost:
        raise UnsafeChange(
            f"Terraform would lose {', '.join(lost)}. Nothing was applied. Change the configuration, or name the "
            "addresses in allow_destroy when the loss is meant.",
            addresses=lost,
        )


def refuse_too_many(found: Sequence[Mapping[str, Any]], limit: int | None) -> None:
    """Raise UnsafeChange where a plan changes more than a run may."""
    if limit is not None and len(found) > limit:
        names = ", ".join(str(entry["address"]) for entry in found)
        raise UnsafeChange(
            f"Terraform would change {len(found)} resources, and max_changes allows {limit}: {names}. Nothing was "
            "applied. Look at the plan with --check --diff, and raise max_changes when it is meant.",
            addresses=[str(entry["address"]) for entry in found],
        )


def _shown(change: Mapping[str, Any], side: str, marked: bool) -> dict[str, Any]:
    """Return the attributes of one side that differ from the other; what either side marks as sensitive is hidden."""
    values, other = change.get(side) or {}, change.get("after" if side == "before" else "before") or {}
    unknown = (change.get("after_unknown") or {}) if side == "after" else {}
    shown = {name: UNKNOWN for name, mark in unknown.items() if mark is True}
    for name, value in values.items():
        if value is None or (other.get(name) == value and not unknown.get(name)) or name in shown:
            continue
        marks = (change.get("before_sensitive"), change.get("after_sensitive"))
        first, second = (mark if mark is True else (mark or {}).get(name) for mark in marks)
        shown[name] = with_unknown(concealed(concealed(value, first, marked), second, marked), unknown.get(name))
    return dict(sorted(shown.items()))


def with_unknown(value: Any, mark: Any) -> Any:
    """Return a value in which what only an apply can bring says so, at any depth."""
    if mark is True:
        return UNKNOWN
    if isinstance(value, Mapping) and isinstance(mark, Mapping):
        return {name: with_unknown(value.get(name), mark.get(name)) for name in {**value, **mark}}
    if isinstance(value, list) and isinstance(mark, list):
        return [with_unknown(entry, mark[at] if at < len(mark) else None) for at, entry in enumerate(value)]
    return value


def concealed(value: Any, mark: Any, marked: bool = False) -> Any:
    """Return a value without what its mark hides: True hides all, objects and lists of marks hide parts."""
    if mark is True:
        if not marked or (isinstance(value, str) and value.startswith(SENSITIVE)):
            return value if marked else SENSITIVE
        return f"{SENSITIVE} {fingerprint(json.dumps(value, sort_keys=True))}"
    if isinstance(value, Mapping) and isinstance(mark, Mapping):
        return {name: concealed(entry, mark.get(name), marked) for name, entry in value.items()}
    if isinstance(value, list) and isinstance(mark, list):
        return [concealed(entry, mark[at] if at < len(mark) else None, marked) for at, entry in enumerate(value)]
    return value
