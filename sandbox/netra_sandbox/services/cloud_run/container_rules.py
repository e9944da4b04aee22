"""What Cloud Run refuses of containers, volumes and the way to the network.

https://cloud.google.com/run/docs/container-contract, /configuring/services/{cpu,memory-limits,environment-variables},
/configuring/healthchecks and the v2 reference's Container, Probe, EnvVar and VpcAccess.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from netra_sandbox.services.cloud_run.violations import check_range, violation

Resource = dict[str, Any]
RESERVED_VARIABLES = ("PORT", "K_SERVICE", "K_CONFIGURATION", "K_REVISION")
MAX_VARIABLES = 1000
MAX_VARIABLE_BYTES = 32 * 1024
MAX_STARTUP_SECONDS, MAX_LASTING_SECONDS = 240, 3600
WHOLE_CPUS = (1, 2, 4, 6, 8)
# More memory than this (in GiB) needs at least so many CPUs, and so many CPUs need at least this memory.
_CPU_FOR_MEMORY = ((24, 8), (16, 6), (8, 4), (4, 2))
_MEMORY_FOR_CPU = ((8, 4.0), (6, 4.0), (4, 2.0))
_SMALLEST_CPU, _SMALLEST_MEMORY, _SMALLEST_MEMORY_GEN2, _LARGEST_MEMORY = 0.08, 0.125, 0.5, 32
_GIB = {"": 2**-30, "k": 1e3 / 2**30, "Ki": 2**-20, "M": 1e6 / 2**30, "Mi": 2**-10, "G": 1e9 / 2**30, "Gi": 1.0}
_CPU = re.compile(r"(?P<milli>\d+)m|(?P<whole>\d+(\.\d+)?)")
_MEMORY = re.compile(r"(?P<number>\d+(\.\d+)?)(?P<unit>Ki|Mi|Gi|k|M|G)?")
_CONNECTOR = re.compile(r"^projects/[^/]+/locations/[^/]+/connectors/[^/]+$")
_IMAGE = re.compile(r"((([a-z]+\.)?gcr\.io|[a-z0-9-]+-docker\.pkg\.dev|docker\.io)/)?[^\s/]+(/[^\s/]+)*")
# https://cloud.google.com/run/docs/configuring/services/secrets#disallowed_paths_and_limitations; the root is no path.
_UNMOUNTABLE = ("", "dev", "proc", "sys")
_ACTIONS = ("tcpSocket", "httpGet", "grpc")


def check_containers(
    request: str,
    where: str,
    template: Resource,
    *,
    reserved: tuple[str, ...] = RESERVED_VARIABLES,
    serving: bool = True,
) -> None:
    """Refuse a template's containers and volumes; only those of a service (`serving`) have ports and probes."""
    containers = template.get("containers") or []
    if not containers:
        raise violation(request, f"{where}.containers", "template.containers should contain at least one container.")
    volumes = _check_volumes(request, where, template.get("volumes") or [])
    for index, container in enumerate(containers):
        place = f"{where}.containers[{index}]"
        _check_image(request, place, str(container.get("image") or ""))
        _check_ports(request, place, container.get("ports") or [], serving=serving)
        _check_variables(request, place, container.get("env") or [], reserved)
        _check_limits(request, place, container, template)
        _check_mounts(request, place, container.get("volumeMounts") or [], volumes)
        for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
            _check_probe(request, f"{place}.{_snake(kind)}", container.get(kind) or {}, startup=kind == "startupProbe")
    if serving and len(containers) > 1 and sum(1 for item in containers if item.get("ports")) != 1:
        words = "exactly one container should have a port when there are several."
        raise violation(request, f"{where}.containers", words)


def check_access(request: str, where: str, template: Resource) -> None:
    """Refuse a way to the network that Cloud Run does not have."""
    access = template.get("vpcAccess") or {}
    connector, interfaces = access.get("connector") or "", access.get("networkInterfaces") or []
    if connector and interfaces:
        words = "connector and network_interfaces are mutually exclusive."
        raise violation(request, f"{where}.vpc_access", words)
    if connector and not _CONNECTOR.match(connector):
        words = "connector should have the format projects/{project}/locations/{location}/connectors/{connector}."
        raise violation(request, f"{where}.vpc_access.connector", words)
    if len(interfaces) > 1:
        words = "network_interfaces should contain 0 or 1 interface."
        raise violation(request, f"{where}.vpc_access.network_interfaces", words)


def cpu(limits: Resource) -> float | None:
    """Return the CPUs of a container's limits, None for text that is no quantity."""
    match = _CPU.fullmatch(str(limits.get("cpu", "1000m")))
    if match is None:
        return None
    return int(match["milli"]) / 1000 if match["milli"] else float(match["whole"])


def gibibytes(limits: Resource) -> float | None:
    """Return the memory of a container's limits in GiB, None for text that is no quantity."""
    match = _MEMORY.fullmatch(str(limits.get("memory", "512Mi")))
    return float(match["number"]) * _GIB[match["unit"] or ""] if match else None


def _check_image(request: str, where: str, image: str) -> None:
    if not image:
        raise violation(request, f"{where}.image", "image is required.")
    host = image.partition("/")[0] if "/" in image else ""
    if not _IMAGE.fullmatch(image) or ("." in host and not _IMAGE.match(image)[1]):  # type: ignore[index]
        raise violation(
            request,
            f"{where}.image",
            "Expected an image path like [host/]repo-path[:tag and/or @digest], where host is one of "
            f"[region.]gcr.io, [region-]docker.pkg.dev or docker.io but obtained {image}",
        )


def _check_ports(request: str, where: str, ports: list[Resource], *, serving: bool) -> None:
    if ports and not serving:
        raise violation(request, f"{where}.ports", "ports should be empty for a job.")
    if len(ports) > 1:
        raise violation(request, f"{where}.ports", "ports should contain 0 or 1 port.")
    for port in ports:
        check_range(request, f"{where}.ports[0].container_port", port.get("containerPort"), 1, 65535)
        if port.get("name") not in {None, "", "http1", "h2c"}:
            raise violation(request, f"{where}.ports[0].name", "name should be http1 or h2c.")


def _check_variables(request: str, where: str, variables: list[Resource], reserved: tuple[str, ...]) -> None:
    taken = [str(item.get("name")) for item in variables if item.get("name") in reserved]
    if taken:
        raise violation(
            request,
            f"{where}.env",
            f"The following reserved env names were provided: {', '.join(taken)}. "
            "These values are automatically set by the system.",
        )
    if len(variables) > MAX_VARIABLES:
        raise violation(request, f"{where}.env", f"env should contain at most {MAX_VARIABLES} variables.")
    repeated = [str(name) for name, count in Counter(item.get("name") for item in variables).items() if count > 1]
    if repeated:
        raise violation(request, f"{where}.env", f"Environment variable names must be unique: {', '.join(repeated)}.")
    for index, item in enumerate(variables):
        place = f"{where}.env[{index}]"
        if not item.get("name") or "=" in item["name"]:
            raise violation(request, f"{place}.name", "name is required and should not contain '='.")
        if len(str(item.get("value") or "").encode()) > MAX_VARIABLE_BYTES:
            raise violation(request, f"{place}.value", "value should be at most 32 KiB.")
        reference = (item.get("valueSource") or {}).get("secretKeyRef")
        if reference is not None and not reference.get("secret"):
            raise violation(request, f"{place}.value_source.secret_key_ref.secret", "secret is required.")


def _check_limits(request: str, where: str, container: Resource, template: Resource) -> None:
    limits = (container.get("resources") or {}).get("limits") or {}
    cpus, memory = cpu(limits), gibibytes(limits)
    field = f"{where}.resources.limits"
    if cpus is None or not (_SMALLEST_CPU <= cpus < 1 or cpus in WHOLE_CPUS):
        words = "Invalid value specified for cpu. It should be 1, 2, 4, 6 or 8, or a fraction from 0.08 to 1."
        raise violation(request, f"{field}.cpu", words)
    gen2 = template.get("executionEnvironment") == "EXECUTION_ENVIRONMENT_GEN2"
    smallest = _SMALLEST_MEMORY_GEN2 if gen2 else _SMALLEST_MEMORY
    if memory is None or not smallest <= memory <= _LARGEST_MEMORY:
        words = f"Invalid value specified for memory. It should be from {int(smallest * 1024)}Mi to 32Gi."
        raise violation(request, f"{field}.memory", words)
    needed = next((least for above, least in _CPU_FOR_MEMORY if memory > above), 0)
    if cpus < needed:
        words = f"Invalid value specified for cpu. This much memory needs at least {needed} CPUs."
        raise violation(request, f"{field}.cpu", words)
    least = next((least for count, least in _MEMORY_FOR_CPU if cpus >= count), 0.0)
    if memory < least and "memory" in limits:
        words = f"Invalid value specified for memory. {int(cpus)} CPUs need at least {int(least)}Gi."
        raise violation(request, f"{field}.memory", words)
    concurrency = int(template.get("maxInstanceRequestConcurrency") or 1)
    if cpus < 1 < concurrency:
        words = "Invalid value specified for cpu. Less than 1 CPU needs a concurrency of 1."
        raise violation(request, f"{field}.cpu", words)


def _check_probe(request: str, field: str, probe: Resource, *, startup: bool) -> None:
    longest = MAX_STARTUP_SECONDS if startup else MAX_LASTING_SECONDS
    check_range(request, f"{field}.initial_delay_seconds", probe.get("initialDelaySeconds"), 0, longest)
    check_range(request, f"{field}.period_seconds", probe.get("periodSeconds") or None, 1, longest)
    check_range(request, f"{field}.timeout_seconds", probe.get("timeoutSeconds") or None, 1, longest)
    check_range(request, f"{field}.failure_threshold", probe.get("failureThreshold") or None, 1, 2**31)
    if probe and int(probe.get("timeoutSeconds") or 1) > int(probe.get("periodSeconds") or 10):
        raise violation(request, f"{field}.timeout_seconds", "timeout_seconds must not exceed period_seconds.")
    if not startup and "tcpSocket" in probe:
        raise violation(request, f"{field}.tcp_socket", "tcp_socket is for startup probes only.")
    if len([action for action in _ACTIONS if action in probe]) > 1:
        raise violation(request, field, "exactly one of tcp_socket, http_get and grpc should be set.")


def _check_volumes(request: str, where: str, volumes: list[Resource]) -> set[str]:
    names = Counter(str(volume.get("name") or "") for volume in volumes)
    for index, volume in enumerate(volumes):
        field = f"{where}.volumes[{index}]"
        if not volume.get("name") or names[volume["name"]] > 1:
            raise violation(request, f"{field}.name", "name is required and should be unique.")
        if "secret" in volume:
            _check_secret(request, f"{field}.secret", volume["secret"] or {})
    return set(names)


def _check_secret(request: str, field: str, source: Resource) -> None:
    if not source.get("secret"):
        raise violation(request, f"{field}.secret", "secret is required.")
    for index, item in enumerate(source.get("items") or []):
        place, path = f"{field}.items[{index}]", str(item.get("path") or "")
        if not path or path.startswith("/") or ".." in path.split("/"):
            raise violation(request, f"{place}.path", "path is required, and should be relative and not contain '..'.")
        if not item.get("version"):
            raise violation(request, f"{place}.version", "version is required.")


def _check_mounts(request: str, where: str, mounts: list[Resource], volumes: set[str]) -> None:
    for index, mount in enumerate(mounts):
        field = f"{where}.volume_mounts[{index}]"
        if mount.get("name") not in volumes:
            raise violation(request, f"{field}.name", f"there is no volume named {mount.get('name')!r}.")
        path = str(mount.get("mountPath") or "")
        if not path.startswith("/") or ".." in path.split("/"):
            raise violation(request, f"{field}.mount_path", "mount_path is required and should be absolute.")
        if path.split("/")[1] in _UNMOUNTABLE:
            raise violation(request, f"{field}.mount_path", f"nothing can be mounted at {path}.")
        if path in {str(other.get("mountPath")) for other in mounts[:index]}:
            raise violation(request, f"{field}.mount_path", "mount_path should be unique.")


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda match: f"_{match[1].lower()}", name)
