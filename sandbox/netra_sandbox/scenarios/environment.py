"""The environment both scenarios are states of: the contract's services, secrets, images and infrastructure."""

from __future__ import annotations

import asyncio
import io
import json
import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from netra_sandbox.images.context import read_context
from netra_sandbox.servers.platform import Accounts
from netra_sandbox.services import cloud_build, redis, secret_manager, sql_admin, vpc_access
from netra_sandbox.terraform.state import state_document

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
ROOT = Path(__file__).parents[3]
APPLICATION = ROOT / "sandbox" / "application"
CONTRACT = ROOT / "inventory" / "sandbox" / "group_vars" / "all" / "contract.yml"
TO_LATEST = [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}]
BACKEND, AUTH, FRONTEND = "netra-backend-staging", "netra-auth-service", "netra-frontend-staging"
CULPRIT = "**/monitoring/\n"
# What a repair adds below the culprit, the smallest change that brings the package back.
REPAIR = f"{CULPRIT}!netra_backend/app/services/monitoring\n"


@dataclass
class Environment:
    """One environment in the making: the contract, and what was made so far."""

    sandbox: Sandbox
    contract: Resource
    outputs: dict[str, str] = field(default_factory=dict)
    api_objects: list[Resource] = field(default_factory=list)
    accounts: Accounts | None = None

    @property
    def workspace(self) -> Path:
        """Return the checkout of the product that the playbooks work in."""
        return self.sandbox.directory / "workspace"

    def service(self, name: str) -> Resource:
        """Return what the contract says of a service."""
        found: Resource = next(entry for entry in self.contract["remediation_services"] if entry["name"] == name)
        return found

    def copy_application(self, *, repaired: bool) -> None:
        """Copy the product's repository, with its ignore file as the clean-up left it or repaired."""
        leftovers = shutil.ignore_patterns("__pycache__", ".terraform")
        shutil.copytree(APPLICATION, self.workspace, ignore=leftovers, symlinks=True)
        if repaired:
            repair_ignore_file(self.workspace)

    def make_secrets(self, *, without: tuple[str, ...] = ()) -> None:
        """Make the secrets of the contract with random payloads."""
        payloads = {entry["name"]: secrets.token_urlsafe(24) for entry in self.contract["remediation_secrets"]}
        payloads["postgres-user-staging"] = f"app_{secrets.token_hex(6)}"
        for name, payload in payloads.items():
            if name not in without:
                secret_manager.seed(self.sandbox, name, payload.encode())
        self.accounts = Accounts(
            payloads["postgres-user-staging"],
            payloads["postgres-password-staging"],
            self.contract["remediation_journey"]["email"],
            payloads["golden-path-password-staging"],
        )

    async def make_database(self, tier: str) -> None:
        """Start the SQL instance on a machine type."""
        wanted = self.contract["remediation_infrastructure"]["sql"]
        if self.accounts is None:
            raise RuntimeError("the database's accounts are secrets: make those first")
        instance = await sql_admin.seed(self.sandbox, wanted["name"], tier, self.accounts)
        addresses = {entry["type"]: entry["ipAddress"] for entry in instance["ipAddresses"]}
        self.outputs |= {
            "database_private_ip": addresses["PRIVATE"],
            "database_public_ip": addresses["PRIMARY"],
            "database_instance_name": instance["name"],
            "database_connection_name": instance["connectionName"],
        }
        self.api_objects.append(instance)

    async def make_cache(self) -> None:
        """Start the Redis instance."""
        wanted = self.contract["remediation_infrastructure"]["redis"]
        fields = {
            "tier": wanted["tier"],
            "memorySizeGb": wanted["memory_size_gb"],
            "redisVersion": wanted["redis_version"],
            "authorizedNetwork": f"projects/{self.sandbox.project}/global/networks/{wanted['network']}",
        }
        instance = await redis.seed(self.sandbox, wanted["name"], fields)
        self.api_objects.append(instance)
        self._note_cache(instance["host"], str(instance["port"]))

    async def lose_cache(self) -> None:
        """Know the address of a Redis instance that was there once: an instance of its name gets it again."""
        wanted = self.contract["remediation_infrastructure"]["redis"]
        host = await self.sandbox.servers.start_redis(wanted["name"], wanted["network"])
        await self.sandbox.servers.stop_redis(wanted["name"])
        self._note_cache(host, "6379")

    def _note_cache(self, host: str, port: str) -> None:
        self.outputs |= {"redis_host": host, "redis_port": port}

    def make_connector(self) -> None:
        """Make the connector."""
        wanted = self.contract["remediation_infrastructure"]["connector"]
        made = vpc_access.seed(self.sandbox, wanted["name"], wanted["network"], wanted["ip_cidr_range"])
        self.api_objects.append(made)
        self.name_connector()

    def name_connector(self) -> None:
        """Know the connector's name, whether it exists or not."""
        self.outputs["vpc_connector_name"] = self.contract["remediation_infrastructure"]["connector"]["name"]

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

    def template(self, name: str, image: str, variables: dict[str, str], references: dict[str, str]) -> Resource:
        """Return a revision template as the API speaks it."""
        service = self.service(name)
        environment: list[Resource] = [{"name": key, "value": value} for key, value in variables.items()]
        for key, secret in references.items():
            reference, _colon, version = secret.partition(":")
            source = {"secretKeyRef": {"secret": reference, "version": version or "1"}}
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
        if service.get("vpc_connector"):
            template["vpcAccess"] = self.access(service)
        return template

    def access(self, service: Resource) -> Resource:
        """Return how a service reaches the network."""
        sandbox = self.sandbox
        parent = f"projects/{sandbox.project}/locations/{sandbox.region}"
        egress = service["vpc_egress"].replace("-", "_").upper()
        return {"connector": f"{parent}/connectors/{service['vpc_connector']}", "egress": egress}

    def bindings(self, name: str, *, without: tuple[str, ...] = ()) -> dict[str, str]:
        """Return a service's secrets, bound by number."""
        found = self.service(name).get("secrets", {})
        return {key: f"{secret}:1" for key, secret in found.items() if secret not in without}

    def complete_config_file(self, variables: dict[str, str], references: dict[str, str]) -> None:
        """Write the real values into the deployment config file."""
        path = self.workspace / self.contract["remediation_config_files"][0]["path"]
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

    def write_state(self) -> None:
        """Write Terraform's state as the last apply left it."""
        folder = self.workspace / self.contract["remediation_infrastructure"]["terraform"]["directory"]
        text = json.dumps(state_document(self.api_objects), indent=2) + "\n"
        (folder / "terraform.tfstate").write_text(text, encoding="utf-8")

    def open_hosts(self) -> None:
        """Point the product's host names at their services."""
        for service in self.contract["remediation_services"]:
            self.sandbox.load_balancer_hosts[service["host"]] = service["name"]


def environment(sandbox: Sandbox) -> Environment:
    """Return the environment of the sandbox inventory's contract."""
    return Environment(sandbox, YAML(typ="safe").load(CONTRACT.read_text(encoding="utf-8")))


def repair_ignore_file(folder: Path) -> None:
    """Re-admit the package that the clean-up dropped."""
    path = folder / ".dockerignore"
    path.write_text(path.read_text(encoding="utf-8").replace(CULPRIT, REPAIR), encoding="utf-8")
