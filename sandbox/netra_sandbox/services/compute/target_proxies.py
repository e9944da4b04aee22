"""Target HTTP and HTTPS proxies. https://cloud.google.com/compute/docs/reference/rest/v1/targetHttpsProxies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.calls import HANDLERS, Call, handles
from netra_sandbox.services.compute import methods, refusals
from netra_sandbox.services.compute.collections import Collection
from netra_sandbox.services.compute.methods import serve
from netra_sandbox.services.compute.references import Reference

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
MOST_CERTIFICATES = 15
_URL_MAP = Reference("urlMap", ("urlMaps",))


def _prepare_http(_sandbox: Sandbox, resource: Resource, _current: Resource | None) -> Resource:
    if not resource.get("urlMap"):
        raise refusals.required("resource.urlMap")
    return resource


def _prepare_https(sandbox: Sandbox, resource: Resource, current: Resource | None) -> Resource:
    _prepare_http(sandbox, resource, current)
    if resource.get("certificateMap"):
        raise refusals.unsupported("certificate maps")
    certificates = resource.get("sslCertificates", [])
    if not certificates:
        raise refusals.required("resource.sslCertificates")
    if len(certificates) > MOST_CERTIFICATES:
        why = f"At most {MOST_CERTIFICATES} SSL certificates can be specified."
        raise refusals.invalid("resource.sslCertificates", len(certificates), why)
    return {"quicOverride": "NONE", "tlsEarlyData": "DISABLED", **resource}


HTTP = serve(
    Collection(
        "targetHttpProxies",
        "targetHttpProxy",
        "target_http_proxy",
        "targetHttpProxy",
        fingerprinted=True,
        verbs=("insert", "patch", "delete"),
        references=(_URL_MAP,),
        prepare=_prepare_http,
    )
)
HTTPS = serve(
    Collection(
        "targetHttpsProxies",
        "targetHttpsProxy",
        "target_https_proxy",
        "targetHttpsProxy",
        fingerprinted=True,
        verbs=("insert", "patch", "delete"),
        references=(_URL_MAP, Reference("sslCertificates[]", ("sslCertificates",))),
        prepare=_prepare_https,
    )
)


def _set_url_map(collection: Collection) -> None:
    async def handler(sandbox: Sandbox, call: Call) -> Resource:
        given = call.body.get("urlMap", "")
        return methods.change(sandbox, call, collection, "setUrlMap", lambda current: {**current, "urlMap": given})

    HANDLERS[f"compute.{collection.plural}.setUrlMap"] = handler


for _collection in (HTTP, HTTPS):
    _set_url_map(_collection)


@handles("compute.targetHttpsProxies.setSslCertificates")
async def set_ssl_certificates(sandbox: Sandbox, call: Call) -> Resource:
    """Start an operation that replaces the certificates of a proxy."""
    given = list(call.body.get("sslCertificates", []))

    def edit(current: Resource) -> Resource:
        return {**current, "sslCertificates": list(given)}

    return methods.change(sandbox, call, HTTPS, "setSslCertificates", edit)
