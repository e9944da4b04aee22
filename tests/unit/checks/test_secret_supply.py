# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which secrets a run may invent, and what it says of the others."""

from __future__ import annotations

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.checks import secret_supply
from ansible_collections.netra.remediation.plugins.module_utils.checks.contract import checked
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput

CONTRACT = checked({"services": [{"name": "api"}], "secrets": [{"name": "made", "generate": {}}, {"name": "known"}]})


def seen(**secrets):
    return Observation(project="p", region="r", secrets=secrets)


@pytest.mark.parametrize(
    ("made", "generated"),
    [
        (None, ["made"]),  # does not exist
        ({}, ["made"]),  # a run was killed between making it and its first version
        ({"1": "ENABLED"}, []),
        ({"1": "DISABLED"}, []),  # somebody took the payload away
        ({"1": "DESTROYED"}, []),
    ],
)
def test_only_what_never_had_a_payload_is_generated(made, generated):
    assert secret_supply.to_generate(CONTRACT, seen(made=made, known={"1": "ENABLED"})) == generated


@pytest.mark.parametrize(
    ("known", "command"),
    [
        (None, "gcloud secrets create known --data-file=-"),
        ({}, "gcloud secrets versions add known --data-file=-"),
        ({"1": "DISABLED", "2": "DISABLED"}, "gcloud secrets versions enable 2 --secret=known"),
    ],
)
def test_a_secret_that_only_people_know_comes_with_the_command(known, command):
    (sentence,) = secret_supply.only_people_know(CONTRACT, seen(made={"1": "ENABLED"}, known=known))
    assert sentence.startswith("Secret known ")
    assert command in sentence


def test_a_generated_secret_that_was_disabled_is_for_people():
    (sentence,) = secret_supply.only_people_know(CONTRACT, seen(made={"1": "DISABLED"}, known={"1": "ENABLED"}))
    assert "Secret made has no enabled version" in sentence


def test_what_could_not_be_read_is_not_judged():
    assert secret_supply.to_generate(CONTRACT, seen()) == []
    assert secret_supply.only_people_know(CONTRACT, seen()) == []


SOURCED = {
    "services": [{"name": "api"}],
    "secrets": [
        {"name": "made", "kind": "fernet", "generate": {}},
        {"name": "read", "source": {"environment": "A_KEY"}, "labels": {"team": "netra"}},
        {"name": "filed", "source": {"file": "keys/filed"}},
        {"name": "sensitive", "source": {"terraform_output": "redis_auth"}},
        {"name": "redis-host", "source": {"output": "redis_host"}},
        {"name": "given"},
        {"name": "known"},
    ],
    "secret_payloads_given": ["given"],
    "infrastructure": {"terraform": {"directory": "terraform"}, "redis": {"name": "cache"}},
    "source_directory": "/product",
}
STORED = {secret["name"]: {"1": "ENABLED"} for secret in SOURCED["secrets"]}


def desired(observation, absent=()):
    found = secret_supply.desired_secrets(checked(SOURCED), observation, absent)
    return {entry.pop("name"): entry for entry in found}


def test_what_has_a_source_is_compared_in_every_run_and_paths_are_the_sources():
    found = desired(
        Observation(project="p", region="r", secrets=STORED, infrastructure={"redis": {"host": "10.0.0.3"}})
    )
    assert found == {
        "read": {"kind": "text", "labels": {"team": "netra"}, "source": {"environment": "A_KEY"}},
        "filed": {"kind": "text", "source": {"file": "/product/keys/filed"}},
        "sensitive": {
            "kind": "text",
            "source": {"terraform_output": "redis_auth", "terraform_directory": "/product/terraform"},
        },
        "redis-host": {"kind": "host", "output": "redis_host"},
        "given": {"kind": "text", "given": True},
    }


def test_what_is_not_there_yet_is_left_alone():
    found = desired(Observation(project="p", region="r", secrets={**STORED, "made": None}), absent={"read"})
    assert set(found) == {"made", "filed", "sensitive", "given"}
    assert found["made"] == {"kind": "fernet", "generate": {"kind": "fernet"}}


def test_what_could_not_be_read_is_left_alone():
    assert desired(Observation(project="p", region="r")) == {}


def test_people_are_asked_only_for_what_has_no_source_or_whose_source_is_absent():
    nothing = Observation(project="p", region="r", secrets=dict.fromkeys(STORED))
    absent = {"read": "the environment variable A_KEY is not set"}
    assert secret_supply.only_people_know(checked(SOURCED), nothing, absent) == [
        "Secret read has no version that can be read, and its source is not there: "
        "the environment variable A_KEY is not set",
        "Secret known does not exist: gcloud secrets create known --data-file=-",
    ]


@pytest.mark.parametrize(
    ("secret", "complaint"),
    [
        ({"generate": {}, "source": {"file": "a"}}, "has more than one source"),
        ({"source": {"file": "a", "environment": "B"}}, "has more than one source"),
        ({"source": {}}, "names none"),
        ({"source": {"output": "redis_hots"}}, "did you mean 'redis_host'"),
        ({"source": {"vault": "a"}}, "is not known"),
        ({"source": {"terraform_output": "a"}}, "needs remediation_infrastructure.terraform.directory"),
        ({"kind": "passwort"}, "must be one of"),
        ({"generate": {"kind": "pem"}}, "must be one of"),
        ({"same_as": "others"}, "did you mean 'other'"),
    ],
)
def test_a_source_that_cannot_be_meant_is_refused(secret, complaint):
    with pytest.raises(BadInput, match=complaint):
        checked({"services": [{"name": "api"}], "secrets": [{"name": "one", **secret}, {"name": "other"}]})


def test_a_payload_for_a_secret_that_there_is_not_is_refused_without_showing_it():
    with pytest.raises(BadInput, match=r"remediation_secret_payloads\.ohter names 'ohter'"):
        checked({"services": [{"name": "api"}], "secrets": [{"name": "other"}], "secret_payloads_given": ["ohter"]})
