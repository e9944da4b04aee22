# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where payloads come from, and what is refused before it is stored."""

from __future__ import annotations

import json
import pathlib
import shutil
from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.checks.payload_rules import complaints
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput, RemediationError
from ansible_collections.netra.remediation.plugins.module_utils.operations.secret_payload import payload_of
from ansible_collections.netra.remediation.plugins.module_utils.resources.generated_payload import (
    GENERATORS,
    generated,
)

STATE = {
    "version": 4,
    "terraform_version": "1.0.0",
    "serial": 1,
    "lineage": "a",
    "outputs": {
        "redis_host": {"value": "10.0.0.3", "type": "string"},
        "redis_auth": {"value": "Zk3v9QpL0sT7hB2x", "type": "string", "sensitive": True},
        "redis_port": {"value": 6379, "type": "number"},
        "hosts": {"value": ["a"], "type": ["list", "string"]},
    },
    "resources": [],
}


def asked(**options: Any) -> bytes | None:
    return payload_of({"name": "a-secret", **options})


@pytest.mark.parametrize("kind", GENERATORS)
@pytest.mark.parametrize("length", [None, 40])
def test_what_is_generated_is_right_for_its_kind_and_never_the_same(kind: str, length: int | None) -> None:
    made = {generated(kind, length) for _index in range(20)}
    assert len(made) == 20
    assert [payload for payload in made if complaints(payload, kind)] == []


def test_a_length_is_kept() -> None:
    assert len(asked(generate={"kind": "text", "length": 12}) or b"") == 12
    assert len(asked(generate={"kind": "hex", "length": 20}) or b"") == 40


def test_files_and_variables_are_read_as_they_are(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "payload").write_bytes(b"\xff\x00 as it is\n")
    monkeypatch.setenv("A_SECRET", "Zk3v9QpL0sT7hB2x")
    assert asked(source={"file": str(tmp_path / "payload")}) == b"\xff\x00 as it is\n"
    assert asked(source={"environment": "A_SECRET"}) == b"Zk3v9QpL0sT7hB2x"
    assert asked() is None


@pytest.mark.skipif(not shutil.which("terraform"), reason="there is no terraform on PATH")
def test_outputs_of_terraform_are_read_from_its_state(tmp_path: pathlib.Path) -> None:
    (tmp_path / "terraform.tfstate").write_text(json.dumps(STATE), encoding="utf-8")
    place = {"terraform_directory": str(tmp_path)}
    assert asked(source={**place, "terraform_output": "redis_auth"}) == b"Zk3v9QpL0sT7hB2x"
    assert asked(source={**place, "terraform_output": "redis_port"}) == b"6379"
    with pytest.raises(BadInput, match="is no text and no number"):
        asked(source={**place, "terraform_output": "hosts"})
    with pytest.raises(BadInput, match="it has hosts, redis_auth, redis_host, redis_port"):
        asked(source={**place, "terraform_output": "redis"})


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"payload": ""}, "payload"),
        ({"source": {"environment": "NOT_SET_ANYWHERE"}}, "source.environment"),
        ({"source": {"file": "/no/such/file"}}, "source.file"),
        ({"source": {"terraform_output": "a", "terraform_directory": "/no/such"}}, "source.terraform_directory"),
        ({"payload": "changeme", "kind": "text"}, "payload"),
        ({"payload": "Zk3v9QpL0sT7hB2x\n", "kind": "password"}, "payload"),
        ({"payload": "https://10.0.0.3", "kind": "host"}, "payload"),
    ],
)
def test_what_cannot_be_a_payload_is_refused_by_the_name_of_its_option(options: dict[str, Any], named: str) -> None:
    with pytest.raises(BadInput) as refused:
        asked(**options)
    assert refused.value.option == named
    assert named in refused.value.message
    assert str(options.get("payload") or "-").strip() not in refused.value.message.replace("a-secret", "")


def test_a_payload_of_no_declared_kind_is_not_judged() -> None:
    assert asked(payload="changeme") == b"changeme"


def test_a_weak_payload_is_stored_since_a_server_may_know_it_already() -> None:
    assert asked(payload="gR8!k#Zp", kind="password") == b"gR8!k#Zp"


def test_refusals_are_for_people() -> None:
    with pytest.raises(RemediationError, match="Could not store a payload in secret a-secret: what payload gives ends"):
        asked(payload="Zk3v9QpL0sT7hB2x\n", kind="password")
