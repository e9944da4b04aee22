# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of its own answers a sandbox takes back: what neither schemas nor Google's message classes allow."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest

from netra_sandbox import discovery, parts
from netra_sandbox.discovery.index import Index, Route
from netra_sandbox.discovery.messages import Messages
from netra_sandbox.front.judging import Judge
from netra_sandbox.kernel.calls import handler_of
from netra_sandbox.kernel.errors import ApiError

SERVICE = "projects/p/locations/l/services/s"
TYPE = "type.googleapis.com"


@pytest.fixture(scope="module")
def index() -> Index:
    return Index.load()


@pytest.fixture(scope="module")
def strict() -> Messages:
    return Messages()


def route(index: Index, host: str, path: str) -> Route:
    found = index.route(f"{host}.googleapis.com", "GET", path, {})
    assert found is not None
    return found


def violations(judge: Judge, chosen: Route, answer: Any) -> str:
    return "; ".join(judge.answer(chosen, answer, json.dumps(answer)))


CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "unknown field": ("run", f"/v2/{SERVICE}", {"bogus": 1}),
    "unknown enum": ("run", f"/v2/{SERVICE}", {"ingress": "INGRESS_SIDEWAYS"}),
    "not an int64": ("run", f"/v2/{SERVICE}", {"generation": "1.5"}),
    "not a time": ("run", f"/v2/{SERVICE}", {"createTime": "yesterday"}),
    "not a duration": ("run", f"/v2/{SERVICE}", {"template": {"timeout": "300"}}),
    "below a list": ("run", "/v2/projects/p/locations/l/services", {"services": [{"traffic": [{"share": 3}]}]}),
    "a version's state": ("secretmanager", "/v1/projects/p/secrets/s/versions/1", {"state": "LOST"}),
    "a checksum": ("secretmanager", "/v1/projects/p/secrets/s/versions/1:access", {"payload": {"dataCrc32c": "x"}}),
    "a policy": ("secretmanager", "/v1/projects/p/secrets/s:getIamPolicy", {"bindings": [{"who": "me"}]}),
    "in an operation": (
        "run",
        "/v2/projects/p/locations/l/operations/o",
        {"done": True, "response": {"@type": f"{TYPE}/google.cloud.run.v2.Service", "uptime": "9s"}},
    ),
    "of no type": ("run", "/v2/projects/p/locations/l/operations/o", {"metadata": {"@type": f"{TYPE}/a.b.Nothing"}}),
}
# To the discovery document an operation's response is any object.
ONLY_MESSAGES = {"in an operation", "of no type"}


@pytest.mark.parametrize("name", CASES)
def test_googles_message_classes_catch_a_wrong_answer(index: Index, strict: Messages, name: str) -> None:
    host, path, answer = CASES[name]
    chosen = route(index, host, path)
    assert "not a google." in violations(Judge(strict), chosen, answer)
    assert bool(violations(Judge(), chosen, answer)) is (name not in ONLY_MESSAGES)


def test_a_good_answer_is_let_through_and_a_bad_one_found_each_time(index: Index, strict: Messages) -> None:
    judge, chosen = Judge(strict), route(index, "run", f"/v2/{SERVICE}")
    for _ in range(2):
        assert violations(judge, chosen, {"name": SERVICE, "generation": "3"}) == ""
        assert "bogus" in violations(judge, chosen, {"name": SERVICE, "bogus": 1})


def test_other_apis_are_left_to_their_documents(index: Index, strict: Messages) -> None:
    chosen = route(index, "redis", "/v1/projects/p/locations/l/instances/i")
    assert violations(Judge(strict), chosen, {"name": "n"}) == ""
    assert "unknown field" in violations(Judge(strict), chosen, {"bogus": 1})


@pytest.mark.parametrize(
    ("detail", "good"),
    [
        ({"@type": f"{TYPE}/google.rpc.ErrorInfo", "reason": "X", "domain": "d", "metadata": {"a": "b"}}, True),
        ({"@type": f"{TYPE}/google.rpc.ErrorInfo", "cause": "X"}, False),
        ({"@type": f"{TYPE}/google.rpc.Nothing"}, False),
        ({"@type": f"{TYPE}/google.logging.v2.WriteLogEntriesPartialErrors", "logEntryErrors": {}}, True),
        ({"reason": "of no type, as a fault may have it"}, True),
    ],
)
def test_the_details_of_a_refusal_are_googles(strict: Messages, detail: dict[str, Any], *, good: bool) -> None:
    body = ApiError("PERMISSION_DENIED", "No.", [detail]).as_json()
    assert (Judge(strict).refusal(body) == []) is good
    assert Judge().refusal(body) == []


def answered() -> Iterator[tuple[str, str, str, str]]:
    """Yield API, version, method and schema of what the sandbox answers of the APIs that have message classes."""

    def methods(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for resource in found.values():
            yield from resource.get("methods", {}).values()
            yield from methods(resource.get("resources", {}))

    parts.load_methods()
    packed = resources.files(discovery.__name__).joinpath("documents.json.gz").read_bytes()
    for document in json.loads(gzip.decompress(packed)):
        place = document["name"], document["version"]
        if place in {("run", "v2"), ("secretmanager", "v1")}:
            for method in methods(document["resources"]):
                if handler_of(method["id"], document["version"]):
                    yield *place, method["id"], method["response"]["$ref"]


def test_no_method_of_theirs_escapes(strict: Messages) -> None:
    found = list(answered())
    assert len({method for _, _, method, _ in found}) > 40
    assert [one for one in found if strict.answer(one[0], one[1], one[3], "{}")] == []
