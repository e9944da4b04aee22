# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let all connections to Google share one TLS context.

Reading a bundle of some hundred trusted certificates costs 50 ms of processor time, and requests reads it again for
every connection: https://github.com/psf/requests/pull/6667.
"""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from threading import Lock
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.gcp import libraries

# An observation asks that many things of one host at once; connections beyond that would be thrown away.
CONNECTIONS = 32
TOKEN_RETRIES = 3  # as google-auth's own session
_READING = Lock()  # lru_cache alone lets all threads that come at once read for themselves
_Adapter: Any = libraries.requests.adapters.HTTPAdapter if libraries.IMPORT_ERROR is None else object


class SharedTrust(_Adapter):
    """Connect as requests does, with the bundle of certificates that requests chose, read once."""

    def build_connection_pool_key_attributes(
        self, request: Any, verify: Any, cert: Any = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Put a context where requests puts the name of the bundle."""
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        bundle = libraries.requests.adapters.DEFAULT_CA_BUNDLE_PATH if verify is True else verify
        with _READING:
            context = _trust(bundle) if bundle else None
        if context is not None and host["scheme"] == "https":
            pool = {name: value for name, value in pool.items() if name not in ("ca_certs", "ca_cert_dir")}
            pool["ssl_context"] = context
        return host, pool

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave the bundle to the context, where there is one."""
        super().cert_verify(conn, url, verify, cert)
        if conn.conn_kw.get("ssl_context") is not None:
            conn.ca_certs = conn.ca_cert_dir = None


def share_trust(session: Any, *, retries: int = 0) -> Any:
    """Let a requests session use the shared context, and return it."""
    adapter = SharedTrust(pool_connections=CONNECTIONS, pool_maxsize=CONNECTIONS, max_retries=retries)
    session.mount("https://", adapter)
    return session


def authorized_session(credentials: Any) -> Any:
    """Return a requests session that authenticates itself."""
    libraries.need()
    return share_trust(libraries.transport.AuthorizedSession(credentials, auth_request=token_request()))


def token_request() -> Any:
    """Return what google-auth asks for tokens with."""
    libraries.need()
    return libraries.transport.Request(share_trust(libraries.requests.Session(), retries=TOKEN_RETRIES))


@lru_cache(maxsize=8)
def _trust(bundle: str) -> ssl.SSLContext | None:
    """Return a context that trusts a file or folder of certificates; None where requests has to say what is wrong."""
    context: ssl.SSLContext = libraries.create_urllib3_context()
    try:
        context.load_verify_locations(**{"capath" if os.path.isdir(bundle) else "cafile": bundle})
    except OSError:
        return None
    return context
