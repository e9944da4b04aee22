"""The revision template with the server's defaults, and the comparison that decides about a new revision."""

from __future__ import annotations

import copy
from typing import Any

from netra_sandbox.services.cloud_run.container_rules import cpu

DEFAULT_PORT = 8080
DEFAULT_TIMEOUT = "300s"
DEFAULT_CONCURRENCY = 80
DEFAULT_MAX_INSTANCES = 100
DEFAULT_LIMITS = {"cpu": "1000m", "memory": "512Mi"}
STARTUP_SECONDS = 240
_MAPS = frozenset({"labels", "annotations", "nodeSelector"})  # an empty string is a value there


def default_startup_probe(port: int) -> dict[str, Any]:
    """Return the probe of a container that configures none (Cloud Run: container health checks)."""
    return {
        "timeoutSeconds": STARTUP_SECONDS,
        "periodSeconds": STARTUP_SECONDS,
        "failureThreshold": 1,
        "tcpSocket": {"port": port},
    }


def container_port(template: dict[str, Any]) -> int:
    """Return the port on which the template's first container is told to listen."""
    ports = (template.get("containers") or [{}])[0].get("ports") or [{}]
    return int(ports[0].get("containerPort") or DEFAULT_PORT)


def normalised(template: dict[str, Any], *, project_number: str) -> dict[str, Any]:
    """Fill in the server's defaults, so that templates compare and answers show them."""
    result: dict[str, Any] = without_empty(copy.deepcopy(template))
    containers = result.get("containers", [])
    ingress = next((index for index, container in enumerate(containers) if container.get("ports")), 0)
    result["containers"] = [
        _container(container, ingress=index == ingress) for index, container in enumerate(containers)
    ]
    result.setdefault("timeout", DEFAULT_TIMEOUT)
    result.setdefault("maxInstanceRequestConcurrency", _default_concurrency(result))
    result.setdefault("serviceAccount", f"{project_number}-compute@developer.gserviceaccount.com")
    scaling = result.setdefault("scaling", {})
    scaling.setdefault("maxInstanceCount", DEFAULT_MAX_INSTANCES)
    if result.get("vpcAccess"):
        result["vpcAccess"].setdefault("egress", "PRIVATE_RANGES_ONLY")
    return result


def same_configuration(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Tell whether two normalised templates describe the same revision, whatever they call it."""
    return _comparable(one) == _comparable(other)


def without_empty(value: Any) -> Any:
    """Drop what protobuf cannot tell from absent: empty strings, lists and maps, false and zero."""
    if isinstance(value, dict):
        cleaned = {key: item if key in _MAPS else without_empty(item) for key, item in value.items()}
        return {key: item for key, item in cleaned.items() if not _is_default(key, item)}
    if isinstance(value, list):
        return [without_empty(item) for item in value]
    return value


def _is_default(key: str, item: Any) -> bool:
    # An empty message is present in protobuf: emptyDir{}, tcpSocket{} and httpGet{} mean something.
    if item == {}:
        return key not in {"emptyDir", "tcpSocket", "httpGet", "grpc", "resources", "automatic"}
    return item is None or item is False or item in ("", 0, [])


def _comparable(template: dict[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in template.items() if key != "revision"}


def _container(container: dict[str, Any], *, ingress: bool) -> dict[str, Any]:
    """Fill in a container; only the one that takes the requests gets a port and the default start-up probe."""
    port = _port(container)
    container["resources"] = _resources(container.get("resources"))
    probe = container.get("startupProbe")
    if probe:
        container["startupProbe"] = _probe(probe, port["containerPort"])
    if ingress:
        container["ports"] = [port]
        container.setdefault("startupProbe", default_startup_probe(port["containerPort"]))
    for variable in container.get("env", []):
        reference = variable.get("valueSource", {}).get("secretKeyRef")
        if reference is not None:
            reference.setdefault("version", "latest")
    return container


def _default_concurrency(template: dict[str, Any]) -> int:
    """Return 80, or 1 for less than one CPU (RevisionTemplate.maxInstanceRequestConcurrency)."""
    limits = template["containers"][0]["resources"]["limits"] if template["containers"] else {}
    return DEFAULT_CONCURRENCY if (cpu(limits) or 1) >= 1 else 1


def _port(container: dict[str, Any]) -> dict[str, Any]:
    given = (container.get("ports") or [{}])[0]
    return {"name": given.get("name") or "http1", "containerPort": int(given.get("containerPort") or DEFAULT_PORT)}


def _resources(resources: dict[str, Any] | None) -> dict[str, Any]:
    # cpuIdle defaults to true only when no resources are given at all (ResourceRequirements.cpuIdle).
    result: dict[str, Any] = {"cpuIdle": True} if resources is None else dict(resources)
    result["limits"] = DEFAULT_LIMITS | result.get("limits", {})
    return result


def _probe(probe: dict[str, Any], port: int) -> dict[str, Any]:
    result = {"timeoutSeconds": 1, "periodSeconds": 10, "failureThreshold": 3, **probe}
    for kind in ("tcpSocket", "httpGet", "grpc"):
        if kind in result:
            result[kind] = {"port": port, **result[kind]}
    if "httpGet" in result:
        result["httpGet"] = {"path": "/", **result["httpGet"]}
    if not {"tcpSocket", "httpGet", "grpc"} & result.keys():
        result["tcpSocket"] = {"port": port}
    return result
