"""What an instance is started with besides its process: whom it tells, its probes, the words when it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netra_sandbox.runtime import probes
from netra_sandbox.runtime.events import LogLine
from netra_sandbox.runtime.instances import Listeners
from netra_sandbox.services.cloud_run import conditions, names
from netra_sandbox.services.cloud_run import template as templates

if TYPE_CHECKING:
    from netra_sandbox.server import Sandbox


def listeners(sandbox: Sandbox, revision: str, instance: str) -> Listeners:
    """Return the listeners of an instance: those of the sandbox, told whose line or error it is."""
    service, short = names.ServiceName.parse(revision).service, names.short_name(revision)

    def line(stream: str, text: str, severity: str) -> None:
        container = container_name(service)
        sandbox.report_line(LogLine(service, short, instance, stream, text, sandbox.now(), severity, container))

    return Listeners(line, lambda message: sandbox.report_error(service, short, message))


def container_name(service: str, described: dict[str, Any] | None = None) -> str:
    """Return the name by which logs call the first container: its own, else the service's with a number (observed)."""
    return str((described or {}).get("name") or f"{service}-1")


def startup_probe(revision: str, template: dict[str, Any]) -> probes.Probe:
    """Return the probe that decides whether an instance has started."""
    container, port = template["containers"][0], templates.container_port(template)
    default = templates.default_startup_probe(port)
    described = default if template.get("healthCheckDisabled") else container["startupProbe"]
    name = container_name(names.ServiceName.parse(revision).service, container)
    return probes.read(probes.STARTUP, described, name, port, default=described == default)


def lasting_probes(revision: str, template: dict[str, Any]) -> list[probes.Probe]:
    """Return the probes that follow an instance for its life."""
    container, port = template["containers"][0], templates.container_port(template)
    name = container_name(names.ServiceName.parse(revision).service, container)
    found = ((probes.LIVENESS, container.get("livenessProbe")), (probes.READINESS, container.get("readinessProbe")))
    return [probes.read(kind, described, name, port) for kind, described in found if described]


def explain(revision: str, template: dict[str, Any]) -> conditions.Failure:
    """Return why a revision whose first instance did not start is not ready."""
    name, short = names.ServiceName.parse(revision), names.short_name(revision)
    port = templates.container_port(template)
    custom = template["containers"][0]["startupProbe"] != templates.default_startup_probe(port)
    return conditions.did_not_listen(
        short, port, conditions.logs_url(name.project, name.service, short), custom_probe=custom
    )
