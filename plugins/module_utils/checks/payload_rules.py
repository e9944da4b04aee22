# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge the payload of one secret: a placeholder, malformed, with white space around it, or weak. Pure.

A complaint names the rule and says what must be; it never repeats a part of the payload.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.netra.remediation.plugins.module_utils.checks.payload_kinds import (
    KINDS,
    VENDORS,
    Kind,
    is_weak,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.payload_shapes import decoded
from ansible_collections.netra.remediation.plugins.module_utils.source.placeholder_values import placeholder_form

PLACEHOLDER, MALFORMED, WHITE_SPACE, WEAK = "placeholder", "malformed", "white_space", "weak"
RULES = (PLACEHOLDER, MALFORMED, WHITE_SPACE, WEAK)
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")
_UTF_8_MARK = "\ufeff"
_QUOTES = re.compile(r"""\A(["'`]).*\1\Z""", re.DOTALL)
_ASSIGNMENT = re.compile(r"\A(?:export )?[A-Z][A-Z0-9_]{2,}=(?!=*\Z)")
_BEARER = re.compile(r"\A(?:bearer|basic|token) ", re.IGNORECASE)
# Where what is written before a value is no part of it.
_PLAIN = ("pem", "private_key", "json", "service_account_key")


@dataclass(frozen=True)
class Complaint:
    """What is wrong with a payload: which rule, and the end of a sentence about it."""

    rule: str
    text: str


def complaints(payload: bytes, kind_name: str) -> list[Complaint]:
    """Return what is wrong with a payload of a kind."""
    return list(_complaints(payload, kind_name, KINDS[kind_name]))


def _complaints(payload: bytes, kind_name: str, kind: Kind) -> Iterator[Complaint]:
    if payload.startswith(_BYTE_ORDER_MARKS):
        yield Complaint(MALFORMED, "is UTF-16 text, as Windows PowerShell writes it, and programs read UTF-8")
        return
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        yield Complaint(MALFORMED, "is not UTF-8 text, and Cloud Run hands nothing else to a variable")
        return
    space = _white_space(text, kind)
    if space:
        yield Complaint(WHITE_SPACE, space)
    bare = text.strip().strip(_UTF_8_MARK).strip()
    if not bare:
        yield Complaint(PLACEHOLDER, "is empty or only white space")
        return
    if kind_name not in _PLAIN and placeholder_form(bare, secret=kind.guessable):
        yield Complaint(PLACEHOLDER, "is a placeholder or holds one")
        return
    wrong = _wrapping(bare, kind_name) or (kind.judge(bare) if kind.judge else None)
    if wrong and kind.judge and _fits_decoded(bare, kind):
        wrong = "is encoded once too often: what base64 makes of it is right"
    if wrong:
        yield Complaint(MALFORMED, wrong)
    elif is_weak(kind, bare):
        yield Complaint(WEAK, "has so little chance in it that it could be found by trying")


def _white_space(text: str, kind: Kind) -> str | None:
    """Tell of characters that nobody sees, around a payload or inside it."""
    hidden = {c for c in text if unicodedata.category(c) in ("Cf", "Cc") or c.isspace()} - {" ", "\n", "\t", "\r"}
    traps = (
        (text.startswith(_UTF_8_MARK), "begins with a byte order mark, which no program expects"),
        ("\r" in text, "has a carriage return in it, as Windows writes line breaks"),
        (hidden, "has an invisible character in it, such as a non-breaking space or a control character"),
        (not kind.lines and text.endswith("\n"), "ends with a line break, as echo writes one (printf does not)"),
        (not kind.lines and text != text.strip(), "begins or ends with white space"),
        (not kind.lines and (kind.judge or kind.characters) and "\n" in text.strip(), "is broken into lines"),
    )
    return next((trap for there, trap in traps if there), None)


def _wrapping(text: str, kind_name: str) -> str | None:
    """Tell of what was copied together with a payload."""
    if kind_name in _PLAIN:
        return None
    if _QUOTES.match(text):
        return "has quotes around it, which are part of the value"
    if _ASSIGNMENT.match(text):
        return "begins with the name of a variable and an equals sign"
    if _BEARER.match(text) and (kind_name in VENDORS or kind_name in ("jwt_key", "password", "text")):
        return "begins with the scheme of an Authorization header"
    return None


def _fits_decoded(text: str, kind: Kind) -> bool:
    content = decoded(text)
    try:
        inner = content.decode().strip() if content else ""
    except UnicodeDecodeError:
        return False
    return bool(inner) and kind.judge is not None and inner.isprintable() and kind.judge(inner) is None
