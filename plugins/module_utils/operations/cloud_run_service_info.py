# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read Cloud Run services."""

from __future__ import annotations

from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result
from ansible_collections.netra.remediation.plugins.module_utils.resources import cloud_run, cloud_run_services

OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str"},
    "revisions": {"type": "bool", "default": False},
}


def run(options: Options, _check_mode: bool) -> Result:
    """Return one service, or all of the region; a service that does not exist is an empty list."""
    session = Session(options)
    if options.get("name"):
        found = [cloud_run_services.read_service(session, options["name"])]
    else:
        found = [*cloud_run_services.list_services(session)]
    services = [cloud_run.describe_service(service) for service in found if service is not None]
    if options["revisions"]:
        for service in services:
            revisions = cloud_run_services.list_revisions(session, service["name"])
            service["revisions"] = [cloud_run.describe_revision(revision) for revision in revisions]
    return {"changed": False, "services": services}


OPERATION = Operation(name="cloud_run_service_info", options=OPTIONS, run=run)
