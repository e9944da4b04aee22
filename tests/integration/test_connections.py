# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections to Google share the certificates they trust, and trust nothing else."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any

import certifi
import pytest
import requests

from ansible_collections.netra.remediation.plugins.module_utils.gcp import connections
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session

HOSTS = ("secretmanager", "run", "redis")


@pytest.fixture
def bundles(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Return the bundles that OpenSSL is told to read while the test runs."""
    read: list[str] = []
    load = ssl.SSLContext.load_verify_locations

    def noted(self: ssl.SSLContext, cafile: Any = None, capath: Any = None, cadata: Any = None) -> None:
        read.append(str(cafile or capath))
        load(self, cafile, capath, cadata)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", noted)
    connections._trust.cache_clear()
    yield read
    connections._trust.cache_clear()


def ask(session: requests.Session, host: str) -> int:
    return session.get(f"https://{host}.googleapis.com/", timeout=10).status_code


def test_all_hosts_and_clients_read_the_bundle_once(google: Any, bundles: list[str]) -> None:
    session = Session({**google.place, "auth_kind": "application"})
    for host in HOSTS:
        with pytest.raises(Exception, match="404"):
            session.json(host).get("/nothing")
    session.run_services().get_service(name=f"{session.location}/services/netra-backend-staging")
    list(session.secret_manager().list_secrets(parent=f"projects/{session.project}"))
    assert len(bundles) == 1


def test_a_server_that_the_bundle_does_not_vouch_for_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certifi.where())
    with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        ask(connections.share_trust(requests.Session()), HOSTS[0])


@pytest.mark.parametrize("what", ["missing", "not a certificate"])
def test_a_bundle_that_cannot_be_read_is_named(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    bundle = tmp_path / "bundle.pem"
    if what != "missing":
        bundle.write_text(what, encoding="utf-8")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    with pytest.raises(OSError, match=r"bundle\.pem|NO_CERTIFICATE|no certificate"):
        ask(connections.share_trust(requests.Session()), HOSTS[0])
