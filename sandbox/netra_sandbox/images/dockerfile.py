"""The Dockerfile, as far as the sandbox follows it."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass

# RUN is read and not executed: there is no network to install from, and the sandbox's interpreter has what the
# images need. The others say nothing about a process on this machine.
WITHOUT_EFFECT = frozenset(
    {"FROM", "RUN", "USER", "LABEL", "MAINTAINER", "HEALTHCHECK", "STOPSIGNAL", "VOLUME", "SHELL"}
)
FOLLOWED = frozenset({"ARG", "ENV", "WORKDIR", "COPY", "ADD", "EXPOSE", "CMD", "ENTRYPOINT"})
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


class BuildError(Exception):
    """The build cannot go on; the message is what the builder prints."""


@dataclass(frozen=True)
class Instruction:
    """One instruction with its line number, keyword and the rest of its text."""

    line: int
    keyword: str
    text: str

    def words(self) -> list[str]:
        """Split the text as a shell does; COPY and friends also accept a JSON list."""
        return parse_list(self.text) or shlex.split(self.text)

    def command(self) -> list[str]:
        """Return the argument list of CMD or ENTRYPOINT; the shell form runs in a shell."""
        return parse_list(self.text) or ["/bin/sh", "-c", self.text]


def parse(text: str) -> list[Instruction]:
    """Read the instructions, joining continued lines."""
    instructions: list[Instruction] = []
    pending, start = "", 0
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        start = start if pending else number
        pending += line.removesuffix("\\").rstrip() + " "
        if not line.endswith("\\"):
            instructions.append(_instruction(start, pending.strip()))
            pending = ""
    if not instructions or instructions[0].keyword not in {"FROM", "ARG"}:
        raise BuildError("dockerfile parse error: no build stage in current context")
    return instructions


def _instruction(line: int, text: str) -> Instruction:
    keyword, _, rest = text.partition(" ")
    keyword = keyword.upper()
    if keyword not in WITHOUT_EFFECT | FOLLOWED:
        raise BuildError(f"dockerfile parse error on line {line}: unknown instruction: {keyword}")
    return Instruction(line, keyword, rest.strip())


def parse_list(text: str) -> list[str]:
    """Return the strings of a JSON list, nothing when the text is none."""
    try:
        value = json.loads(text)
    except ValueError:
        return []
    return [str(item) for item in value] if isinstance(value, list) else []


def parse_environment(words: list[str], known: dict[str, str]) -> dict[str, str]:
    """Return the variables of ENV or ARG in either form, with references to known variables filled in."""
    if words and "=" not in words[0]:
        words = [f"{words[0]}={' '.join(words[1:])}"]
    pairs = (word.partition("=") for word in words)
    return {name: expand(value, known) for name, _, value in pairs}


def expand(text: str, known: dict[str, str]) -> str:
    """Replace `$NAME` and `${NAME}` by a known variable's value, by nothing when it is unknown."""
    return _VARIABLE.sub(lambda match: known.get(match[1] or match[2], ""), text)
