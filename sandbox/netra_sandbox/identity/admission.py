"""What is asked before permissions: that the API is enabled, and that quota is left in this minute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from netra_sandbox.identity.access.refusals import ERROR_INFO
from netra_sandbox.kernel.errors import ApiError

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

KEY, QUOTA = "serviceusage:", "quota:"
READ, WRITE = KINDS = ("Read", "Write")
PER_MINUTE = 60_000  # generous: who wants a tight quota sets one
WINDOW_SECONDS = 60
TITLES = {
    "artifactregistry": "Artifact Registry API",
    "cloudbuild": "Cloud Build API",
    "clouderrorreporting": "Error Reporting API",
    "cloudresourcemanager": "Cloud Resource Manager API",
    "cloudscheduler": "Cloud Scheduler API",
    "compute": "Compute Engine API",
    "iam": "Identity and Access Management (IAM) API",
    "iamcredentials": "IAM Service Account Credentials API",
    "logging": "Cloud Logging API",
    "monitoring": "Cloud Monitoring API",
    "redis": "Google Cloud Memorystore for Redis API",
    "run": "Cloud Run Admin API",
    "secretmanager": "Secret Manager API",
    "serviceusage": "Service Usage API",
    "sqladmin": "Cloud SQL Admin API",
    "storage": "Cloud Storage API",
    "vpcaccess": "Serverless VPC Access API",
}
# Services that a project may enable, though the sandbox does not answer for them.
ABSENT = {
    "bigquery": "BigQuery API",
    "certificatemanager": "Certificate Manager API",
    "container": "Kubernetes Engine API",
    "dns": "Cloud DNS API",
    "pubsub": "Cloud Pub/Sub API",
    "servicenetworking": "Service Networking API",
}
# (quota metric, limit's name, limit's words) where an API counts otherwise than by project and minute, as users quote
# it: github.com/googleapis/repo-automation-bots/issues/4469.
_REGIONAL = {
    READ: ("read_regional", "ReadPerMinutePerProjectRegion", "Read requests per minute per region"),
    WRITE: ("write_regional", "WritePerMinutePerProjectRegion", "Write requests per minute per region"),
}


@dataclass
class Admission:
    """Refuses calls of APIs that are disabled or out of quota."""

    sandbox: Sandbox
    _used: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)

    def check(self, api: str, *, write: bool) -> None:
        """Count a call and raise PERMISSION_DENIED or RESOURCE_EXHAUSTED where it is not admitted."""
        if not self.enabled(api):
            raise disabled(api, self.sandbox.project_number)
        kind = WRITE if write else READ
        limits = self.sandbox.store.get(QUOTA + api) or {}
        limit = int(limits.get(kind.lower(), PER_MINUTE))
        minute = int(self.sandbox.clock.seconds() // WINDOW_SECONDS)
        seen, used = self._used.get((api, kind), (minute, 0))
        used = used + 1 if seen == minute else 1
        self._used[api, kind] = (minute, used)
        if used > limit:
            error = exhausted(api, kind, limit, self.sandbox)
            error.retry_after = limits.get("retry_after")
            raise error

    def enabled(self, api: str) -> bool:
        """Tell whether an API, named as its host is, is enabled."""
        state = self.sandbox.store.get(KEY + api)
        return api in TITLES if state is None else state["state"] == "ENABLED"

    def switch(self, api: str, *, on: bool) -> None:
        """Enable or disable an API."""
        self.sandbox.store.put(KEY + api, {"state": "ENABLED" if on else "DISABLED"})

    def limit(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Set an API's calls a minute (`read`, `write`) and the Retry-After of its refusals; return what holds.

        Raise ValueError for anything else. A limit that is not given is the generous one.
        """
        api, limits = given.get("api"), {name: value for name, value in given.items() if name != "api"}
        if api not in TITLES or not set(limits) <= {"read", "write", "retry_after"}:
            raise ValueError("Give an api, and read, write (calls a minute) or retry_after (seconds).")
        if any(isinstance(value, bool) or not isinstance(value, int) or value < 0 for value in limits.values()):
            raise ValueError("Quotas are whole numbers, 0 or more.")
        self.sandbox.store.put_lasting(QUOTA + str(api), limits)
        for kind in KINDS:
            self._used.pop((str(api), kind), None)
        return {"api": api, "read": PER_MINUTE, "write": PER_MINUTE, **limits}


def disabled(api: str, number: str) -> ApiError:
    """Return the refusal of an API that the project has not enabled, with ErrorInfo SERVICE_DISABLED."""
    service, title = f"{api}.googleapis.com", TITLES.get(api, api)
    url = f"https://console.developers.google.com/apis/api/{service}/overview?project={number}"
    message = (
        f"{title} has not been used in project {number} before or it is disabled. Enable it by visiting {url} then "
        "retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and "
        "retry."
    )
    metadata = {"service": service, "serviceTitle": title, "consumer": f"projects/{number}"}
    metadata |= {"containerInfo": number, "activationUrl": url}
    info = {"@type": ERROR_INFO, "reason": "SERVICE_DISABLED", "domain": "googleapis.com", "metadata": metadata}
    link = {"description": "Google developers console API activation", "url": url}
    help_ = {"@type": "type.googleapis.com/google.rpc.Help", "links": [link]}
    return ApiError("PERMISSION_DENIED", message, [info, help_], reason="accessNotConfigured")


def exhausted(api: str, kind: str, limit: int, sandbox: Sandbox) -> ApiError:
    """Return the refusal of a call for which no quota is left, with ErrorInfo RATE_LIMIT_EXCEEDED."""
    service, regional = f"{api}.googleapis.com", api == "run"
    plain = (f"{kind.lower()}_requests", f"{kind}RequestsPerMinutePerProject", f"{kind} requests per minute")
    metric, name, words = _REGIONAL[kind] if regional else plain
    message = (
        f"Quota exceeded for quota metric '{kind} requests' and limit '{words}' of service '{service}' "
        f"for consumer 'project_number:{sandbox.project_number}'."
    )
    metadata = {
        "service": service,
        "consumer": f"projects/{sandbox.project_number}",
        "quota_metric": f"{service}/{metric}",
        "quota_limit": name,
        "quota_limit_value": str(limit),
        "quota_location": sandbox.region if regional else "global",
    }
    info = {"@type": ERROR_INFO, "reason": "RATE_LIMIT_EXCEEDED", "domain": "googleapis.com", "metadata": metadata}
    return ApiError("RESOURCE_EXHAUSTED", message, [info])
