"""Names and addresses of services and revisions."""

from __future__ import annotations

import hashlib
import random
import re
from dataclasses import dataclass

API = "run:"
_SERVICE = re.compile(r"^projects/(?P<project>[^/]+)/locations/(?P<region>[^/]+)/services/(?P<service>[^/]+)")
_NUMBER = re.compile(r"-(\d{5})-[a-z0-9]{3}$")
# Google's generated names avoid vowels, and digits that look like letters.
_SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class ServiceName:
    """The parts of projects/P/locations/L/services/S."""

    project: str
    region: str
    service: str

    @classmethod
    def parse(cls, resource: str) -> ServiceName:
        """Read a service's, or a service's child's, full resource name."""
        match = _SERVICE.match(resource)
        if match is None:
            raise ValueError(f"{resource!r} is not the name of a Cloud Run service")
        return cls(**match.groupdict())

    @property
    def parent(self) -> str:
        """Return the location that holds the service."""
        return f"projects/{self.project}/locations/{self.region}"

    @property
    def full(self) -> str:
        """Return the full resource name."""
        return f"{self.parent}/services/{self.service}"

    @property
    def key(self) -> str:
        """Return the service's key in the store."""
        return f"{API}{self.full}"

    @property
    def operation_key(self) -> str:
        """Return the key under which the store keeps the name of the service's newest operation."""
        return f"run-operation:{self.full}"

    def revision(self, short: str) -> str:
        """Return the full resource name of a revision."""
        return f"{self.full}/revisions/{short}"

    def revision_key(self, short: str) -> str:
        """Return a revision's key in the store."""
        return f"{API}{self.revision(short)}"

    def deployment_key(self, short: str) -> str:
        """Return the key of what the sandbox, but no client, knows of a revision."""
        return f"run-deployment:{self.revision(short)}"


def short_name(resource: str) -> str:
    """Return the last segment of a resource name."""
    return resource.rpartition("/")[2]


def revision_number(revision: str) -> int:
    """Return the number in a generated revision name, 0 when the client chose the name."""
    match = _NUMBER.search(revision)
    return int(match[1]) if match else 0


def generated_revision(service: str, number: int) -> str:
    """Name a revision as Cloud Run does when the template names none."""
    suffix = "".join(random.choices(_SUFFIX_LETTERS, k=3))  # noqa: S311  not a secret
    return f"{service}-{number:05d}-{suffix}"


def address_hash(project: str) -> str:
    """Return the ten characters that stand for the project in a service's legacy address."""
    number = int.from_bytes(hashlib.sha256(project.encode()).digest()[:8])
    digits = ""
    for _ in range(10):
        number, digit = divmod(number, 36)
        digits += _BASE36[digit]
    return digits


def region_code(region: str) -> str:
    """Abbreviate a region as legacy addresses do: us-central1 is uc."""
    area, _, place = region.partition("-")
    return area[0] + place[0]


def legacy_host(name: ServiceName, tag: str = "") -> str:
    """Return the host with the project's hash; the only form that carries tags in the API's answers."""
    prefix = f"{tag}---" if tag else ""
    return f"{prefix}{name.service}-{address_hash(name.project)}-{region_code(name.region)}.a.run.app"


def deterministic_host(name: ServiceName, project_number: str, tag: str = "") -> str:
    """Return the host with the project's number."""
    prefix = f"{tag}---" if tag else ""
    return f"{prefix}{name.service}-{project_number}.{name.region}.run.app"
