# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write variables as a person writes them in a .tfvars file. Pure.

https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_MARKS = (("${", "$${"), ("%{", "%%{"))


def tfvars(variables: Mapping[str, Any]) -> str:
    """Return the text of a file that gives the variables, in their order, with equal signs below each other."""
    width = max((len(name) for name in variables), default=0)
    return "".join(f"{name:<{width}} = {expression(value)}\n" for name, value in variables.items())


def expression(value: Any, indent: str = "") -> str:
    """Return a value as HCL; lists of plain values stay in one line."""
    inner = f"{indent}  "
    if isinstance(value, Mapping):
        width = max((len(_key(name)) for name in value), default=0)
        lines = [f"{inner}{_key(name):<{width}} = {expression(entry, inner)}\n" for name, entry in value.items()]
        return "{\n" + "".join(lines) + indent + "}" if lines else "{}"
    if isinstance(value, list | tuple):
        if any(isinstance(entry, Mapping | list | tuple) for entry in value):
            return "[\n" + "".join(f"{inner}{expression(entry, inner)},\n" for entry in value) + indent + "]"
        return "[" + ", ".join(expression(entry) for entry in value) + "]"
    return quoted(value) if isinstance(value, str) else json.dumps(value)


def quoted(text: str) -> str:
    """Return a string of HCL that is exactly this text: nothing in it is a template."""
    written = json.dumps(text, ensure_ascii=False)
    for mark, escaped in _MARKS:
        written = written.replace(mark, escaped)
    return written


def _key(name: str) -> str:
    return name if _NAME.fullmatch(name) else quoted(name)
