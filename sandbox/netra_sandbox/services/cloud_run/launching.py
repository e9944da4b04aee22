"""From a revision's template to what starts its instance: image, environment, resolved secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netra_sandbox import home
from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.runtime import memory
from netra_sandbox.runtime.instances import Launch, base_environment, command_line
from netra_sandbox.services import secret_manager
from netra_sandbox.services.cloud_run import conditions, names
from netra_sandbox.services.cloud_run import template as templates

if TYPE_CHECKING:
    from netra_sandbox.images.catalogue import Image
    from netra_sandbox.server import Sandbox

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
    check_volumes(template, short)
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
    return Launch(
        revision=revision,
        command=command_line(image.command, container),
        environment=environment,
        directory=image.root / working_directory.lstrip("/"),
        log=sandbox.directory / "logs" / f"{short}.log",
        port=templates.container_port(template),
        memory=memory.limit(container.get("resources", {}).get("limits", {})),
    )


def check_image(sandbox: Sandbox, revision: str) -> Image:
    """Return a revision's image; refuse one that the registry does not hold."""
    reference = deployment(sandbox, revision)["template"]["containers"][0]["image"]
    return image_of(sandbox, names.short_name(revision), reference)


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
    result = {}
    for index, variable in enumerate(template["containers"][0].get("env", [])):
        reference = variable.get("valueSource", {}).get("secretKeyRef")
        if reference is None:
            result[variable["name"]] = str(variable.get("value", ""))
        else:
            account = str(template.get("serviceAccount") or sandbox.compute_account)
            result[variable["name"]] = _secret(sandbox, reference, account, index, short)
    return result


def check_volumes(template: dict[str, Any], short: str) -> None:
    """Refuse to start a container that wants a secret as a file: the sandbox mounts nothing."""
    secrets = {volume["name"] for volume in template.get("volumes", []) if "secret" in volume}
    for mount in template["containers"][0].get("volumeMounts", []):
        if mount["name"] in secrets:
            raise CannotStart(conditions.secret_not_mounted(short, mount["mountPath"]))


def _secret(sandbox: Sandbox, reference: dict[str, str], account: str, index: int, short: str) -> str:
    """Read a secret as the service account of a revision."""
    secret, version = names.short_name(reference["secret"]), reference.get("version", "latest")
    resource = f"projects/{sandbox.project_number}/secrets/{secret}"
    where = f"{resource}/versions/{version}"
    if not sandbox.access.allows(account, ACCESS_SECRET, "secretmanager", resource, "run: start of an instance"):
        raise CannotStart(conditions.secret_denied(short, index, where, account))
    try:
        return secret_manager.access(sandbox, secret, version).decode()
    except ApiError as error:
        words = f"Secret {where} was not found" if error.status == "NOT_FOUND" else error.message
        raise CannotStart(conditions.secret_unavailable(short, index, words)) from error
