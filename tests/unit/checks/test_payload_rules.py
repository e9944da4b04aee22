# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Payloads of every kind: what is right is left in peace, what is wrong is found and never repeated."""

from __future__ import annotations

import base64
import json
import random
import secrets
import string
import uuid

import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.checks.payload_kinds import KINDS, kind_of
from ansible_collections.netra.remediation.plugins.module_utils.checks.payload_rules import (
    MALFORMED,
    PLACEHOLDER,
    RULES,
    WEAK,
    WHITE_SPACE,
    complaints,
)


def some(length: int, letters: str = string.ascii_letters + string.digits) -> str:
    return "".join(secrets.choice(letters) for _index in range(length))


KEY = ec.generate_private_key(ec.SECP256R1())
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
PUBLIC = (
    KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
)
ACCOUNT = {"type": "service_account", "client_email": "a@p.iam", "private_key": PEM, "token_uri": "https://t"}
GOOD = {
    "text": [some(32), "Correct horses, batteries and staples", f"{some(9)}/{some(9)}"],
    "name": ["app_3f9c1a", "postgres", "netra-backend-staging", "svc@netra-staging.iam", "test"],
    "host": ["10.1.0.5", "db.staging.netrasystems.ai", "redis", "fd00::5", "[fd00::5]", "/cloudsql/p:us-central1:db"],
    "port": ["5432", "6379", "1", "65535"],
    "url": ["https://api.netrasystems.ai/v1?x=1", "amqp://u:p%40x@10.0.0.3:5672/vhost"],
    "http_url": ["https://hooks.netrasystems.ai/T0/B1", "http://10.0.0.3:8123"],
    "redis_url": [
        "redis://10.28.0.3:6379",
        f"rediss://:{some(20)}@redis.internal:6378/0",
        f"redis://app:{some(9)}@r:1",
    ],
    "postgres_url": [
        f"postgresql://app:{some(20)}@10.1.0.5:5432/netra_staging?sslmode=require",
        f"postgres://app:{some(6)}%2F%40@db.internal/netra",
        f"postgresql://app:{some(9)}@/netra?host=/cloudsql/p:us-central1:db",
    ],
    "hex": [secrets.token_hex(16), secrets.token_hex(32).upper()],
    "base64": [base64.b64encode(secrets.token_bytes(n)).decode() for n in (16, 17, 48)] + [secrets.token_urlsafe(24)],
    "fernet": [Fernet.generate_key().decode(), Fernet.generate_key().decode()],
    "uuid": [str(uuid.uuid4()), str(uuid.uuid4()).upper()],
    "pem": [PEM, PUBLIC, PUBLIC + PUBLIC],
    "private_key": [PEM, PEM.strip()],
    "json": ['{"a": 1}', "[]", json.dumps(ACCOUNT, indent=2) + "\n"],
    "service_account_key": [json.dumps(ACCOUNT), json.dumps(ACCOUNT, indent=2) + "\n"],
    "jwt_key": [secrets.token_urlsafe(24), secrets.token_hex(32), base64.b64encode(secrets.token_bytes(64)).decode()],
    "password": [secrets.token_urlsafe(24), some(12), "gR8!k#Zp2&vQ", "correct-pony-battery-stable"],
    "openai_api_key": [f"sk-{some(48)}", f"sk-proj-{some(74)}T3BlbkFJ{some(74)}", f"sk-svcacct-{some(60)}"],
    "anthropic_api_key": [f"sk-ant-api03-{some(93)}AA"],
    "google_api_key": [f"AIza{some(35)}"],
    "google_client_id": [f"{some(12, string.digits)}-{some(32, string.ascii_lowercase)}.apps.googleusercontent.com"],
    "google_client_secret": [f"GOCSPX-{some(28)}"],
    "github_token": [f"ghp_{some(36)}", f"github_pat_{some(22)}_{some(59)}"],
    "slack_token": [f"xoxb-{some(12, string.digits)}-{some(12, string.digits)}-{some(24)}"],
    "stripe_api_key": [f"sk_live_{some(24)}", f"rk_test_{some(99)}"],
    "sendgrid_api_key": [f"SG.{some(22)}.{some(43)}"],
    "aws_access_key_id": [f"AKIA{some(16, string.ascii_uppercase + '234567')}"],
    "aws_secret_access_key": [some(40)],
}
SWAPPED = f"sk-ant-api03-{some(93)}AA"
# Kind → payloads that are malformed, two and more of each.
BAD = {
    "name": ["app user", "DROP TABLE users;"],
    "host": ["https://10.0.0.3", "10.0.0.3:6379", "localhost", "127.0.0.1", "10.0.0", "db_/x", "0.0.0.0"],  # noqa: S104
    "port": ["0", "65536", "http", "6379/tcp", "-1", "5432.0", "²"],
    "url": ["api.netrasystems.ai", "https://", "https://a b.ai/x", "https://host:port/", "http://localhost:8000"],
    "http_url": ["ftp://netrasystems.ai", "redis://10.0.0.3", "//netrasystems.ai"],
    "redis_url": [
        "10.0.0.3:6379",
        "http://10.0.0.3:6379",
        "redis://localhost:6379",
        "redis://:p@ss@10.0.0.3",
        "redis:/h",
    ],
    "postgres_url": [
        "mysql://u:p@h/db",
        "postgresql://10.1.0.5/netra",
        "postgresql://u:p@10.1.0.5",
        "postgresql://u:a#b@h/d",
    ],
    "hex": ["0x" + secrets.token_hex(16), secrets.token_hex(16)[:-1], secrets.token_hex(8), some(16) + "zz"],
    "base64": ["not base64!", base64.b64encode(b"short").decode(), f"{some(9)}-{some(9)}+{some(12)}", "A"],
    "fernet": [secrets.token_urlsafe(32), secrets.token_hex(32), Fernet.generate_key().decode()[:-4] + "="],
    "uuid": ["not-a-uuid", str(uuid.uuid4())[:-1]],
    "pem": [
        PEM.replace("\n", "\\n"),
        PEM[:-30],
        PEM[:60] + PEM[70:],
        "MIIB",
        PUBLIC.replace("END PUBLIC", "END PRIVATE"),
    ],
    "private_key": [PUBLIC, PEM[:80]],
    "json": ["{'a': 1}", '{"a": 1', "5", '"text"'],
    "service_account_key": ["{}", json.dumps({**ACCOUNT, "private_key": PEM[:-40]}), json.dumps({"type": "user"}), PEM],
    "jwt_key": [some(31), some(12)],
    "openai_api_key": [SWAPPED, some(40), "sk-short"],
    "anthropic_api_key": [f"sk-{some(48)}", SWAPPED[:40]],
    "google_api_key": [f"AIza{some(30)}", some(39)],
    "google_client_id": [some(30), f"{some(12, string.digits)}.apps.googleusercontent.com"],
    "google_client_secret": [some(28), f"GOCSPX-{some(10)}"],
    "github_token": [some(40), f"ghp_{some(12)}"],
    "slack_token": [f"xoxb-{some(10)}", some(40)],
    "stripe_api_key": [f"pk_live_{some(24)}", some(32)],
    "sendgrid_api_key": [some(69), f"SG.{some(22)}"],
    "aws_access_key_id": [some(20), "AKIA" + some(4)],
    "aws_secret_access_key": [some(39), some(20)],
}
LITERAL = ("pem", "private_key", "json", "service_account_key")


def rules(payload: str | bytes, kind: str) -> set[str]:
    content = payload.encode() if isinstance(payload, str) else payload
    return {complaint.rule for complaint in complaints(content, kind)}


def test_every_kind_is_tried() -> None:
    assert set(GOOD) == set(KINDS)
    assert set(BAD) == set(KINDS) - {"text", "password"}
    assert min(len(payloads) for payloads in BAD.values()) >= 2


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_right_is_left_in_peace(kind: str) -> None:
    assert [payload for payload in GOOD[kind] if complaints(payload.encode(), kind)] == []


@pytest.mark.parametrize("kind", BAD)
def test_what_is_malformed_is_found(kind: str) -> None:
    assert [payload for payload in BAD[kind] if MALFORMED not in rules(payload, kind)] == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in LITERAL])
@pytest.mark.parametrize("payload", ["PLACEHOLDER", "changeme", "${SECRET}", "<your-key>", "TODO", "xxxxxxxxxxxx"])
def test_placeholders_are_found_in_every_kind(kind: str, payload: str) -> None:
    assert PLACEHOLDER in rules(payload, kind)


@pytest.mark.parametrize("payload", [b"", b" ", b"\n", b"\r\n", b"\xef\xbb\xbf", b"\t\n"])
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_a_placeholder(kind: str, payload: bytes) -> None:
    assert PLACEHOLDER in rules(payload, kind)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in LITERAL])
@pytest.mark.parametrize(
    "trap", ["{}\n", "{}\r\n", " {}", "{} ", "\ufeff{}", "{}\u00a0", "{}\u200b", "\t{}", "{}\x00", "\n{}"]
)
def test_white_space_is_found_around_every_kind(kind: str, trap: str) -> None:
    assert WHITE_SPACE in rules(trap.format(GOOD[kind][0]), kind)


@pytest.mark.parametrize("kind", LITERAL)
def test_files_may_end_with_a_line_break_and_not_with_that_of_windows(kind: str) -> None:
    assert rules(GOOD[kind][0].strip() + "\n", kind) == set()
    assert rules(GOOD[kind][0].strip() + "\r\n", kind) == {WHITE_SPACE}


COPIED_ALONG = [
    ("password", f'"{some(20)}"'),
    ("text", f"'{some(20)}'"),
    ("openai_api_key", f"OPENAI_API_KEY=sk-{some(48)}"),
    ("text", f"export JWT_SECRET={some(48)}"),
    ("jwt_key", f"Bearer {some(48)}"),
    ("openai_api_key", base64.b64encode(f"sk-{some(48)}".encode()).decode()),
    ("port", base64.b64encode(b"5432").decode()),
    ("text", some(20).encode("utf-16")),
    ("text", b"\xff\xff\xff\x00"),
]


def test_what_was_copied_along_is_found() -> None:
    assert [found for found in COPIED_ALONG if MALFORMED not in rules(found[1], found[0])] == []


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("jwt_key", "abcdefghijklmnopqrstuvwxyz012345"),
        ("jwt_key", "netra-netra-netra-netra-netra-netr" + "x" * 9),
        ("jwt_key", "qwertyuiopasdfghjklzxcvbnm1234567890"),
        ("hex", "00000000000000000000000000000001"),
        ("hex", "0123456789abcdef0123456789abcdee"),
        ("fernet", base64.urlsafe_b64encode(b"a" * 31 + b"b").decode()),
        ("base64", base64.b64encode(bytes(20)).decode()[:-4] + "AAB="),
        ("password", "aaaaaaaaaaab"),
        ("password", "gR8!k#Zp2&v"),
        ("password", "abcdefghijkl1"),
    ],
)
def test_a_key_without_chance_is_weak_or_a_placeholder(kind: str, payload: str) -> None:
    assert rules(payload, kind) & {WEAK, PLACEHOLDER}


def test_keys_of_usual_generators_are_strong() -> None:
    source = random.Random(7)  # noqa: S311
    for _index in range(100):
        assert rules(source.randbytes(16).hex(), "hex") == set()
        assert rules(source.randbytes(16).hex(), "jwt_key") == set()
        assert rules(base64.b64encode(source.randbytes(16)).decode(), "base64") == set()
        assert rules(base64.urlsafe_b64encode(source.randbytes(32)).decode(), "fernet") == set()
        assert rules("".join(source.choices(string.ascii_letters + string.digits, k=12)), "password") == set()


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_payload_makes_a_judge_fail(payload: bytes) -> None:
    for kind in KINDS:
        assert {complaint.rule for complaint in complaints(payload, kind)} <= set(RULES)


@pytest.mark.parametrize("kind", KINDS)
def test_a_complaint_repeats_nothing_of_the_payload(kind: str) -> None:
    for payload in (*GOOD[kind], *BAD.get(kind, ())):
        for place in (0, len(payload) // 2, len(payload)):
            mark = some(6)
            found = complaints(f"{payload[:place]}{mark}{payload[place:]}".encode(), kind)
            assert [complaint.text for complaint in found if mark in complaint.text] == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("postgres-host-staging", "host"),
        ("postgres-port-staging", "port"),
        ("postgres-db-staging", "name"),
        ("postgres-user-staging", "name"),
        ("postgres-password-staging", "password"),
        ("redis-url-staging", "redis_url"),
        ("database-url-staging", "url"),
        ("jwt-secret-staging", "jwt_key"),
        ("jwt-secret-key-staging", "jwt_key"),
        ("secret-key-staging", "text"),
        ("service-secret-staging", "text"),
        ("service-id-staging", "name"),
        ("fernet-key-staging", "fernet"),
        ("openai-api-key-staging", "openai_api_key"),
        ("anthropic-api-key-staging", "anthropic_api_key"),
        ("gemini-api-key-staging", "google_api_key"),
        ("clickhouse-password-staging", "password"),
        ("tls-private-key", "private_key"),
    ],
)
def test_names_speak_of_kinds(name: str, kind: str) -> None:
    assert kind_of({"name": name}) == kind


def test_what_is_declared_comes_before_what_a_name_says() -> None:
    assert kind_of({"name": "redis-url", "kind": "text"}) == "text"
    assert kind_of({"name": "three"}, ["OPENAI_API_KEY"]) == "openai_api_key"
