# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tell what changed outside of Terraform, and what of it only Cloud Run itself writes. Pure.

https://developer.hashicorp.com/terraform/internals/json-format#plan-representation (resource_drift)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.terraform.plan_guard import changed_outputs, changes

# What the server writes whenever a service is deployed by anybody: a difference in nothing else is no drift.
# https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/cloud_run_v2_service#attributes-reference
NOISE = frozenset(
    {
        "client", "client_version", "conditions", "creator", "effective_annotations", "effective_labels", "etag",
        "expire_time", "generation", "last_modifier", "latest_created_revision", "latest_ready_revision",
        "observed_generation", "reconciling", "terminal_condition", "terraform_labels", "traffic_statuses",
        "update_time", "urls",
    }
)  # fmt: skip
NOISY_TYPES = "google_cloud_run_"  # and google_cloud_run_v2_
# Google signs a managed certificate after it was made, and renews it.
CERTIFICATE_NOISE = frozenset({"expire_time", "subject_alternative_names"})
# The etag is the whole policy's: another member, wherever it comes from, changes it.
POLICY_NOISE = frozenset({"etag"})
POLICY_TYPES = ("_iam_member", "_iam_binding", "_iam_policy")


def drift_of(plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each resource that differs from the state: address, type, actions, before, after, and `noise`.

    An action `delete` means that the resource is gone. `noise` says that nothing differs but what the server writes.
    """
    drifted = changes({"resource_changes": plan.get("resource_drift") or ()})
    return [{**entry, "noise": is_noise(entry)} for entry in drifted]


def is_noise(entry: Mapping[str, Any]) -> bool:
    """Say whether no attribute differs, as right after an import, or only those that Google writes by itself."""
    if entry["actions"] != ["update"]:
        return False
    return {*entry["before"], *entry["after"]} <= written_by_google(str(entry["type"]))


def written_by_google(resource_type: str) -> frozenset[str]:
    """Return the attributes of a type that change without anybody's doing."""
    if resource_type.startswith(NOISY_TYPES):
        return NOISE
    if resource_type.endswith(POLICY_TYPES):
        return POLICY_NOISE
    return CERTIFICATE_NOISE if resource_type == "google_compute_managed_ssl_certificate" else frozenset()


def exit_code(plan: Mapping[str, Any]) -> int:
    """Return 2 where a plan has changes or drift to tell of, else 0, as ``terraform plan -detailed-exitcode`` does."""
    drifted = any(not entry["noise"] for entry in drift_of(plan))
    return 2 if changes(plan) or changed_outputs(plan) or drifted else 0
