"""What can be broken in an environment, by name: each is a change of the plan that the environment is made by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from netra_sandbox.faults import resources, rules
from netra_sandbox.scenarios.plan import DropLines, DropPackage, Edit, ErrorsPlan, Plan, RevisionPlan

Options = Mapping[str, Any]
_STARVED_TIER = "db-f1-micro"


class BreakageError(ValueError):
    """A breakage that there is not, or that does not fit the environment."""


@dataclass(frozen=True)
class Breakage:
    """A named breakage: what it does, the options it needs and those it may have with their defaults."""

    summary: str
    apply: Callable[[Plan, Options], Plan]
    needs: Mapping[str, type] = field(default_factory=dict)
    may: Mapping[str, Any] = field(default_factory=dict)


def break_plan(plan: Plan, name: str, options: Options) -> Plan:
    """Return the plan with one thing broken; raise BreakageError in words for the scenario's author."""
    breakage = BREAKAGES.get(name)
    if breakage is None:
        raise BreakageError(f"There is no breakage {name}; there are {', '.join(BREAKAGES)}.")
    known = {**breakage.needs, **{option: type(default) for option, default in breakage.may.items()}}
    for option, value in options.items():
        if option not in known:
            has = f"it has {', '.join(known)}" if known else "it has none"
            raise BreakageError(f"The breakage {name} has no option {option}; {has}.")
        if not isinstance(value, known[option]) or (isinstance(value, bool) and known[option] is not bool):
            raise BreakageError(f"The option {option} of the breakage {name} is not a {known[option].__name__}.")
    missing = [option for option in breakage.needs if option not in options]
    if missing:
        raise BreakageError(f"The breakage {name} needs the option {', '.join(missing)}.")
    service = options.get("service")
    if service is not None and service not in plan.services:
        raise BreakageError(f"The environment has no service {service}; it has {', '.join(plan.services)}.")
    secret = options.get("secret")
    if secret is not None and secret not in plan.secrets:
        raise BreakageError(f"The environment has no secret {secret}; it has {', '.join(plan.secrets)}.")
    return breakage.apply(plan, {**breakage.may, **options})


def _broken(revision: RevisionPlan, **changes: Any) -> RevisionPlan:
    """Return a revision that was taken for ready without a probe, since none like it passes one."""
    return replace(revision, unchecked=True, crashing=True, **changes)


def _package_missing(plan: Plan, options: Options) -> Plan:
    return _with_edit(plan, options["service"], DropPackage(options["package"]))


def _export_missing(plan: Plan, options: Options) -> Plan:
    return _with_edit(plan, options["service"], DropLines(options["path"], tuple(options["names"])))


def _with_edit(plan: Plan, name: str, edit: Edit) -> Plan:
    """Break the sources, from which the latest revision of the service was built and no older one."""
    *older, latest = plan.services[name].revisions
    revisions = (*(replace(revision, clean=True) for revision in older), _broken(latest))
    service = replace(plan.services[name], revisions=revisions)
    return replace(plan, edits=(*plan.edits, edit), services={**plan.services, name: service})


def _placeholders(plan: Plan, options: Options) -> Plan:
    def change(latest: RevisionPlan) -> RevisionPlan:
        return _broken(latest, variables={**latest.variables, **options["variables"]})

    return replace(plan, config_complete=False).change_latest(options["service"], change)


def _variables(plan: Plan, options: Options) -> Plan:
    def change(latest: RevisionPlan) -> RevisionPlan:
        return replace(latest, variables={**latest.variables, **options["variables"]})

    return plan.change_latest(options["service"], change)


def _secret_missing(plan: Plan, options: Options) -> Plan:
    """Take a secret away: from the store, and from the services, unless they still refer to it."""
    plan = replace(plan, secrets={**plan.secrets, options["secret"]: None})
    for name in plan.services:
        bound = _bound(plan, name, options["secret"])
        if bound and options["bound"]:
            plan = plan.change_latest(name, _broken)
        elif bound:
            unbound = dict.fromkeys(bound)
            service = plan.services[name]
            revisions = tuple(replace(each, secrets={**each.secrets, **unbound}) for each in service.revisions)
            plan = replace(plan, services={**plan.services, name: replace(service, revisions=revisions)})
    return plan


def _secret_renamed(plan: Plan, options: Options) -> Plan:
    """Store a secret under another name, which older revisions refer to and the latest does not."""
    plan = replace(plan, secrets={**plan.secrets, options["secret"]: options["stored_as"]})
    for name, service in plan.services.items():
        bound = _bound(plan, name, options["secret"])
        if bound:
            *older, latest = service.revisions
            named = dict.fromkeys(bound, f"{options['stored_as']}:1")
            renamed = [replace(each, secrets={**each.secrets, **named}) for each in older]
            changed = replace(service, revisions=(*renamed, _broken(latest)))
            plan = replace(plan, services={**plan.services, name: changed})
    return plan


def _secrets_floating(plan: Plan, options: Options) -> Plan:
    return plan.change_latest(options["service"], lambda latest: replace(latest, floating=True))


def _disconnected(plan: Plan, options: Options) -> Plan:
    return plan.change_latest(options["service"], lambda latest: replace(latest, connected=False))


def _pinned(plan: Plan, options: Options) -> Plan:
    service = plan.services[options["service"]]
    names = [revision.name for revision in service.revisions]
    if options["revision"] not in names:
        raise BreakageError(
            f"The service {service.name} has no revision {options['revision']}; it has {', '.join(names)}."
        )
    pinned = replace(service, pinned=options["revision"])
    return replace(plan, services={**plan.services, service.name: pinned})


def _check_host(plan: Plan, host: str) -> None:
    hosts = [entry["host"] for entry in plan.contract["remediation_services"] if entry.get("host")]
    if host not in hosts:
        raise BreakageError(f"The environment has no host {host}; it has {', '.join(hosts)}.")


def _misled(plan: Plan, options: Options) -> Plan:
    _check_host(plan, options["host"])
    return replace(plan, misled={**plan.misled, options["host"]: options["service"]})


def _uncovered(plan: Plan, options: Options) -> Plan:
    _check_host(plan, options["host"])
    return replace(plan, uncovered=(*plan.uncovered, options["host"]))


def _errors(plan: Plan, options: Options) -> Plan:
    revision = plan.services[options["service"]].revisions[-1].name
    errors = ErrorsPlan(options["service"], revision, options["message"], options["count"])
    return replace(plan, errors=(*plan.errors, errors))


def _fault(plan: Plan, options: Options) -> Plan:
    given = options["inject"]
    if given.get("kind") not in (*rules.KINDS, *resources.FAULTS):
        raise BreakageError(f"There is no fault {given.get('kind')}.")
    return replace(plan, faults=(*plan.faults, dict(given)))


def _bound(plan: Plan, service: str, secret: str) -> list[str]:
    """Return the variables that a service takes from a secret."""
    found = next(entry for entry in plan.contract["remediation_services"] if entry["name"] == service)
    return [variable for variable, name in found.get("secrets", {}).items() if name == secret]


_SERVICE = {"service": str}
BREAKAGES: Mapping[str, Breakage] = {
    "image-lacks-package": Breakage(
        "the ignore file keeps a package out of the image: the latest revision exits at start",
        _package_missing,
        {**_SERVICE, "package": str},
    ),
    "missing-export": Breakage(
        "a module lacks names that the start imports: the latest revision exits at start",
        _export_missing,
        {**_SERVICE, "path": str, "names": list},
    ),
    "configuration-placeholders": Breakage(
        "variables of the latest revision hold placeholders, and so does the deployment config file",
        _placeholders,
        {**_SERVICE, "variables": dict},
    ),
    "other-variables": Breakage(
        "variables of the latest revision have other values", _variables, {**_SERVICE, "variables": dict}
    ),
    "redis-missing": Breakage(
        "the Redis instance is gone; services still have its address",
        lambda plan, _: replace(plan, has_cache=False),
    ),
    "database-slow": Breakage(
        "the database has a machine type on which a new connection takes 8 seconds",
        lambda plan, options: replace(plan, tier=options["tier"]),
        may={"tier": _STARVED_TIER},
    ),
    "connector-missing": Breakage(
        "the VPC Access connector is gone: private addresses cannot be reached",
        lambda plan, _: replace(plan, has_connector=False),
    ),
    "connector-in-another-network": Breakage(
        "the VPC Access connector leads to another network",
        lambda plan, options: replace(plan, connector_network=options["network"]),
        {"network": str},
    ),
    "service-without-connector": Breakage("the latest revision has no connector", _disconnected, _SERVICE),
    "secret-missing": Breakage(
        "a secret is not there; `bound` says whether services refer to it all the same",
        _secret_missing,
        {"secret": str},
        {"bound": True},
    ),
    "secret-under-another-name": Breakage(
        "a secret is stored under a name that the latest revisions do not know",
        _secret_renamed,
        {"secret": str, "stored_as": str},
    ),
    "floating-secrets": Breakage(
        "the latest revision takes its secrets as `latest` instead of by number", _secrets_floating, _SERVICE
    ),
    "pinned-traffic": Breakage(
        "traffic is pinned to a revision: what is deployed later serves nothing",
        _pinned,
        {**_SERVICE, "revision": str},
    ),
    "host-leads-to-other-service": Breakage(
        "the URL map leads a host to another service", _misled, {"host": str, **_SERVICE}
    ),
    "certificate-does-not-cover-host": Breakage(
        "the load balancer's certificate does not name a host", _uncovered, {"host": str}
    ),
    "error-events": Breakage(
        "the latest revision reported errors in the last half hour",
        _errors,
        {**_SERVICE, "message": str, "count": int},
    ),
    "fault": Breakage("a fault is in force, described as for `netra-sandbox fault add`", _fault, {"inject": dict}),
}
