# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find out who calls Google and for which project."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput, PermissionDenied
from ansible_collections.netra.remediation.plugins.module_utils.gcp import libraries
from ansible_collections.netra.remediation.plugins.module_utils.operation import Options

SCOPE = "https://www.googleapis.com/auth/cloud-platform"

AUTH_OPTIONS: dict[str, dict[str, Any]] = {
    "project": {"type": "str"},
    "region": {"type": "str"},
    "auth_kind": {"type": "str", "choices": ["application", "serviceaccount", "accesstoken", "impersonate"]},
    "service_account_file": {"type": "path"},
    "service_account_contents": {"type": "jsonarg", "no_log": True},
    "access_token": {"type": "str", "no_log": True},
    "impersonate_service_account": {"type": "str"},
    "quota_project": {"type": "str"},
    "scopes": {"type": "list", "elements": "str"},
}

# What google.cloud's modules read, what gcloud and Google's libraries read, and what AWX's "gce" credential sets.
ENVIRONMENT: dict[str, tuple[str, ...]] = {
    "project": ("GCP_PROJECT", "GOOGLE_CLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT", "GCE_PROJECT"),
    "region": ("GCP_REGION", "GOOGLE_CLOUD_REGION", "CLOUDSDK_RUN_REGION"),
    "service_account_file": ("GCP_SERVICE_ACCOUNT_FILE", "GCE_CREDENTIALS_FILE_PATH"),
    "service_account_contents": ("GCP_SERVICE_ACCOUNT_CONTENTS",),
    "access_token": ("GCP_ACCESS_TOKEN", "GOOGLE_OAUTH_ACCESS_TOKEN"),
    "impersonate_service_account": ("GCP_IMPERSONATE_SERVICE_ACCOUNT", "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT"),
    "quota_project": ("GOOGLE_CLOUD_QUOTA_PROJECT",),
    "scopes": ("GCP_SCOPES",),
}


# Options that speak of a kind, the strongest word first.
SPOKEN = {
    "impersonate_service_account": "impersonate",
    "access_token": "accesstoken",
    "service_account_contents": "serviceaccount",
    "service_account_file": "serviceaccount",
}
KINDS = AUTH_OPTIONS["auth_kind"]["choices"]
KIND_VARIABLE = "GCP_AUTH_KIND"


def auth_kind(options: Options) -> str:
    """Return the way to authenticate: the one asked for, the one that given options speak of, the environment's.

    What was written into the task comes before what the environment happens to hold: AWX sets GCP_AUTH_KIND with
    every Google credential, also for a play that asks to impersonate.
    """
    if options.get("auth_kind"):
        return str(options["auth_kind"])
    given = [option for option in SPOKEN if options.get(option)]
    written = [option for option in given if not _is_from_environment(option, options[option])]
    if written:
        return SPOKEN[written[0]]
    kind = os.environ.get(KIND_VARIABLE)
    if kind and kind not in KINDS:
        raise BadInput(f"{KIND_VARIABLE} is {kind!r}; it must be one of {', '.join(KINDS)}.", option="auth_kind")
    return kind or (SPOKEN[given[0]] if given else "application")


def _is_from_environment(option: str, value: Any) -> bool:
    return any(os.environ.get(variable) == value for variable in ENVIRONMENT[option])


def for_other_programs(options: Options) -> dict[str, str]:
    """Return the variables by which Google's own tools and Terraform's provider use the same credentials.

    https://registry.terraform.io/providers/hashicorp/google/latest/docs/guides/provider_reference#authentication
    """
    kind, variables = auth_kind(options), {}
    if kind == "impersonate":
        variables["GOOGLE_IMPERSONATE_SERVICE_ACCOUNT"] = str(options["impersonate_service_account"])
        options = _without_impersonation(options)
        kind = auth_kind(options)
    if kind == "accesstoken":
        variables["GOOGLE_OAUTH_ACCESS_TOKEN"] = str(options.get("access_token") or "")
    elif kind == "serviceaccount":
        key = options.get("service_account_contents") or options.get("service_account_file")
        if key:
            variables["GOOGLE_CREDENTIALS"] = str(key)
    return variables


def _without_impersonation(options: Options) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name not in ("auth_kind", "impersonate_service_account")}


def credentials(options: Options) -> Any:
    """Return google-auth credentials for the options, or say which option is missing."""
    libraries.need()
    scopes = list(options.get("scopes") or [SCOPE])
    kind = auth_kind(options)
    try:
        found = _impersonated(options, scopes) if kind == "impersonate" else _source(kind, options, scopes)
    except libraries.auth_exceptions.GoogleAuthError as error:
        raise PermissionDenied(
            f"Could not authenticate with auth_kind {kind}: {error}. Set auth_kind and what it needs (in playbooks "
            "remediation_auth_kind and its companions), or run gcloud auth application-default login.",
            status="UNAUTHENTICATED",
        ) from error
    if options.get("quota_project") and hasattr(found, "with_quota_project"):
        found = found.with_quota_project(options["quota_project"])
    return found


def _source(kind: str, options: Options, scopes: list[str]) -> Any:
    """Return the credentials that need no others."""
    if kind == "accesstoken":
        token = options.get("access_token")
        if not token:
            raise BadInput("Authentication with auth_kind accesstoken needs access_token.", option="access_token")
        return libraries.oauth2_credentials.Credentials(token)
    if kind == "serviceaccount":
        return _service_account(options, scopes)
    found, _project = libraries.google_auth.default(scopes=scopes)
    return found


def _service_account(options: Options, scopes: list[str]) -> Any:
    """Return the credentials of a service account's key."""
    contents = options.get("service_account_contents")
    path = options.get("service_account_file") or os.environ.get("GOOGLE_APPLICATION_CREDENTIALS")
    option = "service_account_contents" if contents else "service_account_file"
    if not contents and not path:
        raise BadInput(
            "Authentication with auth_kind serviceaccount needs service_account_file or service_account_contents.",
            option="service_account_file",
        )
    try:
        key = json.loads(contents) if contents else _key_file(str(path))
        return libraries.service_account.Credentials.from_service_account_info(key, scopes=scopes)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        # The reason may quote the key, so it is not repeated; "from None" keeps it out of tracebacks as well.
        raise BadInput(f"The key in {option} is not a service account's JSON key.", option=option) from (
            None if contents else error
        )


def _key_file(path: str) -> Any:
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except OSError as error:
        raise BadInput(
            f"Could not read the service account's key {path}: {error.strerror}.", option="service_account_file"
        ) from error


def _impersonated(options: Options, scopes: list[str]) -> Any:
    """Return credentials of another service account, asked for with the caller's own."""
    target = options.get("impersonate_service_account")
    if not target:
        raise BadInput(
            "Authentication with auth_kind impersonate needs impersonate_service_account.",
            option="impersonate_service_account",
        )
    own = _without_impersonation(options)
    return libraries.impersonated_credentials.Credentials(
        source_credentials=_source(auth_kind(own), own, [SCOPE]), target_principal=target, target_scopes=scopes
    )
