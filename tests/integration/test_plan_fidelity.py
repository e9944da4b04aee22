# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `--check` says would change is what the run then changes, field by field, in generated states of an environment.

Each state comes from the one before: some things are changed behind the collection's back, and some in the contract.
Then a check drafts its plan, and a run that knows nothing of it says what it changes. `make test-fidelity` prints
precision and recall; NETRA_FIDELITY_STATES says how many states, NETRA_FIDELITY_SEED which. The same is done with
chains of modules, which `make test` samples.
"""

from __future__ import annotations

import copy
import json
import os
import pathlib
import random
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from module_runs import Google, run_module
from playbook_story import BACKEND, Story, contract

from ansible_collections.netra.remediation.plugins.module_utils.foundation import changes, intent
from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import Change

STATES = int(os.environ.get("NETRA_FIDELITY_STATES", "200"))
SEED = int(os.environ.get("NETRA_FIDELITY_SEED", "1"))
CHAINS = int(os.environ.get("NETRA_FIDELITY_CHAINS", "200"))
FAILED = 400  # the first status of a request that did nothing
CHUNKS = 8  # each begins from a whole environment, so that they can run side by side
AUTH, FRONTEND = "netra-auth-service", "netra-frontend-staging"
SERVICES = (BACKEND, AUTH, FRONTEND)
GENERATED = "service-secret-staging"
# Names of resources in the paths of requests that write.
WRITTEN = re.compile(r"/(?:services|secrets|instances|connectors|jobs)/(?P<name>[a-z0-9-]+)")


def whole_contract() -> list[dict[str, Any]]:
    """Return the services of the contract; one that is made anew is open to its users."""
    services = copy.deepcopy(contract()["remediation_services"])
    next(service for service in services if service["name"] == FRONTEND)["invoker_iam_disabled"] = True
    return list(services)


@dataclass
class World:
    """An environment, its contract, and the chance that changes both."""

    story: Story
    google: Google
    chance: random.Random
    services: list[dict[str, Any]] = field(default_factory=whole_contract)
    number: int = 0

    def module(self, module: str, /, **options: Any) -> None:
        done, _writes = self.google.run(module, **options)
        # What somebody did by hand may have broken the newest revision, or been refused.
        assert not done.get("failed") or done["failure"]["kind"] in {"operation_failed", "api_error"}, done

    def variables(self) -> dict[str, Any]:
        """Return the extra variables of a run."""
        return {
            "remediation_services": self.services,
            "remediation_infrastructure_engine": "tasks",
            "remediation_plan_file": str(self.story.sandbox.directory / "plan.json"),
        }


def edits_a_variable(world: World) -> None:
    name = world.chance.choice(SERVICES)
    variable = world.chance.choice(["ENVIRONMENT", "BY_HAND", "POSTGRES_DB"])
    world.module("cloud_run_service", name=name, env={variable: f"by-hand-{world.number}"})


def takes_a_variable_away(world: World) -> None:
    world.module("cloud_run_service", name=world.chance.choice(SERVICES[:2]), env={"ENVIRONMENT": None})


def changes_limits(world: World) -> None:
    limits = world.chance.choice(
        [{"memory": "8Gi"}, {"max_instances": 7}, {"concurrency": 33}, {"timeout_seconds": 111}]
    )
    world.module("cloud_run_service", name=world.chance.choice(SERVICES), **limits)


def labels_a_service(world: World) -> None:
    world.module("cloud_run_service", name=world.chance.choice(SERVICES), labels={"by-hand": f"n{world.number}"})


def binds_the_newest(world: World) -> None:
    reference = {"POSTGRES_USER": "postgres-user-staging:latest"}
    world.module("cloud_run_service", name=world.chance.choice(SERVICES[:2]), secret_env=reference)


def deletes_the_frontend(world: World) -> None:
    world.module("cloud_run_service", name=FRONTEND, state="absent")


def adds_a_version(world: World) -> None:
    world.module("secret_manager_secret", name="secret-key-staging", payload=f"another-key-{world.number}-Xq8+/Zt5w%Rm")


def deletes_a_secret(world: World) -> None:
    world.module("secret_manager_secret", name=GENERATED, state="absent")


def edits_the_config_file(world: World) -> None:
    path = world.story.sandbox.directory / "workspace/deployment/staging_config.yaml"
    text = path.read_text(encoding="utf-8")
    edits = [("REDIS_PORT", "REDIS_PORT_"), ("memory: 4Gi", "memory: 2Gi"), ("netra_staging", "CHANGE_ME")]
    before, after = world.chance.choice(edits)
    path.write_text(text.replace(before, after), encoding="utf-8")


def edits_a_source(world: World) -> None:
    name = world.chance.choice(["frontend/server.py", "auth_service/main.py"])
    path = world.story.sandbox.directory / "workspace" / name
    path.write_text(path.read_text(encoding="utf-8") + f"\n# edit {world.number}\n", encoding="utf-8")


def drops_sources(world: World) -> None:
    path = world.story.sandbox.directory / "workspace/.dockerignore"
    path.write_text(path.read_text(encoding="utf-8") + "\n**/monitoring/\n", encoding="utf-8")


def deletes_redis(world: World) -> None:
    world.module("redis_instance", name="staging-redis", state="absent")


def resizes_redis(world: World) -> None:
    world.module("redis_instance", name="staging-redis", memory_size_gb=2 + world.number % 3)


def asks_for_a_variable(world: World) -> None:
    service = world.chance.choice(world.services)
    service["environment"]["LOG_LEVEL"] = f"level-{world.number}"


def asks_for_instances(world: World) -> None:
    world.chance.choice(world.services)["max_instances"] = 10 + world.number % 9


def asks_for_labels(world: World) -> None:
    world.chance.choice(world.services).setdefault("labels", {})["turn"] = f"n{world.number}"


BEHIND_ITS_BACK: Sequence[tuple[Callable[[World], None], int]] = (
    (edits_a_variable, 5),
    (takes_a_variable_away, 3),
    (changes_limits, 5),
    (labels_a_service, 2),
    (binds_the_newest, 3),
    (deletes_the_frontend, 2),
    (adds_a_version, 3),
    (deletes_a_secret, 2),
    (edits_the_config_file, 4),
    (edits_a_source, 2),
    (drops_sources, 1),
    (deletes_redis, 1),
    (resizes_redis, 2),
    (asks_for_a_variable, 5),
    (asks_for_instances, 3),
    (asks_for_labels, 2),
)


@dataclass
class Tally:
    """How many fields were planned and changed, how many came out as they were, and what was wrong."""

    states: int = 0
    changed_states: int = 0
    right: int = 0
    open_ends: int = 0
    planned_only: list[str] = field(default_factory=list)
    made_only: list[str] = field(default_factory=list)

    def told(self) -> str:
        """Return the figures."""
        planned, made = self.right + len(self.planned_only), self.right + len(self.made_only)
        wrong = [
            *(f"planned only: {text}" for text in self.planned_only),
            *(f"made only: {text}" for text in self.made_only),
        ]
        return (
            f"{self.states} states, {self.changed_states} of them with changes: {self.right} fields right, precision "
            f"{self.right / max(planned, 1):.4f}, recall {self.right / max(made, 1):.4f}; {self.open_ends} fields "
            f"whose value nobody could know stayed as they were\n" + "\n".join(wrong)
        )


def may_come_out_the_same(change: Change) -> bool:
    """Tell whether a change hangs on values that nobody knows, such as the digest of an image that may be as before."""
    fields = [sides for name, sides in change.fields.items() if name not in {"traffic", "args"}]
    return change.action == "update" and all(
        not changes.is_known(sides["after"]) and changes.agrees(sides["after"], sides["before"]) for sides in fields
    )


def without_fingerprints(found: Sequence[Change]) -> list[Change]:
    """Return changes without fingerprints: a run that has no plan makes them with a key of its own."""
    texts = (json.dumps(change.as_dict()) for change in found)
    return [changes.from_dict(json.loads(re.sub(r'\b[0-9a-f]{16}(?=")', "…", text))) for text in texts]


def compare(tally: Tally, label: str, planned: Sequence[Change], made: Sequence[Change]) -> None:
    """Hold what was made against what was planned, resource by resource and in order."""
    planned, made = without_fingerprints(planned), without_fingerprints(made)
    hanging = {change.resource.rpartition(" ")[2] for change in planned if may_come_out_the_same(change)}
    for resource in dict.fromkeys(change.resource for change in (*planned, *made)):
        plan = [change for change in planned if change.resource == resource]
        left = list(plan)
        for change in (change for change in made if change.resource == resource):
            place = changes.place_of(left, 0, change)
            if place is None:
                close = changes.closest(left, change)
                why = "; ".join(changes.differences(close, change)) if close else "not planned at all"
                tally.made_only += [f"{label}: {change.action} {resource}: {why}"] * max(1, len(change.fields))
                continue
            tally.right += len(change.fields)
            tally.open_ends += len(left[place].fields) - len(change.fields)
            del left[place]
        for change in left:
            # What follows from a new revision, its traffic and the jobs that prove it, hangs on what the revision does.
            owner = resource.rpartition(" ")[2]
            if owner in hanging or any(owner.startswith(f"{name}-") for name in hanging):
                tally.open_ends += len(change.fields)
            else:
                tally.planned_only += [f"{label}: {change.action} {resource} {name}" for name in change.fields]


@pytest.fixture
def world(sandbox: Any, google: Google, request: pytest.FixtureRequest) -> Iterator[World]:
    sandbox.reset("healthy")
    yield World(Story(sandbox), google, random.Random(f"{SEED}-{request.node.callspec.params['chunk']}"))  # noqa: S311  chance, no secret
    sandbox.reset("healthy")


@pytest.mark.matrix
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_a_check_says_what_the_run_then_does(world: World, chunk: int, capsys: pytest.CaptureFixture[str]) -> None:
    tally, trouble = Tally(), []
    acts, weights = zip(*BEHIND_ITS_BACK, strict=True)
    for number in range(chunk, STATES, CHUNKS):
        world.number = number
        chosen = list(dict.fromkeys(world.chance.choices(acts, weights, k=world.chance.randint(0, 3))))
        for act in chosen:
            act(world)
        label = f"state {number} ({', '.join(act.__name__ for act in chosen) or 'nothing'})"
        trouble += [f"{label}: {text}" for text in check_and_run(world, tally, label)]
        with capsys.disabled():
            sys.stdout.write(f"\n{label}: {len(tally.planned_only) + len(tally.made_only)} wrong so far")
    with capsys.disabled():
        sys.stdout.write(f"\nchunk {chunk}: {tally.told()}\n" + "\n".join(trouble) + "\n")
    assert (tally.planned_only, tally.made_only, trouble) == ([], [], [])


@dataclass
class Chain:
    """Tasks that follow from one another, as options of modules, and what they go on from."""

    place: pathlib.Path
    chance: random.Random
    number: int
    tasks: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    secret_versions: int = 0

    def made(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the tasks of a chain: a chance choice of what phases do, in their order."""
        for act in (self.sources, self.stores, self.secret, self.config, self.service):
            if self.chance.random() < 0.6:
                act()
        return self.tasks

    def sources(self) -> None:
        context = self.place / "context"
        context.mkdir(exist_ok=True)
        (context / "Dockerfile").write_text("FROM scratch\nCOPY . /app\n", encoding="utf-8")
        (context / "main.py").write_text(f"print({self.number})\n", encoding="utf-8")
        dropped = self.chance.choice(["", "*.py\n", "main.py\n*.md\n"])
        (context / ".dockerignore").write_text(dropped, encoding="utf-8")
        self.tasks.append(("ignore_file", {"path": str(context / ".dockerignore"), "required_paths": ["main.py"]}))
        image = "us-central1-docker.pkg.dev/netra-staging/netra/fidelity"
        self.tasks.append(
            ("cloud_build_image", {"context": str(context), "image": image, "required_paths": ["main.py"]})
        )

    def stores(self) -> None:
        self.tasks += self.chance.choices(
            [
                ("redis_instance", {"name": "staging-redis", "labels": {"turn": str(self.number)}}),
                ("redis_instance", {"name": "staging-redis", "memory_size_gb": 1 + self.number % 4}),
                ("sql_instance", {"name": "staging-postgres", "labels": {"turn": str(self.number % 3)}}),
                ("vpc_access_connector", {"name": "staging-connector", "max_instances": 3 + self.number % 6}),
            ],
            k=self.chance.randint(1, 2),
        )

    def secret(self) -> None:
        name = f"fidelity-{self.number}"
        wanted = self.chance.choice([{"generate": {"length": 24}}, {"payload": f"payload-{self.number}"}])
        self.tasks.append(("secret_manager_secret", {"name": name, "labels": {"turn": "x"}, **wanted}))
        self.secret_versions = 1
        if "payload" in wanted and self.chance.random() < 0.5:
            self.tasks.append(("secret_manager_secret", {"name": name, "payload": f"newer-{self.number}"}))
            self.secret_versions = 2

    def config(self) -> None:
        path = self.place / self.chance.choice(["a.yaml", "a.json", ".env"])
        values = {f"KEY_{self.chance.randint(0, 3)}": f"{self.number}", "API_TOKEN": f"token-{self.number % 4}"}
        self.tasks.append(("config_file", {"path": str(path), "values": values}))

    def service(self) -> None:
        wanted: dict[str, Any] = self.chance.choice(
            [
                {"env": {"TURN": str(self.number), "SOME_TOKEN": f"t{self.number % 3}"}},
                {"labels": {"turn": f"n{self.number}"}, "max_instances": 4 + self.number % 5},
                {"env": {"SOME_TOKEN": None}, "timeout_seconds": 100 + self.number},
                {},
            ]
        )
        if self.secret_versions:
            wanted = {**wanted, "secret_env": {"FIDELITY": f"fidelity-{self.number}:{self.secret_versions}"}}
        self.tasks.append(("cloud_run_service", {"name": FRONTEND, **wanted, "candidate_tag": "candidate"}))
        whole = {"traffic": [{"latest": True, "percent": 100}], "remove_tags": ["candidate"]}
        steps = [{"revision": "latest", "percent": percent, "step": True} for percent in (10, 50)]
        for move in self.chance.choice(
            [[whole], [*steps, whole], [{**whole, "hold": {"reason": "a try"}}, {"hold": None}]]
        ):
            self.tasks.append(("cloud_run_traffic", {"name": FRONTEND, **move}))


def run_chain(
    google: Google, tasks: Sequence[tuple[str, dict[str, Any]]], path: pathlib.Path, *, check: bool
) -> list[Change]:
    """Run tasks with a journal, and return what they said."""
    path.write_bytes(intent.Journal(check, key="00" * 16).as_line())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(intent.VARIABLE, str(path))
        for module, options in tasks:
            mark = google.sandbox.mark()
            of_files = module in {"config_file", "ignore_file"}
            done = run_module(module, check, **options) if of_files else google.run(module, check, **options)[0]
            writes = google.sandbox.writes(mark)
            assert not done.get("failed"), (module, options, done)
            assert not (check and writes), (module, options, writes)
    journal = intent.read(str(path))
    assert journal is not None
    return list(journal.said)


@pytest.mark.parametrize("count", [12, pytest.param(CHAINS, marks=pytest.mark.matrix)])
def test_a_chain_of_modules_does_what_it_said(
    google: Google, tmp_path: pathlib.Path, count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """The tasks of a check go on from what the ones before would have done."""
    tally, chance = Tally(), random.Random(SEED)  # noqa: S311  chance, no secret
    google.sandbox.reset("healthy")
    for number in range(1, count + 1):
        tasks = Chain(tmp_path, chance, number).made()
        planned = run_chain(google, tasks, tmp_path / "check.jsonl", check=True)
        made = run_chain(google, tasks, tmp_path / "run.jsonl", check=False)
        tally.states += 1
        tally.changed_states += bool(made)
        compare(tally, f"chain {number}", planned, made)
    google.sandbox.reset("healthy")
    with capsys.disabled():
        sys.stdout.write(f"\nchains: {tally.told()}\n")
    assert (tally.planned_only, tally.made_only) == ([], [])
    assert tally.right > count


def check_and_run(world: World, tally: Tally, label: str) -> Iterator[str]:
    """Check, run, compare; return what went wrong otherwise."""
    sandbox, variables = world.story.sandbox, world.variables()
    mark = sandbox.mark()
    done = world.story.play("remediate", "--check", **variables)
    if done.returncode or sandbox.writes(mark):
        yield f"the check failed or wrote: {' '.join(done.stdout.split())[-900:]}"
        return
    found = json.loads((sandbox.directory / "plan.json").read_text(encoding="utf-8"))
    planned = [changes.from_dict(change) for change in found["changes"]]
    mark = sandbox.mark()
    done = world.story.play("remediate", "--skip-tags", "phase5", **variables)
    if done.returncode:
        yield f"the run failed: {' '.join(done.stdout.split())[-900:]}"
    journal = intent.read(str(sandbox.directory / f"records/netra-staging/{world.story.newest()}/{intent.FILE}"))
    made = journal.said if journal else ()
    tally.states += 1
    tally.changed_states += bool(made)
    compare(tally, label, planned, made)
    said = " ".join(change.resource for change in made)
    # That a probe is executed once more changes nothing of its job.
    written = (request for request in sandbox.writes(mark) if not request["method"].endswith("jobs.run"))
    paths = {request["path"] for request in written if request["status"] < FAILED}
    unsaid = {found["name"] for path in paths if (found := WRITTEN.search(path)) and found["name"] not in said}
    if unsaid:
        yield f"the run wrote to {', '.join(sorted(unsaid))} and did not say so"
    world.story.printed.clear()
