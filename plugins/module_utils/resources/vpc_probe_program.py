# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Probe stores from inside a service's own image. This text is the program of a job: ``python -c TEXT ASKED``.

The image may hold no library, so Python 3.8 and its standard library are all there is. What it says of a target is one
line of JSON, and no line repeats what a variable holds: a user or a host may come from a secret as a password does.

https://www.postgresql.org/docs/current/protocol-flow.html, RFC 5802 and 7677 (SCRAM), https://redis.io/docs/reference/protocol-spec
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import socket
import ssl
import struct
import sys
import time
import unicodedata
import urllib.parse
from typing import Any

PREFIX = "probed: "
PORTS = {"postgres": 5432, "redis": 6379}
PROTOCOL, ENCRYPTION, SHORTEST, LONGEST = 196608, 80877103, 4, 1 << 20
TRUSTED, CLEARTEXT, MD5, SASL, SASL_CONTINUE, SASL_FINAL = 0, 3, 5, 10, 11, 12
# SQLSTATE → which failure that is; https://www.postgresql.org/docs/current/errcodes-appendix.html
STATES = {"28P01": "auth", "28000": "auth", "3D000": "auth", "53300": "full", "57P03": "starting", "57P01": "starting"}
REPLIES = {"NOAUTH": "auth", "WRONGPASS": "auth", "NOPERM": "auth", "LOADING": "starting"}


class Failed(Exception):  # noqa: N818  an outcome, as in probes
    """A step that did not come about: which failure it is, and what the server said."""

    def __init__(self, failure: str, said: str = "") -> None:
        super().__init__(said)
        self.failure = failure
        self.said = said


class Steps:
    """How long each step took, and in which one it is."""

    def __init__(self) -> None:
        self.step, self.since = "connect", time.monotonic()
        self.took: dict[str, float] = {}

    def begin(self, step: str) -> None:
        """End a step and begin the next."""
        now = time.monotonic()
        self.took[self.step] = self.took.get(self.step, 0.0) + now - self.since
        self.step, self.since = step, now

    def sample(self) -> dict[str, Any]:
        """Return the times under the names that health_probe uses."""
        opened = sum(self.took.get(step, 0.0) for step in ("connect", "tls", "auth"))
        seconds = dict(self.took, session=opened)
        return {f"{step}_seconds": round(value, 6) for step, value in seconds.items() if step != "end"}


def place_of(target: dict[str, Any]) -> dict[str, Any]:
    """Return host, port, user, password and so on, from the variables that a target names."""
    found = dict(target.get("values") or {})
    for part, variable in (target.get("variables") or {}).items():
        if not os.environ.get(variable):
            raise Failed("missing", f"the variable {variable} is not set")
        found[part] = os.environ[variable]
    if "url" in found:
        found = dict(from_url(found.pop("url")), **found)
    if not found.get("host"):
        raise Failed("missing", "no host is given")
    try:
        found["port"] = int(found.get("port") or PORTS[target["kind"]])
    except ValueError:
        raise Failed("missing", "the port is no number") from None
    return found


def from_url(text: str) -> dict[str, Any]:
    """Return the parts of an address such as postgresql://user:password@host:port/database?sslmode=require."""
    try:
        parts = urllib.parse.urlsplit(text)
        query = urllib.parse.parse_qs(parts.query)
        found = {
            "host": parts.hostname or (query.get("host") or [""])[0],
            "port": parts.port,
            "user": urllib.parse.unquote(parts.username or ""),
            "password": urllib.parse.unquote(parts.password or ""),
            "database": urllib.parse.unquote(parts.path.strip("/")),
            "sslmode": (query.get("sslmode") or [""])[0],
            "tls": parts.scheme == "rediss",
        }
    except ValueError:
        raise Failed("missing", "the address is no URL") from None
    return {name: value for name, value in found.items() if value}


def dialled(place: dict[str, Any], timeout: float) -> socket.socket:
    """Return a connection."""
    try:
        return socket.create_connection((place["host"], place["port"]), timeout)
    except socket.gaierror:
        raise Failed("name") from None
    except ConnectionRefusedError:
        raise Failed("refused") from None
    except socket.timeout:  # noqa: UP041  another class before Python 3.10
        raise Failed("timeout") from None
    except OSError as error:
        raise Failed("unreachable", error.strerror or "") from None


def encrypted(connection: socket.socket, place: dict[str, Any], mode: str) -> ssl.SSLSocket:
    """Return the connection in TLS; as libpq, nothing is verified unless the mode asks for it."""
    context = ssl.create_default_context(cafile=os.environ.get("PGSSLROOTCERT"))
    context.check_hostname = mode == "verify-full"
    context.verify_mode = ssl.CERT_REQUIRED if mode.startswith("verify") else ssl.CERT_NONE
    return context.wrap_socket(connection, server_hostname=place["host"])


def received(connection: socket.socket, count: int) -> bytes:
    """Return so many bytes."""
    content = b""
    while len(content) < count:
        part = connection.recv(count - len(content))
        if not part:
            raise Failed("protocol", "the connection was closed")
        content += part
    return content


def message(connection: socket.socket) -> tuple[bytes, bytes]:
    """Return the next message of PostgreSQL: its letter and its content."""
    letter, length = struct.unpack("!cI", received(connection, 5))
    if not SHORTEST <= length <= LONGEST:
        raise Failed("protocol")
    content = received(connection, length - 4)
    if letter == b"E":
        said = {part[:1]: part[1:].decode("utf-8", "replace") for part in content.split(b"\0") if part}
        raise Failed(STATES.get(said.get(b"C", ""), "protocol"), said.get(b"M", ""))
    return letter, content


def send(connection: socket.socket, letter: bytes, content: bytes) -> None:
    """Send a message of PostgreSQL."""
    connection.sendall(letter + struct.pack("!I", len(content) + 4) + content)


def postgres(place: dict[str, Any], timeout: float, steps: Steps) -> None:
    """Log in to PostgreSQL and ask it twice."""
    connection, mode = dialled(place, timeout), place.get("sslmode") or "prefer"
    with connection:
        if mode != "disable":
            steps.begin("tls")
            connection.sendall(struct.pack("!II", 8, ENCRYPTION))
            answer = received(connection, 1)
            if answer == b"S":
                connection = encrypted(connection, place, mode)
            elif answer != b"N" or mode not in ("prefer", "allow"):
                raise Failed("tls" if answer == b"N" else "protocol", "the server does not speak TLS")
        steps.begin("auth")
        names = {"user": place.get("user") or "postgres", "database": place.get("database") or "postgres"}
        words = "".join(f"{name}\0{value}\0" for name, value in names.items()).encode() + b"\0"
        connection.sendall(struct.pack("!II", len(words) + 8, PROTOCOL) + words)
        log_in(connection, names["user"], place.get("password") or "")
        for step in ("query", "warm_query"):
            steps.begin(step)
            send(connection, b"Q", b"SELECT 1\0")
            while message(connection)[0] != b"Z":
                pass
        steps.begin("end")
        send(connection, b"X", b"")


def log_in(connection: socket.socket, user: str, password: str) -> None:
    """Answer what PostgreSQL asks until it is ready."""
    answers: dict[str, str] = {}
    while True:
        letter, content = message(connection)
        if letter == b"Z":
            return
        if letter != b"R":
            continue
        kind, rest = struct.unpack("!I", content[:4])[0], content[4:]
        if kind == CLEARTEXT:
            send(connection, b"p", password.encode() + b"\0")
        elif kind == MD5:
            inner = hashlib.md5((password + user).encode()).hexdigest().encode()  # noqa: S324  what the server asks for
            send(connection, b"p", b"md5" + hashlib.md5(inner + rest).hexdigest().encode() + b"\0")  # noqa: S324
        elif kind == SASL and b"SCRAM-SHA-256\0" in rest:
            answers["nonce"] = base64.b64encode(secrets.token_bytes(18)).decode()
            first = ("n,,n=,r=" + answers["nonce"]).encode()
            send(connection, b"p", b"SCRAM-SHA-256\0" + struct.pack("!I", len(first)) + first)
        elif kind == SASL_CONTINUE:
            last, answers["signature"] = scram(password, answers["nonce"], rest.decode())
            send(connection, b"p", last.encode())
        elif kind == SASL_FINAL:
            if rest.decode() != "v=" + answers["signature"]:
                raise Failed("protocol", "the server does not know the password itself")
        elif kind != TRUSTED:
            raise Failed("protocol", "the server asks for a way to log in that this program does not know")


def scram(password: str, nonce: str, challenge: str) -> tuple[str, str]:
    """Return the answer to a challenge, and what the server must answer then (RFC 5802, 3)."""
    parts = dict(part.split("=", 1) for part in challenge.split(","))
    if not parts["r"].startswith(nonce):
        raise Failed("protocol")
    plain = unicodedata.normalize("NFKC", password).encode()
    salted = hashlib.pbkdf2_hmac("sha256", plain, base64.b64decode(parts["s"]), int(parts["i"]))
    bare = "c=biws,r=" + parts["r"]
    everything = f"n=,r={nonce},{challenge},{bare}".encode()

    def keyed(key: bytes, text: bytes) -> bytes:
        return hmac.new(key, text, hashlib.sha256).digest()

    key = keyed(salted, b"Client Key")
    signature = keyed(hashlib.sha256(key).digest(), everything)
    proof = base64.b64encode(bytes(one ^ other for one, other in zip(key, signature))).decode()  # noqa: B905  3.8
    return bare + ",p=" + proof, base64.b64encode(keyed(keyed(salted, b"Server Key"), everything)).decode()


def redis(place: dict[str, Any], timeout: float, steps: Steps) -> None:
    """Authenticate to Redis where a password is given, and send it two PINGs."""
    connection = dialled(place, timeout)
    with connection:
        if str(place.get("tls", "")).lower() in ("true", "1", "yes"):
            steps.begin("tls")
            connection = encrypted(connection, place, place.get("sslmode") or "require")
        steps.begin("auth")
        reader = connection.makefile("rb")
        if place.get("password"):
            words = [place[part].encode() for part in ("user", "password") if place.get(part)]
            said(connection, reader, [b"AUTH", *words])
        for step in ("ping", "warm_ping"):
            steps.begin(step)
            said(connection, reader, [b"PING"])
        steps.begin("end")


def said(connection: socket.socket, reader: Any, words: list[bytes]) -> None:
    """Send a command to Redis and read its one line."""
    connection.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
    line = reader.readline(LONGEST).decode("utf-8", "replace").strip()
    if not line.startswith("+"):
        code = line[1:].partition(" ")[0]
        raise Failed(REPLIES.get(code, "protocol"), line[1:] if line.startswith("-") else "the connection was closed")


def tcp(place: dict[str, Any], timeout: float, steps: Steps) -> None:
    """Connect."""
    with dialled(place, timeout):
        steps.begin("end")


KINDS = {"postgres": postgres, "redis": redis, "tcp": tcp}


def sample_of(target: dict[str, Any]) -> dict[str, Any]:
    """Probe a target once on a new connection: {"seconds", …} or {"failure", "step", "said", "seconds"}."""
    started, steps = time.monotonic(), Steps()  # in this order: no step lasts longer than the whole
    place: dict[str, Any] = {}
    try:
        place = place_of(target)
        KINDS[target["kind"]](place, target["timeout"], steps)
        found = steps.sample()
    except Failed as error:
        found = {"failure": error.failure, "step": steps.step, "said": without(error.said, place)}
    except socket.timeout:  # noqa: UP041  another class before Python 3.10
        found = {"failure": "timeout", "step": steps.step, "said": ""}
    except ssl.SSLError as error:
        found = {"failure": "tls", "step": steps.step, "said": without(error.reason or "", place)}
    except (OSError, ValueError, KeyError, struct.error) as error:
        found = {"failure": "protocol", "step": steps.step, "said": type(error).__name__}
    return dict(found, seconds=round(time.monotonic() - started, 6))


def without(text: str, place: dict[str, Any]) -> str:
    """Return text without what the variables hold."""
    hidden = [str(value) for value in place.values() if len(str(value)) > 1]
    for value in sorted(hidden, key=len, reverse=True):
        text = text.replace(value, "(hidden)")
    return " ".join(text.split())[:200]


def watched(target: dict[str, Any]) -> dict[str, Any]:
    """Return a target's samples: of the first attempt of which all are right, else of the last."""
    attempts = 0
    while True:
        attempts += 1
        samples = [sample_of(target)]
        while len(samples) < target["samples"] and "failure" not in samples[-1]:
            samples.append(sample_of(target))
        if "failure" not in samples[-1] or attempts == target["attempts"]:
            return {"name": target["name"], "samples": samples, "attempts": attempts}
        time.sleep(target["interval"])


def main() -> None:
    """Probe what is asked for, one after the other."""
    for target in json.loads(sys.argv[1]):
        sys.stdout.write(PREFIX + json.dumps(watched(target)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
