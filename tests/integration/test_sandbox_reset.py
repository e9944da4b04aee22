# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A reset leaves nothing of the scenario before it, whatever clients do meanwhile."""

from __future__ import annotations

import base64
import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

AUTH = "https://auth.staging.netrasystems.ai"
SECRETS = "https://secretmanager.googleapis.com/v1/projects/netra-staging/secrets"


def payload(sandbox: Any, secret: str) -> str:
    headers = {"Authorization": f"Bearer {sandbox.token}"}
    answer = requests.get(f"{SECRETS}/{secret}/versions/latest:access", headers=headers, timeout=10)
    return base64.b64decode(answer.json()["payload"]["data"]).decode()


@pytest.fixture
def impatient_client() -> Iterator[None]:
    """Ask the auth service again and again, as users of a broken environment do."""
    ended = threading.Event()

    def ask() -> None:
        while not ended.is_set():
            with contextlib.suppress(requests.RequestException):  # between two scenarios the host is not known
                requests.get(f"{AUTH}/health", timeout=10)

    client = threading.Thread(target=ask)
    client.start()
    yield
    ended.set()
    client.join()


@pytest.mark.usefixtures("impatient_client")
def test_no_instance_keeps_the_credentials_of_the_scenario_before(sandbox: Any) -> None:
    sandbox.reset("incident")
    with contextlib.suppress(requests.Timeout):
        requests.get(f"{AUTH}/health", timeout=12)  # its database is slow: instances of it are starting or waiting
    sandbox.reset("healthy")
    user = {
        "email": "golden.path@netrasystems.ai",
        "password": payload(sandbox, "golden-path-password-staging"),
    }
    answer = requests.post(f"{AUTH}/auth/login", json=user, timeout=20)
    assert answer.status_code == 200, answer.text
