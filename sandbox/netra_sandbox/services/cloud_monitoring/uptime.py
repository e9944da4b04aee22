"""Uptime checks. https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.uptimeCheckConfigs."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel import field_mask
from netra_sandbox.kernel.calls import Call, handles
from netra_sandbox.kernel.errors import ApiError
from netra_sandbox.services.cloud_monitoring.filters import refusal
from netra_sandbox.services.cloud_monitoring.named import counted_page, numbered

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
METHODS = "monitoring.projects.uptimeCheckConfigs"
KEY = "monitoring:uptimeCheckConfigs/"
PERIODS = ("60s", "300s", "600s", "900s")
LONGEST_TIMEOUT, FEWEST_REGIONS, LARGEST_PORT = 60, 3, 65535
# Region of a config → where its checks come from: the `checker_location` of the series.
CHECKERS = {
    "USA_IOWA": "usa-iowa",
    "USA_OREGON": "usa-oregon",
    "USA_VIRGINIA": "usa-virginia",
    "EUROPE": "eur-belgium",
    "SOUTH_AMERICA": "sa-brazil-sao_paulo",
    "ASIA_PACIFIC": "apac-singapore",
}
_USA = ("USA_IOWA", "USA_OREGON", "USA_VIRGINIA")
_SECONDS = re.compile(r"(\d+)(\.\d+)?s")
_RESOURCES = frozenset({"monitoredResource", "resourceGroup", "syntheticMonitor"})


@handles(f"{METHODS}.create")
async def create(sandbox: Sandbox, call: Call) -> Resource:
    """Make a check; it probes at once and then on its period."""
    config = _completed(call.body)
    words = re.sub(r"[^a-z0-9]+", "-", config["displayName"].lower()).strip("-")
    name = f"projects/{sandbox.project}/uptimeCheckConfigs/{words or 'check'}-{secrets.token_urlsafe(8)}"
    sandbox.store.put(KEY + name, {**config, "name": name})
    return {**config, "name": name}


@handles(f"{METHODS}.list")
async def list_configs(sandbox: Sandbox, call: Call) -> Resource:
    """Return the checks."""
    return counted_page(sandbox.store.list(KEY), "uptimeCheckConfigs", call)


@handles(f"{METHODS}.get")
async def get(sandbox: Sandbox, call: Call) -> Resource:
    """Return a check."""
    return _config(sandbox, call)


@handles(f"{METHODS}.patch")
async def patch(sandbox: Sandbox, call: Call) -> Resource:
    """Change a check; without a mask all of it is replaced."""
    config = _config(sandbox, call)
    mask = call.parameters.get("updateMask")
    given = {**call.body, "name": config["name"]}
    changed = _completed(field_mask.apply(config, call.body, mask) if mask else given)
    fixed = config.get("monitoredResource")
    if changed.get("monitoredResource") != fixed:
        raise refusal("monitored_resource", "the resource of a check cannot be changed.", "update_mask")
    sandbox.store.put(KEY + config["name"], changed)
    return changed


@handles(f"{METHODS}.delete")
async def delete(sandbox: Sandbox, call: Call) -> Resource:
    """Remove a check."""
    sandbox.store.delete(KEY + _config(sandbox, call)["name"])
    return {}


def regions(config: Resource) -> list[str]:
    """Return the regions that a check comes from; none chosen means all."""
    chosen = config.get("selectedRegions") or list(CHECKERS)
    found = [part for region in chosen for part in (_USA if region == "USA" else (region,))]
    return list(dict.fromkeys(found))


def seconds(duration: str) -> float:
    """Return how many seconds a duration is."""
    return float(duration.removesuffix("s"))


def _config(sandbox: Sandbox, call: Call) -> Resource:
    name = numbered(sandbox, call.parameters["name"])
    found = sandbox.store.get(KEY + name)
    if found is None:
        raise ApiError("NOT_FOUND", f"Could not find an uptime check configuration with the name {name}.")
    return found


def _completed(given: Resource) -> Resource:
    """Return a config with the defaults of what it does not say; refuse one that cannot be."""
    config = dict(given)
    if not config.get("displayName"):
        raise refusal("", "a display name is required.", "uptime_check_config.display_name")
    if len(_RESOURCES & config.keys()) != 1:
        raise refusal("", "exactly one resource is required.", "uptime_check_config.resource")
    if ("httpCheck" in config) == ("tcpCheck" in config):
        raise refusal("", "exactly one of http_check and tcp_check is required.", "uptime_check_config")
    resource = config.get("monitoredResource", {})
    if resource.get("type") == "uptime_url" and not resource.get("labels", {}).get("host"):
        raise refusal("", "the label host is required.", "uptime_check_config.monitored_resource.labels")
    config["period"] = config.get("period") or "60s"
    if config["period"] not in PERIODS:
        words = "the period must be one of 60s, 300s, 600s and 900s."
        raise refusal(config["period"], words, "uptime_check_config.period")
    config["timeout"] = config.get("timeout") or "10s"
    if not _SECONDS.fullmatch(config["timeout"]) or not 1 <= seconds(config["timeout"]) <= LONGEST_TIMEOUT:
        words = "the timeout must be between 1 and 60 seconds."
        raise refusal(config["timeout"], words, "uptime_check_config.timeout")
    if config.get("selectedRegions") and len(regions(config)) < FEWEST_REGIONS:
        words = "at least three locations must be selected."
        raise refusal(",".join(config["selectedRegions"]), words, "uptime_check_config.selected_regions")
    if "httpCheck" in config:
        config["httpCheck"] = _http(config["httpCheck"])
    config.setdefault("checkerType", "STATIC_IP_CHECKERS")
    return config


def _http(given: Resource) -> Resource:
    check = {"requestMethod": "GET", **given}
    check["path"] = check.get("path") or "/"
    if not check["path"].startswith("/"):
        check["path"] = f"/{check['path']}"
    check["port"] = check.get("port") or (443 if check.get("useSsl") else 80)
    if not 0 < check["port"] <= LARGEST_PORT:
        raise refusal(str(check["port"]), "not a port.", "uptime_check_config.http_check.port")
    return check
