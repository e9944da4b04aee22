# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find images in Artifact Registry: those that are left, and the one with a tag.

https://cloud.google.com/artifact-registry/docs/reference/rest/v1/projects.locations.repositories
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import NotFound
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session

PAGE = 1000
_REFERENCE = re.compile(
    r"(?P<location>[a-z0-9-]+)-docker\.pkg\.dev/(?P<project>[^/]+)/(?P<repository>[^/]+)/(?P<image>[^@:]+)"
    r"(?::(?P<tag>[^@]+))?(?:@(?P<digest>sha256:\w+))?"
)


@dataclass(frozen=True)
class ImageReference:
    """An image of Artifact Registry: ``LOCATION-docker.pkg.dev/PROJECT/REPOSITORY/IMAGE[:TAG][@DIGEST]``."""

    location: str
    repository: str
    image: str
    digest: str

    @property
    def pinned(self) -> str:
        """Return the reference by digest, empty where there is none."""
        return f"{self.image}@{self.digest}" if self.digest else ""

    @property
    def registry(self) -> str:
        """Return the host that images are pushed to."""
        return self.image.partition("/")[0]

    @property
    def package(self) -> str:
        """Return the full resource name of the image, whatever its version."""
        return f"{self.repository}/packages/{quote(self.image.split('/', 3)[3], safe='')}"


def parsed(reference: object) -> ImageReference | None:
    """Read an image reference; None for one of another registry."""
    found = _REFERENCE.fullmatch(str(reference or ""))
    if found is None:
        return None
    project, location, repository = found["project"], found["location"], found["repository"]
    name = f"projects/{project}/locations/{location}/repositories/{repository}"
    return ImageReference(
        location, name, f"{location}-docker.pkg.dev/{project}/{repository}/{found['image']}", found["digest"] or ""
    )


def list_images(session: Session, repository: str) -> list[str] | None:
    """Return the images of a repository by digest (``HOST/…/IMAGE@sha256:…``), None where there is no repository."""
    try:
        found = session.json("artifactregistry").paged(
            f"/v1/{repository}/dockerImages", "dockerImages", attempt=f"list the images of {repository}", pageSize=PAGE
        )
        return sorted(str(entry.get("uri")) for entry in found)
    except NotFound:
        return None


def exists(session: Session, image: ImageReference) -> bool:
    """Tell whether the image with a digest is left."""
    try:
        session.json("artifactregistry").get(
            f"/v1/{image.package}/versions/{image.digest}", attempt=f"look whether {image.pinned} is left"
        )
    except NotFound:
        return False
    return True


def tagged_digest(session: Session, image: ImageReference, tag: str) -> str | None:
    """Return the digest of the image with a tag, None where there is none."""
    try:
        found = session.json("artifactregistry").get(
            f"/v1/{image.package}/tags/{tag}", attempt=f"read the tag {tag} of {image.image}"
        )
    except NotFound:
        return None
    return str(found["version"]).rpartition("/")[2]
