# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge the load balancer: whether each host leads to its service, with a certificate that names it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import (
    BY_HAND,
    ERROR,
    WARNING,
    Check,
    Finding,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation
from ansible_collections.netra.remediation.plugins.module_utils.probes.certificate import covers
from ansible_collections.netra.remediation.plugins.module_utils.resources.load_balancer import (
    Chain,
    certificate_names,
    short,
)

DAYS_LEFT = 14
READS = ("load_balancer",)
# What a serverless backend has although nobody set it, and the only value that the API takes:
# https://cloud.google.com/load-balancing/docs/backend-service#timeout-setting
ONLY_TIMEOUT = 30
DENY = "deny"
DEFAULT_PRIORITY = 2147483647

UNCOVERED = Check(
    "NET-001", ERROR, BY_HAND, "no certificate of the load balancer names a host",
    "Issue a certificate that names the host and attach it to the proxy; a wildcard covers exactly one label.",
    "gcloud compute ssl-certificates create {name}-cert --domains={resource} --global --project={project}", READS,
)  # fmt: skip
NOT_ISSUED = Check(
    "NET-002", ERROR, BY_HAND, "a managed certificate is not issued",
    "Lead the domain's DNS record to the load balancer's address and wait; Google asks again by itself.",
    "gcloud compute ssl-certificates describe {resource} --global --project={project}", READS,
)  # fmt: skip
EXPIRES = Check(
    "NET-003", WARNING, BY_HAND, "a certificate has expired or soon will",
    "Renew it; a managed one renews itself while DNS leads to the load balancer, so look at its status.",
    "gcloud compute ssl-certificates describe {resource} --global --project={project}", READS,
)  # fmt: skip
UNROUTED = Check(
    "NET-004", ERROR, BY_HAND, "the URL map does not lead a host to its service",
    "Add a host rule to the URL map, or correct the backend service that it names.",
    "gcloud compute url-maps describe {url_map} --global --project={project}", READS,
)  # fmt: skip
NO_BACKEND = Check(
    "NET-005", ERROR, BY_HAND, "a backend service has no serverless group",
    "Add the service's serverless network endpoint group to the backend service.",
    "gcloud compute backend-services describe {backend} --global --project={project}", READS,
)  # fmt: skip
NO_RULE = Check(
    "NET-006", ERROR, BY_HAND, "nothing listens at port 443 for the hosts",
    "Make a global forwarding rule at port 443 that targets the HTTPS proxy.",
    "gcloud compute forwarding-rules list --global --project={project}", READS,
)  # fmt: skip
TIMEOUT_SET = Check(
    "NET-007", WARNING, BY_HAND, "a time-out is set on a backend service before a serverless group",
    "Set it back to 30 seconds: it has no effect there, and every later change of the backend service is refused.",
    "gcloud compute backend-services update {backend} --timeout=30s --global --project={project}", READS,
)  # fmt: skip
GROUP_ELSEWHERE = Check(
    "NET-008", ERROR, BY_HAND, "a serverless group is in another region than its service",
    "Make a group in the region of the service and put it in the place of the other one.",
    "gcloud compute network-endpoint-groups list --project={project}", READS,
)  # fmt: skip
DENIED = Check(
    "NET-009", ERROR, BY_HAND, "the security policy before a service denies everybody",
    "Let the policy's default rule allow, or add rules for those who may come.",
    "gcloud compute security-policies describe {policy} --project={project}", READS,
)  # fmt: skip

LEADS_ELSEWHERE = Check(
    "NET-010", ERROR, BY_HAND, "a host's DNS answers do not lead to the load balancer",
    "Set the A record to the load balancer's address, take away every other, and wait for the old one's lifetime.",
    "dig +short {resource} A", ("load_balancer", "dns"),
)  # fmt: skip


def network_findings(contract: Mapping[str, Any], observation: Observation) -> Iterator[Finding]:
    """Find what keeps requests for each host from its service; without any load balancer there is nothing to judge."""
    hosts = {service["host"]: service["name"] for service in contract["services"] if service.get("host")}
    if not hosts or not any(observation.load_balancer.get(part) for part in ("url_maps", "https_proxies")):
        return
    told: set[str] = set()
    for host, service in hosts.items():
        chain = observation.chain(host)
        if chain is None:
            return
        for finding in _of_host(host, service, chain, observation):
            if finding.key not in told:
                told.add(finding.key)
                yield finding


def _of_host(host: str, service: str, chain: Chain, observation: Observation) -> Iterator[Finding]:
    if chain.rule is None or chain.proxy is None or chain.url_map is None:
        missing = "forwarding rule" if chain.rule is None else "HTTPS proxy" if chain.proxy is None else "URL map"
        yield NO_RULE.found(host, f"no {missing} takes requests for {host} at port 443", service=service)
        return
    yield from _certificates(host, service, chain, observation)
    yield from _names(host, service, chain, observation)
    yield from _route(host, service, chain)
    backend = chain.backend or {}
    timeout = int(backend.get("timeoutSec") or ONLY_TIMEOUT)
    if chain.is_serverless and timeout != ONLY_TIMEOUT:
        name = str(backend.get("name"))
        summary = f"backend service {name} has timeoutSec {timeout}, which a serverless group does not support"
        yield TIMEOUT_SET.found(name, summary, {"timeout_sec": timeout}, service=service, backend=name)
    regions = sorted({short(group.get("region")) for group in chain.groups} - {observation.region, ""})
    if regions and service in chain.services:
        summary = f"the group before {service} is in {', '.join(regions)}, the service in {observation.region}"
        yield GROUP_ELSEWHERE.found(host, summary, {"regions": regions}, service=service)
    yield from _policy(host, service, backend, observation)


def _certificates(host: str, service: str, chain: Chain, observation: Observation) -> Iterator[Finding]:
    names = chain.certified_names
    if not any(covers(name, host) for name in names):
        offered = ", ".join(names) or "no name at all"
        summary = f"the load balancer's certificates are for {offered}, not for {host}"
        evidence: dict[str, Any] = {
            "names": names,
            "certificates": [str(entry.get("name")) for entry in chain.certificates],
        }
        yield UNCOVERED.found(host, summary, evidence, service=service, name=service)
    for certificate in chain.certificates:
        name, managed = str(certificate.get("name")), certificate.get("managed") or {}
        status = str(managed.get("status") or "ACTIVE")
        covered = any(covers(entry, host) for entry in certificate_names(certificate))
        if status != "ACTIVE" and covered:
            domains = {
                domain: state for domain, state in (managed.get("domainStatus") or {}).items() if state != "ACTIVE"
            }
            words = (
                ", ".join(f"{domain} is {state}" for domain, state in sorted(domains.items())) or "no domain is told"
            )
            evidence = {"domains": domains, "address": _address(chain, observation)}
            yield NOT_ISSUED.found(name, f"managed certificate {name} is {status}: {words}", evidence, service=service)
        left = days_left(str(certificate.get("expireTime") or ""), observation.time)
        if left is not None and left < DAYS_LEFT and covered:
            ends = f"expired {-left} day(s) ago" if left < 0 else f"expires in {left} day(s)"
            evidence = {"expires": certificate.get("expireTime"), "days_left": left}
            severity = ERROR if left < 0 else WARNING
            yield EXPIRES.found(name, f"certificate {name} {ends}", evidence, service=service, severity=severity)


def _names(host: str, service: str, chain: Chain, observation: Observation) -> Iterator[Finding]:
    """Judge what the name resolves to, where that was asked; addresses of IPv6 may belong to another rule."""
    answers, address = observation.dns.get(host), str((chain.rule or {}).get("IPAddress") or "")
    if answers is None or not address:
        return
    others = [answer for answer in answers if answer != address and (":" in answer) is (":" in address)]
    if others or address not in answers:
        summary = f"{host} leads to {', '.join(others)} instead of {address}" if others else f"{host} does not resolve"
        summary = f"{host} leads to {', '.join(others)} besides {address}" if others and address in answers else summary
        evidence = {"answers": answers, "address": _address(chain, observation)}
        yield LEADS_ELSEWHERE.found(host, summary, evidence, service=service)


def _address(chain: Chain, observation: Observation) -> str:
    """Return where DNS has to lead: the rule's address, with the name under which it is reserved."""
    address = str((chain.rule or {}).get("IPAddress") or "")
    reserved = observation.load_balancer.get("addresses") or ()
    name = next((str(entry.get("name")) for entry in reserved if entry.get("address") == address), "")
    return f"{address} ({name})" if name else f"{address} (not reserved)"


def days_left(expiry: str, now: str) -> int | None:
    """Return the whole days until an RFC 3339 time, negative after it; None where one of the times is not known."""
    try:
        difference = datetime.fromisoformat(expiry) - datetime.fromisoformat(now)
    except (ValueError, TypeError):
        return None
    return difference.days


def _route(host: str, service: str, chain: Chain) -> Iterator[Finding]:
    url_map = str((chain.url_map or {}).get("name"))
    if chain.backend is None:
        summary = f"URL map {url_map} leads {host} to no backend service"
        yield UNROUTED.found(host, summary, {"url_map": url_map}, service=service, url_map=url_map)
        return
    backend = str(chain.backend.get("name"))
    if not chain.groups:
        summary = f"backend service {backend}, to which {host} leads, has no backends"
        yield NO_BACKEND.found(host, summary, {"backend_service": backend}, service=service, backend=backend)
    elif chain.services and service not in chain.services:
        summary = f"URL map {url_map} leads {host} to {', '.join(chain.services)} instead of {service}"
        evidence: dict[str, Any] = {"url_map": url_map, "backend_service": backend, "leads_to": chain.services}
        yield UNROUTED.found(host, summary, evidence, service=service, url_map=url_map)


def _policy(host: str, service: str, backend: Mapping[str, Any], observation: Observation) -> Iterator[Finding]:
    name = short(backend.get("securityPolicy"))
    policies = observation.load_balancer.get("security_policies") or ()
    policy: Mapping[str, Any] = next((entry for entry in policies if name and entry.get("name") == name), {})
    rules = [rule for rule in policy.get("rules") or () if not rule.get("preview")]
    default: Mapping[str, Any] = next((rule for rule in rules if rule.get("priority") == DEFAULT_PRIORITY), {})
    lets_some_in = any(not str(rule.get("action") or "").startswith(DENY) for rule in rules)
    if str(default.get("action") or "").startswith(DENY) and not lets_some_in:
        summary = f"security policy {name} denies every request for {host}"
        yield DENIED.found(
            host, summary, {"policy": name, "action": default.get("action")}, service=service, policy=name
        )
