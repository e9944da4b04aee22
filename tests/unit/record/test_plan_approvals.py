# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Approvals are signed and verified by the real ssh-keygen."""

from __future__ import annotations

import json
import pathlib
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput, UnsafeChange
from ansible_collections.netra.remediation.plugins.module_utils.record import plan_approvals as approvals

NOW = datetime(2025, 9, 23, 10, 0, tzinfo=UTC)
PLAN = "ab" * 32
ALICE, BOB, CAROL = "alice@example.com", "bob@example.com", "carol@example.com"


class Desk:
    """A plan, the keys of some people, and who of them may approve."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder, self.plan, self.signers = folder, str(folder / "plan.json"), folder / "allowed_signers"

    def key(self, person: str) -> str:
        path = self.folder / person
        if not path.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
        return str(path)

    def allow(self, *people: str, key_of: str | None = None) -> None:
        lines = [f"{person} {pathlib.Path(self.key(key_of or person) + '.pub').read_text()}" for person in people]
        with self.signers.open("a", encoding="utf-8") as file:
            file.writelines(lines)

    def approve(self, person: str, key_of: str | None = None, **other: Any) -> pathlib.Path:
        wanted = {"plan": PLAN, "environment": "staging", "hours": 8.0, "reason": "as agreed", **other}
        expires = NOW + timedelta(hours=wanted["hours"])
        about = (wanted["plan"], wanted["environment"])
        said = approvals.statement_of(about, person, wanted["reason"], made=NOW, expires=expires)
        path = pathlib.Path(approvals.place_of(self.plan, person))
        path.write_text(approvals.sign(said, self.key(key_of or person)), encoding="utf-8")
        return path

    def found(self) -> tuple[list[approvals.Approval], list[str]]:
        return approvals.approvals_of(self.plan, PLAN, "staging", str(self.signers), NOW)


@pytest.fixture
def desk(tmp_path: pathlib.Path) -> Desk:
    desk = Desk(tmp_path)
    desk.allow(ALICE, BOB)
    return desk


def test_an_approval_holds_with_its_reason_and_its_end(desk: Desk) -> None:
    desk.approve(ALICE, reason="staging is  down\nsince nine")
    held, refused = desk.found()
    assert refused == []
    assert [(found.approver, found.reason, found.expires) for found in held] == [
        (ALICE, "staging is down since nine", "2025-09-23T18:00:00Z")
    ]
    assert held[0].key.startswith("SHA256:")
    approvals.refuse_too_few(1, held, refused, desk.plan)
    with pytest.raises(UnsafeChange, match="it needs the approval of 2, and 1 approved it"):
        approvals.refuse_too_few(2, held, refused, desk.plan)
    desk.approve(BOB)
    approvals.refuse_too_few(2, *desk.found(), desk.plan)


def alter(path: pathlib.Path, **statement: str) -> None:
    found = json.loads(path.read_text(encoding="utf-8"))
    found["statement"] |= statement
    path.write_text(json.dumps(found), encoding="utf-8")


WRONG: dict[str, tuple[Callable[[Desk], object], str]] = {
    "of another plan": (lambda desk: desk.approve(ALICE, plan="cd" * 32), "it is for another plan"),
    "of another environment": (lambda desk: desk.approve(ALICE, environment="prod"), "it is for another environment"),
    "expired": (lambda desk: desk.approve(ALICE, hours=-0.5), "it expired at 2025-09-23T09:30:00Z"),
    "by a stranger": (lambda desk: desk.approve(CAROL), f"it is not signed with a key of {CAROL}"),
    "in another's name": (lambda desk: desk.approve(ALICE, key_of=CAROL), f"it is not signed with a key of {ALICE}"),
    "prolonged": (lambda desk: alter(desk.approve(ALICE, hours=-1), expires="2999-01-01T00:00:00Z"), "not signed"),
    "moved to this plan": (lambda desk: alter(desk.approve(ALICE, plan="cd" * 32), plan=PLAN), "not signed"),
    "with another reason": (lambda desk: alter(desk.approve(ALICE), reason="something else"), "not signed"),
    "without a zone": (lambda desk: alter(desk.approve(ALICE), expires="2999-01-01T00:00:00"), "it is no approval"),
    "half a letter": (lambda desk: alter(desk.approve(ALICE), reason="\ud800"), "it is no approval"),
    "no approval": (lambda desk: pathlib.Path(f"{desk.plan}.approval-x").write_text("yes"), "it is no approval"),
    "an option as a name": (
        lambda desk: alter(desk.approve(ALICE), approver="-n"), "its approver is no identity",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_hold_is_refused_and_told(desk: Desk, case: str) -> None:
    act, told = WRONG[case]
    act(desk)
    held, refused = desk.found()
    assert held == []
    assert told in refused[0]
    with pytest.raises(UnsafeChange, match="needs the approval of 1, and 0 approved it"):
        approvals.refuse_too_few(1, held, refused, desk.plan)


def test_one_person_counts_once_also_under_two_names(desk: Desk) -> None:
    desk.allow(CAROL, key_of=ALICE)
    desk.approve(ALICE)
    desk.approve(CAROL, key_of=ALICE)
    held, refused = desk.found()
    assert (len(held), refused) == (2, [])
    with pytest.raises(UnsafeChange, match="it needs the approval of 2, and 1 approved it"):
        approvals.refuse_too_few(2, held, refused, desk.plan)


def test_without_allowed_signers_nobody_can_approve(desk: Desk) -> None:
    desk.approve(ALICE)
    held, refused = approvals.approvals_of(desk.plan, PLAN, "staging", None, NOW)
    assert held == []
    assert "no file of allowed signers" in refused[0]


@pytest.mark.parametrize(("approver", "reason", "option"), [("-v", "x", "approver"), (ALICE, " ", "reason")])
def test_bad_input_is_refused_before_anything_is_signed(approver: str, reason: str, option: str) -> None:
    with pytest.raises(BadInput) as caught:
        approvals.statement_of((PLAN, "staging"), approver, reason, made=NOW, expires=NOW)
    assert caught.value.as_failure()["option"] == option


def test_a_key_that_is_not_there_is_told(desk: Desk) -> None:
    with pytest.raises(BadInput, match="Could not sign with /nowhere/key"):
        approvals.sign({"plan": PLAN}, "/nowhere/key")
