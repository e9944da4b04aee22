# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which secrets a run may invent, and what it says of the others."""

from __future__ import annotations

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.checks import secret_supply
from ansible_collections.netra.remediation.plugins.module_utils.checks.contract import checked
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation

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
