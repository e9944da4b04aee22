"""The volumes of a template's first container: secrets as files that follow their versions, and folders in memory.

https://cloud.google.com/run/docs/configuring/services/secrets#mounting-secrets,
https://cloud.google.com/run/docs/configuring/services/in-memory-volume-mounts.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from netra_sandbox.runtime import memory
from netra_sandbox.runtime.mounts import Mount

_FOLDER = "volumes"
_ROOT, _NEW = ".root", ".new"  # no names of volumes: the empty folder that mounting needs, a file being written
_MODE = 0o444

Resource = dict[str, Any]


@dataclass(frozen=True)
class SecretFile:
    """One file of a secret volume: where it is below the instance's folder, what it holds, who asks for it."""

    path: PurePosixPath
    secret: str
    version: str
    mode: int
    place: str

    @property
    def reference(self) -> dict[str, str]:
        """Return the version as a template names one."""
        return {"secret": self.secret, "version": self.version}


Read = Callable[[SecretFile], bytes | None]


def secret_files(template: Resource) -> list[SecretFile]:
    """Return the files of the secret volumes that the first container mounts."""
    mounted = {mount["name"] for mount in _mounted(template)}
    return [
        file
        for index, volume in enumerate(template.get("volumes", []))
        if "secret" in volume and volume["name"] in mounted
        for file in _files(volume, index)
    ]


def mounts(template: Resource, folder: Path, workdir: str, root: Path) -> list[Mount]:
    """Return what the first container sees; `folder` holds its files, `root` the image, `workdir` is a path of it.

    A place below the working directory is one by its relative path too, so it is also mounted where the image is.
    """
    volumes = {volume["name"]: volume for volume in template.get("volumes", [])}
    limits = template["containers"][0].get("resources", {}).get("limits", {})
    result = []
    for mount in _mounted(template):
        target, volume = str(PurePosixPath("/") / mount["mountPath"]), volumes[mount["name"]]
        places = [target]
        if PurePosixPath(target).is_relative_to(PurePosixPath("/") / workdir):
            places.append(str(root / target.lstrip("/")))
        if "secret" in volume:
            result += [Mount(place, source=folder / volume["name"]) for place in places]
        elif "emptyDir" in volume:
            size = memory.limit({"memory": volume["emptyDir"].get("sizeLimit", "")}) or memory.limit(limits)
            result += [Mount(place, size=size) for place in places[:1]]
    return result


def make(directory: Path, template: Resource) -> Path:
    """Make an instance's folder below the sandbox's, with one for each secret volume, still without files."""
    (directory / _FOLDER).mkdir(mode=0o700, exist_ok=True)
    folder = directory / _FOLDER / secrets.token_hex(8)
    folder.mkdir(mode=0o700)
    for name in {_ROOT, *(file.path.parts[0] for file in secret_files(template))}:
        (folder / name).mkdir()
    return folder


def root(folder: Path) -> Path:
    """Return the empty folder in an instance's folder."""
    return folder / _ROOT


def follow(folder: Path, template: Resource, now: Read, read: Read) -> None:
    """Let the files hold what their versions hold now, as Cloud Run reads the version with each read of the file.

    `now` looks at a payload, `read` is asked for what has changed; the file of what either has no payload of goes.
    """
    for file in secret_files(template):
        place = folder / file.path
        payload = now(file)
        if payload is not None and place.exists() and place.read_bytes() == payload:
            continue
        if payload is not None:
            payload = read(file)
        if payload is None:
            place.unlink(missing_ok=True)
        else:
            _write(folder, file, payload)


def clear(directory: Path) -> None:
    """Remove the folders of instances that an earlier process of the sandbox left."""
    shutil.rmtree(directory / _FOLDER, ignore_errors=True)


def _mounted(template: Resource) -> list[Resource]:
    mounts_: list[Resource] = template["containers"][0].get("volumeMounts", [])
    return mounts_


def _files(volume: Resource, index: int) -> Iterator[SecretFile]:
    source = volume["secret"]
    name, mode = source["secret"].rpartition("/")[2], source.get("defaultMode", _MODE)
    place = f"spec.template.spec.volumes[{index}].secret"
    if not source.get("items"):
        yield SecretFile(PurePosixPath(volume["name"]) / name, name, "latest", mode, f"{place}.secret_name")
    for number, item in enumerate(source.get("items", [])):
        path = PurePosixPath(volume["name"]) / item["path"]
        yield SecretFile(path, name, item["version"], item.get("mode", mode), f"{place}.items[{number}].key")


def _write(folder: Path, file: SecretFile, payload: bytes) -> None:
    """Replace a file at once, so that no reader sees half of it."""
    new, place = folder / _NEW, folder / file.path
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(payload)
    new.chmod(file.mode | stat.S_IRUSR)  # the sandbox compares it
    place.parent.mkdir(parents=True, exist_ok=True)
    new.replace(place)
