# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Split and expand the words of a Dockerfile as Docker does. Standard library only.

https://docs.docker.com/reference/dockerfile/#environment-replacement
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_VARIABLE = re.compile(
    r"\$(?:(?P<name>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)(?:(?P<operator>:?[-+?])(?P<word>[^}]*))?\})"
)


class UnknownVariableError(ValueError):
    """Report a variable whose value only the build knows."""


def expand(word: str, variables: Mapping[str, str], *, open_ended: bool, escape: str = "\\") -> str:
    """Return a word with its variables replaced and its quotes removed.

    ``open_ended`` tells that variables may come from elsewhere (the base image, the builder): then one that is not
    among ``variables`` raises UnknownVariableError, else it is empty.
    """
    result, position, quote = [], 0, ""
    while position < len(word):
        letter = word[position]
        if letter == escape and quote != "'" and position + 1 < len(word):
            result.append(word[position + 1])
            position += 2
        elif letter in "\"'" and quote in ("", letter):
            quote = "" if quote else letter
            position += 1
        elif letter == "$" and quote != "'" and (match := _VARIABLE.match(word, position)):
            result.append(_value(match, variables, open_ended))
            position = match.end()
        else:
            result.append(letter)
            position += 1
    return "".join(result)


def _value(match: re.Match[str], variables: Mapping[str, str], open_ended: bool) -> str:
    name, operator = match["name"] or match["braced"], match["operator"] or ""
    if open_ended and name not in variables:
        raise UnknownVariableError(name)
    is_set = bool(variables.get(name)) if operator.startswith(":") else name in variables
    if operator.endswith("+"):
        return expand(match["word"], variables, open_ended=open_ended) if is_set else ""
    if operator.endswith("-") and not is_set:
        return expand(match["word"], variables, open_ended=open_ended)
    return variables.get(name, "")


def assignments(text: str, escape: str = "\\") -> Iterator[tuple[str, str]]:
    """Return the names and unexpanded values of ``ENV``, ``ARG`` and their kind: ``A=1 B="2 3"``, or ``A 1 2``."""
    words = split_words(text, escape)
    if words and "=" not in words[0]:
        name, _blank, value = text.partition(" ")
        yield name, value.strip()
        return
    for word in words:
        name, _equals, value = word.partition("=")
        yield name, value


def split_words(text: str, escape: str = "\\") -> list[str]:
    """Split at blanks outside of quotes; quotes and escapes stay for expand to take."""
    words, word, quote, position = [], "", "", 0
    while position < len(text):
        letter = text[position]
        position += 1
        if letter == escape and position < len(text):
            letter += text[position]
            position += 1
        elif letter in "\"'" and quote in ("", letter):
            quote = "" if quote else letter
        elif letter.isspace() and not quote:
            words += [word] if word else []
            word = ""
            continue
        word += letter
    return [*words, word] if word else words
