# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.probes import websocket
from ansible_collections.netra.remediation.plugins.module_utils.probes.contract import Unhealthy

from .conftest import free_port


def probe(port, path="/ws", timeout=5.0, scheme="ws", host="localhost", **options):
    return websocket.probe({"url": f"{scheme}://{host}:{port}{path}", **options}, timeout).observed


def reason_of(*arguments, **options) -> str:
    with pytest.raises(Unhealthy) as caught:
        probe(*arguments, **options)
    return caught.value.reason


def test_plain_and_tls_and_proxy(http_port, https_port, authority, proxy, monkeypatch):
    assert probe(http_port)["connect_seconds"] < 2
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    assert probe(https_port, scheme="wss")
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
    assert probe(https_port, scheme="wss", host="api.example.com")
    assert len(proxy.asked) == 1


def test_a_conversation(http_port):
    with websocket.connected(f"ws://localhost:{http_port}/ws", timeout=5) as channel:
        channel.send("hello")
        assert channel.receive(timeout=5) == "hello"


def test_a_connection_is_read_by_the_thread_that_writes_it(https_port, authority):
    # Two threads on one TLS connection crashed the process that ran user_journey.
    before = threading.active_count()
    with websocket.connected(f"wss://localhost:{https_port}/ws", timeout=5, ca_file=str(authority.file)) as channel:
        channel.send("hello")
        assert threading.active_count() == before
        assert channel.receive(timeout=5) == "hello"


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("/broken", ["answered with HTTP 503 instead of an upgrade: «", "Redis ping timeout"]),
        ("/health", ["HTTP 200 instead of an upgrade"]),
        ("/hang-up", ["was closed at once", "no token"]),
        ("/moved", ["answered with HTTP 30", "instead of an upgrade"]),
        ("/crash", ["failed:"]),
    ],
)
def test_no_upgrade(http_port, path, parts):
    reason = reason_of(http_port, path)
    assert all(part in reason for part in parts), reason


def test_sent_headers_are_not_shown(http_port):
    assert "abc.def" not in reason_of(http_port, "/broken", headers={"Authorization": "Bearer abc.def"})


def test_silence(silent_port):
    assert "handshake was not answered within 0.3 s" in reason_of(silent_port, timeout=0.3)


def test_nothing_listens():
    assert "was refused" in reason_of(free_port())


def test_another_name(https_port, authority):
    reason = reason_of(https_port, scheme="wss", host="127.0.0.1", ca_file=str(authority.file))
    assert "is for localhost, api.example.com, not for 127.0.0.1" in reason


def test_an_address_of_another_kind(http_port):
    with pytest.raises(BadInput, match="wss:// or ws://"):
        probe(http_port, scheme="http")
