# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge configuration: deployment config files, what a service is deployed with, and what its addresses lead to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.netra.remediation.plugins.module_utils.checks.desired_services import (
    DesiredService,
    change_of,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import (
    BY_HAND,
    CONFIGURATION,
    DEPLOYMENT,
    DESCRIBE_SERVICE,
    ERROR,
    WARNING,
    Check,
    Finding,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run
from ansible_collections.netra.remediation.plugins.module_utils.source import config_placeholders

WEB_SCHEMES = ("http", "https", "ws", "wss")
SECURE = ("https", "wss")

FILE = Check(
    "CFG-001", ERROR, CONFIGURATION, "a deployment config file is missing, holds placeholders or other values",
    "The configuration phase writes the real values.", "git log -3 -- {resource}", ("config_files",),
)  # fmt: skip
PLACEHOLDERS = Check(
    "CFG-002", ERROR, DEPLOYMENT, "a deployed service holds placeholders",
    "The deployment phase deploys the real values.", DESCRIBE_SERVICE, ("services",),
)  # fmt: skip
DIFFERS = Check(
    "CFG-003", ERROR, DEPLOYMENT, "a deployed service is other than the contract says",
    "The deployment phase deploys it behind a tag, proves it and moves the traffic.", DESCRIBE_SERVICE, ("services",),
)  # fmt: skip
WRONG_HOST = Check(
    "CFG-004", WARNING, BY_HAND, "a deployed variable leads to a host of the domain that no service serves",
    "Correct the variable in the contract, so that the deployment phase changes it.", DESCRIBE_SERVICE, ("services",),
)  # fmt: skip
FORBIDDEN_VALUE = Check(
    "CFG-005", ERROR, BY_HAND, "a deployed variable holds a value that belongs to another environment",
    "Correct the variable in the contract, so that the deployment phase changes it.", DESCRIBE_SERVICE, ("services",),
)  # fmt: skip
INSECURE_ADDRESS = Check(
    "CFG-006", WARNING, BY_HAND, "a deployed variable leads to one of the hosts without TLS",
    "Write https or wss in the contract: http is answered with a redirect, which WebSockets do not follow.",
    DESCRIBE_SERVICE, ("services",),
)  # fmt: skip


def file_findings(observation: Observation) -> Iterator[Finding]:
    """Find deployment config files that hold placeholders or other values than the contract."""
    for path, file in observation.config_files.items():
        if not file.get("exists"):
            summary = "the deployment config file does not exist"
        elif file.get("placeholders"):
            summary = f"the deployment config file holds placeholders: {len(file['placeholders'])}"
        elif file.get("differs"):
            summary = "the deployment config file holds other values than the contract"
        else:
            continue
        found = list(file.get("placeholders") or ())
        evidence: dict[str, Any] = {"keys": [entry["key"] for entry in found][:10]}
        if found:
            evidence["first"] = f"line {found[0].get('line')}, column {found[0].get('column')}"
        yield FILE.found(path, summary, evidence, service=str(file.get("service") or ""))


def deployed_findings(
    name: str, desired: DesiredService, observation: Observation, contract: Mapping[str, Any]
) -> Iterator[Finding]:
    """Find what of a deployed service is other than it should be."""
    service = observation.services.get(name)
    if service is None:
        return
    live = cloud_run.observed_options(service)
    serving = observation.live_options(name) or {}
    allowed = {entry["variable"] for entry in contract.get("placeholders_allowed") or () if entry["service"] == name}
    domain, environments = str(contract.get("domain") or ""), (live.get("env") or {}, serving.get("env") or {})
    placed = (config_placeholders.in_environment(env, domain) for env in environments)
    found = {variable for variables in placed for variable in variables} - allowed
    if found:
        summary = f"the deployed service holds placeholders: {len(found)}"
        yield PLACEHOLDERS.found(name, summary, {"variables": sorted(found)}, service=name)
    fields = change_of(desired, observation).changed_fields
    if fields or desired.missing:
        evidence = {"fields": fields, "not_known_yet": list(desired.missing)}
        yield DIFFERS.found(name, "the service is other than the contract says", evidence, service=name)


def address_findings(contract: Mapping[str, Any], observation: Observation) -> Iterator[Finding]:
    """Find variables of deployed services that lead to nobody, to plain text, or to another environment."""
    hosts = {service["host"] for service in contract["services"] if service.get("host")}
    domain, forbidden = str(contract.get("domain") or ""), list(contract.get("forbidden_values") or ())
    for name, service in observation.services.items():
        env = cloud_run.observed_options(service or {}).get("env") or {}
        wrong = {variable: host for variable, value in env.items() if (host := strange_host(value, hosts, domain))}
        if wrong:
            summary = "; ".join(
                f"{variable} leads to {host}, which no service serves" for variable, host in wrong.items()
            )
            yield WRONG_HOST.found(name, summary, {"variables": sorted(wrong)}, service=name)
        plain = sorted(variable for variable, value in env.items() if is_insecure(value, hosts))
        if plain:
            summary = f"{', '.join(plain)} leads to a host of this environment without TLS"
            yield INSECURE_ADDRESS.found(name, summary, {"variables": plain}, service=name)
        foreign = {v: bad for v, value in env.items() for bad in forbidden if bad.lower() in str(value).lower()}
        if foreign:
            words = "; ".join(f"{variable} contains {bad!r}" for variable, bad in sorted(foreign.items()))
            summary = f"{words}, which remediation_forbidden_values keeps out of this environment"
            yield FORBIDDEN_VALUE.found(name, summary, {"variables": sorted(foreign)}, service=name)


def strange_host(value: object, hosts: set[str], domain: str) -> str | None:
    """Return the host of an address below the domain that no service of the contract has."""
    parts = _address(value)
    host = (parts.hostname or "") if parts else ""
    return host if domain and host.endswith(f".{domain}") and host not in hosts else None


def is_insecure(value: object, hosts: set[str]) -> bool:
    """Tell whether an address leads to one of the hosts without TLS."""
    parts = _address(value)
    return bool(parts) and parts is not None and parts.hostname in hosts and parts.scheme not in SECURE


def _address(value: object) -> Any:
    text = str(value)
    if "://" not in text:
        return None
    try:
        parts = urlsplit(text)
        return parts if parts.scheme in WEB_SCHEMES and parts.hostname else None
    except ValueError:  # what looks like an address and is none, such as a placeholder in brackets
        return None
