"""The execution template with the server's defaults, and what overrides make of it; pure.

https://cloud.google.com/run/docs/reference/rest/v2/ExecutionTemplate
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from netra_sandbox.kernel.errors import invalid
from netra_sandbox.services.cloud_run.template import DEFAULT_LIMITS, without_empty

Resource = dict[str, Any]
DEFAULT_TIMEOUT = "600s"
DEFAULT_RETRIES = 3
# Set by Cloud Run in every task (container runtime contract for jobs).
RESERVED = (
    *("CLOUD_RUN_JOB", "CLOUD_RUN_EXECUTION"),
    *("CLOUD_RUN_TASK_INDEX", "CLOUD_RUN_TASK_COUNT", "CLOUD_RUN_TASK_ATTEMPT"),
)


def normalised(template: Mapping[str, Any], *, project_number: str) -> Resource:
    """Fill in the server's defaults."""
    given = copy.deepcopy(dict(template))
    task = given.get("template") or {}
    # A count of zero retries is a choice, not a default: the field has presence.
    retries = task.get("maxRetries")
    result: Resource = without_empty(given)
    result.setdefault("taskCount", 1)
    task = without_empty(task)
    task["maxRetries"] = DEFAULT_RETRIES if retries is None else int(retries)
    task.setdefault("timeout", DEFAULT_TIMEOUT)
    task.setdefault("serviceAccount", f"{project_number}-compute@developer.gserviceaccount.com")
    task.setdefault("executionEnvironment", "EXECUTION_ENVIRONMENT_GEN2")
    task["containers"] = [_container(container) for container in task.get("containers") or []]
    if task.get("vpcAccess"):
        task["vpcAccess"].setdefault("egress", "PRIVATE_RANGES_ONLY")
    return result | {"template": task}


def overridden(template: Resource, overrides: Mapping[str, Any]) -> Resource:
    """Return a job's template as one execution has it; raise INVALID_ARGUMENT for an override of nothing."""
    result = copy.deepcopy(template)
    if overrides.get("taskCount"):
        result["taskCount"] = int(overrides["taskCount"])
    if overrides.get("timeout"):
        result["template"]["timeout"] = overrides["timeout"]
    for override in overrides.get("containerOverrides") or []:
        container = _named(result["template"]["containers"], str(override.get("name") or ""))
        if override.get("clearArgs"):
            container.pop("args", None)
        if override.get("args"):
            container["args"] = list(override["args"])
        variables = {item["name"]: item for item in container.get("env") or []}
        variables |= {item["name"]: item for item in override.get("env") or []}
        if variables:
            container["env"] = list(variables.values())
    return result


def parallelism(template: Mapping[str, Any]) -> int:
    """Return how many tasks run at once: all of them when the template does not say."""
    count = int(template["taskCount"])
    return min(int(template.get("parallelism") or count), count)


def _named(containers: list[Resource], name: str) -> Resource:
    if not name and len(containers) == 1:
        return containers[0]
    for container in containers:
        if container.get("name") == name:
            return container
    words = f"no container is named {name!r}."
    raise invalid(f"overrides.container_overrides.name: {words}", "overrides.container_overrides.name", words)


def _container(container: Resource) -> Resource:
    resources = dict(container.get("resources") or {})
    resources["limits"] = DEFAULT_LIMITS | resources.get("limits", {})
    for variable in container.get("env", []):
        reference = variable.get("valueSource", {}).get("secretKeyRef")
        if reference is not None:
            reference.setdefault("version", "latest")
    return container | {"resources": resources}
