"""One PostgreSQL server, reached through a UNIX socket."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from netra_sandbox.runtime import processes
from netra_sandbox.servers import home as server_home
from netra_sandbox.servers.binaries import postgres_binaries

START_SECONDS = 15.0
STOP_SECONDS = 1.0
SUPERUSER = "cloudsqladmin"
_POLL_SECONDS = 0.01
_HAND_OVER_SECONDS = 0.2
_STATUS_LINE = 7  # of postmaster.pid: "ready" once connections are accepted
# What was written survives the end of the processes, however they end; a power cut it need not survive.
_SETTINGS = ["fsync=off", "full_page_writes=off", "shared_buffers=16MB", "autovacuum=off", "listen_addresses="]
_SETTINGS += ["dynamic_shared_memory_type=mmap", "log_min_messages=warning"]
# What Cloud SQL makes in every instance (https://cloud.google.com/sql/docs/postgres/users): the group of those who
# administer it, and a first one of them, without a password until somebody sets it.
GROUP, FIRST_USER = "cloudsqlsuperuser", "postgres"
_ROLES = (
    f"CREATE ROLE {GROUP} NOLOGIN CREATEDB CREATEROLE",
    f"CREATE ROLE {FIRST_USER} LOGIN CREATEDB CREATEROLE IN ROLE {GROUP}",
)
_OTHER_DATABASES = "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'"
_OTHER_ROLES = "SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> ALL (%s)"


class PostgresServer:
    """A cluster of its own, whose superuser's password only the sandbox knows."""

    def __init__(self, folder: Path, log: Path) -> None:
        self.socket = folder / ".s.PGSQL.5432"
        self._folder = folder
        self._cluster = folder / "cluster"
        self._kept_password = folder / "superuser"
        self._log = log
        self._password = secrets.token_urlsafe(24)
        self._settings: dict[str, str] = {}
        self._inherited = False
        self._process: asyncio.subprocess.Process | None = None

    async def create(self) -> None:
        """Make the cluster, or take the one that was left in the folder; own roles come with `prepare`."""
        if self._kept_password.exists():
            self._password = self._kept_password.read_text(encoding="utf-8")
            (self._cluster / "postmaster.pid").unlink(missing_ok=True)  # whoever wrote it died with the sandbox
            self._inherited = True
            return
        self._folder.mkdir(parents=True)
        server_home.give(self._folder)
        password_file = self._folder / "password"
        password_file.write_text(self._password, encoding="utf-8")
        server_home.give(password_file)
        arguments = ["-D", str(self._cluster), "-U", SUPERUSER, "--auth=scram-sha-256", f"--pwfile={password_file}"]
        arguments += ["--no-sync", "--no-instructions", "--locale=C", "--encoding=UTF8"]
        process = await self._execute("initdb", *arguments)
        code = await process.wait()
        password_file.unlink()
        if code:
            raise RuntimeError(f"initdb ended with code {code}; its log is {self._log}")
        self._kept_password.touch(mode=0o600)
        self._kept_password.write_text(self._password, encoding="utf-8")

    async def start(self, connection_delay: int = 0) -> None:
        """Start the server; with a delay, every new connection waits that many seconds, as on a starved core."""
        settings = [*_SETTINGS, f"unix_socket_directories={self._folder}", f"pre_auth_delay={connection_delay}"]
        settings += [f"{name}={value}" for name, value in self._settings.items()]
        flags = [part for setting in settings for part in ("-c", setting)]
        arguments = ["-D", str(self._cluster), *flags]
        self._process = await self._execute("postgres", *arguments)
        async with asyncio.timeout(START_SECONDS):
            while not self._is_ready():
                if self._process.returncode is not None:
                    if not self._inherited:
                        raise RuntimeError(f"postgres ended at start; its log is {self._log}")
                    # Its predecessor's children let go of the cluster a moment after it was killed.
                    await asyncio.sleep(_HAND_OVER_SECONDS)
                    self._process = await self._execute("postgres", *arguments)
                await asyncio.sleep(_POLL_SECONDS)
        self._inherited = False

    def configure(self, settings: Mapping[str, str]) -> None:
        """Set what the server is started with from now on, besides what every server of a sandbox is."""
        self._settings = dict(settings)

    async def prepare(self) -> None:
        """Leave nothing in the cluster but what Cloud SQL makes in every instance."""
        async with await self.connect() as connection:
            for (name,) in await (await connection.execute(_OTHER_DATABASES)).fetchall():
                await connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
            for (name,) in await (await connection.execute(_OTHER_ROLES, ([SUPERUSER],))).fetchall():
                await connection.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(sql.Identifier(name)))
                await connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))
            for statement in _ROLES:
                await connection.execute(sql.SQL(statement))

    async def set_password(self, role: str, password: str) -> None:
        """Change a role's password; what is sent, and might be logged, is a verifier of it (RFC 5802)."""
        async with await self.connect() as connection:
            verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
            statement = sql.SQL("ALTER ROLE {} PASSWORD {}")
            await connection.execute(statement.format(sql.Identifier(role), sql.Literal(verifier)))

    async def restart(self, connection_delay: int = 0) -> None:
        """Stop and start again, as a change of the machine type does."""
        await self.stop()
        await self.start(connection_delay)

    async def stop(self) -> None:
        """End the server and its connections."""
        if self._process is None:
            return
        process, self._process = self._process, None
        with contextlib.suppress(ProcessLookupError, TimeoutError):
            process.send_signal(signal.SIGINT)
            # A connection that still waits out its delay does not react before it is over.
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        if process.returncode is None:
            children = _children(process.pid)
            process.kill()
            await process.wait()
            self._inherited = True  # by the next start, which waits until the killed children let go of the cluster
            for child in children:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)

    async def destroy(self) -> None:
        """End the server and remove its files."""
        await self.stop()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def connect(self, database: str = "postgres") -> psycopg.AsyncConnection[Any]:
        """Open a superuser's connection, each statement committed by itself."""
        return await psycopg.AsyncConnection.connect(
            host=str(self._folder), user=SUPERUSER, password=self._password, dbname=database, autocommit=True
        )

    def _is_ready(self) -> bool:
        try:
            lines = (self._cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        mine = self._process is not None and lines[:1] == [str(self._process.pid)]
        return mine and len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == "ready"

    async def _execute(self, program: str, *arguments: str) -> asyncio.subprocess.Process:
        binaries = await asyncio.to_thread(self._reachable_binaries)
        with self._log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                str(binaries / program),
                *arguments,
                cwd=self._folder,
                env={"PATH": f"{binaries}:{os.environ.get('PATH', os.defpath)}", "LC_ALL": "C", "TZ": "UTC"},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=processes.die_with_parent,
                **server_home.account(),
            )

    def _reachable_binaries(self) -> Path:
        """Return binaries that the server's account can execute; those below a closed home folder are copied."""
        binaries = postgres_binaries()
        if not server_home.account() or server_home.is_open_to_all(binaries):
            return binaries
        copy = self._folder.parent / "postgres-programs"
        if not copy.exists():
            shutil.copytree(binaries.parent, copy, symlinks=True)
        return copy / "bin"


def _children(pid: int) -> list[int]:
    """Return the children of a process; each leads a session of its own, so no group signal reaches them."""
    text = ""
    with contextlib.suppress(OSError):
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
    return [int(child) for child in text.split()]
