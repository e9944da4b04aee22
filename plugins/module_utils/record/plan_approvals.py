# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A person's word for one plan: a statement that ssh-keygen signs and verifies, with a reason and an end.

Layer `record`: may import `foundation` only. The format of allowed signers and of signatures: ssh-keygen(1), -Y.
"""

from __future__ import annotations

import glob
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput, UnsafeChange
from ansible_collections.netra.remediation.plugins.module_utils.record.ledger import canonical

NAMESPACE = "netra-remediation-plan"
SUFFIX = ".approval-"
PROGRAM = "ssh-keygen"
PATIENCE_SECONDS = 60
_KEY = re.compile(r"SHA256:\S+")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9@._+-]*")
STATED = ("plan", "environment", "approver", "reason", "made", "expires")


@dataclass(frozen=True)
class Approval:
    """Who approved what, why, until when, and with which key."""

    approver: str
    reason: str
    expires: str
    key: str

    def as_dict(self) -> dict[str, str]:
        """Return the approval as ledgers and results keep it."""
        return {"approver": self.approver, "reason": self.reason, "expires": self.expires, "key": self.key}


def statement_of(
    about: tuple[str, str], approver: str, reason: str, *, made: datetime, expires: datetime
) -> dict[str, str]:
    """Return what is signed; ``about`` is the plan's hash and its environment.

    Raises BadInput where nobody is named or no reason is given.
    """
    if not _NAME.fullmatch(approver):
        raise BadInput(f"{approver!r} is no identity of allowed signers, such as alice@example.com.", option="approver")
    if not reason.strip():
        raise BadInput("An approval needs a reason: it goes on record.", option="reason")
    times = (moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (made, expires))
    return dict(zip(STATED, (*about, approver, " ".join(reason.split()), *times), strict=True))


def sign(statement: Mapping[str, str], key: str) -> str:
    """Return the file of an approval: the statement and its signature.

    ``key`` is the file of a private SSH key, or of a public one whose private one an agent has.
    """
    with tempfile.TemporaryDirectory(prefix="netra-approval-") as place:
        path = os.path.join(place, "statement")
        with open(path, "wb") as file:
            file.write(canonical(statement))
        # It may ask for the key's passphrase, so the terminal is its own.
        done = _run(["-Y", "sign", "-q", "-f", key, "-n", NAMESPACE, path], None, interactive=True)
        if done.returncode:
            raise BadInput(f"Could not sign with {key}: ssh-keygen ended with {done.returncode}.", option="key")
        with open(f"{path}.sig", encoding="utf-8") as file:
            return json.dumps({"statement": statement, "signature": file.read()}, indent=1, sort_keys=True) + "\n"


def place_of(plan_path: str, approver: str) -> str:
    """Return where an approval of a plan lies: beside it."""
    return f"{plan_path}{SUFFIX}{approver}"


def approvals_of(
    plan_path: str, plan: str, environment: str, signers: str | None, now: datetime
) -> tuple[list[Approval], list[str]]:
    """Return the approvals beside a plan that hold, and for each other one why it does not."""
    held, refused = [], []
    for path in sorted(glob.glob(f"{glob.escape(plan_path)}{SUFFIX}*")):
        try:
            held.append(_approval(path, plan, environment, signers, now))
        except UnsafeChange as error:
            refused.append(f"{os.path.basename(path)}: {error.message}")
    return held, refused


def refuse_too_few(needed: int, held: Iterable[Approval], refused: Iterable[str], plan_path: str) -> None:
    """Raise UnsafeChange where not as many people as are needed approved, each with a key of their own."""
    found = list(held)
    people = min(len({approval.approver for approval in found}), len({approval.key for approval in found}))
    if people < needed:
        why = f" ({'; '.join(refused)})" if refused else ""
        raise UnsafeChange(
            f"Could not apply the plan {plan_path}: it needs the approval of {needed}, and {people} approved it{why}. "
            f"Nothing was written. Approve it with: cli/plan approve {plan_path}"
        )


def _approval(path: str, plan: str, environment: str, signers: str | None, now: datetime) -> Approval:
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
        statement, signature = found["statement"], str(found["signature"])
        said = {name: str(statement[name]) for name in STATED}
        has_ended = datetime.fromisoformat(said["expires"]) <= now
        signed = canonical(statement)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnsafeChange("it is no approval") from error
    key = _key_of(signed, said["approver"], signature, signers)
    for name, wanted in (("plan", plan), ("environment", environment)):
        if said[name] != wanted:
            raise UnsafeChange(f"it is for another {name}")
    if has_ended:
        raise UnsafeChange(f"it expired at {said['expires']}")
    return Approval(said["approver"], said["reason"], said["expires"], key)


def _key_of(signed: bytes, approver: str, signature: str, signers: str | None) -> str:
    """Return the fingerprint of the key that signed; UnsafeChange where none of the approver's did."""
    if not signers or not os.path.isfile(signers):
        raise UnsafeChange("there is no file of allowed signers to hold it against")
    if not _NAME.fullmatch(approver):
        raise UnsafeChange("its approver is no identity")
    with tempfile.NamedTemporaryFile("w", suffix=".sig", encoding="utf-8") as file:
        file.write(signature)
        file.flush()
        arguments = ["-Y", "verify", "-f", signers, "-I", approver, "-n", NAMESPACE, "-s", file.name]
        done = _run(arguments, signed)
    found = _KEY.search(done.stdout.decode(errors="replace"))
    if done.returncode or not found:
        raise UnsafeChange(f"it is not signed with a key of {approver} in {signers}")
    return found[0]


def _run(arguments: list[str], given: bytes | None, *, interactive: bool = False) -> subprocess.CompletedProcess[bytes]:
    try:
        if interactive:
            return subprocess.run([PROGRAM, *arguments], check=False)  # pylint: disable=ansible-bad-function
        return subprocess.run(  # pylint: disable=ansible-bad-function
            [PROGRAM, *arguments], input=given, capture_output=True, check=False, timeout=PATIENCE_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise UnsafeChange(f"{PROGRAM} did not answer within {PATIENCE_SECONDS} seconds") from error
    except FileNotFoundError as error:
        raise BadInput(f"Could not run {PROGRAM}: it is not installed; it comes with OpenSSH.", option="key") from error
