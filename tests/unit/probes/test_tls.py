# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.netra.remediation.plugins.module_utils.probes import certificate, tls
from ansible_collections.netra.remediation.plugins.module_utils.probes.contract import Unhealthy

from .conftest import application

LABEL = st.from_regex(r"[a-z][a-z0-9-]{0,8}[a-z0-9]", fullmatch=True)


@pytest.fixture
def probe(loop, authority):
    def run(*names, host="localhost", days=90, self_signed=False, trusted=True, **thresholds):
        port = loop.serve(application(), authority.context(*names, days=days, self_signed=self_signed))
        target = {"host": host, "port": port, "thresholds": thresholds}
        return tls.probe(target | ({"ca_file": str(authority.file)} if trusted else {}), 5.0).observed

    return run


def refusal(probe, *names, **options) -> Unhealthy:
    with pytest.raises(Unhealthy) as caught:
        probe(*names, **options)
    return caught.value


def test_a_good_certificate(probe):
    seen = probe("localhost", "*.example.com", min_days_left=90)
    assert seen["subject"] == "localhost"
    assert seen["issuer"] == "Throw-away CA"
    assert seen["names"] == ["localhost", "*.example.com"]
    assert (seen["days_left"], seen["covers_host"]) == (90, True)
    assert seen["not_after"].endswith("Z")


def test_too_few_days_left(probe):
    error = refusal(probe, "localhost", days=13, min_days_left=14)
    assert "ends in 13 day(s)" in error.reason
    assert "less than the wanted 14" in error.reason


def test_expired(probe):
    error = refusal(probe, "localhost", days=-3)
    assert "expired on" in error.reason
    assert error.observed["days_left"] == -3
    assert error.observed["covers_host"] is True


def test_another_name(probe):
    error = refusal(probe, "*.example.ai", "example.ai")
    assert "is for *.example.ai, example.ai, not for localhost (a wildcard covers exactly one label)" in error.reason
    assert error.observed["covers_host"] is False


def test_self_signed(probe):
    error = refusal(probe, "localhost", self_signed=True)
    assert "issued by localhost, which is not trusted here" in error.reason
    assert error.observed["names"] == ["localhost"]


def test_unknown_authority(probe):
    assert "issued by Throw-away CA" in refusal(probe, "localhost", trusted=False).reason


def test_no_tls_at_all(http_port):
    with pytest.raises(Unhealthy, match="check that this port speaks TLS"):
        tls.probe({"host": "localhost", "port": http_port}, 2.0)


def test_nothing_said(silent_port):
    with pytest.raises(Unhealthy, match="then said nothing in time"):
        tls.probe({"host": "localhost", "port": silent_port}, 0.3)


def test_through_the_proxy(https_port, authority, proxy, monkeypatch):
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
    target = {"host": "api.example.com", "port": https_port, "ca_file": str(authority.file)}
    assert tls.probe(target, 5.0).observed["covers_host"] is True
    assert proxy.asked


@pytest.mark.parametrize(
    ("name", "host", "covered"),
    [
        ("api.example.com", "API.example.com.", True),
        ("*.example.com", "api.example.com", True),
        ("*.example.com", "api.staging.example.com", False),
        ("*.example.com", "example.com", False),
        ("*.com", "example.com", False),
        ("a*.example.com", "api.example.com", False),
        ("10.0.0.1", "10.0.0.1", True),
        ("2001:db8::1", "2001:0db8:0::1", True),
        ("10.0.0.1", "10.0.0.2", False),
    ],
)
def test_covers(name, host, covered):
    assert certificate.covers(name, host) is covered


@given(LABEL, LABEL, LABEL, LABEL)
def test_a_wildcard_covers_exactly_one_label(first, second, parent, top):
    assert certificate.covers(f"*.{parent}.{top}", f"{first}.{parent}.{top}")
    assert not certificate.covers(f"*.{parent}.{top}", f"{first}.{second}.{parent}.{top}")
