# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a probe task says when targets are well, ill or not described."""

from __future__ import annotations

import socket

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput, RemediationError
from ansible_collections.netra.remediation.plugins.module_utils.operations.health_probe import OPERATION


def run(*targets, fail=True):
    return OPERATION.run({"targets": list(targets), "concurrency": 4, "fail_when_unhealthy": fail}, False)


@pytest.fixture
def listening():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield {"name": "open", "kind": "tcp", "host": "127.0.0.1", "port": server.getsockname()[1], "timeout": 2}


@pytest.fixture
def closed():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return {"name": "shut", "kind": "tcp", "host": "127.0.0.1", "port": port, "timeout": 2}


def test_healthy(listening):
    result = run(listening)
    assert (result["changed"], result["healthy"], result["unhealthy"]) == (False, True, [])


def test_unhealthy_fails_and_names_the_target(listening, closed):
    with pytest.raises(RemediationError, match=r"1 of 2 targets are unhealthy: shut: .*refused") as caught:
        run(listening, closed)
    assert caught.value.facts["unhealthy"] == ["shut"]


def test_unhealthy_may_be_a_result(closed):
    assert run(closed, fail=False)["unhealthy"] == ["shut"]


@pytest.mark.parametrize(
    ("target", "option"),
    [
        ({"kind": "http"}, "url"),
        ({"kind": "websocket", "host": "h"}, "url"),
        ({"kind": "tls"}, "host"),
        ({"kind": "tcp", "host": "h"}, "port"),
    ],
)
def test_refuses_a_target_without_a_place(target, option):
    with pytest.raises(BadInput, match=f"needs {option}"):
        run({"name": "t", **target})


def test_refuses_no_targets():
    with pytest.raises(BadInput, match="targets is empty"):
        run()
