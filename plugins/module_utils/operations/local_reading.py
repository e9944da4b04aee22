# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read of this machine what an observation holds: Terraform's documents, and why a file cannot be read."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import RemediationError
from ansible_collections.netra.remediation.plugins.module_utils.source import yaml_text
from ansible_collections.netra.remediation.plugins.module_utils.terraform import documents


def read_terraform(path: str, needed: bool) -> documents.Document | None:
    """Return a state or a plan, None where there is none and none is needed; ValueError names a file that is none."""
    try:
        with open(path, encoding="utf-8") as source:
            return documents.read_document(json.load(source))
    except FileNotFoundError:
        if needed:
            raise
        return None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def absent_sources(contract: Mapping[str, Any]) -> dict[str, str]:
    """Return why the source of a secret's payload is not there: secret → reason. Payloads are not looked at."""
    found = {}
    for secret in contract["secrets"]:
        variable, file = ((secret.get("source") or {}).get(kind) for kind in ("environment", "file"))
        if variable and variable not in os.environ:
            found[secret["name"]] = f"the environment variable {variable} is not set"
        if file and not os.access(os.path.join(contract["source_directory"], file), os.R_OK):
            found[secret["name"]] = f"the file {file} cannot be read"
    return found


def terraform_documents(contract: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """Return what of Terraform can be read offline: kind, path, and whether the contract names it outright."""
    wanted = contract["infrastructure"].get("terraform") or {}
    state, plan = wanted.get("state"), wanted.get("plan")
    found = [("plan", plan, True)] if plan else []
    if state:
        found.append(("state", state, True))
    elif wanted.get("directory"):
        found.append(("state", os.path.join(wanted["directory"], "terraform.tfstate"), False))
    return found


def config_values(text: str) -> dict[str, Any] | None:
    """Return what a deployment config file holds; None where it cannot be read, which another finding tells."""
    try:
        found = yaml_text.parsed(text)
    except RemediationError:
        return None
    return dict(found) if isinstance(found, Mapping) else None


def words(error: OSError | ValueError) -> str:
    """Say why a local file cannot be read, without what is in it."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    if isinstance(error, ValueError):
        return str(error)
    return f"{error.filename}: {error.strerror}"
