"""Layers of pushed images lie over each other, blobs are what their digests say."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from netra_sandbox.services.container_registry import layers
from netra_sandbox.services.container_registry.blobs import BlobError, Blobs

CONFIGURATION = {
    "config": {
        "Env": ["PATH=/usr/bin", "GREETING=a=b"],
        "Entrypoint": ["python"],
        "Cmd": ["main.py"],
        "WorkingDir": "/app",
        "ExposedPorts": {"9000/tcp": {}},
    }
}


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def layer(**files: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(packed.getvalue())


def pushed(blobs: Blobs, *contents: bytes) -> bytes:
    """Push layers and the configuration; return the manifest."""
    configuration = json.dumps(CONFIGURATION).encode()
    for content in (configuration, *contents):
        blobs.put(digest_of(content), content)
    manifest = {"config": {"digest": digest_of(configuration)}, "layers": [{"digest": digest_of(c)} for c in contents]}
    return json.dumps(manifest).encode()


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


def test_higher_layers_replace_and_remove(blobs: Blobs, root: Path) -> None:
    lower = layer(**{"app/main.py": "old", "app/gone.py": "", "etc/a": "", "etc/b": ""})
    upper = layer(**{"app/main.py": "new", "app/.wh.gone.py": "", "etc/.wh..wh..opq": "", "etc/c": ""})
    settings = layers.unpack(pushed(blobs, lower, upper), blobs.path, root)
    assert (root / "app/main.py").read_text() == "new"
    assert sorted(path.name for path in root.rglob("*") if path.is_file()) == ["c", "main.py"]
    assert settings["command"] == ["python", "main.py"]
    assert settings["environment"] == {"HOST": "127.0.0.1", "GREETING": "a=b"}
    assert (settings["workdir"], settings["port"]) == ("/app", 9000)


@pytest.mark.parametrize("content", [b"no archive", layer(**{"../../outside": "x"})], ids=["noise", "climbing"])
def test_a_layer_that_is_not_sound_is_refused(blobs: Blobs, root: Path, content: bytes) -> None:
    with pytest.raises(layers.ManifestError, match="cannot be read"):
        layers.unpack(pushed(blobs, content), blobs.path, root)
    assert not (root.parent / "outside").exists()


def test_a_manifest_whose_blobs_are_not_there_is_refused(blobs: Blobs, root: Path) -> None:
    manifest = json.dumps({"config": {"digest": digest_of(b"a")}, "layers": []}).encode()
    with pytest.raises(layers.ManifestError, match="blob unknown"):
        layers.unpack(manifest, blobs.path, root)
    with pytest.raises(layers.ManifestError, match="has no"):
        layers.unpack(b"{}", blobs.path, root)


def test_a_blob_is_what_its_digest_says(blobs: Blobs) -> None:
    upload = blobs.begin()
    assert blobs.append(upload, b"one ") == 4
    assert blobs.append(upload, b"two") == 7
    with pytest.raises(BlobError, match="did not match"):
        blobs.finish(upload, digest_of(b"three"))
    with pytest.raises(BlobError, match="unknown"):
        blobs.append(upload, b"")
    assert blobs.path(digest_of(b"one two")) is None
    assert blobs.path("../../etc/passwd") is None
