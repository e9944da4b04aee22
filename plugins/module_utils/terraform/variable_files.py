# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files in which a configuration's variables are: those that Terraform reads by itself, and the one that is kept.

https://developer.hashicorp.com/terraform/language/values/variables#variable-definition-precedence
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.terraform.variables_text import tfvars

READ_BY_ITSELF = ("terraform.tfvars", "terraform.tfvars.json", "*.auto.tfvars", "*.auto.tfvars.json")
_GIVEN = re.compile(r'^\s*"?([A-Za-z_][\w-]*)"?\s*[=:]', re.MULTILINE)


def refuse_overruled(directory: str, names: Iterable[str], more: str | None) -> None:
    """Raise BadInput where a file gives a variable that goes through the environment: the file would win, unsaid."""
    for name in [*read_by_itself(directory), *([more] if more else [])]:
        path = os.path.join(directory, name)
        overruled = sorted({*names} & {*_GIVEN.findall(_text(path) or "")})
        if overruled:
            raise BadInput(
                f"Could not plan: {path} gives {', '.join(overruled)} too, and Terraform would take that. "
                "Remove it there, or from sensitive_variables.",
                option="sensitive_variables",
            )


def read_by_itself(directory: str) -> list[str]:
    """Return the names of the files in a directory that Terraform reads without being told to."""
    return sorted({name for pattern in READ_BY_ITSELF for name in glob.glob(pattern, root_dir=directory)})


def giving_values(directory: str, variables_file: str | None, tfvars_file: str | None) -> list[str]:
    """Return the names of files that give values; the kept file only repeats the variables of the contract."""
    kept = os.path.normpath(tfvars_file) if tfvars_file else None
    names = [*read_by_itself(directory), *([variables_file] if variables_file else [])]
    return [name for name in names if os.path.normpath(name) != kept]


def kept_variables(directory: str, name: str | None, variables: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return path and text of the file that keeps the variables, None where it holds them or none is asked for."""
    if not name:
        return None
    path, text = os.path.join(directory, name), tfvars(variables)
    return None if _text(path) == text else (path, text)


def _text(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return None
