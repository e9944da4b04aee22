# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who a task acts as, by what it says and what the environment says."""

from __future__ import annotations

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.gcp import credentials

TARGET = "other@p.iam.gserviceaccount.com"
VARIABLES = {name for names in credentials.ENVIRONMENT.values() for name in names} | {credentials.KIND_VARIABLE}


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("options", "environment", "kind"),
    [
        ({}, {}, "application"),
        ({}, {"GCP_AUTH_KIND": "accesstoken"}, "accesstoken"),
        ({"auth_kind": "application", "access_token": "t"}, {"GCP_AUTH_KIND": "accesstoken"}, "application"),
        ({"access_token": "t"}, {}, "accesstoken"),
        ({"service_account_file": "k"}, {}, "serviceaccount"),
        ({"service_account_contents": "{}", "access_token": "t"}, {}, "accesstoken"),
        # AWX sets the kind with each Google credential; the play asks for another account.
        (
            {"impersonate_service_account": TARGET, "service_account_file": "/awx/key"},
            {"GCP_AUTH_KIND": "serviceaccount", "GCE_CREDENTIALS_FILE_PATH": "/awx/key"},
            "impersonate",
        ),
        # Everything is the environment's: its word for the kind counts.
        (
            {"impersonate_service_account": TARGET},
            {"GCP_AUTH_KIND": "application", "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT": TARGET},
            "application",
        ),
        ({"service_account_file": "k"}, {"GCP_SERVICE_ACCOUNT_FILE": "k"}, "serviceaccount"),
    ],
)
def test_the_task_speaks_before_the_environment(monkeypatch, options, environment, kind):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert credentials.auth_kind(options) == kind


def test_a_kind_that_is_none_is_refused_by_its_variable(monkeypatch):
    monkeypatch.setenv("GCP_AUTH_KIND", "magic")
    with pytest.raises(BadInput, match="GCP_AUTH_KIND is 'magic'"):
        credentials.auth_kind({})


@pytest.mark.parametrize(
    ("options", "variables"),
    [
        ({}, {}),
        ({"auth_kind": "application"}, {}),
        ({"service_account_file": "/k.json"}, {"GOOGLE_CREDENTIALS": "/k.json"}),
        ({"service_account_contents": "{}", "service_account_file": "/k.json"}, {"GOOGLE_CREDENTIALS": "{}"}),
        ({"access_token": "t"}, {"GOOGLE_OAUTH_ACCESS_TOKEN": "t"}),
        (
            {"impersonate_service_account": TARGET, "service_account_file": "/k.json"},
            {"GOOGLE_IMPERSONATE_SERVICE_ACCOUNT": TARGET, "GOOGLE_CREDENTIALS": "/k.json"},
        ),
        ({"impersonate_service_account": TARGET}, {"GOOGLE_IMPERSONATE_SERVICE_ACCOUNT": TARGET}),
    ],
)
def test_other_programs_act_as_the_same_account(options, variables):
    assert credentials.for_other_programs(options) == variables
