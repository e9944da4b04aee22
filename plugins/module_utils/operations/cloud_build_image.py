# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have an image of a build context, built and proved by Cloud Build."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_build, cloud_storage
from ansible_collections.netra.remediation.plugins.module_utils.source import build_context, dockerfile_stages
from ansible_collections.netra.remediation.plugins.module_utils.source.context_selection import read_text
from ansible_collections.netra.remediation.plugins.module_utils.source.sound_context import CONTEXT_OPTIONS, sound_tree

OPTIONS: dict[str, dict[str, Any]] = {
    **CONTEXT_OPTIONS,
    "image": {"type": "str", "required": True},
    "verify_imports": {"type": "list", "elements": "str", "default": []},
    "bucket": {"type": "str"},
    "timeout": {"type": "int", "default": 600},
}


def run(options: Options, check_mode: bool) -> Result:
    """Build what was not built from these sources; the same context is never built twice."""
    session, image = Session(options), options["image"]
    tree = sound_tree(options["context"], options["dockerfile"], image, options["required_paths"])
    digest = tree.digest(image)
    tag = build_context.context_tag(digest)
    build = cloud_build.find_builds(session, {image: (tag, image)})[image]
    changed = build is None
    if changed:
        build_context.declare_build(image, digest)
    if build is None and not check_mode:
        build = _build(session, options, tree, tag)
    found = build["digest"] if build else None
    reference = f"{image}@{found}" if found else None
    after = {"context": digest, "image": reference or f"{image}@{build_context.DIGEST_TO_COME}"}
    return {
        "changed": changed,
        "image": reference,
        "digest": found,
        "build_id": build["id"] if build else None,
        "context_digest": digest,
        "diff": {"before": {} if changed else after, "after": after},
    }


def _build(session: Session, options: Options, tree: build_context.SourceTree, tag: str) -> dict[str, Any]:
    bucket = options.get("bucket") or f"{session.project}_cloudbuild"
    archive = f"source/{tag}.tar.gz"
    content = tree.archive()
    generation = cloud_storage.upload(session, bucket, archive, content, "application/gzip")
    request = cloud_build.build_request(
        source={"bucket": bucket, "object": archive, "generation": generation},
        image=options["image"],
        dockerfile=options["dockerfile"],
        tag=tag,
        verify_imports=options["verify_imports"],
        directory=working_directory(tree),
        timeout_seconds=options["timeout"],
    )
    build = cloud_build.run_build(session, request, Deadline(options["timeout"]))
    return {"id": build["id"], "digest": cloud_build.digest_of(build, options["image"])}


def working_directory(tree: build_context.SourceTree) -> str:
    """Return the WORKDIR that the Dockerfile sets; empty where it is left to the base image."""
    text = read_text(os.path.join(tree.root, tree.dockerfile)) or ""
    stage = dockerfile_stages.parse(text).final
    return stage.directory if stage and stage.directory != "/" else ""


OPERATION = Operation(name="cloud_build_image", options=OPTIONS, run=run)
