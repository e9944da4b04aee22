# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge how services are wired: who may call whom, where logins return to, and whose tokens are believed.

Nothing is declared for this: a variable tells by its name what it is, and the contract which host is whose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ansible_collections.netra.remediation.plugins.module_utils.checks.desired_services import DesiredService
from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import (
    BY_HAND,
    DESCRIBE_SERVICE,
    ERROR,
    WARNING,
    Check,
    Finding,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation
from ansible_collections.netra.remediation.plugins.module_utils.checks.setting_rules import is_origin, listed
from ansible_collections.netra.remediation.plugins.module_utils.foundation.redaction import without_url_passwords

CORS = Check(
    "CFG-010", ERROR, BY_HAND, "browsers may not call a service from the origin that calls it",
    "List the origin in the contract as browsers send it: https://host, without a path or a slash at the end.",
    DESCRIBE_SERVICE, ("services",),
)  # fmt: skip
REDIRECT = Check(
    "CFG-011", ERROR, BY_HAND, "a login returns to where it cannot end",
    "Give the address of a host of this environment, with https, and register the same with the identity provider.",
    DESCRIBE_SERVICE, ("services",),
)  # fmt: skip
ISSUER = Check(
    "CFG-012", ERROR, BY_HAND, "services differ about who issues tokens, or for whom",
    "Give the services the same value: what one signs with another issuer or audience the other refuses.",
    DESCRIBE_SERVICE, ("services",),
)  # fmt: skip
SCHEME = Check(
    "CFG-013", WARNING, BY_HAND, "an address has the scheme of another protocol than its name says",
    "Write wss for a WebSocket's address and https for all else.", DESCRIBE_SERVICE, ("services",),
)  # fmt: skip
STRANGE_SERVICE = Check(
    "CFG-014", WARNING, BY_HAND, "an address leads to a Cloud Run service that the contract does not know",
    "Lead it to a host of the load balancer, or to one of the contract's services.", DESCRIBE_SERVICE, ("services",),
)  # fmt: skip
# What bundlers put into pages, so that a browser calls it: Next.js, Vite, Create React App, SvelteKit, Nuxt.
_IN_PAGES = re.compile(r"^(NEXT_PUBLIC|VITE|REACT_APP|PUBLIC|NUXT_PUBLIC)_")
_ORIGINS = re.compile(r"(?i)(^|_)(cors|allowed?)_.*origins?$|^cors(_origins?)?$")
_CREDENTIALS = re.compile(r"(?i)(^|_)allow_credentials$")
_REDIRECT = re.compile(r"(?i)(redirect|callback)_?(uri|url)s?$")
_ISSUER = re.compile(r"(?i)(jwt|token|oidc|oauth)_(issuer|audience)$")
_SOCKET = re.compile(r"(?i)(^|_)(ws|websocket|socket)_(url|uri|endpoint)$")
_PAGE = re.compile(r"(?i)(^|_)(api|auth|service|frontend|backend|base|app)_(url|uri|endpoint)$")
_SERVERLESS = ".run.app"
Environment = Mapping[str, str]


def wiring_findings(
    contract: Mapping[str, Any], observation: Observation, desired: Mapping[str, DesiredService]
) -> Iterator[Finding]:
    """Find what services are told of each other that cannot work, as they are deployed and as they are to be."""
    hosts = {str(service["host"]).lower(): service["name"] for service in contract["services"] if service.get("host")}
    live = {name: dict((observation.live_options(name) or {}).get("env") or {}) for name in desired}
    wanted = {name: {**live[name], **desired[name].options["env"]} for name in desired}
    known = {urlsplit(str(found.get("uri") or "")).hostname for found in observation.services.values() if found}
    for name in desired:
        for check, judge in _JUDGES.items():
            places = {"revision": judge(name, live, hosts), "contract": judge(name, wanted, hosts)}
            yield from _found(check, name, places)
        for where, env in (("revision", live[name]), ("contract", wanted[name])):
            strange = _strange(env, known) if known - {None} else {}
            if strange and (where == "revision" or strange != _strange(live[name], known)):
                yield from _found(STRANGE_SERVICE, name, {where: strange})


def _found(check: Check, name: str, places: Mapping[str, Mapping[str, str]]) -> Iterator[Finding]:
    """Return one finding for what is wrong in the revision, in the contract, or in both."""
    complaints = {**places.get("contract", {}), **places.get("revision", {})}
    if complaints:
        summary = "; ".join(f"{variable} {text}" for variable, text in sorted(complaints.items()))
        where = {column: sorted(found) for column, found in places.items() if found}
        yield check.found(name, summary, {"variables": sorted(complaints), "where": where}, service=name)


def _origins(name: str, all_of: Mapping[str, Environment], hosts: Mapping[str, str]) -> dict[str, str]:
    found, env = {}, all_of[name]
    callers = _callers(name, all_of, hosts)
    with_credentials = any(_CREDENTIALS.search(key) and value.lower() == "true" for key, value in env.items())
    for variable, value in env.items():
        if not _ORIGINS.search(variable):
            continue
        entries = [entry for entry in listed(value) if entry]
        bad = [entry for entry in entries if entry != "*" and not is_origin(entry)]
        missing = [origin for origin in callers if origin not in entries and "*" not in entries]
        if bad:
            found[variable] = without_url_passwords(f"holds {bad[0]!r}, which no browser sends as an origin")
        elif "*" in entries and with_credentials:
            found[variable] = "is *, which browsers refuse together with credentials"
        elif missing:
            found[variable] = f"leaves out {missing[0]}, whose pages call {name}"
        else:
            plain = [entry for entry in entries if urlsplit(entry).hostname in hosts and entry.startswith("http:")]
            found |= {variable: f"holds {plain[0]}, whose pages are served with https"} if plain else {}
    return found


def _callers(name: str, all_of: Mapping[str, Environment], hosts: Mapping[str, str]) -> list[str]:
    """Return the origins of the pages that call a service from a browser."""
    own = {service: host for host, service in hosts.items()}
    callers = set()
    for service, env in all_of.items():
        for variable, value in env.items():
            parts = _address(value)
            if _IN_PAGES.search(variable) and parts and hosts.get(parts.hostname or "") == name != service:
                callers.add(own.get(service))
    return sorted(f"https://{host}" for host in callers if host)


def _redirects(name: str, all_of: Mapping[str, Environment], hosts: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for variable, value in all_of[name].items():
        for entry in listed(value) if _REDIRECT.search(variable) else ():
            parts = _address(entry)
            if parts is None:
                found[variable] = "is no address with a scheme and a host"
            elif hosts and (parts.hostname or "") not in hosts:
                found[variable] = f"returns to {parts.hostname}, which is no host of this environment"
            elif parts.scheme != "https":
                found[variable] = f"returns with {parts.scheme}, which identity providers refuse"
    return found


def _issuers(name: str, all_of: Mapping[str, Environment], _hosts: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for variable, value in all_of[name].items():
        others = {other: env[variable] for other, env in all_of.items() if variable in env and env[variable] != value}
        if _ISSUER.search(variable) and others:
            other = sorted(others)[0]
            found[variable] = without_url_passwords(f"is {value!r}, and {other} has {others[other]!r}")
    return found


def _schemes(name: str, all_of: Mapping[str, Environment], _hosts: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for variable, value in all_of[name].items():
        parts = _address(value)
        if parts and _SOCKET.search(variable) and parts.scheme in {"http", "https"}:
            found[variable] = f"is a WebSocket's address and begins with {parts.scheme}"
        elif parts and _PAGE.search(variable) and parts.scheme in {"ws", "wss"}:
            found[variable] = f"is not a WebSocket's address and begins with {parts.scheme}"
    return found


def _strange(env: Environment, known: set[str | None]) -> dict[str, str]:
    found = {}
    for variable, value in env.items():
        parts = _address(value)
        host = (parts.hostname or "") if parts else ""
        if host.endswith(_SERVERLESS) and host not in known and not any(host.endswith(f"---{own}") for own in known):
            found[variable] = f"leads to {host}, which is no service of the contract"
    return found


def _address(value: str) -> SplitResult | None:
    try:
        parts = urlsplit(value)
        return parts if parts.scheme and parts.hostname else None
    except ValueError:
        return None


_JUDGES = {CORS: _origins, REDIRECT: _redirects, ISSUER: _issuers, SCHEME: _schemes}
