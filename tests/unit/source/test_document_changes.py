# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import is_as_planned, known_after
from ansible_collections.netra.remediation.plugins.module_utils.source import dotenv_text, json_text, yaml_text
from ansible_collections.netra.remediation.plugins.module_utils.source.document_changes import change_of_document

SECRETS = """
databasePassword: hunter2
api-key: hunter2
credentials: {value: hunter2, deep: [hunter2]}
users: [{name: a, password: hunter2}]
env:
  - {name: DB_PASSWORD, value: hunter2}
urls: ["postgres://u:hunter2@h/db"]
"""


def test_each_key_is_a_field_and_the_whole_has_a_fingerprint() -> None:
    change = change_of_document("/f", "a: 1\nb: {c: x}\n", "a: 2\nb: {c: x}\n", yaml_text.parsed)
    assert change.fields["a"] == {"before": 1, "after": 2}
    assert set(change.fields) == {"a", "content"}
    assert change_of_document("/f", "", '{"a": 1}', json_text.parsed).action == "create"
    assert change_of_document("/f", "A=1\n", "A=2\n", dotenv_text.parsed).fields["A"] == {"before": "1", "after": "2"}


def test_no_secret_is_in_a_change() -> None:
    change = change_of_document("/f", "", SECRETS, yaml_text.parsed)
    assert "hunter2" not in str(change)
    assert change.fields["env[0].name"]["after"] == "DB_PASSWORD"
    other = change_of_document("/f", "", SECRETS.replace("hunter2", "hunter3"), yaml_text.parsed)
    assert not is_as_planned(change, other)
    assert set(other.fields) == set(change.fields)


@pytest.mark.parametrize("value", ["10.0.0.3", '"10.0.0.3"', "'10.0.0.3'  # an address"])
def test_a_value_that_nobody_knows_stands_for_any_however_it_is_written(value: Any) -> None:
    before = "host: <actual-ip>\nSECRET_HOST: x\n"
    unknown = known_after("the infrastructure phase")
    planned = change_of_document("/f", before, f'host: "{unknown}"\nSECRET_HOST: "{unknown}"\n', yaml_text.parsed)
    made = change_of_document("/f", before, f"host: {value}\nSECRET_HOST: {value}\n", yaml_text.parsed)
    assert is_as_planned(planned, made)
