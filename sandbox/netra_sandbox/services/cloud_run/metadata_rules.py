"""What Cloud Run refuses of names, labels and annotations.

https://cloud.google.com/run/docs/configuring/labels and the v2 reference's Service.labels and Service.annotations.
"""

from __future__ import annotations

import re
from typing import Any

from netra_sandbox.services.cloud_run.violations import violation

MAX_RESOURCE_ID = 49
MAX_LABEL = 63
MAX_LABELS = 64
# v2 has a field for everything that lives in these name spaces in v1.
SYSTEM = ("run.googleapis.com", "cloud.googleapis.com", "serving.knative.dev", "autoscaling.knative.dev")
DNS_LABEL = re.compile(r"^[a-z]([-a-z0-9]*[a-z0-9])?$")
_KEY = re.compile(r"([a-z0-9.-]+/)?[a-z][a-z0-9_-]{0,62}")
_VALUE = re.compile(r"[a-z0-9_-]{0,63}")


def check_resource_id(request: str, field: str, given: str) -> None:
    """Refuse an id that is not a DNS label of fewer than 50 characters."""
    if not DNS_LABEL.match(given) or len(given) > MAX_RESOURCE_ID:
        raise violation(
            request,
            field,
            "Resource name must use only lowercase letters, numbers and '-'. Must begin with a letter "
            "and cannot end with a '-'. Maximum length is 49 characters.",
        )


def check_own_metadata(request: str, where: str, resource: dict[str, Any]) -> None:
    """Refuse labels that break the rules of labels, and labels and annotations in the system's name spaces."""
    labels = resource.get("labels") or {}
    for kind, found in (("labels", labels), ("annotations", resource.get("annotations") or {})):
        for key in found:
            if key.partition("/")[0] in SYSTEM:
                words = f"{kind} in the namespace {key.partition('/')[0]} are not supported: {key}."
                raise violation(request, f"{where}.{kind}", words)
    if len(labels) > MAX_LABELS:
        raise violation(request, f"{where}.labels", f"at most {MAX_LABELS} labels are allowed.")
    for key, value in labels.items():
        if not _KEY.fullmatch(key) or not _VALUE.fullmatch(str(value)):
            raise violation(
                request,
                f"{where}.labels",
                f"label {key!r} should have a key that begins with a letter, and only lowercase letters, numbers, "
                f"'_' and '-', at most {MAX_LABEL} characters each.",
            )
