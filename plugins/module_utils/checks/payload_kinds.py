# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kinds of payloads: what a secret of each kind must be, and which kind a secret's name speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ansible_collections.netra.remediation.plugins.module_utils.checks import payload_shapes as shapes
from ansible_collections.netra.remediation.plugins.module_utils.checks.key_strength import estimated_bits


@dataclass(frozen=True)
class Kind:
    """What a payload of a kind must be.

    ``guessable`` says that a usual word is a mistake, ``lines`` that it may end with a line break; with less than
    ``characters``, or an estimate below ``bits``, it is weak.
    """

    judge: shapes.Judge | None = None
    guessable: bool = True
    lines: bool = False
    bits: int = 0
    characters: int = 0


_OPENAI = r"sk-(?!ant-)(?:(?:proj|svcacct|admin|None)-)?[A-Za-z0-9_-]{20,}"
# Shapes of vendors' keys, as gitleaks has them: https://github.com/gitleaks/gitleaks/blob/master/config/gitleaks.toml
VENDORS: Mapping[str, Kind] = {
    name: Kind(shapes.matching(pattern, words))
    for name, pattern, words in (
        ("openai_api_key", _OPENAI, "an API key of OpenAI (sk-...)"),
        (
            "anthropic_api_key",
            r"sk-ant-(?:api|admin)\d\d-[A-Za-z0-9_-]{80,120}",
            "an API key of Anthropic (sk-ant-...)",
        ),
        ("google_api_key", r"AIza[A-Za-z0-9_-]{35}", "an API key of Google (AIza...)"),
        ("google_client_id", r"\d+-[a-z0-9]{32}\.apps\.googleusercontent\.com", "an OAuth client ID of Google"),
        ("google_client_secret", r"GOCSPX-[A-Za-z0-9_-]{28}", "an OAuth client secret of Google (GOCSPX-...)"),
        ("github_token", r"gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{82}", "a token of GitHub"),
        ("slack_token", r"xox[abeprs]-(?:\d+-)+[A-Za-z0-9]{20,}", "a token of Slack (xox...)"),
        ("stripe_api_key", r"[rs]k_(?:live|test)_[A-Za-z0-9]{20,}", "an API key of Stripe (sk_live_...)"),
        ("sendgrid_api_key", r"SG\.[\w-]{22}\.[\w-]{43}", "an API key of SendGrid (SG....)"),
        ("aws_access_key_id", r"(?:AKIA|ASIA)[A-Z2-7]{16}", "an access key ID of AWS (AKIA...)"),
        ("aws_secret_access_key", r"[A-Za-z0-9/+]{40}", "a secret access key of AWS"),
    )
}
KINDS: Mapping[str, Kind] = {
    "text": Kind(),
    "name": Kind(shapes.matching(shapes.NAME, "a name without spaces"), guessable=False),
    "host": Kind(shapes.host_or_address, guessable=False),
    "port": Kind(shapes.port, guessable=False),
    "url": Kind(shapes.url(), guessable=False),
    "http_url": Kind(shapes.url("https", "http"), guessable=False),
    "redis_url": Kind(shapes.url("redis", "rediss"), guessable=False),
    "postgres_url": Kind(shapes.url("postgresql", "postgres", needs=("user", "path")), guessable=False),
    "hex": Kind(shapes.hexadecimal, bits=40),
    "base64": Kind(shapes.in_base64, bits=48),
    "fernet": Kind(shapes.fernet_key, bits=100),
    "uuid": Kind(shapes.matching(shapes.UUID, "a UUID")),
    "pem": Kind(shapes.pem(), lines=True),
    "private_key": Kind(shapes.pem("PRIVATE KEY"), lines=True),
    "json": Kind(shapes.json_document, lines=True),
    "service_account_key": Kind(shapes.service_account_key, lines=True),
    "jwt_key": Kind(shapes.jwt_key, bits=64),
    # The least of 20,000 random ones of twelve letters and digits has 18: a false alarm is one too many.
    "password": Kind(bits=16, characters=12),
    **VENDORS,
}
# Words of a secret's name → its kind, the most telling first; every word must be there.
_SPEAKING: tuple[tuple[frozenset[str], str], ...] = tuple(
    (frozenset(words.split()), kind)
    for words, kind in (
        ("fernet", "fernet"), ("jwt private", "private_key"), ("jwt public", "pem"), ("jwt url", "url"),
        ("jwt id", "name"), ("jwt secret", "jwt_key"), ("jwt key", "jwt_key"), ("openai api key", "openai_api_key"),
        ("anthropic api key", "anthropic_api_key"), ("gemini api key", "google_api_key"),
        ("stripe api key", "stripe_api_key"), ("sendgrid api key", "sendgrid_api_key"),
        ("github token", "github_token"), ("slack token", "slack_token"), ("redis url", "redis_url"),
        ("postgres url", "postgres_url"), ("postgresql url", "postgres_url"),
        ("service account key", "service_account_key"),
        ("url", "url"), ("host", "host"), ("port", "port"), ("password", "password"),
        ("passwd", "password"), ("user", "name"), ("username", "name"), ("db", "name"), ("service id", "name"),
        ("private key", "private_key"),
    )
)  # fmt: skip


def kind_of(secret: Mapping[str, object], names: Iterable[str] = ()) -> str:
    """Return the kind that an entry of the contract declares, else the one that its name or its variables speak of."""
    if secret.get("kind"):
        return str(secret["kind"])
    for name in (str(secret["name"]), *names):
        words = frozenset(re.split(r"[-_]", name.lower()))
        found = next((kind for wanted, kind in _SPEAKING if wanted <= words), None)
        if found:
            return found
    return "text"


def is_weak(kind: Kind, text: str) -> bool:
    """Tell whether a key of a kind could be found by trying."""
    return len(text) < kind.characters or (bool(kind.bits) and estimated_bits(text) < kind.bits)
