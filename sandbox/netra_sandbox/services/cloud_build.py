"""Cloud Build v1: contexts become images, steps run. https://cloud.google.com/build/docs/api/reference/rest."""

from __future__ import annotations

import asyncio
import io
import os
import sys
import tarfile
import tempfile
import uuid
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from netra_sandbox.images import archives
from netra_sandbox.images.catalogue import Image
from netra_sandbox.images.dockerfile import BuildError
from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.errors import ApiError, invalid, not_found
from netra_sandbox.runtime import processes
from netra_sandbox.services import build_filters, build_logs, cloud_storage, longrunning

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
KEY = "cloudbuild:"
METHODS = "cloudbuild.projects.locations.builds"
DOCKER = "gcr.io/cloud-builders/docker"
WORKSPACE = "/workspace"
METADATA = "google.devtools.cloudbuild.v1.BuildOperationMetadata"
LONGEST_DETAIL = 600
_RUNNING: dict[str, asyncio.Task[Any] | None] = {}


class StepError(Exception):
    """A step ended badly; the text is what it said."""


@handles("cloudbuild.projects.builds.create")
@handles(f"{METHODS}.create")
async def create(sandbox: Sandbox, call: Call) -> Resource:
    """Start a build; without a region it is a global one."""
    parent = _parent(call)
    if not call.body.get("steps"):
        raise invalid("invalid build: no build steps are specified", field="build.steps")
    identifier = str(uuid.uuid4())
    build = {
        **call.body,
        "id": identifier,
        "name": f"{parent}/builds/{identifier}",
        "projectId": sandbox.project,
        "status": "WORKING",
        "createTime": longrunning.timestamp(sandbox),
        "startTime": longrunning.timestamp(sandbox),
        "logUrl": f"https://console.cloud.google.com/cloud-build/builds;region={sandbox.region}/{identifier}",
    }
    sandbox.store.put(KEY + build["name"], build)
    metadata = {"@type": f"type.googleapis.com/{METADATA}", "build": build}
    kind = "google.devtools.cloudbuild.v1.Build"
    return sandbox.operations.start("cloudbuild", parent, _run(sandbox, build), metadata=metadata, response_type=kind)


@handles("cloudbuild.projects.builds.get")
@handles(f"{METHODS}.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return a build."""
    return _build(sandbox, call)


@handles("cloudbuild.projects.builds.list")
@handles(f"{METHODS}.list")
async def list_builds(sandbox: Sandbox, call: Call) -> Resource:
    """Return the builds of a location that the filter lets through, newest first."""
    lets_through = build_filters.read(str(call.parameters.get("filter") or ""))
    found = [build for build in sandbox.store.list(f"{KEY}{_parent(call)}/builds/") if lets_through(build)]
    found.sort(key=lambda build: str(build["createTime"]), reverse=True)
    return longrunning.page(call, "builds", found)


@handles("cloudbuild.projects.builds.cancel")
@handles(f"{METHODS}.cancel")
async def cancel(sandbox: Sandbox, call: Call) -> Resource:
    """End a build that runs."""
    build = _build(sandbox, call)
    if build["status"] not in {"QUEUED", "WORKING"}:
        raise ApiError("FAILED_PRECONDITION", f"build {build['id']} has already finished: {build['status']}")
    cancelled = _stored(sandbox, {**build, "status": "CANCELLED"})
    task = _RUNNING.pop(build["name"], None)
    if task is not None:
        task.cancel()
    return cancelled


def _parent(call: Call) -> str:
    given: str | None = call.parameters.get("parent")
    return given or f"projects/{call.parameters['projectId']}/locations/global"


def _build(sandbox: Sandbox, call: Call) -> Resource:
    """Find a build by its full name, or by the identifier of a global one."""
    name = call.parameters.get("name") or f"{_parent(call)}/builds/{call.parameters['id']}"
    build = sandbox.store.get(KEY + name)
    if build is None:
        raise not_found(name)
    return build


async def build_image(sandbox: Sandbox, context_dir: Path, dockerfile: str, image: str, tag: str) -> str:
    """Build and push as a finished build would have; for scenarios. Return the digest."""
    built = await asyncio.to_thread(sandbox.images.build, context_dir, dockerfile, [])
    reference = f"{image}:{tag}"
    sandbox.images.push(reference, built.digest)
    identifier = str(uuid.uuid4())
    parent = f"projects/{sandbox.project}/locations/{sandbox.region}"
    now = longrunning.timestamp(sandbox)
    build: Resource = {
        "id": identifier,
        "name": f"{parent}/builds/{identifier}",
        "projectId": sandbox.project,
        "status": "SUCCESS",
        "createTime": now,
        "startTime": now,
        "finishTime": now,
        "steps": [{"id": "build", "name": DOCKER, "args": ["build", "-t", reference], "status": "SUCCESS"}],
        "images": [reference],
        "tags": [tag],
        "results": {"images": [{"name": reference, "digest": built.digest}]},
    }
    sandbox.store.put(KEY + build["name"], build)
    return built.digest


async def _run(sandbox: Sandbox, build: Resource) -> Resource:
    """Follow a build to its end; a client may cancel it, and its log is kept however it ends."""
    log: list[str] = []
    _RUNNING[build["name"]] = asyncio.current_task()
    try:
        if _is_cancelled(sandbox, build):  # before its work began
            raise ApiError("CANCELLED", "Build cancelled")
        return await _steps(sandbox, build, log)
    except asyncio.CancelledError:
        if _is_cancelled(sandbox, build):
            raise ApiError("CANCELLED", "Build cancelled") from None
        raise
    finally:
        _RUNNING.pop(build["name"], None)
        build_logs.write(sandbox, build, log)


def _is_cancelled(sandbox: Sandbox, build: Resource) -> bool:
    return (sandbox.store.get(KEY + build["name"]) or {}).get("status") == "CANCELLED"


async def _steps(sandbox: Sandbox, build: Resource, log: list[str]) -> Resource:
    steps: list[Resource] = [dict(step) for step in build["steps"]]
    built: dict[str, Image] = {}
    with tempfile.TemporaryDirectory(prefix="netra-build-") as place:
        try:
            await asyncio.to_thread(_unpack, _source(sandbox, build), Path(place))
            for number, step in enumerate(steps):
                said: list[str] = []
                try:
                    await _step(sandbox, step, Path(place), built, said)
                finally:
                    log += [f"Step #{number}{_named(step)}: {line}" for line in said]
        except StepError as error:
            log.append(f"ERROR: {error}")
            return _failed(sandbox, {**build, "steps": steps}, str(error))
        except Exception:
            # A fault of the sandbox: without an end, clients would wait for the build until they give up.
            _stored(sandbox, {**build, "steps": steps, "status": "INTERNAL_ERROR"})
            raise
    pushed = []
    for reference in build.get("images", []):
        if reference not in built:
            return _failed(sandbox, {**build, "steps": steps}, f"failed to find one or more images after: {reference}")
        sandbox.images.push(reference, built[reference].digest)
        pushed.append({"name": reference, "digest": built[reference].digest})
    done = {**build, "steps": steps, "status": "SUCCESS", "results": {"images": pushed}}
    return _stored(sandbox, done)


def _source(sandbox: Sandbox, build: Resource) -> bytes:
    source = (build.get("source") or {}).get("storageSource") or {}
    content = cloud_storage.read(sandbox, source.get("bucket", ""), source.get("object", ""))
    if content is None:
        raise StepError(f"could not resolve source: gs://{source.get('bucket')}/{source.get('object')} does not exist")
    return content


def _unpack(content: bytes, place: Path) -> None:
    """Unpack a source; raise StepError for one that would write outside of its folder."""
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        try:
            archives.extract(archive, archive.getmembers(), place)
        except tarfile.TarError as error:
            raise StepError(f"the source cannot be unpacked: {error}") from error


async def _step(sandbox: Sandbox, step: Resource, place: Path, built: dict[str, Image], log: list[str]) -> None:
    step["status"] = "WORKING"
    try:
        if step["name"] == DOCKER:
            arguments = step.get("args", [])
            reference, dockerfile = _after(arguments, "-t"), _after(arguments, "-f") or "Dockerfile"
            built[reference] = await asyncio.to_thread(sandbox.images.build, place, dockerfile, log)
        elif step["name"] in built:
            await _inside(built[step["name"]], step, place, log)
        else:
            raise StepError(f"pulling image {step['name']}: not found")
    except (BuildError, StepError) as error:
        step["status"] = "FAILURE"
        raise StepError(str(error)) from error
    step["status"] = "SUCCESS"


def _named(step: Resource) -> str:
    return f' - "{step["id"]}"' if step.get("id") else ""


def _directory(image: Image, step: Resource, place: Path) -> Path:
    """Return where a step works: among the sources, unless its `dir` is a path of the image.

    https://cloud.google.com/build/docs/build-config-file-schema#dir. Docker makes a folder that is not there.
    """
    wanted = PurePosixPath(WORKSPACE) / str(step.get("dir") or "")
    if ".." in wanted.parts:
        raise StepError(f"invalid build step: dir {step['dir']} climbs out of its folder")
    is_source = wanted.is_relative_to(WORKSPACE)
    found = place / wanted.relative_to(WORKSPACE) if is_source else image.root / str(wanted).lstrip("/")
    found.mkdir(parents=True, exist_ok=True)
    return found


async def _inside(image: Image, step: Resource, place: Path, log: list[str]) -> None:
    """Run a step in the image that an earlier one built, with the sandbox's interpreter as its Python."""
    entrypoint = step.get("entrypoint") or "python"
    program = sys.executable if entrypoint.startswith("python") else entrypoint
    environment = {"PATH": os.environ.get("PATH", ""), **image.environment}
    process = await asyncio.create_subprocess_exec(
        program,
        *step.get("args", []),
        cwd=_directory(image, step, place),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        preexec_fn=processes.die_with_parent,
    )
    try:
        output, _nothing = await process.communicate()
    finally:
        await processes.end(process, 0)
    log += output.decode("utf-8", "replace").splitlines()
    if process.returncode:
        said = output.decode("utf-8", "replace").strip()[-LONGEST_DETAIL:]
        words = [f"the step exited with non-zero status: {process.returncode}", *said.splitlines()[-1:]]
        raise StepError(": ".join(words))


def _after(arguments: list[str], flag: str) -> str:
    return arguments[arguments.index(flag) + 1] if flag in arguments[:-1] else ""


def _failed(sandbox: Sandbox, build: Resource, detail: str) -> Resource:
    failure = {"type": "USER_BUILD_STEP", "detail": detail[:LONGEST_DETAIL]}
    _stored(sandbox, {**build, "status": "FAILURE", "failureInfo": failure, "statusDetail": "Build step failure"})
    raise ApiError("UNKNOWN", f"Build failed: {detail[:LONGEST_DETAIL]}")


def _stored(sandbox: Sandbox, build: Resource) -> Resource:
    done = {**build, "finishTime": longrunning.timestamp(sandbox)}
    sandbox.store.put(KEY + build["name"], done)
    return done
