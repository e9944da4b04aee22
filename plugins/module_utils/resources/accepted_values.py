# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refuse, before anything is written, what Google's APIs would refuse at the first write. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput

LOWER_CASE = "lower-case letters, digits and hyphens, a letter first, no hyphen last"
# Kind → pattern and words of its names; each from the API page of its create method.
NAMES = {
    # https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services/create
    "service": (r"[a-z]([a-z0-9-]{0,47}[a-z0-9])?", f"at most 49 {LOWER_CASE}"),
    # https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/create
    "secret": (r"[A-Za-z0-9_-]{1,255}", "at most 255 letters, digits, hyphens and underscores"),
    # https://cloud.google.com/memorystore/docs/redis/reference/rest/v1/projects.locations.instances/create
    "Redis instance": (r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?", f"at most 40 {LOWER_CASE}"),
    # https://cloud.google.com/vpc/docs/reference/vpcaccess/rest/v1/projects.locations.connectors/create
    "VPC Access connector": (r"[a-z]([a-z0-9-]{0,23}[a-z0-9])?", f"at most 25 {LOWER_CASE}"),
    # https://cloud.google.com/sql/docs/postgres/instance-settings
    "Cloud SQL instance": (r"[a-z]([a-z0-9-]{0,96}[a-z0-9])?", f"at most 98 {LOWER_CASE}"),
}
# https://cloud.google.com/run/docs/reference/rest/v2/Container#ResourceRequirements
QUANTITIES = {
    "cpu": (r"\d+(\.\d+)?|\d+m", "a number of CPUs such as 1, 0.5 or 500m"),
    "memory": (r"\d+(\.\d+)?(k|M|G|Ki|Mi|Gi)?", "an amount such as 512Mi or 2Gi"),
}


def refuse_bad_name(kind: str, name: str) -> None:
    """Raise BadInput for a name that no resource of this kind can have."""
    pattern, words = NAMES[kind]
    if not re.fullmatch(pattern, name):
        raise BadInput(f"name is {name!r}, which is no name for a {kind}: {words}.", option="name")


def refuse_bad_quantities(options: Mapping[str, Any]) -> None:
    """Raise BadInput for a cpu or memory that is not a Kubernetes quantity."""
    for option, (pattern, words) in QUANTITIES.items():
        value = options.get(option)
        if value is not None and not re.fullmatch(pattern, str(value)):
            raise BadInput(f"{option} is {str(value)!r}; it must be {words}.", option=option)


def refuse_bad_instances(options: Mapping[str, Any]) -> None:
    """Raise BadInput for more instances at least than at most."""
    least, most = options.get("min_instances"), options.get("max_instances")
    if least is not None and most is not None and int(least) > int(most):
        raise BadInput(f"min_instances is {least}, more than max_instances, which is {most}.", option="min_instances")


def text(value: Any) -> str:
    """Return a value as a process or a label sees it; YAML's true stays the word true."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def texts(values: Mapping[str, Any] | None) -> dict[str, str]:
    """Return a mapping's values as text."""
    return {name: text(value) for name, value in (values or {}).items()}


def refuse_incomplete_connector(name: str, options: Mapping[str, Any]) -> None:
    """Raise BadInput for a connector to be made that says nothing of where its addresses come from."""
    if not options.get("subnet") and not (options.get("network") and options.get("ip_cidr_range")):
        raise BadInput(
            f"Could not create VPC Access connector {name}: it does not exist yet and "
            "either subnet, or network and ip_cidr_range, must be given.",
            option="network",
        )
