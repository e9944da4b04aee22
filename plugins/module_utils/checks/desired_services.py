# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say what each service should be, as options of cloud_run_service; diagnosis and deployment use the same answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.contract import output_names
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation
from ansible_collections.netra.remediation.plugins.module_utils.reconcile import Plan, plan
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run
from ansible_collections.netra.remediation.plugins.module_utils.resources.accepted_values import texts

COPIED = (
    "command", "args", "cpu_boost", "execution_environment", "ingress", "invoker_iam_disabled", "memory",
    "service_account", "session_affinity", "startup_probe", "vpc_connector", "vpc_egress",
)  # fmt: skip
NUMBERS = ("port", "min_instances", "max_instances", "concurrency", "timeout_seconds")


@dataclass(frozen=True)
class DesiredService:
    """The options of one service, what is still missing to make them complete, and what nobody could read."""

    options: dict[str, Any]
    missing: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def incomplete(self) -> tuple[str, ...]:
        """Name everything without which the options are not what the contract says."""
        return (*self.missing, *self.unread)


def desired_service(service: Mapping[str, Any], observation: Observation) -> DesiredService:
    """Return what the contract says of a service, with image, addresses and secret versions of this moment.

    What cannot be known yet (the address of a Redis that is still to be made) stays as it is deployed and is named; so
    does what could not be read, which is no reason to act.
    """
    live = cloud_run.observed_options(observation.services.get(service["name"]) or {})
    gaps = Gaps(observation)
    image = _image(service, observation, live, gaps)
    env = _environment(service, observation, live.get("env") or {}, gaps)
    secret_env = _secret_env(service, observation, live.get("secret_env") or {}, gaps)
    options: dict[str, Any] = {
        "name": service["name"],
        **({"image": image} if image else {}),
        **{option: service[option] for option in COPIED if option in service},
        **({"labels": texts(service["labels"])} if service.get("labels") else {}),
        **{option: int(service[option]) for option in NUMBERS if service.get(option) is not None},
        **({"cpu": str(service["cpu"])} if service.get("cpu") is not None else {}),
        "env": env,
        "secret_env": secret_env,
        "health_check_disabled": False,
    }
    return DesiredService(options, tuple(gaps.missing), tuple(gaps.unread))


def desired_services(contract: Mapping[str, Any], observation: Observation) -> dict[str, DesiredService]:
    """Return what every service should be, in the order of the waves."""
    by_name = {service["name"]: service for service in contract["services"]}
    return {name: desired_service(by_name[name], observation) for wave in contract["waves"] for name in wave}


def comparable(desired: DesiredService, observation: Observation) -> dict[str, Any]:
    """Return the options in the form in which the API answers, for a comparison with what is deployed."""
    options = {name: value for name, value in desired.options.items() if name != "name"}
    if options.get("vpc_connector"):
        options["vpc_connector"] = cloud_run.connector_name(
            options["vpc_connector"], observation.project, observation.region
        )
    return {**options, "failed_revision": None}


def change_of(desired: DesiredService, observation: Observation) -> Plan:
    """Plan the change of a deployed service to what the contract says, as far as that is known."""
    name = desired.options["name"]
    live = cloud_run.observed_options(observation.services[name] or {})
    return plan(cloud_run.SERVICE_FIELDS, comparable(desired, observation), live, f"service {name}")


def desired_file(contract: Mapping[str, Any], file: Mapping[str, Any], desired: DesiredService) -> dict[str, Any]:
    """Return the values that a service's deployment config file must hold."""
    service = next(entry for entry in contract["services"] if entry["name"] == file["service"])
    settings = {
        "memory": service.get("memory"),
        "cpu": desired.options.get("cpu"),
        "min_instances": desired.options.get("min_instances"),
        "max_instances": desired.options.get("max_instances"),
        "concurrency": desired.options.get("concurrency"),
        "timeout": desired.options.get("timeout_seconds"),
    }
    return {
        "env_vars": dict(desired.options["env"]),
        "secrets": dict(desired.options["secret_env"]),
        "cloud_run": {name: value for name, value in settings.items() if value is not None},
        **(file.get("values") or {}),
    }


class Gaps:
    """Collect what keeps a service's options from being complete."""

    def __init__(self, observation: Observation) -> None:
        self._observation = observation
        self.missing: list[str] = []
        self.unread: list[str] = []

    def output(self, output: str, variable: str) -> None:
        """Note an output of the infrastructure that a variable needs."""
        unread = self._observation.output_was_unread(output)
        (self.unread if unread else self.missing).append(f"output {output} for {variable}")

    def version(self, secret: str, variable: str) -> None:
        """Note a secret that has no version for a variable."""
        unread = self._observation.was_unread("secrets", secret)
        (self.unread if unread else self.missing).append(f"an enabled version of secret {secret} for {variable}")

    def image(self, service: str) -> None:
        """Note that nothing is known that a service could run."""
        unread = any(self._observation.was_unread(part, service) for part in ("contexts", "builds", "services"))
        (self.unread if unread else self.missing).append("an image")


def _environment(
    service: Mapping[str, Any], observation: Observation, live: Mapping[str, str], gaps: Gaps
) -> dict[str, str]:
    """Return a service's plain variables; one whose outputs are not there yet keeps the deployed value."""
    values, outputs = texts(service.get("environment")), observation.outputs()
    for name, template in (service.get("environment_from_outputs") or {}).items():
        absent = sorted(output for output in output_names(str(template)) if not outputs.get(output))
        for output in absent:
            gaps.output(output, name)
        if not absent:
            values[name] = str(template).format_map(outputs)
        elif name in live:
            values[name] = live[name]
    return values


def _image(service: Mapping[str, Any], observation: Observation, live: Mapping[str, Any], gaps: Gaps) -> str | None:
    """Return the image of the current sources; without a sound build of them the one that is deployed stays."""
    if service.get("image"):
        return str(service["image"])
    context = observation.contexts.get(service["name"]) or {}
    build = observation.builds.get(service["name"])
    if build and not context.get("excluded"):
        return f"{service['build']['image']}@{build['digest']}"
    deployed = live.get("image")
    if not deployed:
        gaps.image(service["name"])
    return deployed


def _secret_env(
    service: Mapping[str, Any], observation: Observation, live: Mapping[str, str], gaps: Gaps
) -> dict[str, str]:
    """Return secret references by number; a rollback can restore numbers, never "latest"."""
    references = {}
    for name, secret in (service.get("secrets") or {}).items():
        version = observation.newest_version(secret)
        if version:
            references[name] = f"{secret}:{version}"
            continue
        gaps.version(secret, name)
        if name in live:
            references[name] = live[name]
    return references
