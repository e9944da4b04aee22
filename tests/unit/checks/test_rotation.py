# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rotation does, what forbids it, and how it goes on where one was cut off."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.checks import rotation
from ansible_collections.netra.remediation.plugins.module_utils.checks.contract import checked
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput

LATEST = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
KEY, OTHER = "jwt-key", "api-key"
SECRETS: list[dict[str, Any]] = [{"name": KEY, "generate": {"kind": "jwt_key"}}, {"name": OTHER}]


def contract(secrets: list[dict[str, Any]] | None = None, **variables: Any) -> dict[str, Any]:
    services = [{"name": name} for name in ("web", "api", "auth")]
    waves = [["auth"], ["api", "web"]]
    return checked({"services": services, "waves": waves, "secrets": secrets or SECRETS, **variables})


def bound(**references: str) -> dict[str, Any]:
    entries = []
    for variable, reference in references.items():
        secret, _colon, version = reference.partition(":")
        source = {"secret_key_ref": {"secret": secret, "version": version}}
        entries.append({"name": variable, "value_source": source})
    return {"containers": [{"env": entries}]}


def service(name: str, template: dict[str, Any], **fields: Any) -> dict[str, Any]:
    status = {"type_": LATEST, "percent": 100, "revision": f"{name}-1"}
    return {
        "name": f"projects/p/locations/r/services/{name}",
        "template": template,
        "traffic_statuses": [status],
        **fields,
    }


def seen(versions: dict[str, str], served: str = "1", deployed: str = "1", **fields: Any) -> Observation:
    """Return services of which auth and api read the key, api the other secret too, and web none."""
    of_auth, of_api = {"JWT_KEY": f"{KEY}:"}, {"JWT_KEY": f"{KEY}:", "API_KEY": f"{OTHER}:1"}

    def at(references: dict[str, str], version: str) -> dict[str, Any]:
        return bound(**{name: f"{ref}{version}" if ref.endswith(":") else ref for name, ref in references.items()})

    return Observation(
        project="p",
        region="r",
        services={
            "auth": service("auth", at(of_auth, deployed), **fields),
            "api": service("api", at(of_api, deployed)),
            "web": service("web", bound()),
        },
        revisions={
            "auth": [{"name": "auth-1", **at(of_auth, served)}],
            "api": [{"name": "api-1", **at(of_api, served)}],
            "web": [{"name": "web-1", **bound()}],
        },
        secrets={KEY: versions, OTHER: {"1": "ENABLED"}},
    )


def plan(
    observation: Observation, given: dict[str, Any] | None = None, names: tuple[str, ...] = (KEY,), **more: Any
) -> Any:
    return rotation.planned(given or contract(), observation, names, more.get("absent", {}), more.get("others", {}))


def test_only_the_services_that_read_the_secret_are_rolled_in_the_order_of_their_waves() -> None:
    found = plan(seen({"1": "ENABLED"}))
    assert [(entry["name"], entry["revision"], entry["variables"]) for entry in found["services"]] == [
        ("auth", "auth-1", {"JWT_KEY": KEY}),
        ("api", "api-1", {"JWT_KEY": KEY}),
    ]
    assert found["services"][1]["secret_env"] == {"JWT_KEY": f"{KEY}:1", "API_KEY": f"{OTHER}:1"}
    assert found["obstacles"] == []


@pytest.mark.parametrize(
    ("versions", "served", "deployed", "newer_than", "old"),
    [
        ({"1": "ENABLED"}, "1", "1", 1, ["1"]),
        ({"1": "ENABLED", "2": "ENABLED"}, "1", "1", 1, ["1"]),  # cut off after the new version
        ({"1": "ENABLED", "2": "ENABLED"}, "1", "2", 1, ["1"]),  # cut off after the new revision
        ({"1": "ENABLED", "2": "ENABLED"}, "2", "2", 2, ["1", "2"]),  # cut off before the old one was disabled
        ({"1": "DISABLED", "2": "ENABLED"}, "2", "2", 2, ["2"]),
    ],
)
def test_a_rotation_that_was_cut_off_goes_on(
    versions: dict[str, str], served: str, deployed: str, newer_than: int, old: list[str]
) -> None:
    (secret,) = plan(seen(versions, served, deployed))["secrets"]
    assert (secret["newer_than"], secret["old"]) == (newer_than, old)
    assert secret["generate"] == {"kind": "jwt_key"}


def test_an_undo_goes_back_to_what_serves_and_not_to_what_a_run_that_was_cut_off_deployed() -> None:
    found = plan(seen({"1": "ENABLED", "2": "ENABLED"}, served="1", deployed="2"))
    assert found["services"][1]["secret_env"] == {"JWT_KEY": f"{KEY}:2", "API_KEY": f"{OTHER}:1"}
    assert found["services"][1]["before"] == {"JWT_KEY": f"{KEY}:1", "API_KEY": f"{OTHER}:1"}


def test_a_payload_that_is_given_comes_before_chance() -> None:
    secrets = [{"name": KEY}, {"name": OTHER, "source": {"environment": "API_KEY"}}]
    found = plan(seen({"1": "ENABLED"}), contract(secrets, secret_payloads_given=[KEY]), (KEY, OTHER))
    assert [{"given", "source", "generate"} & set(secret) for secret in found["secrets"]] == [{"given"}, {"source"}]


SAME = {"same_as": KEY}


@pytest.mark.parametrize(
    ("secrets", "wanted"),
    [
        ([{"name": KEY, "generate": {}}, {"name": OTHER, **SAME}], [(KEY, "generate", None), (OTHER, "source", KEY)]),
        ([{"name": OTHER, **SAME, "generate": {}}, {"name": KEY}], [(OTHER, "generate", None), (KEY, "source", OTHER)]),
        (
            [{"name": KEY, "generate": {}}, {"name": OTHER, **SAME, "generate": {}}],
            [(KEY, "generate", None), (OTHER, "source", KEY)],
        ),
        (
            [{"name": KEY, "generate": {}}, {"name": OTHER, **SAME, "source": {"environment": "A"}}],
            [(OTHER, "source", None), (KEY, "source", OTHER)],
        ),
    ],
)
def test_of_two_that_must_hold_the_same_one_is_made_and_the_other_copied_after_it(secrets: Any, wanted: Any) -> None:
    found = plan(seen({"1": "ENABLED"}), contract(secrets), (OTHER, KEY))
    assert found["obstacles"] == []
    made = [
        (entry["name"], "generate" if "generate" in entry else "source", entry.get("source", {}).get("secret"))
        for entry in found["secrets"]
    ]
    assert made == wanted


@pytest.mark.parametrize(
    ("observation", "given", "more", "words"),
    [
        (seen({"1": "ENABLED"}, deployed="latest"), None, {}, "auth reads secrets at latest"),
        (
            seen({"1": "ENABLED"}, annotations={"netra-remediation-hold": '{"reason": "a canary"}'}),
            None,
            {},
            "the traffic of auth is held (a canary)",
        ),
        (seen({"1": "ENABLED"}, traffic_statuses=[]), None, {}, "the traffic of auth is split, or nothing serves it"),
        (seen({"1": "ENABLED"}), contract([{"name": KEY}, {"name": OTHER}]), {}, "nothing says where"),
        (seen({"1": "ENABLED"}), None, {"absent": {KEY: "A is not set"}}, "is not there: A is not set"),
        (
            seen({"1": "ENABLED"}),
            None,
            {"others": {"cron": service("cron", bound(K=f"{KEY}:1"))}},
            f"service cron, which is not in the contract, reads secret {KEY}",
        ),
        (
            seen({"1": "ENABLED"}),
            contract([{"name": KEY, "generate": {}}, {"name": OTHER, "same_as": KEY}]),
            {},
            f"secret {OTHER} must hold the same as {KEY}: rotate both",
        ),
    ],
)
def test_what_nobody_could_undo_or_decide_is_an_obstacle(
    observation: Observation, given: Any, more: dict[str, Any], words: str
) -> None:
    found = plan(observation, given, **more)
    assert [obstacle for obstacle in found["obstacles"] if words in obstacle]
    assert found["secrets"] == []


def test_a_secret_that_does_not_exist_is_an_obstacle_and_one_that_is_not_in_the_contract_bad_input() -> None:
    nothing = Observation(project="p", region="r", secrets={KEY: None})
    assert "does not exist" in plan(nothing)["obstacles"][0]
    with pytest.raises(BadInput, match="did you mean 'jwt-key'"):
        plan(nothing, names=("jwt-keys",))


def test_what_the_caller_may_not_do_is_an_obstacle() -> None:
    found = plan(seen({"1": "ENABLED"}))
    assert rotation.with_lacking(found, {"secret a": [], "service b": []}) == found
    hindered = rotation.with_lacking(found, {"secret a": ["x.add", "x.enable"], "service b": []})
    assert (hindered["obstacles"], hindered["secrets"]) == (["the caller lacks x.add, x.enable on secret a"], [])
