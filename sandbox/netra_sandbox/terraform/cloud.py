# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Call the Google APIs as the Google provider does: with the credentials and through the proxy of the environment."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netra_sandbox.terraform.schema import Attribute, Object, ResourceType

SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]
# Environment variables by the provider argument that they stand in for, in the Google provider's order.
ENVIRONMENT = {
    "project": ("GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"),
    "region": ("GOOGLE_REGION", "GCLOUD_REGION", "CLOUDSDK_COMPUTE_REGION"),
    "credentials": ("GOOGLE_CREDENTIALS", "GOOGLE_CLOUD_KEYFILE_JSON", "GCLOUD_KEYFILE_JSON"),
    "access_token": ("GOOGLE_OAUTH_ACCESS_TOKEN",),
    "impersonate_service_account": ("GOOGLE_IMPERSONATE_SERVICE_ACCOUNT",),
}
NOT_FOUND = 404
_RETRIED = {429, 500, 502, 503, 504}
_ATTEMPTS = 4
_REQUEST_SECONDS = 120
_OPERATION_SECONDS = 1200  # the Google provider's default for these resources
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


class CloudError(Exception):
    """Report an API's refusal in the words of the Google provider ("googleapi: Error 409: …")."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"googleapi: Error {code}: {message}" if code else message)
        self.code = code


def from_environment(argument: str) -> str | None:
    """Return the value that the environment gives to a provider argument."""
    return next((os.environ[name] for name in ENVIRONMENT[argument] if os.environ.get(name)), None)


class Cloud:
    """The APIs as one caller sees them."""

    def __init__(self, configuration: Mapping[str, Any]) -> None:
        self.configuration = {name: configuration.get(name) or from_environment(name) for name in ENVIRONMENT} | {
            name: value for name, value in configuration.items() if name not in ENVIRONMENT
        }
        self._lock = threading.Lock()
        self._session: Any = None

    def defaults(self) -> Object:
        """Return what resources that name no project or region of their own are given."""
        return {"project": self.configuration["project"], "region": self.configuration["region"]}

    def read(self, resource: ResourceType, attributes: Mapping[str, Any]) -> Object | None:
        """Return the API's object, None when there is none."""
        try:
            return self.call("GET", self.url(resource, resource.address(attributes)))
        except CloudError as error:
            if error.code == NOT_FOUND:
                return None
            raise

    def create(self, resource: ResourceType, attributes: Mapping[str, Any], body: Object) -> None:
        """Create the object and wait until it is there."""
        name = attributes[resource.name_attribute]
        parameters = {resource.id_parameter: name} if resource.id_parameter else {}
        url = self.url(resource, resource.collection.format_map(attributes))
        self._wait(resource, self.call("POST", url, body, parameters))

    def update(self, resource: ResourceType, attributes: Mapping[str, Any], body: Object, mask: list[str]) -> None:
        """Change parts of the object and wait until it has changed."""
        parameters = {"updateMask": ",".join(mask)} if resource.sends_mask else {}
        url = self.url(resource, resource.address(attributes))
        self._wait(resource, self.call("PATCH", url, body, parameters))

    def set_one(self, resource: ResourceType, attributes: Mapping[str, Any], attribute: Attribute) -> None:
        """Change the one part of the object that has a method of its own."""
        url = self.url(resource, f"{resource.address(attributes)}/{attribute.setter}")
        self._wait(resource, self.call("POST", url, {attribute.api: attributes[attribute.name]}))

    def delete(self, resource: ResourceType, attributes: Mapping[str, Any]) -> None:
        """Delete the object and wait until it is gone; one that is gone already is fine."""
        try:
            self._wait(resource, self.call("DELETE", self.url(resource, resource.address(attributes))))
        except CloudError as error:
            if error.code != NOT_FOUND:
                raise

    def url(self, resource: ResourceType, path: str) -> str:
        """Return the URL of a path below the endpoint of a resource's API."""
        endpoint = self.configuration.get(f"{resource.api}_custom_endpoint") or resource.endpoint
        return f"{str(endpoint).rstrip('/')}/{path}"

    def _wait(self, resource: ResourceType, operation: Object) -> None:
        if not resource.has_operations:
            return
        pause, give_up = _FIRST_PAUSE, time.monotonic() + _OPERATION_SECONDS
        while not _is_done(operation):
            if time.monotonic() > give_up:
                msg = f"timeout while waiting for operation {operation['name']}"
                raise CloudError(0, msg)
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)
            operation = self.call("GET", self.url(resource, _operation_path(operation)))
        _raise_failure(operation)

    def call(self, method: str, url: str, body: Object | None = None, parameters: Object | None = None) -> Object:
        """Send one request and return its answer; reads are repeated where the API is busy."""
        for attempt in range(1, _ATTEMPTS + 1):
            answer = self._authorized().request(
                method, url, json=body, params={"alt": "json", **(parameters or {})}, timeout=_REQUEST_SECONDS
            )
            # Only reads are repeated: a write that was refused with one of these may have happened.
            if answer.status_code in _RETRIED and method == "GET" and attempt < _ATTEMPTS:
                time.sleep(_FIRST_PAUSE * 2**attempt)
                continue
            break
        if not answer.ok:
            raise CloudError(answer.status_code, _reason(answer.text))
        result: Object = answer.json()
        return result

    def _authorized(self) -> Any:
        with self._lock:
            if self._session is None:
                self._session = _session(self.configuration)
            return self._session


def _session(configuration: Mapping[str, Any]) -> Any:
    # Imported here: Terraform starts the provider more often to ask for its schema than to call an API.
    import google.auth
    import google.auth.impersonated_credentials
    import google.auth.transport.requests
    import google.oauth2.credentials
    import google.oauth2.service_account

    given = configuration.get("credentials")
    credentials: Any
    if configuration.get("access_token"):
        credentials = google.oauth2.credentials.Credentials(configuration["access_token"])
    elif given:
        text = str(given)
        content = json.loads(text if text.lstrip().startswith("{") else Path(text).read_text(encoding="utf-8"))
        credentials = google.oauth2.service_account.Credentials.from_service_account_info(content, scopes=SCOPES)
    else:
        credentials, _project = google.auth.default(scopes=SCOPES)
    if configuration.get("impersonate_service_account"):
        credentials = google.auth.impersonated_credentials.Credentials(
            credentials, configuration["impersonate_service_account"], SCOPES
        )
    return google.auth.transport.requests.AuthorizedSession(credentials)


def _is_done(operation: Object) -> bool:
    return operation.get("done") is True or operation.get("status") == "DONE"


def _operation_path(operation: Object) -> str:
    # Cloud SQL has an operation type of its own: https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1beta4/operations
    if operation.get("kind") == "sql#operation":
        return f"projects/{operation['targetProject']}/operations/{operation['name']}"
    if operation.get("kind") == "compute#operation":
        return str(operation["selfLink"]).rpartition("/compute/v1/")[2]
    return str(operation["name"])


def _raise_failure(operation: Object) -> None:
    error = operation.get("error")
    if not error:
        return
    if "errors" in error:
        first = error["errors"][0]
        raise CloudError(0, f"{first.get('code')}: {first.get('message', '')}")
    raise CloudError(0, f"Error code {error.get('code')}, message: {error.get('message', '')}")


def _reason(text: str) -> str:
    try:
        error = json.loads(text)["error"]
    except (ValueError, KeyError, TypeError):
        return text[:500]
    return f"{error.get('message', '')} ({error.get('status', '')})"
