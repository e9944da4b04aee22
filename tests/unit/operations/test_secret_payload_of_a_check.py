# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A payload that an apply would bring is not there while a check looks."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation import intent
from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import change_of, known_after
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput
from ansible_collections.netra.remediation.plugins.module_utils.operations.secret_payload import payload_of
from ansible_collections.netra.remediation.plugins.module_utils.resources import secret_manager
from ansible_collections.netra.remediation.plugins.module_utils.terraform import plan_guard


@pytest.fixture
def journal(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    path = tmp_path / intent.FILE
    path.write_bytes(intent.Journal(is_draft=True).as_line())
    monkeypatch.setenv(intent.VARIABLE, str(path))
    return path


def asked(**more: Any) -> dict[str, Any]:
    return {"name": "url-staging", "kind": "postgres_url", **more}


def test_an_output_that_is_still_to_come_is_not_judged(journal: pathlib.Path) -> None:
    payload = payload_of(asked(payload=known_after("the infrastructure phase")))
    assert payload == b"(known after the infrastructure phase)"
    assert secret_manager.shown(payload, secret_manager.MATCH) == known_after("the phases before")
    with pytest.raises(BadInput, match="Could not store a payload in secret url-staging"):
        payload_of(asked(payload="no address"))


def test_an_output_that_an_apply_would_change_is_still_to_come(journal: pathlib.Path, tmp_path: pathlib.Path) -> None:
    source = {"terraform_output": "url", "terraform_directory": str(tmp_path / "none")}
    with pytest.raises(BadInput, match="which is no directory"):
        payload_of(asked(source=source))
    intent.declare(change_of(f"{plan_guard.OUTPUT} url", "update", {}, {"value": plan_guard.UNKNOWN}))
    assert payload_of(asked(source=source)) == plan_guard.UNKNOWN.encode()
