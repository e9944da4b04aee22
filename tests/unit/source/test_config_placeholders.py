# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# ruff: noqa: S104  an address that is searched for
"""What of a value is a placeholder: by what it says, what it is called, and who reads the file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.source.config_placeholders import in_environment
from ansible_collections.netra.remediation.plugins.module_utils.source.config_syntax import DOTENV, Syntax, syntax_of
from ansible_collections.netra.remediation.plugins.module_utils.source.placeholder_scan import scan_config, scan_text


@pytest.mark.parametrize(
    ("name", "value", "form"),
    [
        ("REDIS_HOST", "PLACEHOLDER", "PLACEHOLDER"),
        ("REDIS_URL", "redis://PLACEHOLDER_REDIS_HOST:6379", "PLACEHOLDER"),
        ("REDIS_URL", "redis://{{ redis_host }}:6379", "{{ name }}"),
        ("REDIS_HOST", "${REDIS_HOST}", "${NAME}"),
        ("REDIS_HOST", "$REDIS_HOST", "$NAME"),
        ("REDIS_HOST", "{redis_host}", "{name}"),
        ("REDIS_HOST", "<actual-ip>", "<name>"),
        ("REDIS_HOST", "10.0.0.TEMPLATE_LAST", "TEMPLATE"),
        ("REDIS_HOST", "0.0.0.0", "0.0.0.0"),
        ("API_KEY", "changeme", "change me"),
        ("AUTH_URL", "https://auth.example.com/login", "example.com"),
        ("DATABASE_URL", "(known after apply)", "known after apply"),
        ("HOST", "undefined", "undefined"),
        ("REDIS_HOST", "127.30.1.2", None),
        ("BIND_HOST", "0.0.0.0", None),
        ("HOST", "0.0.0.0", None),
        ("CORS_ORIGINS", "*", None),
        ("CORS_ORIGINS", '["https://app.netra.ai"]', None),
        ("MAIL", "templates/mail.html", None),
        ("JWT_ACCESS_TOKEN_MINUTES", "55", None),
        ("SECRET_ROTATION_ENABLED", "true", None),
        ("LOG_FORMAT", "%(asctime)s {message} ${x}", None),
        ("GREETING_MESSAGE", "replace me with what you like", None),
        ("HOME_URL", "https://app.ours.example.com", None),
        ("EMPTY", "", None),
    ],
)
def test_variables_of_a_revision(name: str, value: str, form: str | None) -> None:
    assert in_environment({name: value}, domain="ours.example.com").get(name) == form


def test_places_in_a_file_and_comments():
    text = """# PLACEHOLDER values are filled by the deployment
env_vars:
  REDIS_HOST: {{ redis_host }}   # was ${OLD}
  URL: "redis://${HOST}#1"
  FRONTEND_URL: https://app/#TEMPLATES   # TEMPLATE
  OTHER: 'it''s # fine'  # PLACEHOLDER
  - PLACEHOLDER
"""
    assert [(found.line, found.column, found.key, found.token) for found in scan_config("staging.yaml", text)] == [
        (3, 15, "REDIS_HOST", "{{ redis_host }}"),
        (4, 17, "URL", "${HOST}"),
        (7, 5, "OTHER", "PLACEHOLDER"),
    ]


def test_a_secret_is_told_by_its_form():
    (found,) = scan_config("a.yaml", "password: hunter2-changeme\n")
    assert (found.token, found.form) == ("change me", "change me")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("main.tf", 'x = "${var.x}"'),
        (".github/workflows/a.yml", "env: {A: '${{ secrets.A }}'}"),
        ("roles/x/templates/a.yaml.j2", "a: {{ b }}"),
        ("deploy.sh", 'A="${B:-c}" C="$D"'),
        ("app.js", "const HOST = `${host}`"),
        ("docker-compose.yml", "a: ${TAG}"),
        ("README.md", "changeme"),
        (".env.example", "A=changeme"),
    ],
)
def test_what_its_reader_fills_in_is_no_placeholder(path: str, text: str) -> None:
    syntax = syntax_of(path, text.encode())
    assert syntax is None or scan_text(path, text, syntax) == []


@given(st.text(alphabet="abcdefghij0123456789 _-./:", max_size=30), st.text(alphabet="klmnop", max_size=5))
def test_the_column_is_where_the_placeholder_stands(before: str, after: str) -> None:
    line = f"SOME_NAME={before} <actual-ip> {after}"
    found = [entry for entry in scan_text(".env", line, Syntax(DOTENV)) if entry.token == "<actual-ip>"]
    assert [line[entry.column - 1 :].startswith(entry.token) for entry in found] == [True]
