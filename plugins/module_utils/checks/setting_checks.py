# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hold settings against the contract's rules in three columns: the contract, the repository's file, the revision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.desired_services import (
    DesiredService,
    desired_file,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import (
    BY_HAND,
    DESCRIBE_SERVICE,
    ERROR,
    WARNING,
    Check,
    Finding,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.observation import Observation
from ansible_collections.netra.remediation.plugins.module_utils.checks.setting_rules import complaint
from ansible_collections.netra.remediation.plugins.module_utils.foundation.redaction import shown_environment

BREAKS_RULE = Check(
    "CFG-007", ERROR, BY_HAND, "a variable breaks its rule in the contract, in the file or in the revision",
    "Correct it where it is wrong: the contract, the repository's file, or by a deployment the revision.",
    DESCRIBE_SERVICE, ("services",),
)  # fmt: skip
BREAKS_SCHEMA = Check(
    "CFG-008", ERROR, BY_HAND, "a deployment config file breaks its schema",
    "Correct the value in the file, or the schema in remediation_config_files.", "git log -3 -- {resource}",
    ("config_files",),
)  # fmt: skip
UNKNOWN_KEY = Check(
    "CFG-009", WARNING, BY_HAND, "a deployment config file has keys that neither its schema nor the contract knows",
    "Take the key out of the file, or name it in the schema.", "git log -3 -- {resource}", ("config_files",),
)  # fmt: skip
COLUMNS = ("contract", "file", "revision")
BOUND = "(secret)"


def setting_findings(
    contract: Mapping[str, Any], observation: Observation, desired: Mapping[str, DesiredService]
) -> Iterator[Finding]:
    """Find settings that break their rules, and files that break their schemas."""
    for service in contract["services"]:
        wrong = [row for row in rows(service, contract, observation, desired) if row["complaints"]]
        if wrong:
            name = service["name"]
            words = "; ".join(
                f"{row['variable']} {text} ({column})" for row in wrong for column, text in row["complaints"].items()
            )
            evidence = {"variables": [row["variable"] for row in wrong], "columns": wrong}
            yield BREAKS_RULE.found(name, words, evidence, service=name)
    for file in contract["config_files"]:
        yield from _file_findings(file, contract, observation, desired)


def table(
    contract: Mapping[str, Any], observation: Observation, desired: Mapping[str, DesiredService]
) -> list[dict[str, Any]]:
    """Return the rows of all services."""
    return [row for service in contract["services"] for row in rows(service, contract, observation, desired)]


def rows(
    service: Mapping[str, Any],
    contract: Mapping[str, Any],
    observation: Observation,
    desired: Mapping[str, DesiredService],
) -> list[dict[str, Any]]:
    """Return a row for each variable with a rule: its value in each column, and what is wrong where.

    A column that was not read is None and judges nothing; a value that looks secret is hidden.
    """
    rules = service.get("settings") or {}
    if not rules:
        return []
    columns = dict(zip(COLUMNS, _columns(service, contract, observation, desired), strict=True))
    outputs = observation.outputs()
    found = []
    for variable, rule in rules.items():
        row: dict[str, Any] = {"service": service["name"], "variable": variable, "complaints": {}}
        for column, values in columns.items():
            value = None if values is None else values.get(variable)
            row[column] = None if value is None else shown_environment({variable: value})[variable]
            judged = {key: wanted for key, wanted in rule.items() if key in {"required", "forbidden"} or value != BOUND}
            text = complaint(variable, judged, value, {**outputs, **(values or {})}) if values is not None else None
            if text:
                row["complaints"][column] = text
        found.append(row)
    return found


def _columns(
    service: Mapping[str, Any],
    contract: Mapping[str, Any],
    observation: Observation,
    desired: Mapping[str, DesiredService],
) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None, Mapping[str, Any] | None]:
    name = service["name"]
    options = desired[name].options
    wanted = {**options["env"], **dict.fromkeys(service.get("secrets") or {}, BOUND)}
    files = [observation.config_files.get(file["path"]) for file in contract["config_files"] if file["service"] == name]
    values = next((file["values"] for file in files if file and file.get("values") is not None), None)
    written = None
    if values is not None:
        written = {**(values.get("env_vars") or {}), **dict.fromkeys(values.get("secrets") or {}, BOUND)}
    live = observation.live_options(name)
    deployed = None
    if live is not None:
        deployed = {**(live.get("env") or {}), **dict.fromkeys(live.get("secret_env") or {}, BOUND)}
    return wanted, written, deployed


def _file_findings(
    file: Mapping[str, Any],
    contract: Mapping[str, Any],
    observation: Observation,
    desired: Mapping[str, DesiredService],
) -> Iterator[Finding]:
    values = (observation.config_files.get(file["path"]) or {}).get("values")
    schema = file.get("schema") or {}
    if values is None or not schema:
        return
    path, there = file["path"], flat(values)
    wrong = {key: text for key, rule in schema.items() for key, text in _broken(key, rule, there)}
    if wrong:
        words = "; ".join(f"{key} {text}" for key, text in wrong.items())
        yield BREAKS_SCHEMA.found(path, words, {"keys": sorted(wrong)}, service=file["service"])
    known = [*schema, *flat(desired_file(contract, file, desired[file["service"]]))]
    strange = sorted(key for key in there if not any(fnmatchcase(key, pattern) for pattern in known))
    if strange:
        summary = f"nothing knows the keys {', '.join(strange)}"
        yield UNKNOWN_KEY.found(path, summary, {"keys": strange}, service=file["service"])


def _broken(key: str, rule: Mapping[str, Any], there: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Judge the values that a key of a schema names, ``*`` for any part of a name."""
    names = [name for name in there if fnmatchcase(name, key)] or [key]
    known = {name.rpartition(".")[2]: value for name, value in there.items()}
    for name in names:
        text = complaint(name.rpartition(".")[2], rule, there.get(name), known)
        if text:
            yield name, text


def flat(values: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Return nested mappings as dotted names; a list is one value."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        name = f"{above}{key}"
        found |= flat(value, f"{name}.") if isinstance(value, Mapping) and value else {name: value}
    return found
