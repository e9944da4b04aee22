# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tell a value from what stands where a value was to be: the forms of placeholders, once for all that looks for them.

``UNFILLED`` forms are no value of any variable. ``GUESSABLE`` forms may be the value of a plain variable (``test``,
``none``) and are none of a secret: whoever tries the usual words finds them. They were gathered from .env.example
files, Helm charts, documentation of vendors and jwt.io, and from lists of the most used passwords.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

# Around a word that stands for itself; letters and digits would make it part of another.
_START, _END = r"(?<![A-Za-z0-9])(?:", r")(?![A-Za-z0-9])"
_GAP = r"[-_ .]?"
# What stands for a value is short, and what holds one shows it at its beginning.
_LOOKED_AT = 2000
_THING = r"(?:api|secret|password|passwd|key|token|value|domain|project|host|name|user|url|id|access|client|\d+|own)"


def _word(pattern: str) -> re.Pattern[str]:
    """Find a word anywhere in a value."""
    return re.compile(f"{_START}{pattern.replace('~', _GAP)}{_END}", re.IGNORECASE)


def _whole(pattern: str) -> re.Pattern[str]:
    """Match a whole value, with or without the marks that people put around it."""
    return re.compile(rf"\A[\s\"'`]*(?:{pattern.replace('~', _GAP)})[\s\"'`!.]*\Z", re.IGNORECASE)


# Form → where it is found. The name of a form says nothing that a reader of a configuration file could not see.
UNFILLED: Mapping[str, re.Pattern[str]] = {
    "{{ name }}": re.compile(r"\{\{.*?\}\}", re.DOTALL),
    "{% name %}": re.compile(r"\{%.*?%\}", re.DOTALL),
    "<%= name %>": re.compile(r"<%.*?%>", re.DOTALL),
    "${NAME}": re.compile(r"\$\{[^}]*\}"),
    "$(NAME)": re.compile(r"\$\([A-Za-z_][\w. -]*\)"),
    "$NAME": _whole(r"\$[A-Z_][A-Z0-9_]{2,}"),
    "%NAME%": re.compile(r"(?<![\w%])%[A-Z_][A-Z0-9_]{2,}%(?!\w)"),
    "%(name)s": re.compile(r"%\([A-Za-z_]\w*\)[sd]"),
    "#{name}": re.compile(r"#\{[^}]*\}#?"),
    "__NAME__": re.compile(r"(?<![A-Za-z0-9_])__[A-Z][A-Z0-9_]+?__(?![A-Za-z0-9_])"),
    "@NAME@": re.compile(r"(?<![\w.])@[A-Z][A-Z0-9_]{2,}@(?!\w)"),
    "[[ name ]]": re.compile(r"\[\[.*?\]\]"),
    "undefined": _whole(r"undefined|\[object object\]|nan|<nil>|%!s\(.*\)"),
    "{name}": _whole(r"\{[A-Za-z_][\w.]*\}"),
    "<name>": re.compile(r"<[A-Za-z][\w .:/|-]*>"),
    "[name]": _whole(r"\[[A-Za-z][\w .-]*\]"),
    "PLACEHOLDER": _word("placeholders?"),
    "TEMPLATE": re.compile(r"(?<![A-Za-z])(?:[A-Z0-9]+_)*TEMPLATE(?:_[A-Z0-9]+)*(?![A-Za-z])"),
    "change me": _word("change~(?:me|this|it|in~production|before~deploy\\w*)(?:~(?:now|please|in~production))?"),
    "replace me": _word("replace~(?:me|this|it|with.*)"),
    "fill in": _word("(?:fill|filled)~(?:me|in|this)(?:~here)?"),
    "to be defined": _whole("tbd|tba|tbc|to~be~(?:defined|decided|determined|done|set|added)"),
    "todo": _whole("(?:todo|to-do|fixme)(?:[: ].*)?"),
    "insert here": _word("(?:insert|enter|put|paste|add|type|set)[-_ ](?:\\w+[-_ ]){0,4}?(?:here|below|value)"),
    "your value": _word(f"your(?:~\\w+)?~{_THING}(?:[-_ .]\\w+)*"),
    "my value": _word(f"my~(?:secret|password|api~key|token|key|super~secret)(?:~{_THING})*"),
    "some value": _word(f"some~(?:random~|long~|secure~)*(?:secret|password|key|token|string|value)(?:~{_THING})*"),
    "value here": _word(f"(?:{_THING}[-_ ])+(?:goes[-_ ])?here"),
    "dummy": _word("dummy(?:[-_ ]?\\w+)?"),
    "example value": _word(f"(?:example|sample)[-_ ]{_THING}(?:[-_ ]\\w+)*"),
    "xxx": re.compile(r"(?<![A-Za-z0-9])(?:x{3,}|X{3,})(?![A-Za-z0-9])|[xX]{6,}"),
    "redacted": _whole(r"[\[(<]?(?:redacted|removed|masked|hidden|omitted|sensitive(?:~value)?|secret~value)[\])>]?"),
    "known after apply": _word(r"known[-_ ]after[-_ ]apply"),
    "***": re.compile(r"\*{3,}|[•●]{2,}"),
    "...": _whole(r"\.{2,}|…|-+|_+|\?+|=+|#+|/+"),
    "not set": _whole("(?:not|un)~?(?:set|defined|configured|available|assigned|specified|provided)|no~value"),
}
GUESSABLE: Mapping[str, re.Pattern[str]] = {
    "nothing": _whole(
        "none|null|nil|n/?a|empty|blank|missing|default(?:~value)?|unknown|void|true|false|yes|no|on|off"
    ),
    "password": _whole(r"(?:my~|the~|new~|temp~)?p[a@4][s$5]{2}(?:w[o0]?r?d|wd|phrase|code)?~?\d{0,4}"),
    "secret": _whole(
        "(?:super|top|very|my|the|jwt|app|dev|shared)?~?(?:super~)?"
        "(?:secret|secure)(?:~(?:key|value|token|phrase))*~?\\d{0,4}"
    ),
    "key": _whole("(?:api|secret|access|auth|private|jwt|signing|encryption|fernet|session)?~?(?:key|token)~?\\d{0,4}"),
    "admin": _whole("(?:admin(?:istrator)?|root|user|guest|postgres|redis|netra)~?(?:admin|pass(?:word)?)?~?\\d{0,4}"),
    "test": _whole(
        "(?:my~)?(?:test(?:ing|er)?|demo|dev(?:elopment)?|staging|temp(?:orary)?|local|prod(?:uction)?|fake|mock|stub"
        "|sample|example)(?:~(?:secret|password|key|value|token|only))*~?\\d{0,4}"
    ),
    "foo": _whole("(?:foo|bar|baz|qux|spam|eggs|hello|world|asdf(?:gh)?|lorem~ipsum|blah)+~?\\d{0,4}"),
    "qwerty": _whole(r"qwert[yz]\w{0,5}|abc(?:def)*~?\d{0,6}|1q2w3e\w*|letmein\d*|welcome\d*|iloveyou|monkey|dragon"),
    "hunter2": _whole("hunter2|correct~horse~battery~staple|trustno1|opensesame|sesame"),
    "123456": _whole("0?123456(?:7(?:8(?:90?)?)?)?(?:1234567890?)*(?:abc\\w*)?|0123456789abcdef\\w*"),
    "one character": _whole(r"(\S)\1+"),
    "a repeated few": _whole(r"(\S{2,8}?)\1{3,}"),
    "deadbeef": _whole("(?:deadbeef|cafebabe|c0ffee|baadf00d|feedface)+"),
    "example.com": _word(r"(?:[\w-]+\.)*(?:example\.(?:com|org|net)|(?:your|my)?domain\.(?:com|tld)|company\.com)"),
    "vendor's example": re.compile(r"AKIAIOSFODNN7EXAMPLE|wJalrXUtnFEMI|EXAMPLE(?:KEY)?\Z|4eC39HqLyjWDarjtT1zdp7dc"),
    "a framework's own": re.compile(
        r"django-insecure-|insecure[-_ ](?:key|secret)|^dev[-_]?key|not[-_ ]so[-_ ]secret", re.I
    ),
    "for tests only": _word("(?:test|dev|development|local)[-_ ](?:only|secret|password|jwt)(?:[-_ ]\\w+)*"),
    "unsafe": _word("(?:do|please)[-_ ]not[-_ ]use(?:[-_ ]\\w+)*|not[-_ ]for[-_ ]production|insecure"),
}


def placeholder_form(value: str, *, secret: bool = False) -> str | None:
    """Return the form of the placeholder that a value is or holds, None where it is real.

    ``secret`` asks for the guessable forms too. An empty value is no placeholder. What is returned is the form's name,
    never a part of the value.
    """
    looked_at = value[:_LOOKED_AT]
    if not looked_at.strip():
        return None
    forms = {**UNFILLED, **GUESSABLE} if secret else UNFILLED
    return next((form for form, pattern in forms.items() if pattern.search(looked_at)), None)
