# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the sandbox's Terraform provider covers of the Google provider, held against the reference module."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.terraform.adoption import KINDS
from netra_sandbox.terraform.codec import state_from_api
from netra_sandbox.terraform.importing import imported
from netra_sandbox.terraform.planning import plan
from netra_sandbox.terraform.resources.catalogue import RESOURCE_TYPES
from netra_sandbox.terraform.schema import Block, Presence

MODULE = pathlib.Path(__file__).parents[3] / "extensions/terraform/cloud_run_environment"
# Of Terraform, not of a provider.
META = {"for_each", "count", "depends_on", "provider", "lifecycle"}
# https://cloud.google.com/load-balancing/docs/negs/serverless-neg-concepts#limitations
REFUSED = {"timeout_sec", "port_name", "health_checks", "backend.balancing_mode"}
# What would put a secret's value into the state.
STORING = {"google_secret_manager_secret_version", "google_sql_user", "google_service_account_key"}
STORING |= {"auth_enabled", "root_password"}
_RESOURCE = re.compile(r'^resource "(\w+)" "\w+" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r'(?:dynamic "(\w+)"|(\w+)) \{(\})?')
_ATTRIBUTE = re.compile(r"(\w+) += (.*)")
_COMPUTE = "https://www.googleapis.com/compute/v1/projects/p/"


def used() -> dict[str, set[str]]:
    """Return the attributes and blocks that the module's resources set, by type: ``settings.tier``."""
    found: dict[str, set[str]] = {}
    for path in MODULE.glob("*.tf"):
        for kind, body in _RESOURCE.findall(path.read_text(encoding="utf-8")):
            found.setdefault(kind, set()).update(_paths(body))
    return found


def _paths(body: str) -> Iterator[str]:
    """Read the lines of a formatted resource: blocks nest, an attribute's value may go on over lines."""
    inside: list[str] = []
    open_brackets = 0
    for line in map(str.strip, body.splitlines()):
        attribute, block = _ATTRIBUTE.fullmatch(line), _BLOCK.fullmatch(line)
        if open_brackets:
            open_brackets += _opened(line)
        elif block is not None:
            name = block[1] or block[2]
            path = [*inside, name]
            if not META & set(path) and name != "content":
                yield ".".join(part for part in path if part != "content")
            inside = inside if block[3] else path
        elif attribute is not None:
            open_brackets = _opened(attribute[2])
            if not META & {*inside, attribute[1]}:
                yield ".".join(part for part in (*inside, attribute[1]) if part != "content")
        elif line == "}":
            inside.pop()
        else:
            assert not line or line.startswith("#"), f"the check cannot read: {line}"


def _opened(text: str) -> int:
    return sum(text.count(bracket) for bracket in "([{") - sum(text.count(bracket) for bracket in ")]}")


def covered(block: Block, before: str = "") -> Iterator[str]:
    """Return the attributes and blocks that a configuration may set."""
    yield from (before + attribute.name for attribute in block.attributes if attribute.is_input)
    for nested in block.blocks:
        yield before + nested.name
        yield from covered(nested, f"{before}{nested.name}.")


def table() -> str:
    """Return the table of the README."""
    rows = ["| type | the module sets | the sandbox knows besides | only read |", "|---|---|---|---|"]
    for kind, paths in sorted(used().items()):
        block = RESOURCE_TYPES[kind].block
        read = [a.name for a in block.attributes if a.presence is Presence.OUTPUT]
        cells = [sorted(paths), sorted(set(covered(block)) - paths), sorted(read)]
        rows.append(f"| `{kind}` | " + " | ".join(" ".join(f"`{name}`" for name in cell) for cell in cells) + " |")
    return "\n".join(rows)


@pytest.mark.parametrize("kind", sorted(used()))
def test_the_module_sets_nothing_that_the_sandbox_does_not_know(kind: str) -> None:
    assert used()[kind] - set(covered(RESOURCE_TYPES[kind].block)) == set()


def test_each_type_is_used_by_the_module() -> None:
    assert set(used()) == set(RESOURCE_TYPES)


def test_nested_and_dynamic_blocks_are_read() -> None:
    assert {"host_rule", "host_rule.hosts", "test.service", "default_url_redirect"} < used()["google_compute_url_map"]
    assert "settings.backup_configuration.enabled" in used()["google_sql_database_instance"]
    assert "replication.auto" in used()["google_secret_manager_secret"]


def test_the_module_sets_nothing_that_google_refuses_before_a_serverless_group() -> None:
    assert not used()["google_compute_backend_service"] & REFUSED


def test_the_module_brings_no_value_of_a_secret_into_the_state() -> None:
    assert not (set(used()) | set().union(*used().values())) & STORING


def test_the_table_of_the_module_is_what_the_sandbox_covers() -> None:
    assert table() in (MODULE / "README.md").read_text(encoding="utf-8"), table()


def url_map(*hosts: list[str]) -> dict[str, Any]:
    """Return a URL map as a configuration has it: with short links, a matcher for each list of hosts."""
    service = "projects/p/global/backendServices/b"
    rules = [{"hosts": names, "path_matcher": f"m{index}"} for index, names in enumerate(hosts)]
    matchers = [{"name": rule["path_matcher"], "default_service": service} for rule in rules]
    return {"name": "u", "project": "p", "default_service": service, "host_rule": rules, "path_matcher": matchers}


def as_api(config: dict[str, Any]) -> dict[str, Any]:
    """Return it as Compute Engine answers: with full links, and in another order."""
    link = f"{_COMPUTE}global/backendServices/b"
    rules = [{"hosts": r["hosts"][::-1], "pathMatcher": r["path_matcher"]} for r in config["host_rule"][::-1]]
    matchers = [{"name": matcher["name"], "defaultService": link} for matcher in config["path_matcher"][::-1]]
    return {"name": "u", "id": "7", "defaultService": link, "hostRules": rules, "pathMatchers": matchers}


@pytest.mark.parametrize(
    ("wanted", "changed"),
    [
        ([["a.ai", "b.ai"], ["c.ai"]], []),
        ([["a.ai"], ["c.ai"]], ["host_rule"]),
        ([["a.ai", "b.ai"], ["c.ai"], ["d.ai"]], ["host_rule", "path_matcher"]),
        ([["c.ai"], ["a.ai", "b.ai"]], ["host_rule"]),
    ],
)
def test_blocks_differ_by_what_they_mean(wanted: list[list[str]], changed: list[str]) -> None:
    resource = RESOURCE_TYPES["google_compute_url_map"]
    before = url_map(["a.ai", "b.ai"], ["c.ai"])
    state = state_from_api(resource, as_api(before), {"project": "p"})
    assert plan(resource.block, state, url_map(*wanted)).changed == changed


@pytest.mark.parametrize(
    ("kind", "identifier", "expected"),
    [
        ("google_secret_manager_secret", "projects/p/secrets/s", {"project": "p", "secret_id": "s"}),
        ("google_secret_manager_secret", "s", {"project": "default", "secret_id": "s"}),
        (
            "google_secret_manager_secret_iam_member",
            "projects/p/secrets/s roles/r serviceAccount:a@b",
            {"secret_id": "s", "role": "roles/r", "member": "serviceAccount:a@b"},
        ),
        ("google_sql_database", "projects/p/instances/i/databases/d", {"project": "p", "instance": "i", "name": "d"}),
        (
            "google_compute_region_network_endpoint_group",
            "projects/p/regions/r/networkEndpointGroups/n",
            {"project": "p", "region": "r", "name": "n"},
        ),
        ("google_compute_url_map", "projects/p/global/urlMaps/u", {"project": "p", "name": "u"}),
    ],
)
def test_an_import_reads_the_path(kind: str, identifier: str, expected: dict[str, str]) -> None:
    state = imported(RESOURCE_TYPES[kind], identifier, {"project": "default", "region": "default"})
    assert {name: value for name, value in state.items() if value} == {"id": identifier, **{"project": "p"}, **expected}


# An apply that was killed leaves members too, but creating one again does nothing.
@pytest.mark.parametrize("kind", sorted({*used()} - {"google_secret_manager_secret_iam_member"}))
def test_what_an_apply_left_is_imported_by_the_id_that_names_it(kind: str) -> None:
    resource, path = RESOURCE_TYPES[kind], KINDS[kind].path
    values = {attribute: f"a-{attribute}" for attribute in re.findall(r"{(\w+)}", path)}
    found = imported(resource, path.format(**values), {"project": "another", "region": "another"})
    assert {attribute: found[attribute] for attribute in values} == values
    assert path.format(**values).endswith(resource.identifier(found))
