# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every form of placeholder is recognised, and nothing that a generator, a vendor or a person really makes is."""

from __future__ import annotations

import base64
import secrets
import string
import time
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.source.placeholder_values import (
    GUESSABLE,
    UNFILLED,
    placeholder_form,
)

FORMS = {
    "{{ name }}": ["{{ redis_host }}", "redis://{{ redis_host }}:6379", "{{.Values.password}}"],
    "{% name %}": ["{% secret %}"],
    "<%= name %>": ["<%= ENV['PASSWORD'] %>"],
    "${NAME}": ["${REDIS_HOST}", "postgres://app:${DB_PASSWORD}@10.0.0.5/app", "${}"],
    "$(NAME)": ["$(REDIS_HOST)", "$(cat password)"],
    "$NAME": ["$DB_PASSWORD", "'$DB_PASSWORD'"],
    "%NAME%": ["%DB_PASSWORD%", "redis://%HOST%:6379"],
    "%(name)s": ["%(db_password)s"],
    "#{name}": ["#{password}", "#{Octopus.Password}#"],
    "__NAME__": ["__DB_PASSWORD__", "host-__REGION__-1"],
    "@NAME@": ["@DB_PASSWORD@"],
    "[[ name ]]": ["[[ password ]]"],
    "{name}": ["{redis_host}", " {db.password} "],
    "<name>": ["<password>", "<your api key>", "https://<host>/health", "<REDACTED>"],
    "[name]": ["[password]", "[YOUR-PASSWORD]"],
    "PLACEHOLDER": ["PLACEHOLDER", "placeholder", "redis://PLACEHOLDER_REDIS_HOST:6379", "my-placeholder-value"],
    "TEMPLATE": ["TEMPLATE", "10.0.0.TEMPLATE_LAST", "TEMPLATE_HOST"],
    "change me": [
        "changeme",
        "CHANGE_ME",
        "change-this",
        "ChangeIt",
        "changeme_in_production",
        "sk-CHANGE-ME",
        "please change me!",
    ],
    "replace me": ["REPLACE_ME", "replaceme", "replace-with-real-key", "REPLACE_THIS"],
    "fill in": ["FILL_ME_IN", "fill-in", "FILLME", "fill me"],
    "to be defined": ["TBD", "tba", "to be defined", "TO_BE_SET"],
    "todo": ["TODO", "FIXME", "todo: ask the database team", '"TODO"'],
    "your value": [
        "your-api-key",
        "YOUR_OPENAI_API_KEY",
        "your_secret_key_here",
        "sk-your-openai-key",
        "your-256-bit-secret",
        "yourpassword",
    ],
    "my value": ["my-secret", "mypassword", "my_super_secret_key"],
    "some value": ["some-secret", "some_random_string", "some long secret key"],
    "insert here": ["insert_your_key_here", "INSERT-KEY-HERE", "enter value here", "paste token here"],
    "value here": ["api-key-here", "PASSWORD_HERE", "token goes here"],
    "dummy": ["dummy", "dummy-key", "DUMMY_PASSWORD"],
    "example value": ["example-key", "sample_token_1", "example_password"],
    "xxx": ["xxx", "XXXXXXXX", "sk-xxxxxxxxxxxxxxxxxxxx", "AIzaSyXXXXXXXXXXXXXXXX"],
    "redacted": ["REDACTED", "(sensitive value)", "hidden", "(sensitive)", "removed"],
    "known after apply": ["(known after apply)", "known_after_apply"],
    "***": ["***", "********", "sk-****abcd", "••••••••"],
    "...": ["...", "…", "-", "--", "_", "?", "???", "----", "# "],
    "undefined": ["undefined", "[object Object]", "NaN", "%!s(<nil>)"],
    "not set": ["not set", "unset", "NOT_CONFIGURED"],
}
COMMON = {
    "nothing": ["none", "null", "NIL", "n/a", "default", "empty", "missing", "true"],
    "password": ["password", "Passw0rd", "P@ssw0rd!", "password123", "my-password", "passphrase"],
    "secret": ["secret", "supersecret", "super-secret-key", "topsecret", "jwt-secret", "very_secret", "secret123"],
    "key": ["key", "api_key", "jwt-key", "token", "private-key"],
    "admin": ["admin", "admin123", "root", "postgres", "guest", "user"],
    "test": [
        "test",
        "test123",
        "testing",
        "test-secret",
        "dev",
        "fake",
        "demo-key",
        "staging",
        "example",
        "mock_token",
    ],
    "foo": ["foo", "foobar", "foobarbaz", "hello", "asdf", "Lorem ipsum"],
    "qwerty": ["qwerty", "qwerty123", "abc123", "letmein", "1q2w3e4r"],
    "hunter2": ["hunter2", "correct-horse-battery-staple", "correcthorsebatterystaple"],
    "123456": ["123456", "12345678", "1234567890", "0123456789abcdef0123456789abcdef"],
    "one character": ["aaaaaaaa", "00000000", "11"],
    "a repeated few": ["abcabcabcabc", "0101010101"],
    "deadbeef": ["deadbeef", "DEADBEEFCAFEBABE"],
    "example.com": [
        "https://api.example.com/v1",
        "postgres://u:Wq8zT1@db.example.org/app",
        "https://your-domain.com",
        "mydomain.com",
    ],
    "vendor's example": [
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
    ],
    "a framework's own": ["django-insecure-8!k2j3h4g5f6", "dev-key", "insecure-key"],
    "for tests only": ["for-local-dev-only", "jwt-test-secret-value"],
    "unsafe": ["do-not-use-in-production", "insecure", "not-for-production"],
}
REAL = [
    "",
    "kl2+pIlkSGgGhDibwJPNYiMH+ZKjEEWDQa22ChvumK6eCq/YDqb/9czvWPqP/Xxx",  # made by chance
    "   ",
    "netra_staging",
    "app_3f9c1a",
    "10.1.0.5",
    "5432",
    "redis://10.28.0.3:6379",
    "rediss://:Zk3v9QpL0sT7@10.28.0.3:6378/0",
    "postgresql://app:hT5zB1rW9c@10.1.0.5:5432/netra_staging?sslmode=require",
    "https://api.staging.netrasystems.ai/health",
    "us-central1-docker.pkg.dev/netra-staging/netra/netra-backend@sha256:0f3a",
    "/cloudsql/netra-staging:us-central1:staging-postgres",
    "00000000-0000-4000-8000-0000000a11ce",
    "templates/mail.html",
    "TEMPLATES",
    "yourself",
    "todolist-service",
    "changemaker",
    "Testament-9-Foothold-Keyring",
    "correct-pony-battery-stable-7",
    "[1, 2, 3]",
    '{"type": "service_account", "project_id": "netra-staging"}',
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n",
]
ALPHABETS = (
    string.ascii_letters + string.digits,
    string.hexdigits.lower()[:16],
    string.digits + string.ascii_lowercase,
)


@pytest.mark.parametrize(("form", "value"), [(form, value) for form, values in FORMS.items() for value in values])
def test_a_form_is_found_in_any_value(form: str, value: str) -> None:
    assert placeholder_form(value) == form


@pytest.mark.parametrize(("form", "value"), [(form, value) for form, values in COMMON.items() for value in values])
def test_a_guessable_form_is_found_in_secrets_and_only_there(form: str, value: str) -> None:
    assert placeholder_form(value, secret=True) is not None
    assert placeholder_form(value) in {None, *UNFILLED}
    assert GUESSABLE[form].search(value)


def test_every_form_has_an_example() -> None:
    assert set(FORMS) == set(UNFILLED)
    assert set(COMMON) == set(GUESSABLE)
    assert len(UNFILLED) >= 30


@pytest.mark.parametrize("value", REAL)
def test_what_is_real_is_no_placeholder(value: str) -> None:
    assert placeholder_form(value, secret=True) is None


@given(st.sampled_from(ALPHABETS), st.integers(20, 64), st.randoms(use_true_random=True))
def test_what_a_generator_makes_is_no_placeholder(alphabet: str, length: int, random) -> None:
    assert placeholder_form("".join(random.choice(alphabet) for _index in range(length)), secret=True) is None


def test_usual_generators_make_no_placeholders() -> None:
    made = [
        make()
        for _index in range(300)
        for make in (
            lambda: secrets.token_urlsafe(32),
            lambda: secrets.token_hex(32),
            lambda: base64.b64encode(secrets.token_bytes(48)).decode(),
            lambda: str(uuid.uuid4()),
        )
    ]
    assert [value for value in made if placeholder_form(value, secret=True)] == []


@pytest.mark.parametrize("part", ["-", "a-", "your_", "your ", "<a", "{{", "set ", "x", "key_"])
def test_no_pattern_goes_back_over_a_long_value(part: str) -> None:
    """One that did would need minutes, whatever else the machine is doing."""
    started = time.process_time()
    placeholder_form(part * 30_000, secret=True)
    assert time.process_time() - started < 20
