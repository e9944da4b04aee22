# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What clients of a load balancer see: the certificate they are shown, and where its resources send a request.

Hosts need DNS records, which only the sandbox lets a case write: so these run there. Each case names the document it
has its claim from all the same.
"""

from __future__ import annotations

import datetime
import os
import pathlib
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from compute_engine import Compute
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HTTPS = "https://cloud.google.com/load-balancing/docs/https"
URL_MAPS = "https://cloud.google.com/load-balancing/docs/url-map-concepts"
SELECTION = "https://cloud.google.com/load-balancing/docs/ssl-certificates#certificate-selection"
MANAGED = "https://cloud.google.com/load-balancing/docs/ssl-certificates/troubleshooting"
SERVICE = "netra-frontend-staging"
pytestmark = pytest.mark.sandbox_only("DNS is data in the sandbox only")


@pytest.fixture
def compute(target: Any) -> Iterator[Compute]:
    made = Compute(target)
    yield made
    made.clear()


@pytest.fixture
def fault(sandbox: Any) -> Iterator[Callable[..., dict[str, Any]]]:
    """Put a fault in force; those of a case are cleared when it ends."""
    names: list[str] = []

    def put(kind: str, target: str, **options: Any) -> dict[str, Any]:
        name = f"compute-{os.urandom(4).hex()}"
        names.append(name)
        return dict(sandbox.call("faults", {"kind": kind, "name": name, "target": target, **options}))

    yield put
    for name in names:
        requests.delete(f"{sandbox.proxy}/_sandbox/faults?name={name}", timeout=30).raise_for_status()


class Site:
    """A load balancer of a case: hosts lead to its address, `get` asks them, `shake` shows their certificate."""

    def __init__(self, sandbox: Any, compute: Compute, point: Callable[..., Any]) -> None:
        self.sandbox = sandbox
        self.compute = compute
        self.point = point
        self.domain = f"{os.urandom(4).hex()}.example.com"
        self.address = compute.make("addresses")["address"]

    def host(self, label: str = "www") -> str:
        """Return a host of the site's domain that leads to its address."""
        name = f"{label}.{self.domain}"
        self.point("dns-record", name, address=self.address)
        return name

    def listen(self, url_map: dict[str, Any], certificates: list[dict[str, Any]] | None = None) -> None:
        """Listen at port 443 with certificates, at port 80 without."""
        links = {"sslCertificates": [entry["selfLink"] for entry in certificates]} if certificates else {}
        collection = "targetHttpsProxies" if certificates else "targetHttpProxies"
        proxy = self.compute.make(collection, urlMap=url_map["selfLink"], **links)
        rule = {"target": proxy["selfLink"], "portRange": "443" if certificates else "80"}
        scheme = {"loadBalancingScheme": "EXTERNAL_MANAGED"}
        self.compute.make("forwardingRules", IPAddress=self.address, **rule, **scheme)

    def get(self, url: str, **options: Any) -> requests.Response:
        proxies = {"http": self.sandbox.proxy, "https": self.sandbox.proxy}
        return requests.get(url, proxies=proxies, allow_redirects=False, timeout=30, **options)

    def shake(self, host: str, name: str | None = None, *, verify: bool = True) -> dict[str, Any] | bytes | None:
        """Shake hands with what a host leads to under a server name; return the certificate."""
        context = ssl.create_default_context(cafile=str(self.sandbox.directory / "ca.pem"))
        if not verify:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", self.sandbox.port), timeout=30) as plain:
            plain.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode())
            head = plain.recv(4096)
            if not head.startswith(b"HTTP/1.1 200"):
                raise ConnectionRefusedError(head.decode())
            with context.wrap_socket(plain, server_hostname=name or host) as secure:
                return secure.getpeercert() if verify else secure.getpeercert(binary_form=True)


@pytest.fixture
def site(sandbox: Any, compute: Compute, fault: Any) -> Site:
    return Site(sandbox, compute, fault)


def signed(*names: str, days: int = 30) -> dict[str, str]:
    """Return a certificate that signs itself, for DNS names, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - datetime.timedelta(days=60))
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "certificate": certificate.public_bytes(serialization.Encoding.PEM).decode(),
        "privateKey": private.decode(),
    }


def shown(offered: Any) -> list[str]:
    """Return the DNS names of a certificate as it came over the wire."""
    extension = x509.load_der_x509_certificate(offered).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return extension.value.get_values_for_type(x509.DNSName)


@pytest.mark.source("public", SELECTION)
def test_a_client_is_shown_the_certificate_that_names_its_host(site: Site) -> None:
    host, wild, foreign = site.host(), site.host("a"), site.host("x.y")
    uploaded = [
        site.compute.make("sslCertificates", **signed(*names))
        for names in (["primary.example.com"], [host], [f"*.{site.domain}"])
    ]
    site.listen(site.compute.make("urlMaps", defaultService=site.compute.backend()["selfLink"]), uploaded)
    assert shown(site.shake(host, verify=False)) == [host]
    assert shown(site.shake(wild, verify=False)) == [f"*.{site.domain}"]
    # A wildcard stands for one label, so the first certificate is shown, which names another host.
    assert shown(site.shake(foreign, verify=False)) == ["primary.example.com"]


@pytest.mark.source("public", "https://cloud.google.com/load-balancing/docs/ssl-certificates/self-managed-certs")
def test_the_key_of_an_uploaded_certificate_is_never_shown(site: Site) -> None:
    pair = signed(site.host())
    made = site.compute.make("sslCertificates", **pair)
    assert made["type"] == "SELF_MANAGED"
    assert made["certificate"] == made["selfManaged"]["certificate"] == pair["certificate"]
    assert made["subjectAlternativeNames"] == [f"www.{site.domain}"]
    secret = pair["privateKey"].splitlines()[1]
    listed = site.compute.call("GET", site.compute.path("sslCertificates"))
    assert secret not in str(made) + str(listed)
    seen = site.sandbox.call("requests?since=0"), site.sandbox.call("log")
    assert secret not in str(seen)
    noted = [path for path in pathlib.Path(site.sandbox.directory).glob("*.jsonl") if secret in path.read_text()]
    assert not noted


@pytest.mark.source("public", SELECTION)
def test_an_expired_certificate_is_shown_and_expired(site: Site) -> None:
    host = site.host()
    pair = signed(host, days=-1)
    made = site.compute.make("sslCertificates", **pair)
    site.listen(site.compute.make("urlMaps", defaultService=site.compute.backend()["selfLink"]), [made])
    offered = x509.load_der_x509_certificate(site.shake(host, verify=False))  # type: ignore[arg-type]
    assert offered.not_valid_after_utc < datetime.datetime.now(datetime.UTC)
    assert datetime.datetime.fromisoformat(made["expireTime"]) == offered.not_valid_after_utc


@pytest.mark.source("public", MANAGED)
def test_a_managed_certificate_is_signed_when_its_domain_leads_to_it(site: Site) -> None:
    host = site.host()
    made = site.compute.make("sslCertificates", type="MANAGED", managed={"domains": [host]})
    assert made["managed"]["status"] == "PROVISIONING"
    site.listen(site.compute.make("urlMaps", defaultService=site.compute.backend()["selfLink"]), [made])

    def read() -> dict[str, Any]:
        return site.compute.get("sslCertificates", made["name"])

    active = site.compute.target.until(read, lambda seen: seen["managed"]["status"] == "ACTIVE")
    assert active["managed"]["domainStatus"] == {host: "ACTIVE"}
    assert active["subjectAlternativeNames"] == [host]
    assert "expireTime" in active
    assert ("DNS", host) in site.shake(host)["subjectAltName"]  # type: ignore[index, call-overload]


@pytest.mark.source("public", MANAGED)
def test_a_domain_that_leads_elsewhere_is_not_visible_until_it_leads_here(site: Site) -> None:
    seen, lost = site.host(), f"lost.{site.domain}"
    made = site.compute.make("sslCertificates", type="MANAGED", managed={"domains": [seen, lost]})
    site.listen(site.compute.make("urlMaps", defaultService=site.compute.backend()["selfLink"]), [made])

    def status() -> dict[str, Any]:
        return dict(site.compute.get("sslCertificates", made["name"])["managed"])

    half = site.compute.target.until(status, lambda found: "FAILED_NOT_VISIBLE" in found["domainStatus"].values())
    assert half["domainStatus"][lost] == "FAILED_NOT_VISIBLE"
    assert half["status"] == "PROVISIONING"
    with pytest.raises(ssl.SSLError, match=r"(?i)handshake.failure"):
        site.shake(seen)
    site.host("lost")
    site.compute.target.until(status, lambda found: found["status"] == "ACTIVE")


@pytest.mark.source("public", HTTPS)
def test_a_host_that_leads_elsewhere_does_not_reach_the_load_balancer(site: Site, fault: Any) -> None:
    fault("dns-record", f"elsewhere.{site.domain}")
    with pytest.raises(ConnectionRefusedError, match="502"):
        site.shake(f"elsewhere.{site.domain}")
    with pytest.raises(ConnectionRefusedError, match="502"):  # an address that no rule listens at
        site.shake(site.host())


@pytest.mark.source("public", "https://cloud.google.com/load-balancing/docs/https/setting-up-http-https-redirect")
@pytest.mark.parametrize(
    ("redirect", "status", "location"),
    [
        ({"httpsRedirect": True}, 301, "https://{host}/a?b=c"),
        ({"httpsRedirect": True, "redirectResponseCode": "PERMANENT_REDIRECT"}, 308, "https://{host}/a?b=c"),
        ({"hostRedirect": "other.example", "stripQuery": True, "redirectResponseCode": "FOUND"}, 302, "http://other.example/a"),
        ({"pathRedirect": "/new", "redirectResponseCode": "SEE_OTHER"}, 303, "http://{host}/new?b=c"),
        ({"prefixRedirect": "/new/", "redirectResponseCode": "TEMPORARY_REDIRECT"}, 307, "http://{host}/new/a?b=c"),
    ],
)  # fmt: skip
def test_a_url_map_redirects(site: Site, redirect: dict[str, Any], status: int, location: str) -> None:
    host = site.host()
    site.listen(site.compute.make("urlMaps", defaultUrlRedirect=redirect))
    answer = site.get(f"http://{host}/a?b=c")
    assert (answer.status_code, answer.headers["Location"]) == (status, location.format(host=host))


@pytest.mark.source("public", URL_MAPS)
def test_a_url_map_leads_by_host_and_path_to_services(site: Site) -> None:
    compute = site.compute
    right = compute.backend(compute.group(SERVICE))["selfLink"]
    wrong = compute.backend(compute.group("conformance-none"))["selfLink"]
    matcher = {"name": "m", "defaultService": wrong, "pathRules": [{"paths": ["/app", "/app/*"], "service": right}]}
    rules = [{"hosts": [f"www.{site.domain}"], "pathMatcher": "m"}]
    site.listen(compute.make("urlMaps", defaultService=right, hostRules=rules, pathMatchers=[matcher]))
    named, other = site.host(), site.host("other")
    expected = {f"http://{named}/app": True, f"http://{named}/appendix": False, f"http://{other}/": True}
    for url, reaches in expected.items():
        answer = site.get(url)
        assert ("Page not found" not in answer.text) is reaches, url


@pytest.mark.source("public", URL_MAPS)
def test_weighted_services_share_requests(site: Site) -> None:
    compute = site.compute
    services = [compute.backend(compute.group(name))["selfLink"] for name in (SERVICE, "conformance-none")]
    weighted = [{"backendService": link, "weight": weight} for link, weight in zip(services, (1, 0), strict=True)]
    site.listen(compute.make("urlMaps", defaultRouteAction={"weightedBackendServices": weighted}))
    host = site.host()
    assert {"Page not found" in site.get(f"http://{host}/").text for _ in range(8)} == {False}


@pytest.mark.source("public", "https://cloud.google.com/load-balancing/docs/negs/serverless-neg-concepts#url_masks")
def test_a_url_mask_names_the_service(site: Site) -> None:
    compute = site.compute
    mask = {"networkEndpointType": "SERVERLESS", "cloudRun": {"urlMask": f"{site.domain}/<service>"}}
    group = compute.make("networkEndpointGroups", **mask)
    site.listen(compute.make("urlMaps", defaultService=compute.backend(group)["selfLink"]))
    site.point("dns-record", site.domain, address=site.address)
    assert "Page not found" not in site.get(f"http://{site.domain}/{SERVICE}").text
    assert "Page not found" in site.get(f"http://{site.domain}/conformance-none").text


@pytest.mark.source("public", "https://cloud.google.com/load-balancing/docs/https/troubleshooting-ext-https-lbs")
@pytest.mark.parametrize(
    ("scheme", "status", "words"),
    [("EXTERNAL", 502, "30 seconds"), ("EXTERNAL_MANAGED", 503, "no healthy upstream")],
)
def test_a_backend_service_without_backends_answers_an_error(site: Site, scheme: str, status: int, words: str) -> None:
    backend = site.compute.backend(loadBalancingScheme=scheme)
    site.listen(site.compute.make("urlMaps", defaultService=backend["selfLink"]))
    answer = site.get(f"http://{site.host()}/")
    assert answer.status_code == status
    assert words in answer.text


@pytest.mark.source("public", "https://cloud.google.com/armor/docs/security-policy-overview")
def test_a_security_policy_keeps_clients_out(site: Site) -> None:
    compute = site.compute
    match = {"versionedExpr": "SRC_IPS_V1", "config": {"srcIpRanges": ["*"]}}
    policy = compute.make("securityPolicies", rules=[{"priority": 1, "action": "deny(403)", "match": match}])
    backend = compute.backend(compute.group(SERVICE))
    site.listen(compute.make("urlMaps", defaultService=backend["selfLink"]))
    path = f"{compute.path('backendServices', backend['name'])}/setSecurityPolicy"
    host = site.host()
    for attached, status in ((policy["selfLink"], 403), (None, 200)):
        compute.change("POST", path, {"securityPolicy": attached} if attached else {})
        assert site.get(f"http://{host}/").status_code == status


@pytest.mark.source("public", "https://cloud.google.com/load-balancing/docs/backend-service#generated_cookie_affinity")
def test_the_cookie_of_a_backend_service_is_given_once(site: Site) -> None:
    compute = site.compute
    affinity = {"sessionAffinity": "GENERATED_COOKIE", "affinityCookieTtlSec": 60}
    backend = compute.backend(compute.group(SERVICE), **affinity)
    site.listen(compute.make("urlMaps", defaultService=backend["selfLink"]))
    url = f"http://{site.host()}/"
    first = site.get(url)
    assert "GCLB=" in first.headers["Set-Cookie"]
    assert "Max-Age=60" in first.headers["Set-Cookie"]
    assert first.headers["Via"] == "1.1 google"
    assert "Set-Cookie" not in site.get(url, cookies={"GCLB": first.cookies["GCLB"]}).headers


@pytest.mark.source("public", MANAGED)
@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("certificate-expired", "RENEWAL_FAILED", "certificate has expired"),
        ("certificate-provisioning", "PROVISIONING", "handshake failure"),
    ],
)
def test_faults_of_a_certificate_are_seen_by_clients(
    site: Site, sandbox: Any, kind: str, status: str, words: str
) -> None:
    host = sandbox.state["urls"][SERVICE].removeprefix("https://")
    named = sandbox.call("faults", {"kind": kind, "name": "case", "target": "staging-cert"})
    try:
        assert named
        assert site.compute.get("sslCertificates", "staging-cert")["managed"]["status"] == status
        with pytest.raises(ssl.SSLError) as refused:
            site.shake(host)
        assert words in str(refused.value).replace("_", " ").lower()
    finally:
        requests.delete(f"{sandbox.proxy}/_sandbox/faults?name=case", timeout=30).raise_for_status()
    assert ("DNS", host) in site.shake(host)["subjectAltName"]  # type: ignore[index, call-overload]
    assert site.compute.get("sslCertificates", "staging-cert")["managed"]["status"] == "ACTIVE"
