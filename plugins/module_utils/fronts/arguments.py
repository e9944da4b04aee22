# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn an operation's options into an argument specification, and validated arguments into options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import env_fallback

from ansible_collections.netra.remediation.plugins.module_utils.gcp.credentials import AUTH_OPTIONS, ENVIRONMENT
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation

NAME, EACH = "name", "each"
Specification = dict[str, dict[str, Any]]


def specification(operation: Operation) -> Specification:
    """Return the operation's argument specification, with the options that every Google module shares."""
    own = _own(operation)
    if not operation.authenticated:
        return own
    shared = {
        name: {**argument, "fallback": (env_fallback, list(ENVIRONMENT[name]))} if name in ENVIRONMENT else argument
        for name, argument in AUTH_OPTIONS.items()
    }
    return {**shared, **own}


def rules(operation: Operation) -> dict[str, Any]:
    """Return which options exclude and need each other."""
    if not operation.several:
        return operation.rules
    either = (NAME, EACH)
    return {
        **operation.rules,
        "mutually_exclusive": [*operation.rules.get("mutually_exclusive", ()), either],
        "required_one_of": [*operation.rules.get("required_one_of", ()), either],
    }


def _own(operation: Operation) -> Specification:
    if not operation.several:
        return dict(operation.options)
    name = {**operation.options[NAME], "required": False}
    return {**operation.options, NAME: name, EACH: {"type": "list", "elements": "dict"}}


def given(spec: Specification, validated: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """Drop what Ansible filled in with None, so that "not mentioned" and "set to null" stay two things."""
    options: dict[str, Any] = {}
    for name, argument in spec.items():
        mentioned = next((key for key in (name, *argument.get("aliases", ())) if key in raw), None)
        value = validated.get(name)
        if value is None:
            if mentioned is not None:
                options[name] = None
            continue
        options[name] = _nested(argument, value, raw[mentioned] if mentioned is not None else None)
    return options


def _nested(argument: Mapping[str, Any], value: Any, raw: Any) -> Any:
    """Apply the rule of ``given`` to suboptions."""
    spec = argument.get("options")
    if not spec:
        return value
    if isinstance(value, list):
        written = raw if isinstance(raw, list) and len(raw) == len(value) else [None] * len(value)
        return [_nested(argument, entry, source) for entry, source in zip(value, written, strict=True)]
    if isinstance(value, dict):
        return given(spec, value, raw if isinstance(raw, Mapping) else {})
    return value
