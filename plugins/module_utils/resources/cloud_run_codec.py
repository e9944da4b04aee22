# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Translate between a Cloud Run service and the options that describe it. Pure.

A service is the dictionary that google-cloud-run's messages convert to: snake_case, enumerations by name, no defaults.
https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation import paths
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run_traffic as traffic

INGRESS = {
    "all": "INGRESS_TRAFFIC_ALL",
    "internal": "INGRESS_TRAFFIC_INTERNAL_ONLY",
    "internal-and-cloud-load-balancing": "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
}
EGRESS = {"all-traffic": "ALL_TRAFFIC", "private-ranges-only": "PRIVATE_RANGES_ONLY"}
EXECUTION_ENVIRONMENTS = {"gen1": "EXECUTION_ENVIRONMENT_GEN1", "gen2": "EXECUTION_ENVIRONMENT_GEN2"}

# Where each option lives: in the service, in its template or in the container that takes the requests.
PLACES = {
    "image": "container.image",
    "command": "container.command",
    "args": "container.args",
    "port": "container.ports",
    "env": "container.env",
    "secret_env": "container.env",
    "cpu": "container.resources.limits.cpu",
    "memory": "container.resources.limits.memory",
    "cpu_idle": "container.resources.cpu_idle",
    "cpu_boost": "container.resources.startup_cpu_boost",
    "startup_probe": "container.startup_probe",
    "min_instances": "template.scaling.min_instance_count",
    "max_instances": "template.scaling.max_instance_count",
    "concurrency": "template.max_instance_request_concurrency",
    "timeout_seconds": "template.timeout",
    "service_account": "template.service_account",
    "vpc_connector": "template.vpc_access.connector",
    "vpc_egress": "template.vpc_access.egress",
    "session_affinity": "template.session_affinity",
    "execution_environment": "template.execution_environment",
    "health_check_disabled": "template.health_check_disabled",
    "ingress": "service.ingress",
    "invoker_iam_disabled": "service.invoker_iam_disabled",
    "labels": "service.labels",
    "annotations": "service.annotations",
    "traffic": "service.traffic",
}
TEMPLATE_OPTIONS = tuple(option for option, place in PLACES.items() if not place.startswith("service."))


def main_container(template: Mapping[str, Any]) -> dict[str, Any]:
    """Return the container that takes the requests: the one with a port, else the first."""
    containers = template.get("containers") or [{}]
    found: dict[str, Any] = next((container for container in containers if container.get("ports")), containers[0])
    return found


def decode_template(template: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a service's template, or of a revision, which has the same fields."""
    return _decode({"template": template, "container": main_container(template)}, TEMPLATE_OPTIONS)


def decode_service(service: Mapping[str, Any]) -> dict[str, Any]:
    """Return all options of a service."""
    template = service.get("template") or {}
    return _decode({"service": service, "template": template, "container": main_container(template)}, tuple(PLACES))


def _decode(parts: Mapping[str, Any], options: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for option in options:
        value = paths.read(parts, PLACES[option])
        decode = DECODERS.get(option)
        found[option] = decode(value) if decode and value is not None else value
    return found


def encode_service(service: Mapping[str, Any] | None, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of the service in which the changed options have their new values; None clears one."""
    changed = copy.deepcopy(dict(service or {}))
    template = changed.setdefault("template", {})
    if not template.get("containers"):
        template["containers"] = [{}]
    parts = {"service": changed, "template": template, "container": main_container(template)}
    for option, value in changes.items():
        if option in ENVIRONMENT_WRITERS:
            ENVIRONMENT_WRITERS[option](parts["container"], value or {})
        elif option in PLACES:
            _write(parts, option, value)
    if not (template.get("vpc_access") or {}).get("connector") and "vpc_connector" in changes:
        _drop_connector(template)
    # A template that still carries the name of an existing revision is refused once anything in it changes.
    template.pop("revision", None)
    return changed


def _write(parts: dict[str, Any], option: str, value: Any) -> None:
    if value is None:
        paths.erase(parts, PLACES[option])
        return
    encode = ENCODERS.get(option)
    paths.write(parts, PLACES[option], encode(value) if encode else value)


def _drop_connector(template: dict[str, Any]) -> None:
    """Remove the whole network access with the connector, unless direct interfaces are part of it."""
    if not (template.get("vpc_access") or {}).get("network_interfaces"):
        template.pop("vpc_access", None)


def _plain_environment(entries: list[dict[str, Any]]) -> dict[str, str]:
    return {entry["name"]: entry.get("value", "") for entry in entries if not entry.get("value_source")}


def _secret_environment(entries: list[dict[str, Any]]) -> dict[str, str]:
    return {
        entry["name"]: ":".join((reference.get("secret", ""), reference.get("version", "latest")))
        for entry in entries
        if (reference := paths.read(entry, "value_source.secret_key_ref"))
    }


def _write_environment(container: dict[str, Any], values: Mapping[str, str]) -> None:
    kept = [entry for entry in container.get("env", []) if entry.get("value_source") and entry["name"] not in values]
    container["env"] = [{"name": name, "value": value} for name, value in values.items()] + kept


def _write_secrets(container: dict[str, Any], values: Mapping[str, str]) -> None:
    kept = [e for e in container.get("env", []) if not e.get("value_source") and e["name"] not in values]
    container["env"] = kept + [_secret_entry(name, reference) for name, reference in values.items()]


def _secret_entry(name: str, reference: str) -> dict[str, Any]:
    secret, version = split_reference(reference)
    return {"name": name, "value_source": {"secret_key_ref": {"secret": secret, "version": version}}}


def split_reference(reference: str) -> tuple[str, str]:
    """Return secret and version of ``secret:version``."""
    secret, separator, version = reference.rpartition(":")
    if not (secret and separator and version):
        raise BadInput(
            f"Secret reference '{reference}' is not of the form secret:version; name the version to bind.",
            option="secret_env",
        )
    return secret, version


def seconds(duration: Any) -> int:
    """Return the seconds of a duration such as ``300s``."""
    return round(float(str(duration).removesuffix("s")))


def _decode_probe(probe: Mapping[str, Any]) -> dict[str, Any]:
    handler = next((kind for kind in ("http_get", "grpc", "tcp_socket") if probe.get(kind) is not None), "tcp_socket")
    aim = probe.get(handler) or {}
    decoded = {
        "path": (aim.get("path") or "/") if handler == "http_get" else None,
        "service": (aim.get("service") or "") if handler == "grpc" else None,
        "port": aim.get("port"),
        **{name: probe.get(name) for name in PROBE_NUMBERS},
    }
    return {name: value for name, value in decoded.items() if value is not None}


def _encode_probe(probe: Mapping[str, Any]) -> dict[str, Any]:
    port = {"port": probe["port"]} if probe.get("port") else {}
    encoded = {name: probe[name] for name in PROBE_NUMBERS if probe.get(name) is not None}
    if probe.get("path") is not None:
        return {"http_get": {"path": probe["path"], **port}, **encoded}
    if probe.get("service") is not None:
        return {"grpc": {"service": probe["service"], **port}, **encoded}
    return {"tcp_socket": port, **encoded}


def _name_of(choices: Mapping[str, str]) -> Callable[[Any], Any]:
    names = {value: name for name, value in choices.items()}
    return names.get


PROBE_NUMBERS = ("initial_delay_seconds", "timeout_seconds", "period_seconds", "failure_threshold")
DECODERS: dict[str, Callable[[Any], Any]] = {
    "command": list,
    "args": list,
    "port": lambda ports: ports[0].get("container_port") if ports else None,
    "env": _plain_environment,
    "secret_env": _secret_environment,
    "startup_probe": _decode_probe,
    "timeout_seconds": seconds,
    "vpc_egress": _name_of(EGRESS),
    "execution_environment": _name_of(EXECUTION_ENVIRONMENTS),
    "ingress": _name_of(INGRESS),
    "traffic": traffic.decode_targets,
}
ENCODERS: dict[str, Callable[[Any], Any]] = {
    "port": lambda port: [{"container_port": port}],
    "startup_probe": _encode_probe,
    "timeout_seconds": lambda value: f"{value}s",
    "vpc_egress": EGRESS.__getitem__,
    "execution_environment": EXECUTION_ENVIRONMENTS.__getitem__,
    "ingress": INGRESS.__getitem__,
    "traffic": traffic.encode_targets,
}
ENVIRONMENT_WRITERS = {"env": _write_environment, "secret_env": _write_secrets}
