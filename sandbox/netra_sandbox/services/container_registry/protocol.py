"""The OCI distribution protocol as docker, podman and buildah speak it to Artifact Registry.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md and, for who may push,
https://cloud.google.com/artifact-registry/docs/docker/authentication#token.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aiohttp import web

from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.services import artifact_registry
from netra_sandbox.services.container_registry import layers
from netra_sandbox.services.container_registry.blobs import BlobError, Blobs

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

HOST = ".pkg.dev"
_DOCKER = "-docker.pkg.dev"
_PULL, _PUSH = "downloadArtifacts", "uploadArtifacts"
_NAME = r"(?P<name>[a-z0-9][a-z0-9._/-]*)"
_UPLOADS = re.compile(rf"/v2/{_NAME}/blobs/uploads/(?P<upload>[^/]*)")
_BLOB = re.compile(rf"/v2/{_NAME}/blobs/(?P<digest>[^/]+)")
_MANIFEST = re.compile(rf"/v2/{_NAME}/manifests/(?P<reference>[^/]+)")
_TAGS = re.compile(rf"/v2/{_NAME}/tags/list")
_LONGEST_LIFE_SECONDS = 3600


class _Refusal(Exception):  # noqa: N818  the protocol's word
    """An error of the protocol: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes."""

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class ContainerRegistry:
    """Answers for REGION-docker.pkg.dev; what is pushed is an image of the sandbox from then on."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._blobs = Blobs(sandbox.directory / "images" / "blobs")
        self._routes: list[tuple[re.Pattern[str], Callable[..., Awaitable[web.Response]]]] = [
            (_UPLOADS, self._upload),
            (_BLOB, self._blob),
            (_MANIFEST, self._manifest),
            (_TAGS, self._tags),
        ]

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request."""
        if request.path == "/v2/token":
            return self._token(request)
        principal = self._caller(request)
        if principal is None:
            return self._challenge(request)
        if request.path == "/v2/":
            return web.json_response({})
        try:
            for pattern, answer in self._routes:
                if match := pattern.fullmatch(request.path):
                    self._check(request, principal, match["name"])
                    return await answer(request, match)
            raise _Refusal(HTTPStatus.NOT_FOUND, "NAME_UNKNOWN", f"{request.path} is not known")
        except _Refusal as refusal:
            error = {"errors": [{"code": refusal.code, "message": str(refusal)}]}
            return web.json_response(error, status=refusal.status)

    def _token(self, request: web.BaseRequest) -> web.Response:
        """Answer with the access token that came as the password; it is good for the registry itself."""
        scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
        try:
            user, _, token = base64.b64decode(encoded).decode().partition(":")
        except ValueError:
            user = token = ""
        known = scheme == "Basic" and user == "oauth2accesstoken"
        grant = self._sandbox.principals.authenticate(f"Bearer {token}", request.host) if known else None
        if grant is None:
            error = {"errors": [{"code": "UNAUTHORIZED", "message": "authentication failed"}]}
            return web.json_response(error, status=HTTPStatus.UNAUTHORIZED)
        return web.json_response({"token": token, "expires_in": _LONGEST_LIFE_SECONDS})

    def _caller(self, request: web.BaseRequest) -> str | None:
        authorization = request.headers.get("Authorization")
        grant = self._sandbox.principals.authenticate(authorization, request.host) if authorization else None
        return grant.email if grant else None

    @staticmethod
    def _challenge(request: web.BaseRequest) -> web.Response:
        realm = f'Bearer realm="https://{request.host}/v2/token",service="{request.host}"'
        error = {"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]}
        headers = {"WWW-Authenticate": realm, "Docker-Distribution-Api-Version": "registry/2.0"}
        return web.json_response(error, status=HTTPStatus.UNAUTHORIZED, headers=headers)

    def _check(self, request: web.BaseRequest, principal: str, name: str) -> None:
        """Refuse who may not pull or push, and a repository that nobody made."""
        parts = name.split("/")
        location = request.host.partition(_DOCKER)[0]
        if len(parts) < 3:  # noqa: PLR2004  PROJECT/REPOSITORY/IMAGE
            raise _Refusal(HTTPStatus.BAD_REQUEST, "NAME_INVALID", f"{name} has no project, repository and image")
        resource = f"projects/{parts[0]}/locations/{location}/repositories/{parts[1]}"
        verb = _PULL if request.method in {"GET", "HEAD"} else _PUSH
        permission = f"artifactregistry.repositories.{verb}"
        if not self._sandbox.access.allows(principal, permission, "artifactregistry", resource, f"docker {verb}"):
            said = f'Permission "{permission}" denied on resource "{resource}" (or it may not exist)'
            raise _Refusal(HTTPStatus.FORBIDDEN, "DENIED", said)
        try:
            artifact_registry.repository_of(self._sandbox, resource)
        except ApiError as error:
            raise _Refusal(HTTPStatus.NOT_FOUND, "NAME_UNKNOWN", error.message) from error

    async def _upload(self, request: web.BaseRequest, match: Mapping[str, str]) -> web.Response:
        if request.method not in {"POST", "PATCH", "PUT"}:
            raise _Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "UNSUPPORTED", f"{request.method} is not for uploads")
        name, upload, digest = match["name"], match["upload"], request.query.get("digest", "")
        content = await request.read()
        try:
            if request.method == "POST":
                upload = self._blobs.begin()
            size = self._blobs.append(upload, content)
            if digest:
                await asyncio.to_thread(self._blobs.finish, upload, digest)
        except BlobError as error:
            code = "DIGEST_INVALID" if "digest" in str(error) else "BLOB_UPLOAD_UNKNOWN"
            raise _Refusal(HTTPStatus.BAD_REQUEST, code, str(error)) from error
        if digest:
            headers = {"Location": f"/v2/{name}/blobs/{digest}", "Docker-Content-Digest": digest}
            return web.Response(status=HTTPStatus.CREATED, headers=headers)
        headers = {"Location": f"/v2/{name}/blobs/uploads/{upload}", "Docker-Upload-UUID": upload}
        headers["Range"] = f"0-{max(size - 1, 0)}"
        return web.Response(status=HTTPStatus.ACCEPTED, headers=headers)

    async def _blob(self, request: web.BaseRequest, match: Mapping[str, str]) -> web.Response:
        place = self._blobs.path(match["digest"])
        if place is None or request.method not in {"GET", "HEAD"}:
            raise _Refusal(HTTPStatus.NOT_FOUND, "BLOB_UNKNOWN", f"blob unknown to registry: {match['digest']}")
        content = await asyncio.to_thread(place.read_bytes)
        return web.Response(body=content, headers={"Docker-Content-Digest": match["digest"]})

    async def _manifest(self, request: web.BaseRequest, match: Mapping[str, str]) -> web.Response:
        reference = f"{request.host}/{match['name']}"
        if request.method == "PUT":
            return await self._put_manifest(request, reference, match["reference"])
        known: dict[str, Any] = self._sandbox.images.references().get(reference, {"tags": {}, "digests": []})
        digest = known["tags"].get(match["reference"], match["reference"])
        headers = {"Docker-Content-Digest": digest}
        if request.method == "HEAD" and digest in known["digests"]:
            return web.Response(headers=headers, content_type=layers.OCI_MANIFEST)
        place = self._blobs.path(digest) if digest in known["digests"] and request.method == "GET" else None
        if place is None:
            said = f"Failed to fetch {json.dumps(match['reference'])}"
            raise _Refusal(HTTPStatus.NOT_FOUND, "MANIFEST_UNKNOWN", said)
        content = place.read_bytes()
        kind = json.loads(content).get("mediaType", layers.OCI_MANIFEST)
        return web.Response(body=content, content_type=kind, headers=headers)

    async def _put_manifest(self, request: web.BaseRequest, reference: str, tag: str) -> web.Response:
        if request.content_type not in layers.MANIFESTS:
            said = f"the sandbox takes images of one platform, not {request.content_type}"
            raise _Refusal(HTTPStatus.BAD_REQUEST, "MANIFEST_INVALID", said)
        content = await request.read()
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        if tag.startswith("sha256:") and tag != digest:
            raise _Refusal(HTTPStatus.BAD_REQUEST, "DIGEST_INVALID", f"{tag} is not the digest of the manifest")
        try:
            await asyncio.to_thread(
                self._sandbox.images.add, digest, lambda root: layers.unpack(content, self._blobs.path, root)
            )
        except (layers.ManifestError, ValueError) as error:
            raise _Refusal(HTTPStatus.BAD_REQUEST, "MANIFEST_INVALID", str(error)) from error
        self._blobs.put(digest, content)
        self._sandbox.images.push(f"{reference}@{digest}" if tag == digest else f"{reference}:{tag}", digest)
        headers = {"Location": f"/v2/{reference.partition('/')[2]}/manifests/{digest}", "Docker-Content-Digest": digest}
        return web.Response(status=HTTPStatus.CREATED, headers=headers)

    async def _tags(self, request: web.BaseRequest, match: Mapping[str, str]) -> web.Response:
        known = self._sandbox.images.references().get(f"{request.host}/{match['name']}", {"tags": {}})
        return web.json_response({"name": match["name"], "tags": sorted(known["tags"])})
