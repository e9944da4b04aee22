"""Artifact Registry v1: repositories, and the images that were really pushed to them.

https://cloud.google.com/artifact-registry/docs/reference/rest
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from netra_sandbox.kernel import field_mask, iam_policies
from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.clock import format_time
from netra_sandbox.kernel.errors import ApiError, already_exists, invalid
from netra_sandbox.kernel.paging import page

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
METHODS = "artifactregistry.projects.locations.repositories"
KEY = "artifactregistry:"
MEDIA = "application/vnd.docker.distribution.manifest.v2+json"
_PACKAGE = "google.devtools.artifactregistry.v1"
_ID = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_PUSHED = re.compile(
    r"(?P<location>[a-z0-9-]+)-docker\.pkg\.dev/(?P<project>[^/]+)/(?P<repository>[^/]+)/(?P<image>.+)"
)


@dataclass(frozen=True)
class Pushed:
    """One name under which images were pushed: its repository's full name, its tags and digests."""

    reference: str
    repository: str
    image: str
    tags: dict[str, str]
    digests: list[str]

    @property
    def package(self) -> str:
        """Return the full name of the package."""
        return f"{self.repository}/packages/{quote(self.image, safe='')}"


def pushed(sandbox: Sandbox, repository: str = "") -> list[Pushed]:
    """Return what was pushed, to one repository or to all."""
    found = []
    for reference, known in sorted(sandbox.images.references().items()):
        match = _PUSHED.fullmatch(reference)
        if match:
            name = _name(match)
            if repository in {"", name}:
                found.append(Pushed(reference, name, match["image"], known["tags"], known["digests"]))
    return found


def repository_name(reference: str) -> str | None:
    """Return the full name of the repository that an image is in, None for one of another registry."""
    match = _PUSHED.fullmatch(reference)
    return _name(match) if match else None


@handles(f"{METHODS}.create")
async def create(sandbox: Sandbox, call: Call) -> Resource:
    """Make a repository."""
    parent, identifier = call.parameters["parent"], call.parameters.get("repositoryId", "")
    if not _ID.fullmatch(identifier):
        raise invalid(f"invalid repository id {identifier!r}", field="repository_id")
    if call.body.get("format", "FORMAT_UNSPECIFIED") == "FORMAT_UNSPECIFIED":
        raise invalid("repository format must be specified", field="repository.format")
    name = f"{parent}/repositories/{identifier}"
    if _find(sandbox, name) is not None:
        raise already_exists(name)
    now = format_time(sandbox.now())
    repository = {"mode": "STANDARD_REPOSITORY", **call.body, "name": name, "createTime": now, "updateTime": now}
    sandbox.store.put(KEY + name, repository)
    return _done(sandbox, name, _shown(sandbox, repository), "Repository")


@handles(f"{METHODS}.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return a repository."""
    return _shown(sandbox, repository_of(sandbox, call.parameters["name"]))


@handles(f"{METHODS}.list")
async def list_repositories(sandbox: Sandbox, call: Call) -> Resource:
    """Return the repositories of a location."""
    prefix = f"{call.parameters['parent']}/repositories/"
    names = {one["name"] for one in sandbox.store.list(KEY + prefix)}
    names |= {one.repository for one in pushed(sandbox) if one.repository.startswith(prefix)}
    found = [_shown(sandbox, repository_of(sandbox, name)) for name in sorted(names)]
    return page(found, "repositories", call)


@handles(f"{METHODS}.patch")
async def patch(sandbox: Sandbox, call: Call) -> Resource:
    """Change a repository; its format and mode stay."""
    repository = repository_of(sandbox, call.parameters["name"])
    mask = call.parameters.get("updateMask") or ",".join(key for key in call.body if key != "name")
    changed = field_mask.apply(repository, call.body, mask)
    for fixed in ("format", "mode"):
        if changed.get(fixed) != repository.get(fixed):
            raise invalid(f"{fixed} cannot be changed", field=f"repository.{fixed}")
    changed |= {"name": repository["name"], "updateTime": format_time(sandbox.now())}
    sandbox.store.put(KEY + changed["name"], changed)
    return _shown(sandbox, changed)


@handles(f"{METHODS}.delete")
async def delete(sandbox: Sandbox, call: Call) -> Resource:
    """Remove a repository with the images in it."""
    name = repository_of(sandbox, call.parameters["name"])["name"]
    for one in pushed(sandbox, name):
        sandbox.images.remove(one.reference)
    sandbox.store.delete(KEY + name)
    iam_policies.forget(sandbox.store, KEY + name)
    return _done(sandbox, name, {}, "")


@handles(f"{METHODS}.dockerImages.list")
async def list_images(sandbox: Sandbox, call: Call) -> Resource:
    """Return the images of a repository."""
    repository = repository_of(sandbox, call.parameters["parent"])
    found = [
        _image(sandbox, one, digest) for one in pushed(sandbox, repository["name"]) for digest in sorted(one.digests)
    ]
    return page(found, "dockerImages", call)


@handles(f"{METHODS}.dockerImages.get")
async def get_image(sandbox: Sandbox, call: Call) -> Resource:
    """Return an image by its digest."""
    name = call.parameters["name"]
    repository, _, wanted = name.partition("/dockerImages/")
    image, _, digest = unquote(wanted).partition("@")
    for one in pushed(sandbox, repository):
        if one.image == image and digest in one.digests:
            return _image(sandbox, one, digest)
    raise ApiError("NOT_FOUND", f"Docker image {name} was not found")


@handles(f"{METHODS}.packages.list")
async def list_packages(sandbox: Sandbox, call: Call) -> Resource:
    """Return the packages of a repository: an image's name is one."""
    repository = repository_of(sandbox, call.parameters["parent"])
    found = [_package(sandbox, one) for one in pushed(sandbox, repository["name"])]
    return page(found, "packages", call)


@handles(f"{METHODS}.packages.get")
async def get_package(sandbox: Sandbox, call: Call) -> Resource:
    """Return a package."""
    return _package(sandbox, _pushed(sandbox, call.parameters["name"]))


@handles(f"{METHODS}.packages.versions.list")
async def list_versions(sandbox: Sandbox, call: Call) -> Resource:
    """Return the versions of a package: the digests of an image."""
    one = _pushed(sandbox, call.parameters["parent"])
    return page([_version(sandbox, one, digest) for digest in sorted(one.digests)], "versions", call)


@handles(f"{METHODS}.packages.versions.get")
async def get_version(sandbox: Sandbox, call: Call) -> Resource:
    """Return a version."""
    package, _, digest = call.parameters["name"].partition("/versions/")
    one = _pushed(sandbox, package)
    if digest not in one.digests:
        raise ApiError("NOT_FOUND", f"Version {call.parameters['name']} was not found")
    return _version(sandbox, one, digest)


@handles(f"{METHODS}.packages.versions.delete")
async def delete_version(sandbox: Sandbox, call: Call) -> Resource:
    """Remove a version; one that has tags only with `force`, which removes them too."""
    package, _, digest = call.parameters["name"].partition("/versions/")
    one = _pushed(sandbox, package)
    if digest not in one.digests:
        raise ApiError("NOT_FOUND", f"Version {call.parameters['name']} was not found")
    if digest in one.tags.values() and not call.parameters.get("force"):
        raise ApiError("FAILED_PRECONDITION", f"Version {call.parameters['name']} has tags, and force is not set")
    sandbox.images.withdraw(one.reference, digest)
    return _done(sandbox, one.repository, {}, "")


@handles(f"{METHODS}.packages.tags.list")
async def list_tags(sandbox: Sandbox, call: Call) -> Resource:
    """Return the tags of a package."""
    one = _pushed(sandbox, call.parameters["parent"])
    return page([_tag(one, tag) for tag in sorted(one.tags)], "tags", call)


@handles(f"{METHODS}.packages.tags.get")
async def get_tag(sandbox: Sandbox, call: Call) -> Resource:
    """Return a tag."""
    package, _, tag = call.parameters["name"].partition("/tags/")
    one = _pushed(sandbox, package)
    if tag not in one.tags:
        raise ApiError("NOT_FOUND", f"Tag {call.parameters['name']} was not found")
    return _tag(one, tag)


@handles(f"{METHODS}.packages.tags.delete")
async def delete_tag(sandbox: Sandbox, call: Call) -> Resource:
    """Remove a tag; the image stays under its digest."""
    package, _, tag = call.parameters["name"].partition("/tags/")
    one = _pushed(sandbox, package)
    if tag not in one.tags:
        raise ApiError("NOT_FOUND", f"Tag {call.parameters['name']} was not found")
    sandbox.images.untag(one.reference, tag)
    return {}


def _name(match: re.Match[str]) -> str:
    return f"projects/{match['project']}/locations/{match['location']}/repositories/{match['repository']}"


def _locate(sandbox: Sandbox, name: str) -> str:
    return KEY + str(repository_of(sandbox, name)["name"])


iam_policies.serve(METHODS, _locate)


def _find(sandbox: Sandbox, name: str) -> Resource | None:
    """Return a repository: one that was made, or one that a scenario's images were pushed to."""
    stored = sandbox.store.get(KEY + name)
    if stored is None and pushed(sandbox, name):
        return {"name": name, "format": "DOCKER", "mode": "STANDARD_REPOSITORY"}
    return stored


def repository_of(sandbox: Sandbox, name: str) -> Resource:
    """Return a repository; raise NOT_FOUND."""
    found = _find(sandbox, name)
    if found is None:
        raise ApiError("NOT_FOUND", f'Repository "{name}" not found')
    return found


def _pushed(sandbox: Sandbox, package: str) -> Pushed:
    repository, _, image = package.partition("/packages/")
    for one in pushed(sandbox, repository):
        if one.image == unquote(image):
            return one
    raise ApiError("NOT_FOUND", f'Package "{package}" was not found')


def _shown(sandbox: Sandbox, repository: Resource) -> Resource:
    _, project, _, location, _, identifier = repository["name"].split("/")
    digests = {digest for one in pushed(sandbox, repository["name"]) for digest in one.digests}
    shown = {**repository, "sizeBytes": str(sum(sandbox.images.size(digest) for digest in digests))}
    if repository.get("format") == "DOCKER":
        shown["registryUri"] = f"{location}-docker.pkg.dev/{project}/{identifier}"
    return shown


def _image(sandbox: Sandbox, one: Pushed, digest: str) -> Resource:
    built = format_time(sandbox.images.built(digest))
    tags = sorted(tag for tag, tagged in one.tags.items() if tagged == digest)
    return {
        "name": f"{one.repository}/dockerImages/{quote(one.image, safe='')}@{digest}",
        "uri": f"{one.reference}@{digest}",
        **({"tags": tags} if tags else {}),
        "imageSizeBytes": str(sandbox.images.size(digest)),
        "mediaType": MEDIA,
        "uploadTime": built,
        "buildTime": built,
        "updateTime": built,
    }


def _package(sandbox: Sandbox, one: Pushed) -> Resource:
    times = sorted(format_time(sandbox.images.built(digest)) for digest in one.digests)
    return {"name": one.package, "createTime": times[0], "updateTime": times[-1]}


def _version(sandbox: Sandbox, one: Pushed, digest: str) -> Resource:
    built = format_time(sandbox.images.built(digest))
    tags = [_tag(one, tag) for tag, tagged in sorted(one.tags.items()) if tagged == digest]
    version = {"name": f"{one.package}/versions/{digest}", "createTime": built, "updateTime": built}
    return version | ({"relatedTags": tags} if tags else {})


def _tag(one: Pushed, tag: str) -> Resource:
    return {"name": f"{one.package}/tags/{tag}", "version": f"{one.package}/versions/{one.tags[tag]}"}


def _done(sandbox: Sandbox, name: str, response: Resource, kind: str) -> Resource:
    return sandbox.operations.done(
        "artifactregistry",
        name.rpartition("/repositories/")[0],
        response,
        metadata={"@type": f"type.googleapis.com/{_PACKAGE}.OperationMetadata"},
        response_type=f"{_PACKAGE}.{kind}" if kind else "google.protobuf.Empty",
    )
