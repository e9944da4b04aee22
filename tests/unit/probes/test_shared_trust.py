# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections that share a TLS context verify as those that do not."""

from __future__ import annotations

import pytest
import requests

from ansible_collections.netra.remediation.plugins.module_utils.gcp.connections import share_trust


@pytest.fixture
def session(authority, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
    return share_trust(requests.Session())


def test_the_named_authority_is_trusted(session, https_port):
    assert session.get(f"https://localhost:{https_port}/", timeout=10).status_code == 404


def test_a_certificate_for_another_host_is_refused(session, https_port):
    with pytest.raises(requests.exceptions.SSLError, match=r"127\.0\.0\.1"):
        session.get(f"https://127.0.0.1:{https_port}/", timeout=10)


def test_another_authority_is_refused(session, https_port, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        session.get(f"https://localhost:{https_port}/", timeout=10)


def test_who_turns_verification_off_for_a_request_gets_that(session, https_port):
    with pytest.warns(Warning, match="Unverified"):
        assert session.get(f"https://127.0.0.1:{https_port}/", timeout=10, verify=False).status_code == 404
