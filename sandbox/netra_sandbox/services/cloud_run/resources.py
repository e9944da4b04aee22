"""Services and revisions as the store and the API hold them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from netra_sandbox.services.cloud_run import conditions, names
from netra_sandbox.services.cloud_run import template as templates
from netra_sandbox.services.cloud_run import traffic as traffics

if TYPE_CHECKING:
    from netra_sandbox.server import Sandbox

Resource = dict[str, Any]
# What a client may set on a service (Cloud Run v2: Service, the fields that are not output-only).
MUTABLE = (
    "description",
    "labels",
    "annotations",
    "client",
    "clientVersion",
    "ingress",
    "launchStage",
    "binaryAuthorization",
    "template",
    "traffic",
    "scaling",
    "invokerIamDisabled",
    "defaultUriDisabled",
    "iapEnabled",
    "customAudiences",
    "buildConfig",
)
_FROM_TEMPLATE = (
    "scaling",
    "vpcAccess",
    "maxInstanceRequestConcurrency",
    "timeout",
    "serviceAccount",
    "containers",
    "volumes",
    "executionEnvironment",
    "encryptionKey",
    "sessionAffinity",
    "labels",
    "annotations",
)


def timestamp(sandbox: Sandbox) -> str:
    """Return the sandbox's time as the API writes it."""
    return sandbox.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def desired(sandbox: Sandbox, given: Resource) -> Resource:
    """Return the client's part of a service with the server's defaults."""
    fields: Resource = templates.without_empty({key: given[key] for key in MUTABLE if key in given})
    return fields | {
        "ingress": fields.get("ingress", "INGRESS_TRAFFIC_ALL"),
        "launchStage": fields.get("launchStage", "GA"),
        "template": templates.normalised(given.get("template", {}), project_number=sandbox.project_number),
        "traffic": traffics.normalised(given.get("traffic", [])),
    }


def new_service(sandbox: Sandbox, name: names.ServiceName, fields: Resource, principal: str) -> Resource:
    """Return a service that was just created and serves nothing yet."""
    time = timestamp(sandbox)
    host = names.legacy_host(name)
    return fields | {
        "name": name.full,
        "uid": str(uuid.uuid4()),
        "generation": "1",
        "createTime": time,
        "updateTime": time,
        "creator": principal,
        "lastModifier": principal,
        "uri": f"https://{host}",
        "urls": [f"https://{names.deterministic_host(name, sandbox.project_number)}", f"https://{host}"],
        "etag": new_etag(),
    }


def changed_service(sandbox: Sandbox, current: Resource, fields: Resource, principal: str) -> Resource:
    """Return a service after a client changed it; nothing has been rolled out yet."""
    kept = {key: value for key, value in current.items() if key not in MUTABLE}
    return (
        kept
        | fields
        | {
            "generation": str(int(current["generation"]) + 1),
            "updateTime": timestamp(sandbox),
            "lastModifier": principal,
            "etag": new_etag(),
        }
    )


def reconciling(service: Resource, time: str) -> Resource:
    """Return a service whose roll-out has begun."""
    terminal, parts = conditions.service_pending(time)
    return service | {"reconciling": True, "terminalCondition": terminal, "conditions": parts}


def new_revision(  # noqa: PLR0917  what a revision is made of, in the order of the API's fields
    sandbox: Sandbox, name: names.ServiceName, short: str, template: Resource, principal: str, created: str = ""
) -> Resource:
    """Return a revision of a template; its conditions say that it is starting."""
    time = created or timestamp(sandbox)
    minimum = template.get("scaling", {}).get("minInstanceCount", 0)
    return {key: template[key] for key in _FROM_TEMPLATE if key in template} | {
        "name": name.revision(short),
        "uid": str(uuid.uuid4()),
        "generation": "1",
        "observedGeneration": "1",
        "createTime": time,
        "updateTime": time,
        "creator": principal,
        "launchStage": "GA",
        "service": name.service,
        "logUri": conditions.logs_url(name.project, name.service, short),
        "scalingStatus": {"desiredMinInstanceCount": minimum} if minimum else {},
        "conditions": conditions.revision_pending(time),
        "etag": new_etag(),
    }


def new_etag() -> str:
    """Return an etag in the quotes that Cloud Run's have."""
    return f'"{uuid.uuid4().hex[:24]}"'
