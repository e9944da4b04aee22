"""One page of a bucket's names: prefix, delimiter, offsets (.../json_api/v1/objects/list)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from netra_sandbox.services.cloud_storage.refusals import wrong

LARGEST_PAGE = 1000


@dataclass(frozen=True)
class Wanted:
    """What a list asks for."""

    prefix: str = ""
    delimiter: str = ""
    start: str = ""
    end: str = ""
    token: str = ""
    size: int = LARGEST_PAGE
    trailing: bool = False


@dataclass(frozen=True)
class Page:
    """The names of the objects, the prefixes that stand for more of them, and where the next page begins."""

    names: list[str]
    prefixes: list[str]
    token: str | None


def page(names: Iterable[str], wanted: Wanted) -> Page:
    """Return one page of the names, which need no order."""
    last, was_prefix = _decoded(wanted.token)
    ahead = [
        (name, is_prefix)
        for name, is_prefix in _entries(sorted(names), wanted)
        # Where a page ended with a prefix, the object of the same name is still to come.
        if name > last or (name == last and was_prefix and not is_prefix)
    ]
    size = min(wanted.size or LARGEST_PAGE, LARGEST_PAGE)
    chosen, rest = ahead[:size], ahead[size:]
    found = [name for name, is_prefix in chosen if not is_prefix]
    prefixes = list(dict.fromkeys(name for name, is_prefix in chosen if is_prefix))
    return Page(found, prefixes, _encoded(*chosen[-1]) if rest else None)


def _entries(names: list[str], wanted: Wanted) -> Iterator[tuple[str, bool]]:
    """Give the objects and, once each, the prefixes that the delimiter makes of the others."""
    seen = ""
    for name in names:
        if not name.startswith(wanted.prefix) or name < wanted.start or (wanted.end and name >= wanted.end):
            continue
        head, delimiter, _ = name[len(wanted.prefix) :].partition(wanted.delimiter or "\0")
        if not (wanted.delimiter and delimiter):
            yield name, False
            continue
        prefix = wanted.prefix + head + delimiter
        if prefix != seen:
            seen = prefix
            yield prefix, True
        if wanted.trailing and name == prefix:
            yield name, False


def _encoded(name: str, is_prefix: bool) -> str:
    return base64.urlsafe_b64encode((name + "\0" * is_prefix).encode()).decode()


def _decoded(token: str) -> tuple[str, bool]:
    """Return where a page ended, and whether that was a prefix, which no name with a NUL can be mistaken for."""
    try:
        text = base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise wrong("Invalid value for pageToken.") from None
    return text.removesuffix("\0"), text.endswith("\0")
