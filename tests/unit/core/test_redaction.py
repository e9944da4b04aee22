# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation import redaction


@pytest.mark.parametrize(
    "name",
    [
        *("PASSWORD", "OPENAI_API_KEY", "JWT_SECRET_KEY", "AUTH_TOKEN", "DB_PASS", "REDIS_AUTH", "secret"),
        *("databasePassword", "apiKey", "x-auth-token", "smtp.password"),
    ],
)
def test_a_variable_that_looks_secret_is_hidden(name):
    variables = {name: "correct horse"}
    assert redaction.shown_environment(variables) == {name: redaction.SENSITIVE}
    marked = redaction.shown_environment(variables, marked=True)
    assert marked == {name: f"{redaction.SENSITIVE} {redaction.fingerprint('correct horse')}"}


@pytest.mark.parametrize(
    "name", ["HOST", "AUTH_SERVICE_URL", "KEYBOARD", "MONKEY", "PASSENGERS", "AUTHOR", "keyboardLayout"]
)
def test_an_ordinary_variable_is_shown(name):
    assert redaction.shown_environment({name: "value"}) == {name: "value"}


def test_a_password_in_a_url_is_hidden():
    shown = redaction.shown_environment({"REDIS_URL": "redis://user:correct@10.0.0.3:6379"})
    assert shown == {"REDIS_URL": f"redis://user:{redaction.SENSITIVE}@10.0.0.3:6379"}


def test_two_hidden_values_of_a_run_can_be_told_apart():
    before, after = (redaction.shown_environment({"KEY": value}, marked=True) for value in ("a", "b"))
    assert before != after
