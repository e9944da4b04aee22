"""SSL certificates, uploaded and managed, and what the load balancer serves of them.

https://cloud.google.com/compute/docs/reference/rest/v1/sslCertificates. The resource is what clients read. What TLS
needs besides (dates, and the key of an uploaded one) is in a row of its own, which no method returns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from netra_sandbox.services.compute import material, names, provisioning, refusals
from netra_sandbox.services.compute.collections import Collection
from netra_sandbox.services.compute.methods import put, serve

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
KEY = "compute-tls:"
VALID = timedelta(days=90)
MOST_DOMAINS, LONGEST_DOMAIN = 100, 63
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[-a-z0-9]*[a-z0-9])?\.)+[a-z][-a-z0-9]*[a-z0-9]", re.IGNORECASE)


def prepare(_sandbox: Sandbox, resource: Resource, _current: Resource | None) -> Resource:
    """Read an uploaded pair, or begin with the domains of a managed certificate."""
    if "managed" in resource or resource.get("type") == "MANAGED":
        return _managed(resource)
    uploaded = resource.get("selfManaged", {})
    certificate = resource.get("certificate") or uploaded.get("certificate")
    key = resource.get("privateKey") or uploaded.get("privateKey")
    if not certificate:
        raise refusals.required("resource.certificate")
    if not key:
        raise refusals.required("resource.privateKey")
    pair = material.read(certificate, key)
    return {
        **resource,
        "type": "SELF_MANAGED",
        "certificate": certificate,
        "privateKey": key,
        "selfManaged": {"certificate": certificate},
        "subjectAlternativeNames": pair.names,
        "expireTime": names.timestamp(pair.not_after),
    }


def view(sandbox: Sandbox, certificate: Resource) -> Resource:
    """Show a certificate as it is by now: provisioning goes on by itself."""
    if certificate["type"] != "MANAGED":
        return certificate
    row = _row(sandbox, certificate)
    before = certificate["managed"]
    after = before if row.get("held") else provisioning.advance(sandbox, names.name_of(certificate), before, row)
    if after == before:
        return certificate
    shown = {**certificate, "managed": after}
    if after["status"] == provisioning.ACTIVE and before["status"] != provisioning.ACTIVE:
        shown |= _issue(sandbox, certificate, sandbox.now())
    sandbox.store.put(names.KEY + names.name_of(certificate), shown)
    return shown


def served(sandbox: Sandbox, link: str) -> Resource | None:
    """Return what TLS needs of a certificate: `names`, `not_before`, `not_after` and, when uploaded, `pem`.

    None for one that does not exist or that nobody has signed yet.
    """
    certificate = sandbox.store.get(names.KEY + link.removeprefix(names.ROOT))
    if certificate is None:
        return None
    shown = view(sandbox, certificate)
    if shown.get("managed", {}).get("status") == provisioning.PROVISIONING:
        return None
    return _row(sandbox, shown)


def seed_managed(sandbox: Sandbox, name: str, domains: list[str]) -> Resource:
    """Make a managed certificate that is active; for scenarios."""
    made = put(sandbox, COLLECTION, {"name": name, "type": "MANAGED", "managed": {"domains": domains}})
    managed = {
        "domains": domains,
        "status": provisioning.ACTIVE,
        "domainStatus": dict.fromkeys(domains, provisioning.ACTIVE),
    }
    active = {**made, "managed": managed, **_issue(sandbox, made, sandbox.now() - timedelta(days=1))}
    sandbox.store.put(names.KEY + names.name_of(made), active)
    return active


def expire(sandbox: Sandbox, name: str) -> Resource:
    """Let a certificate be past its end, on the wire as in the resource; return what `restore` needs.

    KeyError for a certificate that is not there.
    """
    certificate, row = _existing(sandbox, name)
    end = sandbox.now() - timedelta(days=1)
    dates = {"not_before": (end - VALID).isoformat(), "not_after": end.isoformat()}
    # What the sandbox signs instead of an uploaded certificate, which is set aside, has the same names.
    signed = {("uploaded" if key == "pem" else key): value for key, value in row.items()}
    changed = {**certificate, "expireTime": names.timestamp(end)}
    if "managed" in certificate:
        changed["managed"] = {**certificate["managed"], "status": provisioning.RENEWAL_FAILED}
    _keep(sandbox, changed, {**signed, **dates})
    return _kept_for_restore(certificate, row)


def hold(sandbox: Sandbox, name: str) -> Resource:
    """Let a managed certificate be provisioning, whatever DNS says; return what `restore` needs.

    KeyError for a managed certificate that is not there.
    """
    certificate, row = _existing(sandbox, name)
    if "managed" not in certificate:
        raise KeyError(f"There is no managed certificate {name}.")
    _keep(sandbox, _unsigned(certificate, certificate["managed"]["domains"]), {**row, "held": True})
    return _kept_for_restore(certificate, row)


def restore(sandbox: Sandbox, name: str, before: Mapping[str, Any]) -> None:
    """Give a certificate the state that it had before `expire` or `hold`; KeyError for one that is not there."""
    certificate, row = _existing(sandbox, name)
    missing = {key: value for key, value in certificate.items() if key not in {"expireTime", "managed"}}
    dropped = {"held", "not_before", "not_after"}
    kept = {("pem" if key == "uploaded" else key): value for key, value in row.items() if key not in dropped}
    _keep(sandbox, {**missing, **before["resource"]}, {**kept, **before["dates"]})


def _kept_for_restore(certificate: Resource, row: Resource) -> Resource:
    shown = {
        key: certificate[key] for key in ("expireTime", "managed", "subjectAlternativeNames") if key in certificate
    }
    return {"resource": shown, "dates": {key: row[key] for key in ("not_before", "not_after") if key in row}}


def _managed(resource: Resource) -> Resource:
    domains = [domain.rstrip(".").lower() for domain in resource.get("managed", {}).get("domains", [])]
    if not domains:
        raise refusals.required("resource.managed.domains")
    if len(domains) > MOST_DOMAINS:
        raise refusals.invalid("resource.managed.domains", len(domains), f"At most {MOST_DOMAINS} domains are allowed.")
    for index, domain in enumerate(domains):
        if len(domain) > LONGEST_DOMAIN or not _DOMAIN.fullmatch(domain):
            raise refusals.invalid(f"resource.managed.domains[{index}]", domain, "Invalid domain name specified.")
    return _unsigned({**resource, "type": "MANAGED"}, domains)


def _unsigned(certificate: Resource, domains: list[str]) -> Resource:
    status = dict.fromkeys(domains, provisioning.PROVISIONING)
    managed = {"domains": domains, "status": provisioning.PROVISIONING, "domainStatus": status}
    dropped = {"expireTime", "subjectAlternativeNames", "certificate"}
    return {**{key: value for key, value in certificate.items() if key not in dropped}, "managed": managed}


def _issue(sandbox: Sandbox, certificate: Resource, start: datetime) -> Resource:
    """Note the dates of a new certificate and return the fields that tell of them."""
    domains, end = certificate["managed"]["domains"], start + VALID
    row = {**_row(sandbox, certificate), "names": domains}
    dates = {"not_before": start.isoformat(), "not_after": end.isoformat()}
    sandbox.store.put(KEY + names.name_of(certificate), {**row, **dates})
    return {"expireTime": names.timestamp(end), "subjectAlternativeNames": domains}


def _created(sandbox: Sandbox, certificate: Resource) -> None:
    """Keep an uploaded key away from the resource, and know when provisioning began."""
    name = names.name_of(certificate)
    row: Resource = {"since": sandbox.now().isoformat(), "names": certificate.get("subjectAlternativeNames", [])}
    key = certificate.pop("privateKey", None)
    if key is not None:
        pair = material.read(certificate["certificate"], key)
        row |= {"not_before": pair.not_before.isoformat(), "not_after": pair.not_after.isoformat()}
        row["pem"] = f"{key.strip()}\n{certificate['certificate'].strip()}\n"
        sandbox.store.put(names.KEY + name, certificate)
    sandbox.store.put(KEY + name, row)


def _deleted(sandbox: Sandbox, certificate: Resource) -> None:
    sandbox.store.delete(KEY + names.name_of(certificate))


def _row(sandbox: Sandbox, certificate: Resource) -> Resource:
    return sandbox.store.get(KEY + names.name_of(certificate)) or {}


def _existing(sandbox: Sandbox, name: str) -> tuple[Resource, Resource]:
    """Return a certificate and its row by the certificate's short name."""
    certificate = sandbox.store.get(f"{names.KEY}projects/{sandbox.project}/global/sslCertificates/{name}")
    if certificate is None:
        raise KeyError(f"There is no certificate {name}.")
    return certificate, _row(sandbox, certificate)


def _keep(sandbox: Sandbox, certificate: Resource, row: Resource) -> None:
    name = names.name_of(certificate)
    sandbox.store.put(names.KEY + name, certificate)
    sandbox.store.put(KEY + name, row)


COLLECTION = serve(
    Collection(
        "sslCertificates",
        "sslCertificate",
        "ssl_certificate",
        "sslCertificate",
        output_only=frozenset({"expireTime", "subjectAlternativeNames"}),
        prepare=prepare,
        created=_created,
        deleted=_deleted,
        view=view,
    )
)
