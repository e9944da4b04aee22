"""Read a filter into a tree (https://cloud.google.com/logging/docs/view/logging-query-language).

NOT binds first, then OR, then AND; expressions side by side are joined by AND.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from netra_sandbox.telemetry.query.words import FilterError, Word, split, syntax_error

OPERATORS = frozenset({"=", "!=", "<", "<=", ">", ">=", ":", "=~", "!~"})
LONGEST = 20_000  # characters of a filter: https://cloud.google.com/logging/quotas
_DEEPEST = 60
_PART = re.compile(r"[\w@*/%$+-]+")


@dataclass(frozen=True)
class Call:
    """A function, as a term of its own or as the value of a comparison."""

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Text:
    """A literal; an unquoted `*` behind a colon asks whether the field is there."""

    value: str
    quoted: bool = False


@dataclass(frozen=True)
class Comparison:
    """A field compared with a value."""

    path: tuple[str, ...]
    operator: str
    value: Text | Call


@dataclass(frozen=True)
class Anywhere:
    """A value that any field may hold."""

    value: str


@dataclass(frozen=True)
class Not:
    """What must not hold."""

    term: Node


@dataclass(frozen=True)
class And:
    """What must hold together; without terms it always does."""

    terms: tuple[Node, ...]


@dataclass(frozen=True)
class Or:
    """Of which one must hold."""

    terms: tuple[Node, ...]


Node = Comparison | Anywhere | Not | And | Or | Call


def parse(text: str) -> Node:
    """Return the tree of a filter; an empty one lets everything through. Raise FilterError for bad syntax."""
    if len(text) > LONGEST:
        raise FilterError(f"Unparseable filter: longer than {LONGEST} characters")
    return _Reader(text).whole()


class _Reader:
    """Recursive descent, one method for each level of precedence."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._words = split(text)
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        if self._word.kind == "end":
            return And(())
        tree = self._and()
        if self._word.kind != "end":
            raise self._wrong()
        return tree

    @property
    def _word(self) -> Word:
        return self._words[self._at]

    def _next(self) -> Word:
        word = self._word
        self._at += 1
        return word

    def _is(self, kind: str, *texts: str) -> bool:
        return self._word.kind == kind and self._word.text in texts

    def _wrong(self, word: Word | None = None) -> FilterError:
        return FilterError(syntax_error(self._text, (word or self._word).position))

    def _and(self, field: tuple[tuple[str, ...], str] | None = None) -> Node:
        terms = [self._or(field)]
        while not (self._word.kind == "end" or self._is("punctuation", ")", ",")):
            if self._is("bare", "AND"):
                self._next()
            terms.append(self._or(field))
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def _or(self, field: tuple[tuple[str, ...], str] | None) -> Node:
        terms = [self._not(field)]
        while self._is("bare", "OR"):
            self._next()
            terms.append(self._not(field))
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def _not(self, field: tuple[tuple[str, ...], str] | None) -> Node:
        if self._is("bare", "NOT", "-"):
            self._next()
            return Not(self._deeper(field))
        if self._word.kind == "bare" and self._word.text.startswith("-") and field is None:
            word = self._word
            self._words[self._at] = Word("bare", word.text[1:], word.position + 1, joined=False)
            return Not(self._deeper(field))
        return self._term(field)

    def _deeper(self, field: tuple[tuple[str, ...], str] | None, *, parenthesis: bool = False) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._wrong()
        tree = self._and(field) if parenthesis else self._not(field)
        self._depth -= 1
        return tree

    def _term(self, field: tuple[tuple[str, ...], str] | None) -> Node:
        if self._is("punctuation", "("):
            self._next()
            tree = self._deeper(field, parenthesis=True)
            if not self._is("punctuation", ")"):
                raise self._wrong()
            self._next()
            return tree
        if self._word.kind not in {"bare", "quoted"} or self._is("bare", "AND", "OR", "NOT"):
            raise self._wrong()
        if field is not None:
            return Comparison(*field, self._value())
        if self._calls():
            return self._call()
        return self._restriction()

    def _restriction(self) -> Node:
        """Read a comparison, or a value that stands alone."""
        first = self._word
        parts = self._path()
        if self._word.kind != "operator":
            return Anywhere("".join(part.text for part in parts))
        path = self._names(parts, first)
        operator = self._next().text
        if self._is("punctuation", "("):
            return self._term((path, operator))
        return Comparison(path, operator, self._value())

    def _path(self) -> list[Word]:
        """Take the words of a field's name: `labels."a.b/c".d` is three words without space between them."""
        parts = [self._next()]
        while self._word.kind in {"bare", "quoted"} and self._word.joined:
            parts.append(self._next())
        return parts

    def _names(self, parts: list[Word], first: Word) -> tuple[str, ...]:
        names: list[str] = []
        for word in parts:
            if word.kind == "quoted":
                names.append(word.text)
                continue
            for name in word.text.strip(".").split(".") if word.text != "." else ():
                if not _PART.fullmatch(name):
                    raise self._wrong(first)
                names.append(name)
        return tuple(names)

    def _value(self) -> Text | Call:
        if self._calls():
            return self._call()
        word = self._word
        if word.kind not in {"bare", "quoted"} or self._is("bare", "AND", "OR", "NOT"):
            raise self._wrong()
        self._next()
        if self._word.kind == "operator":
            raise self._wrong()
        return Text(word.text, quoted=word.kind == "quoted")

    def _calls(self) -> bool:
        after = self._words[min(self._at + 1, len(self._words) - 1)]
        name = self._word
        opens = after.kind == "punctuation" and after.text == "(" and after.joined
        return opens and name.kind == "bare" and name.text not in {"AND", "OR", "NOT"}

    def _call(self) -> Call:
        name = self._next().text
        self._next()
        arguments: list[str] = []
        while not self._is("punctuation", ")"):
            if self._word.kind not in {"bare", "quoted"}:
                raise self._wrong()
            arguments.append("".join(word.text for word in self._path()))
            if self._is("punctuation", ","):
                self._next()
            elif not self._is("punctuation", ")"):
                raise self._wrong()
        self._next()
        return Call(name, tuple(arguments))
