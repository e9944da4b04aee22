# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which payloads must be compared: only those of signing keys whose references differ."""

from __future__ import annotations

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.checks import shared_keys
from ansible_collections.netra.remediation.plugins.module_utils.checks.contract import checked
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation

VERSIONS = {"key": {"1": "ENABLED", "2": "ENABLED"}, "other": {"1": "ENABLED"}}


def contract(api, web):
    secrets = [{"name": name} for name in VERSIONS]
    services = [{"name": "api", "secrets": api}, {"name": "web", "secrets": web}]
    return checked({"services": services, "secrets": secrets})


def bound(**references):
    entries = []
    for variable, reference in references.items():
        secret, _colon, version = reference.partition(":")
        source = {"secret_key_ref": {"secret": secret, "version": version}}
        entries.append({"name": variable, "value_source": source})
    return {"template": {"containers": [{"env": entries}]}}


@pytest.mark.parametrize(
    ("api", "web", "compared"),
    [
        ({"JWT_SECRET_KEY": "key"}, {"JWT_SECRET_KEY": "key"}, []),
        ({"JWT_SECRET_KEY": "key"}, {"JWT_SECRET_KEY": "other"}, ["key:2", "other:1"]),
        ({"JWT_SECRET_KEY": "key"}, {"JWT_SECRET": "other"}, ["key:2", "other:1"]),
        ({"JWT_SECRET_KEY": "key", "JWT_SECRET": "other"}, {}, ["key:2", "other:1"]),
        ({"JWT_REFRESH_SECRET": "key"}, {"JWT_SECRET": "other"}, []),
        ({"JWT_SECRET_KEY": "key"}, {}, []),
        ({"API_KEY": "key"}, {"API_KEY": "other"}, []),  # every service may have its own
    ],
)
def test_the_contract_may_name_two_keys(api, web, compared):
    observation = Observation(project="p", region="r", secrets=VERSIONS)
    assert shared_keys.to_compare(contract(api, web), observation) == compared


@pytest.mark.parametrize(
    ("api", "web", "compared"),
    [
        ("key:2", "key:latest", []),
        ("key:1", "key:latest", ["key:1", "key:2"]),
        ("key:1", "key:2", ["key:1", "key:2"]),
        ("gone:latest", "key:2", ["gone:latest", "key:2"]),
    ],
)
def test_services_may_be_bound_to_two_keys(api, web, compared):
    services = {"api": bound(JWT_SECRET_KEY=api), "web": bound(JWT_SECRET_KEY=web)}
    observation = Observation(project="p", region="r", secrets=VERSIONS, services=services)
    same = {"JWT_SECRET_KEY": "key"}
    assert shared_keys.to_compare(contract(same, same), observation) == compared
