# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a payload comes from: given, generated, or read here from a file, the environment, Terraform or another secret.

What is read here never passes through Ansible: not as an argument, not as a fact, not as a variable.
"""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.payload_rules import WEAK, complaints
from ansible_collections.netra.remediation.plugins.module_utils.foundation import intent
from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import is_known
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.gcp import credentials
from ansible_collections.netra.remediation.plugins.module_utils.gcp.clients import Session
from ansible_collections.netra.remediation.plugins.module_utils.operation import Options
from ansible_collections.netra.remediation.plugins.module_utils.operations.environment_collections import (
    read_payload,
    reference_of,
)
from ansible_collections.netra.remediation.plugins.module_utils.resources.generated_payload import (
    GENERATORS,
    generated,
)
from ansible_collections.netra.remediation.plugins.module_utils.terraform.cli import Terraform, find_binary
from ansible_collections.netra.remediation.plugins.module_utils.terraform.plan_guard import OUTPUT, UNKNOWN

SOURCE: dict[str, Any] = {
    "type": "dict",
    "options": {
        "environment": {"type": "str"},
        "file": {"type": "path"},
        "terraform_output": {"type": "str"},
        "terraform_directory": {"type": "path"},
        "secret": {"type": "str", "no_log": False},
    },
    "mutually_exclusive": [("environment", "file", "terraform_output", "secret")],
    "required_one_of": [("environment", "file", "terraform_output", "secret")],
    "required_by": {"terraform_output": ["terraform_directory"]},
}
GENERATE: dict[str, Any] = {
    "type": "dict",
    "options": {"kind": {"type": "str", "choices": list(GENERATORS), "default": "text"}, "length": {"type": "int"}},
}
TERRAFORM_SECONDS = 120


def payload_of(options: Options) -> bytes | None:
    """Return the payload that is asked for, None where none is; BadInput names what is wrong before any write."""
    payload, option = _taken(options)
    if payload == b"":
        raise BadInput(f"{option} is empty; Secret Manager keeps no empty versions.", option=option)
    # What a check cannot know yet cannot be judged either.
    is_here = payload is not None and is_known(payload.decode(errors="replace"))
    judged = complaints(payload, options["kind"]) if payload is not None and is_here and options.get("kind") else []
    # A weak one is somebody's decision, and a diagnosis tells of it.
    wrong = [complaint for complaint in judged if complaint.rule != WEAK]
    if wrong:
        raise BadInput(
            f"Could not store a payload in secret {options['name']}: what {option} gives {wrong[0].text}. "
            f"Correct it there, or the kind ({options['kind']}).",
            option=option,
            rules=[complaint.rule for complaint in wrong],
        )
    return payload


def _taken(options: Options) -> tuple[bytes | None, str]:
    if options.get("payload") is not None:
        return str(options["payload"]).encode(), "payload"
    if options.get("generate") is not None:
        wanted = options["generate"]
        return generated(wanted["kind"], wanted.get("length")), "generate"
    source = options.get("source") or {}
    for name, read in (("environment", _variable), ("file", _file)):
        if source.get(name):
            return read(source[name]), f"source.{name}"
    if source.get("terraform_output"):
        return _output(options, source), "source.terraform_output"
    if source.get("secret"):
        return _other_secret(options, source["secret"]), "source.secret"
    return None, ""


def _variable(name: str) -> bytes:
    value = os.environb.get(name.encode())
    if value is None:
        raise BadInput(
            f"source.environment names {name}, which is not set where this runs. Set it, or use another source.",
            option="source.environment",
        )
    return value


def _file(path: str) -> bytes:
    try:
        with open(path, "rb") as source:
            return source.read()
    except OSError as error:
        raise BadInput(
            f"source.file names {path}, which cannot be read: {error.strerror}. Make it readable for this user.",
            option="source.file",
        ) from error


def _other_secret(options: Options, name: str) -> bytes:
    """Read what another secret holds now, for one that must hold the same."""
    session = Session(options)
    reference = reference_of(session, name)
    return read_payload(session, reference, f"read {reference}, which secret {options['name']} must hold too")


def _output(options: Options, source: Options) -> bytes:
    """Read one output, also a sensitive one, from Terraform's state; it is printed into a pipe and nowhere else."""
    directory, name = source["terraform_directory"], source["terraform_output"]
    if intent.foreseen(f"{OUTPUT} {name}"):
        return UNKNOWN.encode()  # in a check: the apply would bring it
    if not os.path.isdir(directory):
        raise BadInput(
            f"source.terraform_directory names {directory}, which is no directory.", option="source.terraform_directory"
        )
    account = credentials.for_other_programs(options)
    found = Terraform(find_binary(None), directory, {}, TERRAFORM_SECONDS, account).json("output", "-json")
    if name not in found:
        raise BadInput(
            f"source.terraform_output names {name}, which Terraform in {directory} does not have; it has "
            f"{', '.join(sorted(found)) or 'no outputs'}. Apply it first, or correct the name.",
            option="source.terraform_output",
        )
    value = found[name]["value"]
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise BadInput(
            f"source.terraform_output names {name}, which is no text and no number.", option="source.terraform_output"
        )
    return str(value).encode()
