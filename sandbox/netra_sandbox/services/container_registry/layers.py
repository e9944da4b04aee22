"""From a pushed manifest to a folder with files: https://github.com/opencontainers/image-spec."""

from __future__ import annotations

import json
import shutil
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from netra_sandbox.images import archives
from netra_sandbox.images.builder import BASE_ENVIRONMENT

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
MANIFESTS = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
# https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts
_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"


class ManifestError(Exception):
    """A manifest that no image can be made of; the words are for the client."""


def blobs_of(manifest: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return the digest of the configuration and those of the layers, lowest first."""
    try:
        return str(manifest["config"]["digest"]), [str(layer["digest"]) for layer in manifest["layers"]]
    except (KeyError, TypeError) as error:
        raise ManifestError(f"the manifest has no {error}") from error


def settings(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Return how processes of the image start; PATH stays this machine's, whose programs stand in for a base image."""
    config = configuration.get("config") or {}
    pairs = (entry.partition("=") for entry in config.get("Env") or ())
    ports = [int(port.partition("/")[0]) for port in config.get("ExposedPorts") or {}]
    return {
        "command": [*(config.get("Entrypoint") or ()), *(config.get("Cmd") or ())],
        "environment": BASE_ENVIRONMENT | {name: value for name, _equals, value in pairs if name != "PATH"},
        "workdir": config.get("WorkingDir") or "/",
        "port": ports[0] if ports else 8080,
    }


def unpack(manifest: bytes, find: Callable[[str], Path | None], root: Path) -> dict[str, Any]:
    """Lay the layers over each other in the empty folder `root` and return the image's settings.

    Raises ManifestError where a blob is missing or a layer is not what it should be.
    """
    configuration, layers = blobs_of(json.loads(manifest))
    places = {digest: find(digest) for digest in (configuration, *layers)}
    missing = [digest for digest, place in places.items() if place is None]
    if missing:
        raise ManifestError(f"blob unknown to registry: {', '.join(missing)}")
    for digest in layers:
        _lay(Path(str(places[digest])), root)
    return settings(json.loads(Path(str(places[configuration])).read_text(encoding="utf-8")))


def _lay(layer: Path, root: Path) -> None:
    try:
        with tarfile.open(layer) as archive:
            members = archive.getmembers()
            for path in (PurePosixPath(member.name) for member in members if _WHITEOUT in member.name):
                _remove(root, path)
            kept = (member for member in members if not PurePosixPath(member.name).name.startswith(_WHITEOUT))
            archives.extract(archive, kept, root)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ManifestError(f"layer {layer.name} cannot be read: {error}") from error


def _remove(root: Path, whiteout: PurePosixPath) -> None:
    """Take away what a higher layer says is gone."""
    folder = root / str(whiteout.parent).lstrip("/")
    if ".." in whiteout.parts or not folder.is_dir():
        return
    gone = list(folder.iterdir()) if whiteout.name == _OPAQUE else [folder / whiteout.name.removeprefix(_WHITEOUT)]
    for path in gone:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
