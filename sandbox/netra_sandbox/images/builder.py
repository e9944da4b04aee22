"""Make an image from a build context: a folder holding the file system, and the settings its processes start with."""

from __future__ import annotations

import fnmatch
import hashlib
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from netra_sandbox.images.context import Context, content_digest, is_executable
from netra_sandbox.images.dockerfile import WITHOUT_EFFECT, BuildError, Instruction, expand, parse, parse_environment

# Stands in for every base image: processes keep to the loopback interface.
BASE_ENVIRONMENT = {"HOST": "127.0.0.1"}


@dataclass
class Settings:
    """What the instructions leave behind besides files."""

    environment: dict[str, str] = field(default_factory=lambda: dict(BASE_ENVIRONMENT))
    arguments: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    port: int = 8080
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)

    def known(self) -> dict[str, str]:
        """Return the variables that instructions may refer to."""
        return {**self.arguments, **self.environment}

    def path(self, text: str) -> PurePosixPath:
        """Resolve a path of the image against the working directory."""
        return PurePosixPath(self.workdir) / expand(text, self.known())

    def as_dict(self) -> dict[str, object]:
        """Return the settings that are part of the image."""
        return {
            "command": [*self.entrypoint, *self.command],
            "environment": self.environment,
            "workdir": self.workdir,
            "port": self.port,
        }


def build(context: Context, root: Path, log: list[str]) -> Settings:
    """Follow the Dockerfile, filling the empty folder `root`; tell every step in the log."""
    dockerfile = context.root / context.dockerfile
    if not dockerfile.is_file():
        raise BuildError(
            f"unable to prepare context: unable to evaluate symlinks in Dockerfile path: {context.dockerfile}"
        )
    instructions = parse(dockerfile.read_text(encoding="utf-8"))
    settings = Settings()
    for number, instruction in enumerate(instructions, start=1):
        log.append(f"Step {number}/{len(instructions)} : {instruction.keyword} {instruction.text}")
        _follow(instruction, context, root, settings, log)
    return settings


def image_digest(root: Path, settings: Settings) -> str:
    """Name an image by its files and settings."""
    result = hashlib.sha256(json.dumps(settings.as_dict(), sort_keys=True).encode())
    for path in sorted(path for path in root.rglob("*") if path.is_symlink() or path.is_file()):
        result.update(f"{path.relative_to(root)}\0{int(is_executable(path))}\0{content_digest(path)}\n".encode())
    return f"sha256:{result.hexdigest()}"


def _follow(instruction: Instruction, context: Context, root: Path, settings: Settings, log: list[str]) -> None:
    match instruction.keyword:
        case "ENV":
            settings.environment.update(parse_environment(instruction.words(), settings.known()))
        case "ARG":
            settings.arguments.update(parse_environment(instruction.words(), settings.known()))
        case "WORKDIR":
            settings.workdir = str(settings.path(instruction.text))
            _inside(root, PurePosixPath(settings.workdir)).mkdir(parents=True, exist_ok=True)
        case "COPY" | "ADD":
            _copy(instruction, context, root, settings)
        case "EXPOSE":
            settings.port = int(expand(instruction.words()[0], settings.known()).partition("/")[0])
        case "CMD":
            settings.command = instruction.command()
        case "ENTRYPOINT":
            settings.entrypoint, settings.command = instruction.command(), []
        case keyword if keyword in WITHOUT_EFFECT - {"FROM"}:
            log.append(f" ---> {keyword} has no effect in the sandbox")


def _copy(instruction: Instruction, context: Context, root: Path, settings: Settings) -> None:
    words = instruction.words()
    flags = [word for word in words if word.startswith("--")]
    if any(flag.startswith("--from") for flag in flags):
        raise BuildError(f"line {instruction.line}: the sandbox builds one stage only, COPY --from is not followed")
    *sources, target = [word for word in words if word not in flags]
    into_folder = len(sources) > 1 or target.endswith("/") or target == "."
    destination = _inside(root, settings.path(target))
    for source in sources:
        _copy_source(instruction.keyword, source, context, destination, into_folder)


def _copy_source(keyword: str, source: str, context: Context, destination: Path, into_folder: bool) -> None:
    wanted = str(PurePosixPath(source.lstrip("/")))
    if wanted in context.files:
        target = destination / PurePosixPath(wanted).name if into_folder or destination.is_dir() else destination
        _place(context.root / wanted, target)
        return
    below = [path for path in context.files if wanted == "." or path.startswith(f"{wanted}/")]
    matching = [
        path for path in context.files if fnmatch.fnmatchcase(path, wanted) and path.count("/") == wanted.count("/")
    ]
    if not below and not matching:
        raise BuildError(
            f"{keyword} failed: file not found in build context or excluded by .dockerignore: "
            f"stat {wanted}: file does not exist"
        )
    for path in below:
        _place(context.root / path, destination / (path if wanted == "." else path.removeprefix(f"{wanted}/")))
    for path in matching:
        _place(context.root / path, destination / PurePosixPath(path).name)


def _place(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target, follow_symlinks=False)


def _inside(root: Path, path: PurePosixPath) -> Path:
    """Return where a path of the image is on this machine; one that climbs out of the image is refused."""
    place = root / str(path).lstrip("/")
    if ".." in path.parts:
        raise BuildError(f"forbidden path outside the build context: {path}")
    return place
