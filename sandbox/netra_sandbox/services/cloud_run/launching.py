"""From a revision's template to what starts its instance: image, environment, resolved secrets."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netra_sandbox import home
from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.runtime import memory, mounts
from netra_sandbox.runtime.instances import Launch, base_environment, command_line
from netra_sandbox.services import artifact_registry, secret_manager
from netra_sandbox.services.cloud_run import conditions, names, volumes
from netra_sandbox.services.cloud_run import template as templates

if TYPE_CHECKING:
    from netra_sandbox.images.catalogue import Image
    from netra_sandbox.server import Sandbox

PULL = "artifactregistry.repositories.downloadArtifacts"
ACCESS_SECRET = "secretmanager.versions.access"  # noqa: S105  the name of a permission


class CannotStart(Exception):  # noqa: N818  named as the outcome
    """A revision's instance could not come up; carries the failure as a roll-out reports it."""

    def __init__(self, failure: conditions.Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def deployment(sandbox: Sandbox, revision: str) -> dict[str, Any]:
    """Return what was deployed as a revision, by its full name: its normalised template."""
    name = names.ServiceName.parse(revision)
    record = sandbox.store.get(name.deployment_key(names.short_name(revision)))
    if record is None:
        raise CannotStart(conditions.revision_gone(names.short_name(revision)))
    return record


def prepare(sandbox: Sandbox, revision: str, port: int) -> Launch:
    """Look up the image and the secrets of a revision and describe its process."""
    template = deployment(sandbox, revision)["template"]
    short = names.short_name(revision)
    container = template["containers"][0]
    image = check_image(sandbox, revision)
    environment = base_environment(sandbox.directory, image.root / image.workdir.lstrip("/"))
    environment |= way_out(sandbox)
    environment |= image.environment | variables(sandbox, template, short)
    environment |= {
        # Bytecode goes beside the image, whatever the image says: without it every start compiles every library.
        "PYTHONDONTWRITEBYTECODE": "",
        "PORT": str(port),
        "K_SERVICE": names.ServiceName.parse(revision).service,
        "K_REVISION": short,
        "K_CONFIGURATION": names.ServiceName.parse(revision).service,
    }
    working_directory = container.get("workingDir") or image.workdir
    command, folder = mounted(sandbox, template, short, image)
    return Launch(
        revision=revision,
        command=command,
        environment=environment,
        directory=image.root / working_directory.lstrip("/"),
        log=sandbox.directory / "logs" / f"{short}.log",
        port=templates.container_port(template),
        memory=memory.limit(container.get("resources", {}).get("limits", {})),
        folder=folder,
    )


def check_image(sandbox: Sandbox, revision: str) -> Image:
    """Return a revision's image; refuse one that the registry does not hold."""
    reference = deployment(sandbox, revision)["template"]["containers"][0]["image"]
    return image_of(sandbox, names.short_name(revision), reference)


def check_pull(sandbox: Sandbox, revision: str) -> None:
    """Refuse an image that Cloud Run's agent may not read; it is read once, when its revision is rolled out.

    Of other projects' repositories nobody here knows the policies: their images are read without a question.
    """
    reference = deployment(sandbox, revision)["template"]["containers"][0]["image"]
    found = artifact_registry.repository_name(reference)
    repository, agent = found or "", sandbox.run_agent
    if repository.split("/")[1:2] in ([sandbox.project], [sandbox.project_number]) and not sandbox.access.allows(
        agent, PULL, "artifactregistry", repository, "run: roll-out of a revision"
    ):
        raise CannotStart(conditions.image_denied(names.short_name(revision), agent, reference))


def image_of(sandbox: Sandbox, owner: str, reference: str) -> Image:
    """Return an image; refuse one that the registry does not hold, in the name of the revision that wants it."""
    image = sandbox.images.get(reference)
    if image is None:
        raise CannotStart(conditions.image_missing(owner, reference))
    return image


def check_connector(sandbox: Sandbox, revision: str) -> None:
    """Refuse a revision whose VPC Access connector is not there; Cloud Run looks when it rolls the revision out."""
    connector = deployment(sandbox, revision)["template"].get("vpcAccess", {}).get("connector")
    if not connector:
        return
    found = sandbox.store.get(f"vpcaccess:{connector}")
    if found is None or found.get("state") != "READY":
        raise CannotStart(conditions.connector_missing(names.short_name(revision), connector))


def way_out(sandbox: Sandbox) -> dict[str, str]:
    """Return what leads the clients in an instance to the metadata server, Google's APIs and other services.

    On Cloud Run they find them by name. The proxy does that here, http:// names (the metadata server's) included; the
    metadata server's own variables are for Google's clients in languages that ask it past any proxy.
    """
    address = sandbox.front.removeprefix("http://")
    metadata = {"GCE_METADATA_HOST": address, "GCE_METADATA_IP": address}
    return {**home.way(sandbox.directory, sandbox.front), "http_proxy": sandbox.front, **metadata}


def variables(sandbox: Sandbox, template: dict[str, Any], short: str) -> dict[str, str]:
    """Return the environment that a template gives its first container, secrets resolved; raise CannotStart."""
    result, read = {}, _reader(sandbox, template, short)
    for index, variable in enumerate(template["containers"][0].get("env", [])):
        reference = variable.get("valueSource", {}).get("secretKeyRef")
        if reference is None:
            result[variable["name"]] = str(variable.get("value", ""))
        else:
            place = f"spec.template.spec.containers[0].env[{index}].value_from.secret_key_ref.name"
            result[variable["name"]] = read(reference, place).decode()
    return result


def check_secrets(sandbox: Sandbox, revision: str) -> None:
    """Refuse a revision that may not read one of its secrets, in a variable or a file; Cloud Run looks once, now."""
    template, short = deployment(sandbox, revision)["template"], names.short_name(revision)
    variables(sandbox, template, short)
    read = _reader(sandbox, template, short)
    for file in volumes.secret_files(template):
        read(file.reference, file.place)


def mounted(sandbox: Sandbox, template: dict[str, Any], short: str, image: Image) -> tuple[list[str], Path | None]:
    """Return the command line of a template's first container, and the folder that is the instance's own.

    There is one when the container mounts something; raise CannotStart where nothing can be mounted.
    """
    command = command_line(image.command, template["containers"][0])
    if not volumes.mounts(template, sandbox.directory, image.workdir, image.root):
        return command, None
    if mounts.refusal():
        raise CannotStart(conditions.not_mountable(short, mounts.refusal()))
    folder = volumes.make(sandbox.directory, template)
    fill(sandbox, folder, template)
    seen = volumes.mounts(template, folder, image.workdir, image.root)
    return mounts.inside(seen, volumes.root(folder), command), folder


def follow_secrets(sandbox: Sandbox, launches: Iterable[Launch]) -> None:
    """Let the files of instances' secret volumes hold what their versions hold now."""
    for launch in launches:
        if launch.folder is not None:
            with contextlib.suppress(CannotStart):  # the revision was deleted: its instances go
                fill(sandbox, launch.folder, deployment(sandbox, launch.revision)["template"])


def fill(sandbox: Sandbox, folder: Path, template: dict[str, Any]) -> None:
    """Write the files of an instance's secret volumes as they are now."""
    read = _reader(sandbox, template, folder.name)

    def now(file: volumes.SecretFile) -> bytes | None:
        with contextlib.suppress(ApiError):
            return secret_manager.access(sandbox, file.secret, file.version)
        return None

    def allowed(file: volumes.SecretFile) -> bytes | None:
        with contextlib.suppress(CannotStart):
            return read(file.reference, file.place)
        return None

    volumes.follow(folder, template, now, allowed)


def _reader(sandbox: Sandbox, template: dict[str, Any], short: str) -> Callable[[dict[str, str], str], bytes]:
    """Return what reads secrets as the service account of a template, which `short` names in the words of a failure."""
    account = str(template.get("serviceAccount") or sandbox.compute_account)

    def read(reference: dict[str, str], place: str) -> bytes:
        secret, version = names.short_name(reference["secret"]), reference.get("version", "latest")
        resource = f"projects/{sandbox.project_number}/secrets/{secret}"
        where = f"{resource}/versions/{version}"
        if not sandbox.access.allows(account, ACCESS_SECRET, "secretmanager", resource, "run: start of an instance"):
            raise CannotStart(conditions.secret_denied(short, place, where, account))
        try:
            return secret_manager.access(sandbox, secret, version)
        except ApiError as error:
            words = f"Secret {where} was not found" if error.status == "NOT_FOUND" else error.message
            raise CannotStart(conditions.secret_unavailable(short, place, words)) from error

    return read
