"""The accounts and bindings that a project of the sandbox starts with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from netra_sandbox.identity.access import resources
from netra_sandbox.kernel import iam_policies

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

# What an account needs that repairs, builds, deploys and watches an environment.
REMEDIATOR = (
    *("artifactregistry.admin", "cloudbuild.builds.editor", "cloudscheduler.admin", "cloudsql.admin"),
    *("compute.networkAdmin", "compute.securityAdmin", "errorreporting.admin", "iam.roleAdmin"),
    *("iam.serviceAccountAdmin", "iam.serviceAccountKeyAdmin", "iam.serviceAccountUser", "logging.admin"),
    *("monitoring.admin", "redis.admin", "resourcemanager.projectIamAdmin", "run.admin", "secretmanager.admin"),
    *("serviceusage.serviceUsageAdmin", "storage.admin", "vpcaccess.admin"),
)
DEPLOYER = ("run.developer", "secretmanager.viewer", "iam.serviceAccountUser", "artifactregistry.writer")
RUNTIME = ("secretmanager.secretAccessor", "cloudsql.client", "logging.logWriter", "monitoring.metricWriter")
TOKEN_CREATOR = "roles/iam.serviceAccountTokenCreator"  # noqa: S105  the name of a role


def seed(sandbox: Sandbox) -> None:
    """Make the project's own accounts and bind them to their roles.

    `nobody` gets no role. The remediator may make tokens of `deployer`, and of no other account.
    """
    accounts = sandbox.accounts
    sandbox.principals.seed()
    accounts.make(sandbox.compute_account, {"displayName": "Default compute service account"})
    deployer = accounts.email("deployer")
    accounts.make(deployer, {"displayName": "Deployer"})
    held = {
        sandbox.principals.remediator: REMEDIATOR,
        deployer: DEPLOYER,
        accounts.email("viewer"): ("viewer",),
        sandbox.compute_account: ("editor",),
        sandbox.run_agent: ("run.serviceAgent",),
    }
    _bind(sandbox, held)
    creator = {"role": TOKEN_CREATOR, "members": [f"serviceAccount:{sandbox.principals.remediator}"]}
    iam_policies.write(sandbox.store, f"iam:{accounts.name(deployer)}", {"bindings": [creator]})


def seed_runtime(sandbox: Sandbox, emails: Iterable[str]) -> None:
    """Make the accounts that services run as."""
    members = sorted(set(emails))
    for email in members:
        sandbox.accounts.make(email, {"displayName": email.partition("@")[0]})
    _bind(sandbox, dict.fromkeys(members, RUNTIME))


def _bind(sandbox: Sandbox, held: Mapping[str, Iterable[str]]) -> None:
    """Add roles, named without `roles/`, to the project's policy, by account."""
    key = resources.project_key(sandbox.access.place)
    bindings = list(iam_policies.stored(sandbox.store, key).get("bindings", ()))
    bindings += [
        {"role": f"roles/{role}", "members": [f"serviceAccount:{email}"]}
        for email, given in held.items()
        for role in given
    ]
    iam_policies.write(sandbox.store, key, {"bindings": bindings})
