# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe one thing the collection can do, without knowing who asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Options = Mapping[str, Any]
Result = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """Pair a function with the options it takes; a module and an action plugin put it in front of users.

    ``run`` receives the options and whether this is check mode. Of the options only those are there that were given or
    have a default: a key that is missing was not mentioned, a key that is None was given as null.
    """

    name: str
    options: dict[str, dict[str, Any]]
    run: Callable[[Options, bool], Result]
    rules: dict[str, Any] = field(default_factory=dict)
    authenticated: bool = True
    # Whether the run's lock is renewed while it works; those that write the lock themselves do without.
    keeps_lease: bool = True
    # Whether a task may ask for several at once, each by its ``name``.
    several: bool = False
