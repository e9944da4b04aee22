"""Containers and volumes, v1 ↔ v2. https://cloud.google.com/run/docs/reference/rest/v1/Container.

Both directions are pure. What v1 keeps in annotations of the template is in `templates`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netra_sandbox.kernel.errors import invalid

Resource = dict[str, Any]
Rename = Callable[[str], str]
GCS_DRIVER = "gcsfuse.run.googleapis.com"
_SAME_IN_CONTAINERS = ("name", "image", "command", "args", "workingDir", "ports", "volumeMounts")
_PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
_SAME_IN_PROBES = (
    *("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "failureThreshold"),
    *("tcpSocket", "httpGet", "grpc"),
)


def container_to_v2(container: Mapping[str, Any], secret: Rename) -> Resource:
    """Return a v1 container as v2 has it; `secret` resolves the names by which v1 knows secrets."""
    result = _taken(container, _SAME_IN_CONTAINERS)
    result["env"] = [_variable_to_v2(variable, secret) for variable in container.get("env") or []]
    if (container.get("resources") or {}).get("limits"):
        result["resources"] = {"limits": dict(container["resources"]["limits"])}
    for kind in _PROBES:
        if container.get(kind):
            result[kind] = _probe_to_v2(kind, container[kind])
    return _without_empty(result)


def container_to_v1(container: Mapping[str, Any], secret: Rename) -> Resource:
    """Return a v2 container as v1 has it; `secret` names a secret as v1 does."""
    result = _taken(container, _SAME_IN_CONTAINERS) | _taken(container, _PROBES)
    result["env"] = [_variable_to_v1(variable, secret) for variable in container.get("env") or []]
    limits = (container.get("resources") or {}).get("limits")
    if limits:
        result["resources"] = {"limits": dict(limits)}
    return _without_empty(result)


def volume_to_v2(volume: Mapping[str, Any], secret: Rename) -> Resource:
    """Return a v1 volume as v2 has it."""
    result: Resource = {"name": volume.get("name", "")}
    if "secret" in volume:
        source = volume["secret"]
        items = [
            _taken(item, ("path", "mode")) | {"version": item.get("key", "")} for item in source.get("items") or []
        ]
        result["secret"] = _without_empty(
            {"secret": secret(source.get("secretName", "")), "items": items} | _taken(source, ("defaultMode",))
        )
    elif "emptyDir" in volume:
        medium = str(volume["emptyDir"].get("medium") or "").upper()
        result["emptyDir"] = _taken(volume["emptyDir"], ("sizeLimit",)) | ({"medium": medium} if medium else {})
    elif "nfs" in volume:
        result["nfs"] = dict(volume["nfs"])
    elif "csi" in volume:
        result["gcs"] = _bucket_to_v2(volume["csi"])
    else:
        raise invalid(f"volumes[{result['name']}]: the kind of volume is not supported.", field="spec.volumes")
    return result


def volume_to_v1(volume: Mapping[str, Any], secret: Rename) -> Resource:
    """Return a v2 volume as v1 has it."""
    result: Resource = {"name": volume.get("name", "")}
    if "secret" in volume:
        source = volume["secret"]
        items = [
            _taken(item, ("path", "mode")) | {"key": item.get("version", "")} for item in source.get("items") or []
        ]
        result["secret"] = _without_empty(
            {"secretName": secret(source.get("secret", "")), "items": items} | _taken(source, ("defaultMode",))
        )
    elif "emptyDir" in volume:
        medium = str(volume["emptyDir"].get("medium") or "").capitalize()
        result["emptyDir"] = _taken(volume["emptyDir"], ("sizeLimit",)) | ({"medium": medium} if medium else {})
    elif "nfs" in volume:
        result["nfs"] = dict(volume["nfs"])
    elif "gcs" in volume:
        source = volume["gcs"]
        options = {"mountOptions": ",".join(source["mountOptions"])} if source.get("mountOptions") else {}
        attributes = {"bucketName": source.get("bucket", "")} | options
        result["csi"] = _taken(source, ("readOnly",)) | {"driver": GCS_DRIVER, "volumeAttributes": attributes}
    return result


def _bucket_to_v2(source: Mapping[str, Any]) -> Resource:
    if source.get("driver") != GCS_DRIVER:
        raise invalid(f"The driver {source.get('driver')} is not supported.", field="spec.volumes.csi.driver")
    attributes = source.get("volumeAttributes") or {}
    result = _taken(source, ("readOnly",)) | {"bucket": attributes.get("bucketName", "")}
    if attributes.get("mountOptions"):
        result["mountOptions"] = attributes["mountOptions"].split(",")
    return result


def _variable_to_v2(variable: Mapping[str, Any], secret: Rename) -> Resource:
    reference = (variable.get("valueFrom") or {}).get("secretKeyRef")
    if reference is None:
        return _taken(variable, ("name", "value"))
    source = {"secret": secret(reference.get("name", "")), "version": reference.get("key", "")}
    return _taken(variable, ("name",)) | {"valueSource": {"secretKeyRef": _without_empty(source)}}


def _variable_to_v1(variable: Mapping[str, Any], secret: Rename) -> Resource:
    reference = (variable.get("valueSource") or {}).get("secretKeyRef")
    if reference is None:
        return _taken(variable, ("name", "value"))
    source = {"name": secret(reference.get("secret", "")), "key": reference.get("version", "")}
    return _taken(variable, ("name",)) | {"valueFrom": {"secretKeyRef": _without_empty(source)}}


def _probe_to_v2(kind: str, probe: Mapping[str, Any]) -> Resource:
    if "exec" in probe:
        raise invalid(f"{kind}.exec is not supported.", field=f"spec.template.spec.containers[0].{kind}.exec")
    if int(probe.get("successThreshold") or 1) != 1:
        raise invalid(
            f"{kind}.successThreshold must be 1.", field=f"spec.template.spec.containers[0].{kind}.successThreshold"
        )
    result = _taken(probe, _SAME_IN_PROBES)
    for action in ("tcpSocket", "httpGet"):  # host and scheme exist in v1's schema and are not supported
        if action in result:
            result[action] = _taken(result[action], ("port", "path", "httpHeaders"))
    return result


def _taken(source: Mapping[str, Any], names: tuple[str, ...]) -> Resource:
    return {name: source[name] for name in names if name in source}


def _without_empty(found: Resource) -> Resource:
    return {key: value for key, value in found.items() if value not in ("", [], None)}
