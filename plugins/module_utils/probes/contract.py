# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every probe is: one attempt on one target; it returns an observation or raises why there is none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.redaction import redact

EXCERPT = 200

Target = Mapping[str, Any]


@dataclass(frozen=True)
class Observation:
    """What a healthy target showed; only values that may be printed."""

    observed: dict[str, Any] = field(default_factory=dict)


class Unhealthy(Exception):  # noqa: N818  named as the outcome, as foundation.errors does
    """The target was measured and is not healthy; the text is the sentence for whoever is on call."""

    def __init__(self, reason: str, **observed: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.observed = observed


class Unmeasured(Unhealthy):
    """Nothing can be said about the target: the way to it (a proxy) is broken. Counts as unhealthy for a gate."""


Probe = Callable[[Target, float], Observation]


def excerpt(text: str | bytes, secrets: Iterable[str] = ()) -> str:
    """Show the start of an answer on one line, without the secrets that were sent."""
    readable = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    line = re.sub(r"\s+", " ", str(redact(readable, secrets))).strip()
    return line if len(line) <= EXCERPT else line[: EXCERPT - 1] + "…"


def seconds_text(seconds: float) -> str:
    """Write a duration as people read it: 0.12 s, 8 s, 30 s."""
    return f"{seconds:.2f}".rstrip("0").rstrip(".") + " s"
