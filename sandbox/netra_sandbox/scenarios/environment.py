"""An environment in the making: the contract's services, secrets, images and infrastructure, as a plan has them."""

from __future__ import annotations

import asyncio
import io
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from netra_sandbox.identity import seeding
from netra_sandbox.images.context import read_context
from netra_sandbox.scenarios import load_balancer, sources
from netra_sandbox.scenarios.files import Scenario
from netra_sandbox.scenarios.plan import Plan, RevisionPlan
from netra_sandbox.servers.fleet import REDIS_PORT
from netra_sandbox.servers.platform import Accounts
from netra_sandbox.services import cloud_build, redis, secret_manager, sql_admin, vpc_access
from netra_sandbox.terraform.state import state_document

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
_DATABASE_USER, _DATABASE_PASSWORD = "postgres-user-staging", "postgres-password-staging"
_GOLDEN_PATH_PASSWORD = "golden-path-password-staging"  # noqa: S105  the name of a secret
_OUTPUT = re.compile(r"\{(\w+)\}")


@dataclass
class Environment:
    """One environment in the making: the contract, and what was made so far."""

    sandbox: Sandbox
    scenario: Scenario
    plan: Plan
    outputs: dict[str, str] = field(default_factory=dict)
    api_objects: list[Resource] = field(default_factory=list)
    accounts: Accounts | None = None

    @property
    def contract(self) -> Resource:
        """Return the contract, whatever is broken."""
        return self.plan.contract

    @property
    def infrastructure(self) -> Resource:
        """Return what the contract says of the infrastructure."""
        found: Resource = self.contract.get("remediation_infrastructure") or {}
        return found

    @property
    def workspace(self) -> Path:
        """Return the checkout of the product that the playbooks work in."""
        return self.sandbox.directory / "workspace"

    def service(self, name: str) -> Resource:
        """Return what the contract says of a service."""
        found: Resource = next(entry for entry in self.contract["remediation_services"] if entry["name"] == name)
        return found

    def copy_application(self) -> None:
        """Copy the product's repository with what the plan breaks in it."""
        sources.copy(self.scenario.application, self.workspace, self.plan.edits)

    def make_accounts(self) -> None:
        """Make the accounts that the services run as."""
        services = self.contract.get("remediation_services", ())
        named = (entry["service_account"] for entry in services if entry.get("service_account"))
        seeding.seed_runtime(self.sandbox, named)

    def make_secrets(self) -> None:
        """Make the secrets of the contract with random payloads, under the names that the plan stores them by."""
        payloads = {name: secrets.token_urlsafe(24) for name in self.plan.secrets}
        if _DATABASE_USER in payloads:
            payloads[_DATABASE_USER] = f"app_{secrets.token_hex(6)}"
        for name, payload in payloads.items():
            stored_as = self.plan.secrets[name]
            if stored_as is not None:
                secret_manager.seed(self.sandbox, stored_as, payload.encode())
        if {_DATABASE_USER, _DATABASE_PASSWORD, _GOLDEN_PATH_PASSWORD} <= payloads.keys():
            self.accounts = Accounts(
                payloads[_DATABASE_USER],
                payloads[_DATABASE_PASSWORD],
                self.contract["remediation_journey"]["email"],
                payloads[_GOLDEN_PATH_PASSWORD],
            )

    async def make_database(self) -> None:
        """Start the SQL instance on the plan's machine type."""
        wanted = self.infrastructure.get("sql")
        if not wanted:
            return
        instance = await sql_admin.seed(self.sandbox, wanted["name"], self.plan.tier, self.accounts)
        addresses = {entry["type"]: entry["ipAddress"] for entry in instance["ipAddresses"]}
        self.outputs |= {
            "database_private_ip": addresses["PRIVATE"],
            "database_public_ip": addresses["PRIMARY"],
            "database_instance_name": instance["name"],
            "database_connection_name": instance["connectionName"],
        }
        self.api_objects.append(instance)

    async def make_cache(self) -> None:
        """Start the Redis instance; of one that is gone, know the address: an instance of its name gets it again."""
        wanted = self.infrastructure.get("redis")
        if not wanted:
            return
        if self.plan.has_cache:
            fields = {
                "tier": wanted["tier"],
                "memorySizeGb": wanted["memory_size_gb"],
                "redisVersion": wanted["redis_version"],
                "authorizedNetwork": f"projects/{self.sandbox.project}/global/networks/{wanted['network']}",
            }
            instance = await redis.seed(self.sandbox, wanted["name"], fields)
            self.api_objects.append(instance)
            host, port = instance["host"], str(instance["port"])
        else:
            host, port = await self.sandbox.servers.start_redis(wanted["name"], wanted["network"]), str(REDIS_PORT)
            await self.sandbox.servers.stop_redis(wanted["name"])
        self.outputs |= {"redis_host": host, "redis_port": port}

    def make_connector(self) -> None:
        """Make the connector, in the network that the plan leads it to; its name is known even when it is gone."""
        wanted = self.infrastructure.get("connector")
        if not wanted:
            return
        if self.plan.has_connector:
            network = self.plan.connector_network or wanted["network"]
            made = vpc_access.seed(self.sandbox, wanted["name"], network, wanted["ip_cidr_range"])
            self.api_objects.append(made)
        self.outputs["vpc_connector_name"] = wanted["name"]

    async def build(self, name: str, context: Path) -> str:
        """Build a service's image as its build would have and return the pinned reference."""
        build = self.service(name)["build"]
        digest = await asyncio.to_thread(lambda: read_context(context, build["dockerfile"]).digest(build["image"]))
        tag = f"context-{digest}"
        pushed = await cloud_build.build_image(self.sandbox, context, build["dockerfile"], build["image"], tag)
        return f"{build['image']}@{pushed}"

    def variables(self, name: str) -> dict[str, str]:
        """Return a service's plain variables as the contract has them."""
        service = self.service(name)
        values = {key: str(value) for key, value in service.get("environment", {}).items()}
        templates = service.get("environment_from_outputs", {})
        return values | {key: template.format_map(self.outputs) for key, template in templates.items()}

    def _filled(self, template: str) -> str:
        """Put outputs in the place of their names in braces; other braces stay: placeholders have them too."""
        return _OUTPUT.sub(lambda match: self.outputs.get(match[1], match[0]), template)

    def template(self, name: str, image: str, revision: RevisionPlan) -> Resource:
        """Return a revision's template as the API speaks it."""
        service = self.service(name)
        given = {key: self._filled(value) for key, value in revision.variables.items()}
        variables = self.variables(name) | given
        environment: list[Resource] = [{"name": key, "value": value} for key, value in variables.items()]
        for key, reference in self.references(name, revision).items():
            secret, _colon, version = reference.partition(":")
            source = {"secretKeyRef": {"secret": secret, "version": version or "1"}}
            environment.append({"name": key, "valueSource": source})
        limits = {"cpu": str(service["cpu"]), "memory": service["memory"]}
        container = {
            "image": image,
            "ports": [{"containerPort": service["port"]}],
            "env": environment,
            "resources": {"limits": limits, "cpuIdle": True},
        }
        template: Resource = {
            "containers": [container],
            "scaling": {
                "minInstanceCount": service["min_instances"],
                "maxInstanceCount": service["max_instances"],
            },
            "maxInstanceRequestConcurrency": service["concurrency"],
            "timeout": f"{service['timeout_seconds']}s",
            "serviceAccount": service["service_account"],
        }
        if service.get("session_affinity"):
            template["sessionAffinity"] = True
        if revision.unchecked:
            template["healthCheckDisabled"] = True
        if service.get("vpc_connector") and revision.connected:
            template["vpcAccess"] = self.access(service)
        return template

    def access(self, service: Resource) -> Resource:
        """Return how a service reaches the network."""
        sandbox = self.sandbox
        parent = f"projects/{sandbox.project}/locations/{sandbox.region}"
        egress = service["vpc_egress"].replace("-", "_").upper()
        return {"connector": f"{parent}/connectors/{service['vpc_connector']}", "egress": egress}

    def references(self, name: str, revision: RevisionPlan) -> dict[str, str]:
        """Return variable → `secret:version` of a revision: the contract's, by number unless they float."""
        bound: dict[str, str | None] = {**self.service(name).get("secrets", {}), **revision.secrets}
        version = "latest" if revision.floating else "1"
        named = {key: secret for key, secret in bound.items() if secret is not None}
        return {key: secret if ":" in secret else f"{secret}:{version}" for key, secret in named.items()}

    def complete_config_files(self) -> None:
        """Write the real values into the deployment config files."""
        for entry in self.contract.get("remediation_config_files", []):
            name = entry["service"]
            latest = self.plan.services[name].revisions[-1]
            _complete(self.workspace / entry["path"], self.variables(name), self.references(name, latest))

    def write_state(self) -> None:
        """Write Terraform's state as the last apply left it."""
        terraform = self.infrastructure.get("terraform")
        if terraform:
            text = json.dumps(state_document(self.api_objects), indent=2) + "\n"
            (self.workspace / terraform["directory"] / "terraform.tfstate").write_text(text, encoding="utf-8")

    def open_hosts(self) -> None:
        """Put the load balancer in front of the services and let the product's host names lead to it."""
        parts = self.contract.get("remediation_infrastructure", {}).values()
        named = {part["network"] for part in parts if isinstance(part, dict) and "network" in part}
        load_balancer.make_networks(self.sandbox, *sorted(named | {"default"}))
        hosts = {entry["host"]: entry["name"] for entry in self.contract["remediation_services"] if entry.get("host")}
        hosts |= self.plan.misled
        if hosts:
            load_balancer.make(self.sandbox, hosts, [host for host in hosts if host not in self.plan.uncovered])


def _complete(path: Path, variables: Mapping[str, str], references: Mapping[str, str]) -> None:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    document = yaml.load(path.read_text(encoding="utf-8"))
    document["env_vars"].update(variables)
    document["secrets"].update(references)
    written = io.StringIO()
    yaml.dump(document, written)
    path.write_text(written.getvalue(), encoding="utf-8")
