# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A name that is not there is told from one about which nobody answers."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.probes.connection import SURELY_THERE, addresses_of

HOST = "api.netrasystems.ai"
KNOWN = {SURELY_THERE: "203.0.113.9"}


def resolving(monkeypatch: pytest.MonkeyPatch, names: Mapping[str, str], otherwise: int) -> None:
    """Answer as a machine does whose name server knows these names: a runner's own cannot be taken away in a test."""

    def answer(host: str, *_place: Any, **_hints: Any) -> list[Any]:
        if host in names:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (names[host], 0))]
        raise socket.gaierror(otherwise, "refused")

    monkeypatch.setattr(socket, "getaddrinfo", answer)


def test_a_name_of_this_machine_is_resolved_for_real() -> None:
    assert set(addresses_of("localhost")) & {"127.0.0.1", "::1"}


def test_a_name_that_is_not_there_has_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, KNOWN, socket.EAI_NONAME)
    assert addresses_of(HOST) == []
    assert addresses_of(f"{'a' * 70}.ai") == []


@pytest.mark.parametrize(
    ("names", "error"), [({}, socket.EAI_NONAME), (KNOWN, socket.EAI_AGAIN), ({}, socket.EAI_AGAIN)]
)
def test_where_nobody_answers_nothing_is_known(
    monkeypatch: pytest.MonkeyPatch, names: dict[str, str], error: int
) -> None:
    resolving(monkeypatch, names, error)
    with pytest.raises(OSError, match="not resolved where this runs"):
        addresses_of(HOST)
