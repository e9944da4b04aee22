# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes: which files a template asks for, how they follow their secrets, what a process sees of a mount."""

from __future__ import annotations

import pathlib
import signal
import subprocess
import sys
from typing import Any

import pytest

from netra_sandbox.runtime import linux, mounts
from netra_sandbox.runtime.mounts import Mount
from netra_sandbox.services.cloud_run import volumes

FILES = [{"path": "a/one", "version": "1", "mode": 0o400}, {"path": "two", "version": "latest"}]
SECRET = {"name": "keys", "secret": {"secret": "projects/p/secrets/s", "items": FILES, "defaultMode": 0o440}}
WHOLE = {"name": "whole", "secret": {"secret": "t"}}
SCRATCH = {"name": "scratch", "emptyDir": {"sizeLimit": "2Mi"}}


def template(**places: str) -> dict[str, Any]:
    seen = [{"name": name, "mountPath": path} for name, path in places.items()]
    container = {"volumeMounts": seen, "resources": {"limits": {"memory": "1Mi"}}}
    return {"containers": [container], "volumes": [SECRET, WHOLE, SCRATCH, {"name": "heap", "emptyDir": {}}]}


def test_files_are_those_of_mounted_secrets() -> None:
    files = volumes.secret_files(template(keys="/k", whole="/w", scratch="/s"))
    assert [(str(file.path), file.secret, file.version, file.mode, file.place) for file in files] == [
        ("keys/a/one", "s", "1", 0o400, "spec.template.spec.volumes[0].secret.items[0].key"),
        ("keys/two", "s", "latest", 0o440, "spec.template.spec.volumes[0].secret.items[1].key"),
        ("whole/t", "t", "latest", 0o444, "spec.template.spec.volumes[1].secret.secret_name"),
    ]
    assert volumes.secret_files(template(scratch="/s")) == []


def test_mounts_below_the_working_directory_are_where_the_image_is_too() -> None:
    folder, image = pathlib.Path("/f"), pathlib.Path("/image")
    wanted = template(keys="/app/k/", whole="/w", scratch="/s", heap="/h")
    assert volumes.mounts(wanted, folder, "/app", image) == [
        Mount("/app/k", source=folder / "keys"),
        Mount("/image/app/k", source=folder / "keys"),
        Mount("/w", source=folder / "whole"),
        Mount("/s", size=2 << 20),
        Mount("/h", size=1 << 20),
    ]


def test_files_follow_their_secrets_and_are_read_only_when_they_change(tmp_path: pathlib.Path) -> None:
    payloads, read = {"1": b"x", "latest": b"y"}, []
    wanted = template(keys="/k")
    folder = volumes.make(tmp_path, wanted)

    def follow(*, may_read: bool = True) -> None:
        def reading(file: volumes.SecretFile) -> bytes | None:
            read.append(file.version)
            return payloads.get(file.version) if may_read else None

        volumes.follow(folder, wanted, lambda file: payloads.get(file.version), reading)

    follow()
    assert ((folder / "keys/a/one").read_bytes(), (folder / "keys/two").read_bytes()) == (b"x", b"y")
    assert (folder / "keys/a/one").stat().st_mode & 0o777 == 0o400
    payloads["latest"] = b"z"
    follow()
    assert (folder / "keys/two").read_bytes() == b"z"
    assert read == ["1", "latest", "latest"]
    del payloads["1"]
    payloads["latest"] = b"secret"
    follow(may_read=False)
    assert [path for path in (folder / "keys").rglob("*") if path.is_file()] == []
    assert folder.stat().st_mode & 0o077 == 0
    volumes.clear(tmp_path)
    assert not folder.exists()


@pytest.fixture
def held(tmp_path: pathlib.Path) -> pathlib.Path:
    """Return a folder with a file, and skip where nothing can be mounted."""
    if mounts.refusal():
        pytest.skip(f"this machine lets nobody like us mount anything: {mounts.refusal()}")
    for name in ("held", "root"):
        (tmp_path / name).mkdir()
    (tmp_path / "held/file").write_text("content")
    return tmp_path


def run(held: pathlib.Path, seen: list[Mount], *command: str, **options: Any) -> subprocess.CompletedProcess[str]:
    line = mounts.inside(seen, held / "root", command)
    return subprocess.run(line, cwd=held, capture_output=True, text=True, check=False, timeout=60, **options)


@pytest.mark.parametrize("place", ["/netra-none/a/b", "/etc/netra-none", "/opt", "{here}/new", "{here}/held"])
def test_a_folder_appears_anywhere_and_the_machine_does_not_see_it(held: pathlib.Path, place: str) -> None:
    target = place.format(here=held)
    before = sorted(path for path in held.rglob("*"))
    done = run(held, [Mount(target, source=held / "held")], "sh", "-c", f"pwd; cat {target}/file; touch {target}/new")
    assert done.stdout == f"{held}\ncontent"
    assert "Read-only" in done.stderr
    assert sorted(path for path in held.rglob("*")) == before
    assert not pathlib.Path("/netra-none").exists()


def test_what_was_there_stays_visible_beside_a_new_folder(held: pathlib.Path) -> None:
    seen = [Mount("/netra-none", source=held / "held"), Mount("/netra-none/deep", size=4096)]
    done = run(held, seen, "sh", "-c", "ls -A /; ls -A /netra-none")
    there = {path.name for path in pathlib.Path("/").iterdir()}
    assert there | {"netra-none", "deep", "file"} == set(done.stdout.split())


def test_a_folder_in_memory_takes_no_more_than_its_size(held: pathlib.Path) -> None:
    script = "head -c 4096 /dev/zero > /netra-none/a && head -c 1 /dev/zero > /netra-none/b"
    done = run(held, [Mount("/netra-none", size=4096)], "sh", "-c", script)
    assert done.returncode != 0
    assert "No space left" in done.stderr


def test_a_command_that_is_not_there_ends_as_a_shell_says_it(held: pathlib.Path) -> None:
    done = run(held, [Mount("/netra-none", size=4096)], "netra-none")
    assert (done.returncode, done.stderr) == (
        127,
        "Container failed to start: No such file or directory: netra-none\n",
    )


def test_a_mount_that_fails_is_told(held: pathlib.Path) -> None:
    done = run(held, [Mount("/opt", source=held / "nothing")], "true")
    assert (done.returncode, done.stderr) == (125, "Mounting failed: No such file or directory\n")


def test_the_process_still_ends_with_its_parent(held: pathlib.Path) -> None:
    asking = "import ctypes; n = ctypes.c_int(); ctypes.CDLL(None).prctl(2, ctypes.byref(n)); print(n.value)"
    done = run(
        held,
        [Mount("/netra-none", size=4096)],
        *(sys.executable, "-c", asking),
        preexec_fn=lambda: linux.signal_at_parents_end(signal.SIGKILL),
    )
    assert done.stdout == f"{signal.SIGKILL.value}\n", done.stderr
