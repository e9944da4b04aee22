# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge whether Cloud Run may read the images of the next revisions. Pure.

Cloud Run reads an image as the project's service agent. In the project its own role lets it; in another one somebody
must grant that: https://cloud.google.com/artifact-registry/docs/integrate-cloud-run
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ansible_collections.netra.remediation.plugins.module_utils.checks.desired_services import DesiredService
from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import BY_HAND, ERROR, Check, Finding
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation
from ansible_collections.netra.remediation.plugins.module_utils.resources import artifact_registry
from ansible_collections.netra.remediation.plugins.module_utils.resources.project_access import Bindings, granted

# Predefined roles with artifactregistry.repositories.downloadArtifacts:
# https://cloud.google.com/artifact-registry/docs/access-control and https://cloud.google.com/iam/docs/service-agents
READERS = frozenset(
    f"roles/{name}"
    for name in (
        *(f"artifactregistry.{kind}" for kind in ("reader", "writer", "repoAdmin", "admin")),
        *("artifactregistry.createOnPushWriter", "artifactregistry.createOnPushRepoAdmin"),
        *("run.serviceAgent", "viewer", "editor", "owner"),
    )
)

REFUSED = Check(
    "RUN-014", ERROR, BY_HAND, "Cloud Run may not read the image of the next revision",
    "Grant the agent roles/artifactregistry.reader on the repository; in its own project, roles/run.serviceAgent.",
    "gcloud artifacts repositories add-iam-policy-binding {repository} --location={location} "
    "--member=serviceAccount:{agent} --role=roles/artifactregistry.reader --project={owner}",
    ("policies", "numbers"),
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """The project that deploys: its identifier, its number, and the roles that its policy gives by member."""

    project: str
    number: str
    policy: Bindings

    @property
    def agent(self) -> str:
        """Return the e-mail of the account as which Cloud Run reads images for the project."""
        return f"service-{self.number}@serverless-robot-prod.iam.gserviceaccount.com"

    def holds(self, repository: str) -> bool:
        """Tell whether a repository is the project's own."""
        return owner_of(repository) in {self.project, self.number}


def owner_of(repository: str) -> str:
    """Return the project that a repository is in."""
    return repository.split("/")[1]


def policy_of(repository: str) -> str:
    """Name the policy of a repository in an observation."""
    return f"repository {repository}"


def reads(policy: Bindings | None, agent: str) -> bool | None:
    """Tell whether a policy lets the agent read images, None where nobody can say."""
    return None if policy is None else granted(policy, f"serviceAccount:{agent}", READERS)


def to_look_at(repositories: Iterable[str], place: Place) -> list[str]:
    """Return the repositories whose own policy must be read, since the project's does not open them to Cloud Run."""
    opened = reads(place.policy, place.agent) is not False
    return [repository for repository in repositories if not (opened and place.holds(repository))]


def refusals(desired: Mapping[str, DesiredService], observation: Observation) -> Iterator[Finding]:
    """Find services whose image Cloud Run may not read, by the policies of its repository and of that one's project."""
    number, own = observation.numbers.get(observation.project), observation.policies.get("project")
    if number is None or own is None:
        return
    place = Place(observation.project, number, own)
    for name, wanted in desired.items():
        image = artifact_registry.parsed(wanted.options.get("image"))
        if image is None:
            continue
        owner = owner_of(image.repository)
        above = own if place.holds(image.repository) else observation.policies.get(f"project {owner}")
        policies = (observation.policies.get(policy_of(image.repository)), above)
        if any(reads(policy, place.agent) is not False for policy in policies):
            continue
        repository = image.repository.rpartition("/")[2]
        summary = (
            f"{place.agent} may not read images of repository {repository} in project {owner}, "
            f"so no revision can be made of {image.image}"
        )
        words = {"repository": repository, "location": image.location, "agent": place.agent, "owner": owner}
        yield REFUSED.found(name, summary, {"image": image.image, "account": place.agent}, service=name, **words)
