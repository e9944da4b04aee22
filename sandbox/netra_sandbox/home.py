"""The folder of a sandbox: whose it is, what a start leaves in it, what clients read from it."""

from __future__ import annotations

import fcntl
import json
import os
import shlex
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

_LOCK = "lock"
_STATE, _KEPT = "state.json", "kept.json"
# What belongs to one environment. Images stay: content never changes under its name.
_PASSING = (
    *(_STATE, _KEPT, "env", "token", "key.json", "viewer.json", "nobody.json", "ca.pem", "ca-key.pem", "ca-bundle.pem"),
    *("requests.jsonl", "terraform.rc", "databases", "game.json"),
    *("state.sqlite", "state.sqlite-wal", "state.sqlite-shm", "logs", "records", "workspace", "buckets"),
    *("logs.sqlite", "logs.sqlite-wal", "logs.sqlite-shm"),
)
_POLL_SECONDS = 0.02


class HomeError(Exception):
    """The folder cannot be used as asked."""


class Home:
    """A sandbox's folder."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()

    @property
    def log(self) -> Path:
        """Return the file that a sandbox without a terminal writes to."""
        return self.directory / "sandbox.log"

    def claim(self, *, fresh: bool = True) -> IO[str]:
        """Make the folder, lock it for this process and, for a fresh start, clear it; keep what is returned."""
        if self.directory.exists() and any(self.directory.iterdir()) and not (self.directory / _LOCK).exists():
            raise HomeError(f"{self.directory} is not empty and not a sandbox's: name another --directory.")
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (self.directory / _LOCK).open("a+", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise HomeError(f"A sandbox runs in {self.directory} already.") from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        for name in _PASSING if fresh else (_STATE,):
            self.remove(name)
        return lock

    def kept(self) -> dict[str, Any] | None:
        """Return the `scenario` and the `port` of the environment that the folder holds, None when it holds none."""
        try:
            kept: dict[str, Any] = json.loads((self.directory / _KEPT).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return kept

    def keep(self, scenario: str, port: int) -> None:
        """Note that the folder holds a whole environment, which a later start can continue."""
        self.write_json(_KEPT, {"scenario": scenario, "port": port})

    def let_go(self) -> None:
        """Note that the folder holds no whole environment."""
        self.remove(_KEPT)

    def owner(self) -> int | None:
        """Return the id of the process that runs the sandbox, None when none does."""
        try:
            with (self.directory / _LOCK).open(encoding="ascii") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    return int(lock.read() or 0) or None
        except FileNotFoundError:
            pass
        return None

    def wait_released(self, seconds: float) -> bool:
        """Wait until no process runs the sandbox; tell whether that came true."""
        give_up = time.monotonic() + seconds
        while self.owner() is not None:
            if time.monotonic() > give_up:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def state(self) -> dict[str, Any] | None:
        """Return what a running sandbox says of itself, None before it is ready."""
        try:
            state: dict[str, Any] = json.loads((self.directory / _STATE).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return state if self.owner() == state.get("pid") else None

    def remove(self, name: str) -> None:
        """Remove one file or folder of the sandbox."""
        path = self.directory / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

    @property
    def pid(self) -> int:
        """Return the id of this process, which runs the sandbox."""
        return os.getpid()

    def write_json(self, name: str, value: Mapping[str, Any]) -> None:
        """Write a value for programs to read."""
        self.write(name, json.dumps(value, indent=2) + "\n")

    def write(self, name: str, text: str) -> None:
        """Write a file that only its owner may read, at once as a whole."""
        temporary = self.directory / f".{name}.new"
        temporary.touch(mode=0o600)
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(self.directory / name)


def way(directory: Path, proxy: str) -> dict[str, str]:
    """Return the variables by which any client finds a sandbox's hosts and trusts them."""
    bundle = str(directory / "ca-bundle.pem")
    local = "127.0.0.1,localhost"
    return {
        "https_proxy": proxy,
        "HTTPS_PROXY": proxy,
        "no_proxy": local,
        "NO_PROXY": local,
        "REQUESTS_CA_BUNDLE": bundle,
        "SSL_CERT_FILE": bundle,
        "CURL_CA_BUNDLE": bundle,
    }


def environment(directory: Path, proxy: str, project: str) -> dict[str, str]:
    """Return the variables that lead clients to a sandbox."""
    return {
        **way(directory, proxy),
        "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE": str(directory / "ca.pem"),
        "CLOUDSDK_CORE_PROJECT": project,
        "CLOUDSDK_CONFIG": str(directory / "gcloud"),
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(directory / "token"),
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "GOOGLE_APPLICATION_CREDENTIALS": str(directory / "key.json"),
        "GOOGLE_CLOUD_PROJECT": project,
        "TF_CLI_CONFIG_FILE": str(directory / "terraform.rc"),
        "NETRA_SANDBOX_DIR": str(directory),
    }


def shell(variables: Mapping[str, str]) -> str:
    """Write variables for a shell to read."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
