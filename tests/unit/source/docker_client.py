# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Docker's own client sends to be built: a daemon that takes the context, says thanks, and builds nothing."""

from __future__ import annotations

import contextlib
import http.server
import io
import os
import pathlib
import shutil
import socketserver
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from typing import Any

DOCKER = shutil.which("docker")


class _Daemon(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    context: bytes = b""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Daemon

    def address_string(self) -> str:
        return "client"

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""

    def do_HEAD(self) -> None:
        self._answer(b"")

    do_GET = do_HEAD

    def do_POST(self) -> None:
        self.server.context = b"".join(self._chunks())
        self._answer(b'{"stream":"done\\n"}\n')

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        for name, value in {"API-Version": "1.43", "OSType": "linux", "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def daemon(folder: pathlib.Path) -> Iterator[_Daemon]:
    """Listen on a socket in a folder."""
    with _Daemon(str(folder / "docker.sock"), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def files_sent(server: _Daemon, root: pathlib.Path, dockerfile: str = "Dockerfile") -> set[str] | str:
    """Return the files that ``docker build`` sends with the builder before BuildKit, or why it refused."""
    environment = {
        "DOCKER_BUILDKIT": "0",
        "DOCKER_HOST": f"unix://{server.server_address}",
        "DOCKER_CONFIG": str(pathlib.Path(str(server.server_address)).parent / "config"),
        "PATH": os.environ["PATH"],
    }
    server.context = b""
    command = [str(DOCKER), "build", "--file", str(root / dockerfile), str(root)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    if not server.context:
        return done.stderr.strip().splitlines()[-1]
    with tarfile.open(fileobj=io.BytesIO(server.context)) as archive:
        return {member.name for member in archive if not member.isdir()}
