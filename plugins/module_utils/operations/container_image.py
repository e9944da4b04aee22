# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have an image of a build context, built by the container engine of this machine."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.containers import engines, running
from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput, RemediationError
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.resources import artifact_registry
from ansible_collections.netra.remediation.plugins.module_utils.source import build_context
from ansible_collections.netra.remediation.plugins.module_utils.source.sound_context import CONTEXT_OPTIONS, sound_tree

OPTIONS: dict[str, dict[str, Any]] = {
    **CONTEXT_OPTIONS,
    "image": {"type": "str", "required": True},
    "engine": {"type": "str", "default": running.AUTO, "choices": [running.AUTO, *engines.ENGINES]},
    "force_rebuild": {"type": "bool", "default": False},
    "timeout": {"type": "int", "default": 600},
}


def run(options: Options, check_mode: bool) -> Result:
    """Build and push what the registry does not have from these sources."""
    image = _named(options["image"])
    session = Session(options)
    tree = sound_tree(options["context"], options["dockerfile"], options["image"], options["required_paths"])
    context = tree.digest(options["image"])
    tag = build_context.context_tag(context)
    before = artifact_registry.tagged_digest(session, image, tag)
    changed = before is None or options["force_rebuild"]
    digest = before
    if changed:
        build_context.declare_build(options["image"], context)
        digest = None if check_mode else _build(session, options, image.registry, tree, tag)
    reference = f"{options['image']}@{digest}" if digest else None
    after = {"context": context, "image": reference or f"{options['image']}@{build_context.DIGEST_TO_COME}"}
    return {
        "changed": changed,
        "image": reference,
        "digest": digest,
        "context_digest": context,
        "diff": {"before": {} if changed else after, "after": after},
    }


def _named(image: str) -> artifact_registry.ImageReference:
    """Read the image's name; raise BadInput where it has a tag, a digest or another registry."""
    found = artifact_registry.parsed(image)
    if found is None or found.image != image:
        raise BadInput(
            f"image must be LOCATION-docker.pkg.dev/PROJECT/REPOSITORY/NAME without tag and digest, not {image}.",
            option="image",
        )
    return found


def _build(session: Session, options: Options, registry: str, tree: build_context.SourceTree, tag: str) -> str:
    """Return the digest of what was built and pushed; the registry has the tag when all else is there."""
    engine = running.find_engine(options["engine"])
    reference, deadline = f"{options['image']}:{tag}", Deadline(options["timeout"])
    with running.workplace(tree.archive()) as work:
        command = engines.build(engine, work, options["dockerfile"], reference)
        running.run(command, f"build {options['image']}", deadline)
        file = os.open(work.credentials, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(file, "w", encoding="utf-8") as secret:
            secret.write(engines.credentials(registry, session.access_token()))
        command = engines.push(engine, work, reference)
        printed = running.run(command, f"push {options['image']}", deadline, pushing=True)
        digest = engines.pushed_digest(printed, _text(work.digest))
    if digest is None:
        raise RemediationError(
            f"Could not learn the digest of {reference}: {engine} pushed it and did not say. Look at the registry."
        )
    return digest


def _text(path: str) -> str | None:
    """Return what is in a file, None where there is none."""
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        return file.read()


OPERATION = Operation(name="container_image", options=OPTIONS, run=run)
