# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.probes import web
from ansible_collections.netra.remediation.plugins.module_utils.probes.contract import Unhealthy, Unmeasured

from .conftest import free_port, refusing_proxy

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner)
)


def probe(port, path="/health", timeout=5.0, scheme="http", host="localhost", **options):
    return web.probe({"name": "api", "url": f"{scheme}://{host}:{port}{path}", **options}, timeout)


def reason_of(*arguments, **options) -> str:
    with pytest.raises(Unhealthy) as caught:
        probe(*arguments, **options)
    return caught.value.reason


def test_a_healthy_answer(http_port):
    expect = {"status": [200], "body_contains": "ok", "json": {"checks": {"redis": {"ok": True}}, "saw": "k1"}}
    assert probe(http_port, expect=expect, headers={"X-Key": "k1"}).observed == {"status": 200}


@pytest.mark.parametrize("path", ["/health", "/empty"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_answer_ends_where_it_says_also_when_the_connection_stays_open(http_port, method, path):
    answer = web.request(
        method, f"http://localhost:{http_port}{path}", timeout=20, headers={"Connection": "keep-alive"}
    )
    assert answer.status in {200, 204}
    assert bool(answer.body) is ((method, path) == ("GET", "/health"))
    assert answer.seconds < 10


@pytest.mark.parametrize(
    ("path", "expect", "parts"),
    [
        ("/broken", {}, ["GET http://localhost:", "/broken answered 503 instead of 200", "«Redis ping timeout", "log"]),
        ("/moved", {}, ["answered 302", "not followed"]),
        ("/nowhere", {}, ["answered 404", "path"]),
        ("/health", {"status": [204, 201]}, ["answered 200 instead of 204 or 201"]),
        ("/health", {"body_contains": "golden"}, ["without the expected text 'golden'", "«{"]),
        ("/health", {"json": {"checks": {"redis": {"ok": False}}}}, ["checks.redis.ok is true instead of false"]),
        ("/health", {"json": {"checks": {"database": {}}}}, ["checks.database is missing"]),
        ("/trickle", {"json": {"a": 1}}, ["the answer is not a JSON object"]),
        ("/crash", {}, ["ended without a whole answer", "crash"]),
        ("/cut", {}, ["ended without a whole answer", "4 bytes read, 6 more expected"]),
    ],
)
def test_an_answer_that_is_wrong(http_port, path, expect, parts):
    reason = reason_of(http_port, path, expect=expect)
    assert all(part in reason for part in parts), reason
    assert "\n" not in reason


def test_an_error_body_is_shown_short_and_without_what_was_sent(http_port):
    reason = reason_of(http_port, "/broken", headers={"Authorization": "Bearer abc.def"})
    assert "abc.def" not in reason
    assert "«(sensitive)Redis ping timeout" in reason
    assert reason.count("x") < 200


def test_one_deadline_also_for_an_answer_that_trickles(http_port):
    assert "not answered within 0.5 s" in reason_of(http_port, "/trickle", timeout=0.5)
    assert "not answered within 0.3 s" in reason_of(http_port, "/slow", timeout=0.3)


def test_nothing_listens():
    port = free_port()
    assert f"connecting to localhost:{port} was refused: nothing listens there" in reason_of(port)


def test_a_name_that_does_not_resolve(http_port):
    reason = reason_of(http_port, host="no-such-host.invalid")
    assert "the name does not resolve" in reason
    assert "no-such-host.invalid" in reason


def test_packets_that_are_dropped(silent_port):
    reason = reason_of(silent_port, timeout=0.3)
    assert "connected, but not answered within 0.3 s" in reason


def test_tls_with_the_authority_of_the_environment(https_port, authority, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
    assert probe(https_port, scheme="https").observed["status"] == 200
    assert probe(https_port, scheme="https", ca_file=str(authority.file)).observed["status"] == 200


def test_tls_refused(https_port, authority):
    assert "issued by Throw-away CA, which is not trusted here" in reason_of(https_port, scheme="https")
    reason = reason_of(https_port, scheme="https", host="127.0.0.1", ca_file=str(authority.file))
    assert "is for localhost, api.example.com, not for 127.0.0.1" in reason


def test_plain_text_where_tls_is_expected(http_port):
    assert "speaks TLS" in reason_of(http_port, scheme="https")


def test_through_the_proxy(https_port, authority, proxy, monkeypatch):
    monkeypatch.setenv("https_proxy", f"http://me:pass%20word@127.0.0.1:{proxy.port}")
    assert probe(https_port, scheme="https", host="api.example.com", ca_file=str(authority.file)).observed
    assert proxy.asked[0].startswith(f"CONNECT api.example.com:{https_port} HTTP/1.1\r\nHost: api.example.com")
    assert "Proxy-Authorization: Basic bWU6cGFzcyB3b3Jk" in proxy.asked[0]


def test_no_proxy_is_honoured(https_port, authority, proxy, monkeypatch):
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("no_proxy", "localhost,example.com")
    assert probe(https_port, scheme="https", ca_file=str(authority.file)).observed
    assert proxy.asked == []


def test_a_proxy_that_refuses(loop, monkeypatch):
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{refusing_proxy(loop).port}")
    reason = reason_of(443, scheme="https", host="sandbox.test")
    assert "refused a tunnel to sandbox.test:443: «HTTP/1.1 403 Forbidden» «sandbox.test is not on the list»" in reason


def test_a_proxy_that_is_not_there_means_not_measured(monkeypatch):
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(Unmeasured, match=r"its proxy fails: connecting to 127\.0\.0\.1"):
        probe(443, scheme="https", host="api.example.com")


@pytest.mark.parametrize("url", ["api.example.com/health", "ftp://x/", "https:///x", "http://x:nan/"])
def test_what_is_not_an_address_is_bad_input(url):
    with pytest.raises(BadInput):
        web.request("GET", url, timeout=1)


def test_unusable_headers_are_bad_input_and_not_shown(http_port):
    with pytest.raises(BadInput) as caught:
        probe(http_port, headers={"X-Key": "secret\nvalue"})
    assert "secret" not in caught.value.message


def test_addresses_are_shown_without_secrets():
    assert web.shown("https://me:pw@h.example:1/a?token=t#f") == "https://h.example:1/a"


@given(JSON)
def test_json_contains_itself(value):
    assert web.difference(value, value) == ""


@given(st.dictionaries(st.text(), JSON), st.text(), JSON)
def test_more_keys_are_fine(value, key, extra):
    assert web.difference(value, {key: extra} | value) == ""


@pytest.mark.parametrize(
    ("place", "number"),
    [("checks.database.seconds", 0.25), ("checks.redis", None), ("checks.ok", None), ("nowhere", None)],
)
def test_numbers_are_read_from_the_answer(place, number):
    answer = {"checks": {"database": {"seconds": 0.25}, "ok": True, "redis": "fine"}}
    assert web.measured(answer, {"seconds": place}) == {"seconds": number}
    assert web.measured(None, {"seconds": place}) == {"seconds": None}


@pytest.mark.parametrize(
    ("place", "text"),
    [("checks.schema", "0041_costs"), ("checks.number", "7"), ("checks", None), ("checks.ok", None), ("nowhere", None)],
)
def test_texts_are_read_from_the_answer(place, text):
    answer = {"checks": {"schema": "0041_costs", "number": 7, "ok": True}}
    assert web.told(answer, {"head": place}) == {"head": text}
    assert web.told(None, {"head": place}) == {"head": None}
