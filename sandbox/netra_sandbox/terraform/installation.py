# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make Terraform find this provider: a filesystem mirror below the sandbox's directory and a CLI configuration."""

from __future__ import annotations

import datetime
import ipaddress
import platform
import shlex
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

VERSION = "6.40.0"
_HOSTS = ("registry.terraform.io", "registry.opentofu.org")
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_YEARS = 10


def install(directory: Path) -> None:
    """Write the mirror, the provider's certificate and ``terraform.rc`` (for TF_CLI_CONFIG_FILE)."""
    place = directory.resolve() / "terraform"
    place.mkdir(parents=True, exist_ok=True)
    _write_certificate(place)
    system = f"{sys.platform}_{_MACHINES.get(platform.machine(), platform.machine())}"
    for host in _HOSTS:
        folder = place / "mirror" / host / "hashicorp" / "google" / VERSION / system
        folder.mkdir(parents=True, exist_ok=True)
        program = folder / f"terraform-provider-google_v{VERSION}_x5"
        program.write_text(_program(place), encoding="utf-8")
        program.chmod(0o755)
    (directory / "terraform.rc").write_text(_configuration(place / "mirror"), encoding="utf-8")


def _program(place: Path) -> str:
    sources = Path(__file__).parents[2]
    command = shlex.join(["env", f"PYTHONPATH={sources}", sys.executable, "-m", "netra_sandbox.terraform", str(place)])
    return f"#!/bin/sh\nexec {command}\n"


def _configuration(mirror: Path) -> str:
    included = ", ".join(f'"{host}/hashicorp/google"' for host in _HOSTS)
    return f"""# Written by the sandbox: its shim stands in for the Google provider, every other provider is refused.
disable_checkpoint = true

provider_installation {{
  filesystem_mirror {{
    path    = "{mirror}"
    include = [{included}]
  }}
}}
"""


def _write_certificate(place: Path) -> None:
    """Write the certificate that Terraform is told to expect; made once because making one costs start-up time."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=365 * _YEARS))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (place / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (place / "key.pem").touch(mode=0o600)
    (place / "key.pem").write_bytes(private)
