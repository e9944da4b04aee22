# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serve a provider to the Terraform process that started this one (HashiCorp's go-plugin convention over gRPC)."""

from __future__ import annotations

import base64
import functools
import os
import signal
import ssl
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc

from netra_sandbox.terraform import wire
from netra_sandbox.terraform.provider import Provider

# Not a secret: it tells "started by Terraform" from "started by hand".
COOKIE_NAME = "TF_PLUGIN_MAGIC_COOKIE"
COOKIE = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"
_CALLS_AT_ONCE = 10  # Terraform's default parallelism


def serve(directory: Path) -> int:
    """Serve until Terraform says to stop or is gone."""
    if os.environ.get(COOKIE_NAME) != COOKIE:
        print("This is the sandbox's Terraform provider; Terraform starts it.", file=sys.stderr)  # noqa: T201
        return 1
    # Ctrl-C reaches the whole process group; Terraform then ends its providers itself, after the calls under way.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()
    server = grpc.server(ThreadPoolExecutor(_CALLS_AT_ONCE))
    told_to_stop = threading.Event()
    server.add_generic_rpc_handlers((_provider_handlers(Provider()), _controller_handlers(told_to_stop)))
    certificate = (directory / "certificate.pem").read_bytes()
    identity = grpc.ssl_server_credentials([((directory / "key.pem").read_bytes(), certificate)])
    port = server.add_secure_port("127.0.0.1:0", identity)
    server.start()
    _announce(port, certificate)
    while not told_to_stop.wait(1.0) and os.getppid() == parent:
        pass
    # Nothing is left to write, and stopping in good order takes longer than the two seconds that Terraform waits.
    os._exit(0)


def _announce(port: int, certificate: bytes) -> None:
    """Print go-plugin's line: core protocol 1, Terraform's protocol 6, where, how, and by which certificate."""
    encoded = base64.b64encode(ssl.PEM_cert_to_DER_cert(certificate.decode())).decode().rstrip("=")
    sys.stdout.write(f"1|6|tcp|127.0.0.1:{port}|grpc|{encoded}\n")
    sys.stdout.flush()


def _provider_handlers(provider: Provider) -> Any:
    handlers = {name: _unary(name, call) for name, call in provider.calls().items()}
    return grpc.method_handlers_generic_handler("tfplugin6.Provider", handlers)


def _unary(name: str, call: Callable[[wire.Message], wire.Message]) -> Any:
    known = f"{name}.Request" in wire.MESSAGES
    return grpc.unary_unary_rpc_method_handler(
        lambda request, _context: call(request),
        request_deserializer=functools.partial(wire.decode, f"{name}.Request" if known else "Empty"),
        response_serializer=functools.partial(wire.encode, f"{name}.Response"),
    )


def _controller_handlers(told_to_stop: threading.Event) -> Any:
    def shut_down(_request: wire.Message, context: Any) -> wire.Message:
        context.add_callback(told_to_stop.set)  # when it has been answered
        return {}

    handler = grpc.unary_unary_rpc_method_handler(
        shut_down,
        request_deserializer=functools.partial(wire.decode, "Empty"),
        response_serializer=functools.partial(wire.encode, "Empty"),
    )
    return grpc.method_handlers_generic_handler("plugin.GRPCController", {"Shutdown": handler})
