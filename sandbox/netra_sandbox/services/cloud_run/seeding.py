"""Put services and revisions into a state without a roll-out; for scenarios.

seed_service(
    sandbox,
    {"name": "netra-backend-staging", "labels": {...}},
    revisions=[                                    # oldest first; the last one is the latest created
        {"name": "netra-backend-staging-00035-fnj", "template": {...}},
        {"name": "netra-backend-staging-00036-abc", "template": {...}, "crash_looping": True},
    ],
    traffic=[{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}],
)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel import iam_policies
from netra_sandbox.services.cloud_run import conditions as conditions_of
from netra_sandbox.services.cloud_run import names, resources, rollout
from netra_sandbox.services.cloud_run import template as templates
from netra_sandbox.services.cloud_run import traffic as traffics

if TYPE_CHECKING:
    from netra_sandbox.server import Sandbox

Resource = dict[str, Any]


def seed_service(
    sandbox: Sandbox,
    service: Mapping[str, Any],
    revisions: Sequence[Mapping[str, Any]],
    traffic: Sequence[Mapping[str, Any]] = (),
    invokers: Sequence[str] = ("allUsers",),
) -> Resource:
    """Store a ready service with its revisions and return it.

    `service`: its short name and any field a client may set; the template is the last revision's unless given.
    A revision: `name` (short), `template`, optionally `created` (API time), `ready` (default true; false: its
    roll-out failed) and `crash_looping` (requests get 503 at once, as after a first crash). Revisions that
    `traffic` does not reach are retired. Minimum instances start when the
    supervisor runs. `invokers` are the members who may invoke the service.
    """
    name = names.ServiceName(sandbox.project, sandbox.region, service["name"])
    for number, revision in enumerate(revisions, start=1):
        _seed_revision(sandbox, name, number, revision)
    latest = revisions[-1]
    given = {"template": latest["template"], **service, "traffic": [dict(target) for target in traffic]}
    stored = resources.new_service(sandbox, name, resources.desired(sandbox, given), creator(sandbox))
    time = latest.get("created") or resources.timestamp(sandbox)
    terminal, parts = conditions_of.service_ready(time)
    ready = [revision["name"] for revision in revisions if revision.get("ready", True)]
    generation = str(max(names.revision_number(latest["name"]), len(revisions)))
    stored |= {
        "generation": generation,
        "observedGeneration": generation,
        "createTime": revisions[0].get("created") or stored["createTime"],
        "updateTime": time,
        "latestCreatedRevision": name.revision(latest["name"]),
        "latestReadyRevision": name.revision(ready[-1]),
        "trafficStatuses": traffics.statuses(name, stored["traffic"]),
        "terminalCondition": terminal,
        "conditions": parts,
    }
    sandbox.store.put(name.key, stored)
    if invokers:
        policy = {"bindings": [{"role": "roles/run.invoker", "members": list(invokers)}]}
        iam_policies.write(sandbox.store, name.key, policy)
    rollout.settle_revisions(sandbox, stored)
    return stored


def creator(sandbox: Sandbox) -> str:
    """Return who deployed what a scenario starts with."""
    return f"deployer@{sandbox.project}.iam.gserviceaccount.com"


def _seed_revision(sandbox: Sandbox, name: names.ServiceName, number: int, revision: Mapping[str, Any]) -> None:
    short = revision["name"]
    template = templates.normalised(dict(revision["template"]), project_number=sandbox.project_number)
    ready = bool(revision.get("ready", True))
    sandbox.store.put(
        name.deployment_key(short),
        {"template": template, "number": names.revision_number(short) or number, "ready": ready},
    )
    stored = resources.new_revision(sandbox, name, short, template, creator(sandbox), revision.get("created", ""))
    if ready:
        stored["conditions"] = rollout.serving_conditions(sandbox, name, short)
    else:
        stored["conditions"] = conditions_of.revision_failed(
            stored["createTime"], conditions_of.revision_unready(short)
        )
    sandbox.store.put(name.revision_key(short), stored)
    if revision.get("crash_looping"):
        sandbox.supervisor.expect_crash(name.revision(short))
