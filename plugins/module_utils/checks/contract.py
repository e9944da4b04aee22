# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refuse a contract that cannot be meant, naming the variable and the element, before anything is read or written."""

from __future__ import annotations

import os
import string
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.database_schema import refuse_bad_schema
from ansible_collections.netra.remediation.plugins.module_utils.checks.delivery_plan import (
    GATE,
    STEPS,
    refuse_bad_delivery,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.freezes import FREEZE, refuse_bad_freezes
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import OUTPUT_PARTS
from ansible_collections.netra.remediation.plugins.module_utils.checks.payload_kinds import KINDS
from ansible_collections.netra.remediation.plugins.module_utils.checks.phase_choice import SHAPES as PHASE_CHOICE
from ansible_collections.netra.remediation.plugins.module_utils.checks.phase_choice import refuse_bad_choice
from ansible_collections.netra.remediation.plugins.module_utils.checks.selection import refuse_bad_selection
from ansible_collections.netra.remediation.plugins.module_utils.checks.service_shape import (
    FLAG,
    MAPPING,
    NEEDED,
    NUMBER,
    SCALARS,
    SERVICE,
    TEXT,
    TEXTS,
    WHOLE,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.setting_rules import (
    CONFIG_FILE,
    refuse_bad_rules,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.shapes import (
    Shape,
    check,
    refuse,
    refuse_if,
    refuse_repeated,
    refuse_unknown,
)
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.resources import vpc_probe
from ansible_collections.netra.remediation.plugins.module_utils.resources.accepted_values import (
    refuse_bad_instances,
    refuse_bad_quantities,
)
from ansible_collections.netra.remediation.plugins.module_utils.resources.generated_payload import GENERATORS

OUTPUTS = tuple(OUTPUT_PARTS)
# Where a payload comes from that is neither generated nor given as a variable.
SOURCES = ("environment", "file", "output", "terraform_output")
MODES = ("findings", "full")
ALLOWANCE = ("service", "variable", "reason")
ENGINES = ("auto", "terraform", "tasks")
CLOUD_BUILD = "cloud_build"
BUILD_ENGINES = (CLOUD_BUILD, "auto", "docker", "podman", "buildah")

SECRET = Shape(
    "mapping",
    keys={
        "name": NEEDED,
        "kind": Shape(choices=tuple(KINDS)),
        "same_as": TEXT,
        "generate": Shape("mapping", keys={"kind": Shape(choices=tuple(GENERATORS)), "length": WHOLE}),
        "source": Shape("mapping", keys=dict.fromkeys(SOURCES, TEXT)),
        "labels": SCALARS,
    },
)
INFRASTRUCTURE = Shape(
    "mapping",
    keys={
        "terraform": MAPPING,
        "redis": Shape(
            "mapping",
            keys={
                "name": NEEDED,
                "tier": TEXT,
                "memory_size_gb": WHOLE,
                "redis_version": TEXT,
                "network": TEXT,
                "labels": SCALARS,
            },
        ),
        "connector": Shape(
            "mapping",
            keys={
                "name": NEEDED,
                "network": TEXT,
                "ip_cidr_range": TEXT,
                "machine_type": TEXT,
                "min_instances": WHOLE,
                "max_instances": WHOLE,
            },
        ),
        "sql": Shape("mapping", keys={"name": NEEDED, "database_version": TEXT, "tier": TEXT}),
    },
)
JOURNEY = Shape(
    "mapping",
    keys={
        "login_url": NEEDED,
        "email": NEEDED,
        "password": TEXT,
        "password_secret": TEXT,
        "health_url": NEEDED,
        "websocket_url": NEEDED,
        "prompt": NEEDED,
        "minimum_answer_characters": WHOLE,
        "events": Shape("list", each=TEXT, required=True),
        "timeout": NUMBER,
    },
)
SILENCE = Shape("mapping", keys={"id": NEEDED, "resource": TEXT, "reason": NEEDED, "until": NEEDED})
VARIABLES: dict[str, Shape] = {
    "project": TEXT,
    "region": TEXT,
    "domain": TEXT,
    "services": Shape("list", required=True, each=SERVICE),
    "waves": Shape("list", each=Shape("list", each=TEXT)),
    "secrets": Shape("list", each=SECRET),
    "secret_payload_audit": FLAG,
    "secret_payloads_given": TEXTS,
    "infrastructure_engine": Shape(choices=ENGINES),
    "infrastructure": INFRASTRUCTURE,
    "config_files": Shape("list", each=CONFIG_FILE),
    "build_engine": Shape(choices=BUILD_ENGINES),
    "ignore_file_repair": FLAG,
    "last_known_good": SCALARS,
    "gates": Shape(
        "mapping",
        keys=dict.fromkeys(("health_seconds", "websocket_seconds", "database_seconds", "errors_per_hour"), NUMBER),
    ),
    "freezes": Shape("list", each=FREEZE),
    "traffic_steps": STEPS,
    "delivery_gate": GATE,
    "journey": JOURNEY,
    "mode": Shape(choices=MODES),
    "checks": TEXTS,
    "silenced": Shape("list", each=SILENCE),
    "placeholders_allowed": Shape("list", each=Shape("mapping", keys=dict.fromkeys(ALLOWANCE, NEEDED))),
    "required_apis": TEXTS,
    "forbidden_values": TEXTS,
    "source_directory": TEXT,
    **PHASE_CHOICE,
}
GATES = {"health_seconds": 2, "websocket_seconds": 5, "database_seconds": 2, "errors_per_hour": 5}


def checked(contract: Mapping[str, Any]) -> dict[str, Any]:
    """Return the contract with what was left out filled in, or raise BadInput for the first thing that is wrong."""
    for name, shape in VARIABLES.items():
        variable = f"remediation_{name}"
        if contract.get(name) is None:
            refuse_if(shape.required, variable, "is missing")
        else:
            check(variable, contract[name], shape)
    complete = {
        "waves": [[service["name"]] for service in contract["services"]],
        "secrets": [],
        "config_files": [],
        "infrastructure": {},
        "last_known_good": {},
        "journey": None,
        "mode": "findings",
        "source_directory": ".",
        **{name: value for name, value in contract.items() if value is not None},
    }
    gates = contract.get("gates") or {}
    complete["gates"] = GATES | {name: value for name, value in gates.items() if value is not None}
    _check_references(complete)
    return complete


def output_names(template: str) -> set[str]:
    """Return the outputs a value template such as ``redis://{redis_host}:{redis_port}`` asks for."""
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(template) if name is not None}


def _check_references(contract: Mapping[str, Any]) -> None:
    """Check what the variables say about each other."""
    services = contract["services"]
    names = [service["name"] for service in services]
    refuse_if(not names, "remediation_services", "names no service")
    refuse_repeated("remediation_services", names)
    _check_waves(contract["waves"], names)
    refuse_if(
        contract.get("infrastructure_engine") == "terraform" and not contract["infrastructure"].get("terraform"),
        "remediation_infrastructure.terraform",
        "is missing, and remediation_infrastructure_engine is terraform",
    )
    secrets = [secret["name"] for secret in contract["secrets"]]
    refuse_repeated("remediation_secrets", secrets)
    for index, secret in enumerate(contract["secrets"]):
        _check_secret(f"remediation_secrets[{index}]", secret, secrets, contract)
    for name in contract.get("secret_payloads_given") or ():
        refuse_unknown(f"remediation_secret_payloads.{name}", name, secrets, "remediation_secrets")
    refuse_bad_freezes(contract)
    refuse_bad_delivery("remediation_", contract)
    for index, service in enumerate(services):
        refuse_bad_delivery(f"remediation_services[{index}].", service)
        refuse_bad_schema(f"remediation_services[{index}]", service)
        _check_service(f"remediation_services[{index}]", service, secrets)
    places = [os.path.normpath(file["path"]) for file in contract["config_files"]]
    for index, file in enumerate(contract["config_files"]):
        if places.index(places[index]) != index:
            raise BadInput(
                f"remediation_config_files[{index}].path is {file['path']}, which an entry before has too: "
                "a file is the configuration of one service.",
                option="remediation_config_files",
            )
        refuse_unknown(f"remediation_config_files[{index}].service", file["service"], names, "remediation_services")
        refuse_bad_rules(f"remediation_config_files[{index}].schema", file.get("schema") or {})
    for name in contract["last_known_good"]:
        refuse_unknown(f"remediation_last_known_good.{name}", name, names, "remediation_services")
    refuse_bad_selection(contract)
    refuse_bad_choice(contract)
    if contract["journey"] is not None:
        _check_journey(contract["journey"], secrets)


def _check_waves(waves: Iterable[Iterable[str]], names: list[str]) -> None:
    named = []
    for index, wave in enumerate(waves):
        for service in wave:
            refuse_unknown(f"remediation_waves[{index}]", service, names, "remediation_services")
            named.append(service)
    refuse_repeated("remediation_waves", named)
    for service in names:
        refuse_if(service not in named, "remediation_waves", f"leaves out the service {service!r}")


def _check_probe(path: str, service: Mapping[str, Any]) -> None:
    targets = service["vpc_probe"].get("targets") or []
    refuse_if(not targets, path, "names nothing to probe: give targets")
    variables = [
        name for kind in ("environment", "environment_from_outputs", "secrets") for name in service.get(kind) or {}
    ]
    try:
        vpc_probe.refuse_unclear(targets, variables)
    except BadInput as error:
        refuse(path, error.message)


def _check_service(path: str, service: Mapping[str, Any], secrets: list[str]) -> None:
    if service.get("image_proof") is not None:
        asked = any(service["image_proof"].get(key) for key in ("modules", "paths", "entry_point"))
        refuse_if(not asked, f"{path}.image_proof", "names nothing to try: give modules, paths or entry_point")
        is_loose = "@sha256:" not in (service.get("image") or "@sha256:")
        refuse_if(is_loose, f"{path}.image", "must be pinned by digest (IMAGE@sha256:…) for image_proof to mean it")
    if service.get("vpc_probe") is not None:
        _check_probe(f"{path}.vpc_probe", service)
    refuse_if(
        bool(service.get("private") and service.get("host")),
        f"{path}.private",
        f"is true, and users who come to {service.get('host')} have no identity token: leave out private or host",
    )
    plain = [name for source in ("environment", "environment_from_outputs") for name in service.get(source) or {}]
    refuse_bad_rules(f"{path}.settings", service.get("settings") or {}, [*OUTPUTS, *plain])
    for variable, secret in (service.get("secrets") or {}).items():
        refuse_unknown(f"{path}.secrets.{variable}", secret, secrets, "remediation_secrets")
    for variable, template in (service.get("environment_from_outputs") or {}).items():
        here = f"{path}.environment_from_outputs.{variable}"
        try:
            outputs = output_names(str(template))
        except ValueError as error:
            refuse(here, f"is not a value template: {error}")
        for output in sorted(outputs):
            refuse_unknown(here, output, OUTPUTS, "the infrastructure's outputs")
    for judge in (refuse_bad_quantities, refuse_bad_instances):
        try:
            judge(service)
        except BadInput as error:
            raise BadInput(f"{path}.{error.message}", option=f"{path}.{error.option}") from error
    sources = ("environment", "environment_from_outputs", "secrets")
    try:
        refuse_repeated(path, [name for source in sources for name in service.get(source) or {}])
    except BadInput as error:
        raise BadInput(f"{error.message} (in {', '.join(sources)})", option=error.option) from error


def _check_secret(path: str, secret: Mapping[str, Any], secrets: list[str], contract: Mapping[str, Any]) -> None:
    """Check one secret: it has one source at most, as two would take turns."""
    if secret.get("same_as"):
        refuse_unknown(f"{path}.same_as", secret["same_as"], secrets, "remediation_secrets")
    named = [f"source.{kind}" for kind, where in (secret.get("source") or {}).items() if where]
    named += ["generate"] if secret.get("generate") is not None else []
    named += ["remediation_secret_payloads"] if secret["name"] in (contract.get("secret_payloads_given") or ()) else []
    refuse_if(len(named) > 1, path, f"has more than one source: {', '.join(named)}")
    refuse_if(secret.get("source") is not None and not named, f"{path}.source", "names none")
    output = (secret.get("source") or {}).get("output")
    if output:
        refuse_unknown(f"{path}.source.output", output, OUTPUTS, "the infrastructure's outputs")
    terraform = contract["infrastructure"].get("terraform") or {}
    refuse_if(
        bool((secret.get("source") or {}).get("terraform_output")) and not terraform.get("directory"),
        f"{path}.source.terraform_output",
        "needs remediation_infrastructure.terraform.directory",
    )


def _check_journey(journey: Mapping[str, Any], secrets: list[str]) -> None:
    path = "remediation_journey"
    given = [key for key in ("password", "password_secret") if journey.get(key)]
    refuse_if(not given, path, "has neither password_secret nor password")
    refuse_if(len(given) > 1, path, "has both password and password_secret")
    if journey.get("password_secret"):
        refuse_unknown(f"{path}.password_secret", journey["password_secret"], secrets, "remediation_secrets")
    refuse_if(not journey["events"], f"{path}.events", "is empty")
