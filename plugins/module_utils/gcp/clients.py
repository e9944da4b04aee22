# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hand out clients that share one caller, one project and one region."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.gcp import libraries, secret_manager_library
from ansible_collections.netra.remediation.plugins.module_utils.gcp.api_errors import attempting
from ansible_collections.netra.remediation.plugins.module_utils.gcp.connections import (
    authorized_session,
    share_trust,
    token_request,
)
from ansible_collections.netra.remediation.plugins.module_utils.gcp.credentials import credentials
from ansible_collections.netra.remediation.plugins.module_utils.gcp.json_client import (
    REPEAT_ALWAYS,
    REPEAT_READS,
    JsonClient,
)
from ansible_collections.netra.remediation.plugins.module_utils.operation import Options

RETRY_SECONDS = 60.0


class Session:
    """Know who asks and where; make each client when it is first wanted."""

    def __init__(self, options: Options, *, patience: float = RETRY_SECONDS) -> None:
        """Take the options of a task; ``patience``: seconds in which a call may repeat what an API refuses for now."""
        self._options = options
        self.patience = patience
        self._clients: dict[str, Any] = {}

    @cached_property
    def credentials(self) -> Any:
        """Return the caller's google-auth credentials."""
        return credentials(self._options)

    def sign_in(self) -> None:
        """Get a token before several threads use the credentials, each of which would ask for one."""
        with attempting("sign in"):
            if not self.credentials.valid:
                self.credentials.refresh(token_request())

    def access_token(self) -> str:
        """Return an OAuth access token, for a program that takes nothing else."""
        self.sign_in()
        return str(self.credentials.token)

    @cached_property
    def project(self) -> str:
        """Return the project asked for, else the one the key belongs to."""
        project = self._options.get("project") or getattr(self.credentials, "project_id", None)
        if not project:
            raise BadInput("No project: set project or GCP_PROJECT.", option="project")
        return str(project)

    @property
    def region(self) -> str:
        """Return the region asked for."""
        region = self._options.get("region")
        if not region:
            raise BadInput("No region: set region or GCP_REGION.", option="region")
        return str(region)

    @property
    def location(self) -> str:
        """Return the parent of regional resources."""
        return f"projects/{self.project}/locations/{self.region}"

    def json(self, api: str) -> JsonClient:
        """Return a JSON client for ``https://API.googleapis.com``."""
        if api not in self._clients:
            self._clients[api] = JsonClient(api, authorized_session(self.credentials), self.patience)
        client: JsonClient = self._clients[api]
        return client

    def run_services(self) -> Any:
        """Return Google's client for Cloud Run services."""
        return self._google("run-services", run_client_library().ServicesClient)

    def run_revisions(self) -> Any:
        """Return Google's client for Cloud Run revisions."""
        return self._google("run-revisions", run_client_library().RevisionsClient)

    def run_jobs(self) -> Any:
        """Return Google's client for Cloud Run jobs."""
        return self._google("run-jobs", run_client_library().JobsClient)

    def run_executions(self) -> Any:
        """Return Google's client for the executions of Cloud Run jobs."""
        return self._google("run-executions", run_client_library().ExecutionsClient)

    def secret_manager(self) -> Any:
        """Return Google's client for Secret Manager."""
        secret_manager_library.need()
        return self._google("secret-manager", secret_manager_library.secretmanager_v1.SecretManagerServiceClient)

    def _google(self, name: str, factory: Any) -> Any:
        if name not in self._clients:
            client = self._clients[name] = factory(credentials=self.credentials, transport="rest")
            # The libraries offer no public way to their session; without it they are only slower.
            if (session := getattr(client.transport, "_session", None)) is not None:
                share_trust(session)
        return self._clients[name]


def run_client_library() -> Any:
    """Return Google's Cloud Run library, imported when first wanted: a diagnosis has its probes under way by then.

    Raises MissingLibrary.
    """
    from ansible_collections.netra.remediation.plugins.module_utils.gcp import run_library

    run_library.need()
    return run_library.run_v2


def read_policy(seconds: float = RETRY_SECONDS) -> dict[str, Any]:
    """Return retry and timeout for a call that only reads; the libraries' own leave out 429."""
    return {"retry": _retry(REPEAT_READS, seconds), "timeout": seconds}


def write_policy() -> dict[str, Any]:
    """Return retry and timeout for a call that writes: only what was surely not executed is sent again."""
    return {"retry": _retry(REPEAT_ALWAYS), "timeout": RETRY_SECONDS}


def _retry(codes: frozenset[int], seconds: float = RETRY_SECONDS) -> Any:
    def is_worth_repeating(error: Exception) -> bool:
        if isinstance(error, libraries.api_exceptions.GoogleAPICallError):
            return error.code in codes
        # Whatever else it is, no answer or half of one came: a connection that broke, or waited too long.
        return codes is REPEAT_READS and isinstance(error, libraries.requests.RequestException)

    return libraries.api_retry.Retry(
        predicate=is_worth_repeating, initial=0.2, maximum=8.0, multiplier=2.0, timeout=seconds
    )
