# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Do one thing for several resources at the same time: all operations are started, then all are waited for."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput, RemediationError
from ansible_collections.netra.remediation.plugins.module_utils.fronts import arguments
from ansible_collections.netra.remediation.plugins.module_utils.gcp.credentials import AUTH_OPTIONS
from ansible_collections.netra.remediation.plugins.module_utils.operation import Operation, Options, Result

AT_ONCE = 16
STOPPED = "stopped"


def run(operation: Operation, options: Options, *, check_mode: bool) -> Result:
    """Return the result of each entry of ``each``, in order, as a loop would; one that fails keeps no other back."""
    entries = [_options(operation, index, entry) for index, entry in enumerate(options[arguments.EACH])]
    shared = {name: options[name] for name in AUTH_OPTIONS if name in options}

    def perform(entry: dict[str, Any]) -> Result:
        item = {"item": {"name": entry["name"]}}
        try:
            return {"changed": False, **operation.run({**shared, **entry}, check_mode), **item}
        except RemediationError as error:
            return {"changed": False, "failed": True, "msg": error.message, "failure": error.as_failure(), **item}

    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(perform, entries))
    return {
        "changed": any(result["changed"] for result in results),
        "results": results,
        "diff": [result["diff"] for result in results if result.get("diff")],
        **_failure(results),
    }


def _options(operation: Operation, index: int, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry's options, checked as those of a task are; raise BadInput before anything is written."""
    checked = ArgumentSpecValidator(operation.options, **operation.rules).validate(dict(entry))
    if checked.error_messages:
        place = f"{arguments.EACH}[{index}]"
        raise BadInput(f"{place}: {'; '.join(checked.error_messages)}", option=place)
    return arguments.given(operation.options, checked.validated_parameters, entry)


def _failure(results: list[Result]) -> Result:
    """Return what a failed task says; that the run is to stop comes before any other failure."""
    failed = sorted(
        (result for result in results if result.get("failed")),
        key=lambda result: result["failure"]["kind"] != STOPPED,
    )
    if not failed:
        return {}
    others = f" ({len(failed)} of {len(results)} failed.)" if len(failed) > 1 else ""
    return {"failed": True, "msg": failed[0]["msg"] + others, "failure": failed[0]["failure"]}
