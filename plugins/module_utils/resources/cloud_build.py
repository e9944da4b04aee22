# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build images with Cloud Build. https://cloud.google.com/build/docs/api/reference/rest/v1/projects.locations.builds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation import watch
from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline, poll
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import (
    DeadlineExceeded,
    OperationFailed,
)
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session

DOCKER = "gcr.io/cloud-builders/docker"
# The builder before BuildKit reads ignore files otherwise, and those beside a Dockerfile not at all.
BUILDKIT = "DOCKER_BUILDKIT=1"
RUNNING = frozenset({"STATUS_UNKNOWN", "PENDING", "QUEUED", "WORKING"})


def build_request(
    *,
    source: Mapping[str, Any],
    image: str,
    dockerfile: str,
    tag: str,
    verify_imports: Sequence[str] = (),
    directory: str = "",
    timeout_seconds: int = 600,
) -> dict[str, Any]:
    """Return the build to ask for: make the image, prove in it that the modules import, then push it.

    ``directory`` is the WORKDIR of the image. Without it the proof would run among the sources, where Cloud Build
    starts every step, and find the modules there (https://cloud.google.com/build/docs/build-config-file-schema#dir).
    """
    reference = f"{image}:{tag}"
    build = {
        "id": "build",
        "name": DOCKER,
        "args": ["build", "-t", reference, "-f", dockerfile, "."],
        "env": [BUILDKIT],
    }
    steps: list[dict[str, Any]] = [build]
    if verify_imports:
        check = "import " + ", ".join(verify_imports)
        proof = {"id": "verify-imports", "name": reference, "entrypoint": "python", "args": ["-c", check]}
        steps.append({**proof, "dir": directory} if directory else proof)
    return {
        "source": {"storageSource": dict(source)},
        "steps": steps,
        "images": [reference],
        "tags": [tag],
        "timeout": f"{timeout_seconds}s",
    }


def find_builds(session: Session, wanted: Mapping[str, tuple[str, str]]) -> dict[str, dict[str, Any] | None]:
    """Return the newest successful build of each context (name → tag and image) as id and digest, in one call.

    The filter has quoted values and a term for each tag
    (https://cloud.google.com/build/docs/view-build-results#filtering_build_results_using_queries).
    """
    tags = " OR ".join(f'tags="{tag}"' for tag in sorted({tag for tag, _image in wanted.values()}))
    builds = [
        build
        for build in session.json("cloudbuild").paged(
            f"/v1/{session.location}/builds",
            "builds",
            attempt="list the builds of the contexts",
            filter=f'status="SUCCESS" AND ({tags})',
        )
        if build.get("status") == "SUCCESS"
    ]
    found: dict[str, dict[str, Any] | None] = dict.fromkeys(wanted)
    for name, (tag, image) in wanted.items():
        for build in builds:
            digest = digest_of(build, image)
            if tag in (build.get("tags") or ()) and digest:
                found[name] = {"id": build["id"], "digest": digest}
                break
    return found


def digest_of(build: Mapping[str, Any], image: str) -> str | None:
    """Return the digest under which a build pushed an image."""
    pushed = (build.get("results") or {}).get("images") or ()
    return next(
        (str(entry["digest"]) for entry in pushed if _bare(entry.get("name", "")) == image and entry.get("digest")),
        None,
    )


def run_build(session: Session, request: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
    """Start a build and return it once it succeeded; where it did not, say which step failed and why."""
    client = session.json("cloudbuild")
    image = request["images"][0]
    attempt = f"build {image}"
    operation = client.post(f"/v1/{session.location}/builds", request, attempt=attempt)
    build: dict[str, Any] = operation.get("metadata", {}).get("build", {})
    path = f"/v1/{session.location}/builds/{build['id']}"
    for _attempt in poll(deadline, 0.2):
        watch.heed(attempt)  # the build goes on; a later run finds its image
        build = client.get(path, attempt=attempt)
        if build.get("status") not in RUNNING:
            break
    if build.get("status") in RUNNING:
        raise DeadlineExceeded(
            f"Could not {attempt} within {deadline.seconds:g} seconds: "
            f"build {build.get('id')} is {build.get('status')}. "
            "Raise timeout or look at the build's log.",
            last_seen=build,
        )
    if build.get("status") != "SUCCESS":
        raise _failure(attempt, build)
    return build


def _failure(attempt: str, build: Mapping[str, Any]) -> OperationFailed:
    failed: Mapping[str, Any] = next(
        (step for step in build.get("steps") or () if step.get("status") not in (None, "SUCCESS")), {}
    )
    said = (build.get("failureInfo") or {}).get("detail") or build.get("statusDetail") or "no reason was given"
    where = f" in step {failed.get('id') or failed.get('name')}" if failed else ""
    return OperationFailed(
        f"Could not {attempt}: build {build.get('id')} ended as {build.get('status')}{where}: {str(said).rstrip('.')}. "
        f"Read its log: {build.get('logUrl') or 'Cloud Build shows it'}",
        status="FAILED_PRECONDITION",
        server_message=said,
        build_id=build.get("id"),
    )


def _bare(reference: str) -> str:
    """Return an image's name without digest and tag; a colon before the last slash belongs to a registry's port."""
    name = reference.partition("@")[0]
    head, slash, last = name.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}"
