# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan the rotation of secrets: what gets a new version, which services must be rolled, and what forbids it. Pure.

What a serving revision reads counts as old, not what a service's template says: a run that was killed half-way goes on
where it was.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import ENABLED, Observation
from ansible_collections.netra.remediation.plugins.module_utils.checks.payload_kinds import kind_of
from ansible_collections.netra.remediation.plugins.module_utils.checks.secret_supply import desired_secrets, known_users
from ansible_collections.netra.remediation.plugins.module_utils.checks.shapes import refuse_unknown
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run, cloud_run_traffic

LATEST = "latest"
# What the caller must be allowed to do with each secret that is rotated and each service that reads one.
OF_SECRETS = ("secretmanager.versions.add", "secretmanager.versions.disable", "secretmanager.versions.enable")
OF_SERVICES = ("run.services.update",)


def planned(
    contract: Mapping[str, Any],
    observation: Observation,
    names: Iterable[str],
    absent: Mapping[str, str],
    others: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """Return the secrets to renew, the services to roll in the order of their waves, and the obstacles.

    ``others`` are the project's services that the contract does not name. Raises BadInput for a secret that the
    contract does not have.
    """
    names = list(dict.fromkeys(names))
    for index, name in enumerate(names):
        refuse_unknown(
            f"remediation_rotate[{index}]", name, [s["name"] for s in contract["secrets"]], "remediation_secrets"
        )
    services = [_service(service, observation, set(names)) for wave in contract["waves"] for service in wave if names]
    services = [service for service in services if service["variables"]]
    sourced = {secret["name"]: secret for secret in desired_secrets(contract, observation, absent)}
    copies = _copies(contract, names, sourced)
    obstacles = [
        *_obstacles_of_secrets(contract, observation, names, absent, {*sourced, *copies}),
        *_obstacles_of_services(services, observation, names, others),
    ]
    supplied = {} if obstacles else _supplied(contract, names, sourced, copies)
    secrets = [_secret(name, observation, options, services) for name, options in supplied.items()]
    return {"secrets": secrets, "services": services, "obstacles": obstacles}


def with_lacking(plan: Mapping[str, Any], lacking: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return a plan with an obstacle for each resource on which the caller lacks permissions."""
    return hindered(
        plan, [f"the caller lacks {', '.join(names)} on {resource}" for resource, names in lacking.items() if names]
    )


def hindered(plan: Mapping[str, Any], obstacles: Sequence[str]) -> dict[str, Any]:
    """Return a plan with further obstacles; with one there is nothing to renew."""
    return {
        **plan,
        "secrets": [] if obstacles else plan["secrets"],
        "obstacles": [*plan["obstacles"], *obstacles],
    }


def _service(name: str, observation: Observation, secrets: set[str]) -> dict[str, Any]:
    """Return what of a service has to do with the secrets: its variables, its references, and what serves them now."""
    live = cloud_run.observed_options(observation.services.get(name) or {}).get("secret_env") or {}
    serving = observation.serving(name)
    revision = observation.revision(name, serving) if serving else None
    served = (revision or {}).get("template", {}).get("secret_env") or {}
    named = {variable: reference.rpartition(":")[0] for variable, reference in live.items()}
    variables = {variable: secret for variable, secret in named.items() if secret in secrets}
    old = {variable: served[variable] for variable in variables if variable in served}
    return {"name": name, "revision": serving, "variables": variables, "secret_env": live, "before": {**live, **old}}


def _secret(
    name: str, observation: Observation, options: Mapping[str, Any], services: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return the options for the secret's new version: one newer than what serves now, unless that is there already."""
    versions = observation.secrets.get(name) or {}
    served = [
        int(reference.rpartition(":")[2])
        for service in services
        for reference in service["before"].values()
        if reference.rpartition(":")[0] == name
    ]
    newest = observation.newest_version(name)
    newer_than = max(served, default=int(newest or 0))
    enabled = sorted((number for number, state in versions.items() if state == ENABLED), key=int)
    return {**options, "newer_than": newer_than, "old": [number for number in enabled if int(number) <= newer_than]}


def _supplied(
    contract: Mapping[str, Any], names: list[str], sourced: Mapping[str, dict[str, Any]], copies: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Return where each payload comes from, as options; what is copied comes after what it is copied from."""
    entries = {secret["name"]: secret for secret in contract["secrets"]}
    found = {}
    for name in sorted(names, key=lambda name: name in copies):
        generate = {"kind": "text", **(entries[name].get("generate") or {})}
        made = {"name": name, "kind": generate["kind"], "generate": generate}
        copied = {"name": name, "kind": kind_of(entries[name]), "source": {"secret": copies.get(name)}}
        found[name] = copied if name in copies else sourced.get(name) or made
    return found


def _copies(contract: Mapping[str, Any], names: Iterable[str], sourced: Container[str]) -> dict[str, str]:
    """Return which secret takes its payload from which, of those that must hold the same and have no source."""
    entries = {secret["name"]: secret for secret in contract["secrets"] if secret["name"] in names}
    groups = {name: {name} for name in entries}
    for name, entry in entries.items():
        if entry.get("same_as") in groups:
            both = groups[name] | groups[entry["same_as"]]
            groups.update(dict.fromkeys(both, both))
    found = {}
    for name, group in groups.items():
        makers = [other for other in entries if other in group and other in sourced]
        makers += [other for other in entries if other in group and entries[other].get("generate") is not None]
        if makers and name not in sourced and name != makers[0]:
            found[name] = makers[0]
    return found


def _obstacles_of_secrets(
    contract: Mapping[str, Any],
    observation: Observation,
    names: list[str],
    absent: Mapping[str, str],
    supplied: Container[str],
) -> Iterator[str]:
    for secret in contract["secrets"]:
        name = secret["name"]
        if name not in names:
            continue
        if name in absent:
            yield f"the source of secret {name} is not there: {absent[name]}"
        elif observation.secrets.get(name) is None:
            yield f"secret {name} does not exist or could not be read; remediate makes what is missing"
        elif name not in supplied and secret.get("generate") is None:
            yield (
                f"nothing says where a new payload of secret {name} comes from: give generate or source in its entry "
                "in remediation_secrets, or the payload in remediation_secret_payloads"
            )
        partners = {secret.get("same_as")} | {s["name"] for s in contract["secrets"] if s.get("same_as") == name}
        for partner in sorted(str(partner) for partner in partners - {None, *names}):
            yield f"secret {partner} must hold the same as {name}: rotate both"


def _obstacles_of_services(
    services: Iterable[Mapping[str, Any]],
    observation: Observation,
    names: list[str],
    others: Mapping[str, Mapping[str, Any]],
) -> Iterator[str]:
    for service in services:
        name = service["name"]
        hold = observation.hold(name)
        shares = cloud_run_traffic.serving(observation.services.get(name) or {})
        if hold:
            yield f"the traffic of {name} is held ({hold.get('reason') or 'no reason was given'})"
        elif len(shares) != 1 or not service["revision"]:
            yield f"the traffic of {name} is split, or nothing serves it"
        if any(reference.endswith(f":{LATEST}") for reference in service["secret_env"].values()):
            yield f"{name} reads secrets at latest, which nothing can undo; remediate binds numbers"
    for other, secret in known_users(others, names):
        yield f"service {other}, which is not in the contract, reads secret {secret}, and would lose the old version"
