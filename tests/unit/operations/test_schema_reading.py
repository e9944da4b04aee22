# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""At which head a database's schema is: told by the service, by the contract, or by nobody."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.operations.schema_reading import schemas_of
from ansible_collections.netra.remediation.plugins.module_utils.record.schema_heads import DECLARED, NOW, Schema


class Unhealthy(http.server.BaseHTTPRequestHandler):
    """A service that is broken and knows its schema all the same."""

    def do_GET(self) -> None:
        content = json.dumps({"checks": {"schema": 42}}).encode()
        self.send_response(503)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Unhealthy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/health"
        server.shutdown()


@pytest.mark.parametrize(
    ("entry", "schema"),
    [
        ({"health_key": "checks.schema", "compatible_with": ["41"]}, Schema("42", NOW, frozenset({"41"}))),
        ({"health_key": "checks.head"}, Schema(None, NOW)),
        ({"head": "40"}, Schema("40", DECLARED)),
        ({"health_key": "checks.schema", "url": "http://127.0.0.1:9/health"}, Schema(None, NOW)),
    ],
)
def test_a_head_is_read_or_nobody_knows_it(url: str, entry: dict, schema: Schema) -> None:
    asked = [
        {"service": "api", "url": url, **entry},
        {"service": "web", "url": "http://127.0.0.1:9", "health_key": "x"},
    ]
    assert schemas_of(asked, ["api"]) == {"api": schema}
