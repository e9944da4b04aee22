# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each container engine is told: the commands that build an image and push it, and what their answers mean."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass

# In the order in which one is looked for.
ENGINES = ("docker", "podman", "buildah")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
LAST_LINES = 12
# What a word means depends on who says it: a registry that denies a push, or this machine a socket.
_LOCAL_ADVICE = (("docker daemon", "Start Docker and let this user use it, or set engine to podman or buildah."),)
_REGISTRY_ADVICE = (
    ("denied", "Grant the caller roles/artifactregistry.writer on the repository."),
    ("not found", "Check the name of the image; its repository has to exist."),
    ("unauthorized", "Check auth_kind and the credentials it uses."),
)


@dataclass(frozen=True)
class Work:
    """Where the pieces of one build lie: the unpacked context, a folder for the engine's own files."""

    context: str
    folder: str

    @property
    def credentials(self) -> str:
        """Return the file with the registry's password; docker wants it under this name."""
        return f"{self.folder}/config.json"

    @property
    def digest(self) -> str:
        """Return the file into which podman and buildah write the digest that they pushed."""
        return f"{self.folder}/digest"


def build(engine: str, work: Work, dockerfile: str, reference: str) -> list[str]:
    """Return the command that builds; the context was filtered before, so no ignore file counts any more."""
    told = ["--tag", reference, "--file", f"{work.context}/{dockerfile}"]
    if engine != "docker":
        told += ["--ignorefile", f"{work.folder}/ignore"]
    return [engine, "build", *told, work.context]


def push(engine: str, work: Work, reference: str) -> list[str]:
    """Return the command that pushes; the password goes through a file, never through the arguments."""
    if engine == "docker":
        return [engine, "--config", work.folder, "push", reference]
    return [engine, "push", "--authfile", work.credentials, "--digestfile", work.digest, reference]


def credentials(registry: str, access_token: str) -> str:
    """Return the text of the file that holds the password.

    https://cloud.google.com/artifact-registry/docs/docker/authentication#token.
    """
    pair = base64.b64encode(f"oauth2accesstoken:{access_token}".encode()).decode()
    return json.dumps({"auths": {registry: {"auth": pair}}})


def pushed_digest(printed: str, written: str | None) -> str | None:
    """Return the digest of what was pushed, from the digest file or from what docker printed last."""
    found = DIGEST.findall(written if written is not None else printed)
    return found[-1] if found else None


def last_lines(printed: str, count: int = LAST_LINES) -> str:
    """Return the end of what an engine printed."""
    lines = [line.rstrip() for line in printed.splitlines() if line.strip()]
    return "\n".join(lines[-count:])


def advice(said: str, *, pushing: bool) -> str:
    """Return what to do about a failure, the first that fits."""
    advices = (*_LOCAL_ADVICE, *(_REGISTRY_ADVICE if pushing else ()))
    lowered = said.lower()
    return next((text for word, text in advices if word in lowered), "Correct that and run the task again.")
