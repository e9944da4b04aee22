# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the value of a setting must be: the rules of a contract, each judged for one value at a time."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.netra.remediation.plugins.module_utils.checks.shapes import (
    Shape,
    refuse,
    refuse_if,
    refuse_unknown,
)
from ansible_collections.netra.remediation.plugins.module_utils.foundation.redaction import (
    SENSITIVE,
    looks_secret,
    without_url_passwords,
)

# A label of a host name: RFC 1123, 2.1.
_LABEL = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?")
LAST_PORT = 65535
_PLACE = re.compile(r"\{([A-Za-z_]\w*)\}")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def is_url(value: str) -> bool:
    """Tell whether a text is an absolute address with a host."""
    try:
        parts = urlsplit(value)
        return bool(parts.scheme and parts.hostname and is_host(parts.hostname)) and (parts.port or 1) > 0
    except ValueError:
        return False


def is_host(value: str) -> bool:
    """Tell whether a text is a host name or an address."""
    return is_address(value) or (bool(_HOST.fullmatch(value)) and not re.fullmatch(r"[\d.]+", value))


def is_address(value: str) -> bool:
    """Tell whether a text is an address of IPv4 or IPv6."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def is_origin(value: str) -> bool:
    """Tell whether a text is an origin as browsers send it (RFC 6454, 6.2): scheme, host, perhaps a port, no more."""
    return (
        is_url(value) and value == value.strip().lower() and not urlsplit(value)._replace(scheme="", netloc="").geturl()
    )


def _is_json(value: str) -> bool:
    try:
        json.loads(value)
    except ValueError:
        return False
    return True


TYPES: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "whole": (lambda value: bool(re.fullmatch(r"[+-]?\d+", value)), "a whole number"),
    "number": (lambda value: bool(re.fullmatch(r"[+-]?\d+(\.\d+)?", value)), "a number"),
    "flag": (lambda value: value.lower() in {"true", "false"}, "true or false"),
    "port": (lambda value: value.isdecimal() and 0 < int(value) <= LAST_PORT, "a port"),
    "url": (is_url, "an address such as https://host/path"),
    "host": (is_host, "a host name or an address"),
    "address": (is_address, "an IP address"),
    "email": (lambda value: bool(_MAIL.fullmatch(value)), "a mail address"),
    "json": (_is_json, "JSON"),
    "origins": (lambda value: all(map(is_origin, listed(value))), "origins such as https://host, by comma"),
    "text": (lambda value: bool(value.strip()), "text"),
}
RULE = Shape(
    "mapping",
    keys={
        "required": Shape("flag"),
        "forbidden": Shape("flag"),
        "type": Shape(choices=tuple(TYPES)),
        "pattern": Shape(),
        "equals": Shape("scalar"),
        "one_of": Shape("list", each=Shape("scalar")),
        "derived_from": Shape(),
    },
)
RULES = Shape("mapping", each=RULE)
CONFIG_FILE = Shape(
    "mapping",
    keys={
        "path": Shape(required=True),
        "service": Shape(required=True),
        "values": Shape("mapping"),
        "schema": RULES,
    },
)


def listed(value: str) -> list[str]:
    """Return the entries of a list: by comma, or as JSON."""
    try:
        found = json.loads(value)
    except ValueError:
        found = value.split(",")
    return [str(entry).strip() for entry in found] if isinstance(found, list) else [value.strip()]


def refuse_bad_rules(path: str, rules: Mapping[str, Mapping[str, Any]], known: Collection[str] | None = None) -> None:
    """Raise BadInput for a rule that no value can keep, that cannot be read, or that derives from nothing known."""
    for name, rule in rules.items():
        for source in _PLACE.findall(str(rule.get("derived_from") or "")):
            sources = [source] if known is None else [*known, *rules]
            refuse_unknown(f"{path}.{name}.derived_from", source, sources, "the variables and outputs")
        contradiction = bool(rule.get("forbidden")) and any(value for key, value in rule.items() if key != "forbidden")
        refuse_if(contradiction, f"{path}.{name}", "is forbidden, so nothing else can be asked of it")
        try:
            re.compile(str(rule.get("pattern") or ""))
        except re.error as error:
            refuse(f"{path}.{name}.pattern", f"is not a regular expression: {error}")


def text_of(value: Any) -> str:
    """Return a value as a process would see it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def complaint(name: str, rule: Mapping[str, Any], value: Any, known: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a value, None where it keeps the rule; ``None`` as the value is *not set*.

    ``known`` are the values that ``derived_from`` may name; where one of them is not known, nothing is derived.
    """
    if value is None:
        return "is not set" if rule.get("required") else None
    if rule.get("forbidden"):
        return "must not be set"
    secret = looks_secret(name)
    told = "is not" if secret else f"is {without_url_passwords(text_of(value))!r}, not"
    return next((f"{told} {wanted}" for wanted in _unmet(rule, text_of(value), known, secret)), None)


def _unmet(rule: Mapping[str, Any], text: str, known: Mapping[str, Any], secret: bool) -> Iterator[str]:
    """Yield what a value should be and is not; of what may be a secret's value nothing is told."""
    fits, noun = TYPES[rule.get("type") or "text"]
    if rule.get("type") and not fits(text):
        yield noun
    if rule.get("equals") is not None and text != text_of(rule["equals"]):
        yield SENSITIVE if secret else repr(without_url_passwords(text_of(rule["equals"])))
    wanted = [text_of(entry) for entry in rule.get("one_of") or ()]
    if wanted and text not in wanted:
        yield "one of those allowed" if secret else without_url_passwords(f"one of {', '.join(wanted)}")
    if rule.get("pattern") and not re.fullmatch(rule["pattern"], text):
        yield f"of the pattern {rule['pattern']}"
    derived = _derived(str(rule.get("derived_from") or ""), known)
    if derived not in (None, text):
        yield without_url_passwords(f"what {rule['derived_from']} comes to")


def _derived(template: str, known: Mapping[str, Any]) -> str | None:
    names = _PLACE.findall(template)
    if not template or any(known.get(name) is None for name in names):
        return None
    return _PLACE.sub(lambda match: text_of(known[match.group(1)]), template)
