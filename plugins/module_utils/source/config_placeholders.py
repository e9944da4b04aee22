# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tell which values of a configuration nobody filled in: by what they are, their names and who reads them.

``placeholder_values`` knows the forms; here is when a form is meant as it stands: in brackets that the file's own
reader replaces, in words for people, in the name of a kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ansible_collections.netra.remediation.plugins.module_utils.source.config_syntax import (
    AT,
    CODE,
    DOLLAR,
    DUNDER,
    ERB,
    HASH,
    JINJA,
    PERCENT,
    Syntax,
)
from ansible_collections.netra.remediation.plugins.module_utils.source.config_values import Value
from ansible_collections.netra.remediation.plugins.module_utils.source.placeholder_values import (
    GUESSABLE,
    UNFILLED,
    placeholder_form,
)

PEER, ANGLE, HOST = "0.0.0.0", "<name>", "example.com"  # noqa: S104  what is searched for, not what is bound
# Forms in brackets → the kind of bracket that a reader may replace.
_BRACKETED: Mapping[str, str] = {
    "{{ name }}": JINJA, "{% name %}": JINJA, "<%= name %>": ERB, "${NAME}": DOLLAR, "%NAME%": PERCENT,
    "#{name}": HASH, "__NAME__": DUNDER, "@NAME@": AT,
}  # fmt: skip
# Forms in words that no setting has as its value, and those of them that may name a kind of thing.
_WORDS = (
    "PLACEHOLDER", "TEMPLATE", "change me", "replace me", "fill in", "to be defined", "todo", "insert here",
    "your value", "value here", "xxx", "known after apply",
)  # fmt: skip
_KINDS = ("PLACEHOLDER", "TEMPLATE")
# Forms that may be the whole value of a variable that is set, such as a list of hosts in brackets.
_IN_LISTS = ("[name]", "[[ name ]]", "...", "example value", "dummy")
# Of how many words a text for people is, and the forms that go on with one.
SENTENCE, _SENTENCES = 4, ("todo", "to be defined")
_ALSO = re.compile(r"(?i)(?<![A-Za-z0-9])(?:set|update|edit|fix)[-_]?me(?![A-Za-z0-9])|(?<![A-Za-z0-9])your[-_]\w+"
                   r"|(?<![\w.])(?:\d{1,3}\.){1,3}x(?:\.x)*(?![\w.])|(?<![\w.])x(?:\.x){3}(?![\w.])")  # fmt: skip
_FREE_TEXT = re.compile(
    r"(?i)(^|[_.-])(description|summary|title|help|comment|comments|message|text|label|hint|usage|note|notes|example"
    r"|examples|pattern|regex|match|format|placeholder|condition|error_message|schema|xmlns|documentation|about|prompt"
    r"|subject|body|content|legend|legendformat|query|expr|reason|changelog|subtitle|caption|tooltip)s?$|^\$(schema|id)$"
)
# Brackets in such a value are filled in when it is used.
_FORMAT = re.compile(r"(?i)(^|[a-z_.-])(format|pattern|regex|regexp|expr|query|template|legendformat|snippet)s?$")
_KIND = re.compile(
    r"(?i)(^|[_.-])(type|kind|mode|category|action|event|strategy|role|enum|class|state|status|variant)s?$"
)
_TAGS = frozenset(
    (
        "a", "b", "i", "p", "u", "br", "em", "li", "ol", "ul", "td", "th", "tr", "h1", "h2", "h3", "div", "img", "pre",
        "span", "code", "html", "body", "head", "strong", "table", "button", "input", "label", "small", "none", "nil",
        "null", "unknown", "s", "pad", "unk", "eos", "bos", "mask", "cls", "sep",
    )
)  # fmt: skip
# Who is spoken to, in the name of a setting; what is listened on has other names.
_PEER_NAME = re.compile(
    r"(?i)(redis|postgres|pg|db|database|sql|mongo|kafka|rabbit|amqp|clickhouse|smtp|mail|upstream|peer|remote|backend"
    r"|api|auth|memcache|elastic|search|queue|broker|cache|collector|exporter|registry|service|server_name|target"
    r"|proxy_pass)"
)
_PLACE_NAME = re.compile(
    r"(?i)(host|hostname|addr|address|ip|url|uri|endpoint|server|servers|node|nodes|dsn|proxy_pass)$"
)
_LISTENS = re.compile(r"(?i)bind|listen|publish|allowed|cidr|range|source_|ports?$|cors|aspnetcore")
_DIALLED = re.compile(r"(?i)\b(rediss?|postgres(?:ql)?|mysql|mongodb(?:\+srv)?|amqps?|kafka|clickhouse|grpcs?|wss?)://"
                      r"[^\s/]*0\.0\.0\.0")  # fmt: skip
_ANY = re.compile(r"(?<![\d.])0\.0\.0\.0(?![\d./])")
_ANGLE = re.compile(r"(?<![\w)\]\\])<[A-Za-z][\w .:/|-]*>")
_PART = re.compile(r"[\w-]")
# Names by which programs are set up, and what stands in angle brackets instead of a value of theirs.
_SETTING = re.compile(
    r"(?i)host|url|uri|address|endpoint|passw|secret|api_?key|token|project_?id|bucket|database|dsn|domain"
)
_OF_A_RULE = re.compile(
    r"(?i)placeholder|template|default_?text|forbid|invalid|sentinel|pattern|known|insecure|unsafe|regex"
)
_IN_A_VALUE = re.compile(r"[\w<][^\s*|()]*")
_INSTEAD = re.compile(
    r"(?i)<[^>]*(your|actual|my|insert|change|replace|host|ip|password|secret|key|url|project|domain)[^>]*>"
)
# What a value must contain, in small letters, for one of the forms to be in it; compared with bytes of whole files.
NEEDLES = tuple(
    needle.encode()
    for needle in (
        "{{", "{%", "<%", "${", "#{", "placeholder", "template", "change", "replace", "fill", "tbd", "tba", "tbc",
        "to be ", "to_be_", "to-be-", "todo", "to-do", "fixme", "insert", "enter", "paste", " here", "_here", "-here",
        " below", "_below", "-below", "your", "xxx", "known after", "known-after", "known_after", "example.", PEER,
        "set_me", "set-me", "setme", "update_me", "update-me", "updateme", "edit_me", "edit-me", "editme", "fix_me",
        "fix-me", "domain.", "company.com", ".x",
    )
)  # fmt: skip
# One by one: a pattern that begins with a letter of its own is searched for ten times as fast as a choice of them.
MARKS = tuple(
    re.compile(mark) for mark in (rb"<[A-Za-z]", rb"%[A-Z_][A-Z0-9_]{2,}%", rb"@[A-Z][A-Z0-9_]{2,}@", rb"__[A-Z]")
)
_OF_BRACKETS = {"{{": JINJA, "{%": JINJA, "<%": ERB, "${": DOLLAR, "#{": HASH}
CODE_NEEDLES = (b"placeholder", b"changeme", b"change_me", b"change-me", b"replaceme", b"replace_me", b"replace-me",
                b"your_", b"your-", b"<your", b"<actual", b"<my", b"<insert", b"fill_me",
                b"fillme", b"fill-me")  # fmt: skip
_PLAUSIBLE = re.compile(
    "|".join([*(re.escape(needle.decode()) for needle in NEEDLES), *(mark.pattern.decode() for mark in MARKS)]),
    re.IGNORECASE,
)


class Match(NamedTuple):
    """A placeholder in a value: from which character, what it says, and of which form it is."""

    start: int
    token: str
    form: str


def needles(alive: Iterable[str]) -> tuple[bytes, ...]:
    """Return what to look for in a file whose reader fills in some brackets itself."""
    idle = {bracket.encode() for bracket, kind in _OF_BRACKETS.items() if kind in alive}
    return tuple(needle for needle in NEEDLES if needle not in idle)


def in_value(value: Value, syntax: Syntax) -> list[Match]:
    """Return the placeholders of a value of a file, in order."""
    if not _PLAUSIBLE.search(value.text):
        return []
    found = _in_code(value) if syntax.family == CODE else _in_setting(value, syntax)
    return sorted({match.start: match for match in reversed(list(found))}.values())


def in_environment(variables: Mapping[str, object], domain: str = "") -> dict[str, str]:
    """Return the variables that nobody filled in, as a process sees them, each with the form (never with the value).

    Hosts of the environment's own ``domain`` are real, whatever they are called.
    """
    found = {}
    for name, value in variables.items():
        matches = in_value(Value(1, 1, name, str(value)), Syntax("environment"))
        real = {match for match in matches if match.form == HOST and domain and match.token.endswith(domain)}
        form = next((match.form for match in matches if match not in real), _whole_form(name, str(value)))
        if form:
            found[name] = form
    return found


def _whole_form(name: str, value: str) -> str | None:
    """Return the form of a value that stands for another as a whole; in a format, names in brackets are meant."""
    form = None if _FREE_TEXT.search(name) else placeholder_form(value)
    return None if form == "%(name)s" or form in _IN_LISTS else form


def _in_setting(value: Value, syntax: Syntax) -> Iterator[Match]:
    alive = syntax.alive | {DOLLAR} if value.embedded else syntax.alive
    if _FORMAT.search(value.key):
        return
    for form, kind in _BRACKETED.items():
        if kind not in alive:
            yield from _matches(form, UNFILLED[form], value.text)
    if _FREE_TEXT.search(value.key):
        return
    text = _without_brackets(value.text, alive)
    for form in _WORDS:
        if form not in _KINDS or not _KIND.search(value.key):
            yield from _words(form, UNFILLED[form], text)
    yield from _words("your value", _ALSO, text)
    yield from _angles(text)
    yield from _matches(HOST, GUESSABLE[HOST], text)
    yield from _peers(value)


def _words(form: str, pattern: re.Pattern[str], text: str) -> Iterator[Match]:
    """Find words that stand for a value; a small word within a sentence is only a word."""
    is_sentence = len(text.split()) >= SENTENCE and form not in _SENTENCES
    for match in _matches(form, pattern, text.rstrip(",; ")):
        if not is_sentence or match.token.isupper():
            yield match


def _without_brackets(text: str, alive: Iterable[str]) -> str:
    """Return a text of the same length, blank where a reader fills in something of its own."""
    for form, kind in _BRACKETED.items():
        if kind in alive:
            text = UNFILLED[form].sub(lambda match: " " * len(match.group()), text)
    return text


def _matches(form: str, pattern: re.Pattern[str], text: str) -> Iterator[Match]:
    for match in pattern.finditer(text):
        start, end = match.span()
        while form not in _BRACKETED and start > 0 and _PART.match(text[start - 1]):
            start -= 1
        while form not in _BRACKETED and end < len(text) and _PART.match(text[end]):
            end += 1
        token = text[start:end]
        yield Match(start + len(token) - len(token.lstrip("\"' -")), token.strip("\"' -"), form)


def _angles(text: str) -> Iterator[Match]:
    for match in _ANGLE.finditer(text):
        if match.group()[1:-1].strip().lower() not in _TAGS and "</" not in text:
            yield Match(match.start(), match.group(), ANGLE)


def _peers(value: Value) -> Iterator[Match]:
    """Find the address that means all of a machine's own where another machine has to be named."""
    if _LISTENS.search(value.key):
        return
    named = _PEER_NAME.search(value.key) and _PLACE_NAME.search(value.key)
    for match in _ANY.finditer(value.text):
        if named or _DIALLED.search(value.text):
            yield Match(match.start(), match.group(), PEER)


def _in_code(value: Value) -> Iterator[Match]:
    """Judge strings of a program only where the whole of one stands for the value of a setting."""
    if _OF_A_RULE.search(value.key) or not (value.key.isupper() or _SETTING.search(value.key)):
        return
    form = placeholder_form(value.text)
    is_setting = bool(_SETTING.search(value.key))
    is_word = form in ("change me", "replace me", "fill in", "insert here", "your value")
    is_word = is_word or (form == "PLACEHOLDER" and (is_setting or value.text.isupper()))
    if (is_word and _IN_A_VALUE.fullmatch(value.text)) or (
        form == ANGLE and is_setting and _INSTEAD.search(value.text)
    ):
        yield Match(0, value.text, str(form))
