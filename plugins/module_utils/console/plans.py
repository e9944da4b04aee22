# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show a plan that a check wrote, approve it, and say who did, from the command line: ``cli/plan``.

Needs Python, this collection's files and OpenSSH's ssh-keygen; neither Ansible nor a library of Google's.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TextIO

from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import plain
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput, RemediationError
from ansible_collections.netra.remediation.plugins.module_utils.record import plan_approvals, plan_file, plan_words
from ansible_collections.netra.remediation.plugins.module_utils.record.files import write_whole

DONE, TOO_FEW, UNUSABLE = 0, 1, 2
HOURS, LONGEST_HOURS = 8.0, 24.0 * 14
EXIT_CODES = """
exit codes:
  0  shown, approved, or approved by enough people
  1  fewer people approved it than --approvals asks for
  2  the command line is wrong, or the plan cannot be read or trusted
"""


def main(arguments: Sequence[str] | None = None, out: TextIO | None = None) -> int:
    """Do what is asked and return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.act(options, plan_file.read_plan(options.plan), out or sys.stdout)
    except RemediationError as error:
        sys.stderr.write(f"plan: {error.message}\n")
        return UNUSABLE
    return code


def _show(_options: argparse.Namespace, plan: plan_file.PlanFile, out: TextIO) -> int:
    about = plan.about
    out.write(f"{about['environment']} ({about['project']}, {about['region']}), by {about['by']} at {about['made']}\n")
    out.write(f"{plan_words.summary_of(plan.changes)}\n")
    out.writelines(f"{line}\n" for line in plan_words.lines_of(plan.changes, None))
    out.write(f"Plan {plan.sha256}\n")
    return DONE


def _approve(options: argparse.Namespace, plan: plan_file.PlanFile, out: TextIO) -> int:
    if not 0 < options.hours <= LONGEST_HOURS:
        raise BadInput(f"--hours is {options.hours:g}; an approval holds for up to {LONGEST_HOURS:g}.", option="hours")
    now = datetime.now(UTC)
    expires = now + timedelta(hours=options.hours)
    statement = plan_approvals.statement_of(
        (plan.sha256, str(plan.about["environment"])), options.approver, options.reason, made=now, expires=expires
    )
    path = plan_approvals.place_of(options.plan, options.approver)
    write_whole(path, plan_approvals.sign(statement, options.key).encode())
    out.write(f"{path}: {statement['approver']} approves plan {plan.sha256} until {statement['expires']}\n")
    return DONE


def _verify(options: argparse.Namespace, plan: plan_file.PlanFile, out: TextIO) -> int:
    environment = str(plan.about["environment"])
    held, refused = plan_approvals.approvals_of(
        options.plan, plan.sha256, environment, options.allowed_signers, datetime.now(UTC)
    )
    out.writelines(f"{entry.approver} until {entry.expires}: {plain(entry.reason)} ({entry.key})\n" for entry in held)
    out.writelines(f"does not hold: {text}\n" for text in refused)
    try:
        plan_approvals.refuse_too_few(options.approvals, held, refused, options.plan)
    except RemediationError as error:
        sys.stderr.write(f"plan: {error.message}\n")
        return TOO_FEW
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="plan",
        description="Show or approve what a run with --check says it would change.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    show = commands.add_parser("show", help="tell what the plan changes, field by field")
    show.set_defaults(act=_show)
    approve = commands.add_parser("approve", help="sign its hash, with a reason, for some hours")
    approve.add_argument("--as", dest="approver", required=True, help="who approves, as the allowed signers have it")
    approve.add_argument("--key", required=True, metavar="FILE", help="a private SSH key, or a public one of an agent")
    approve.add_argument("--reason", required=True, help="why; it goes on record")
    approve.add_argument("--hours", type=float, default=HOURS, help=f"how long it holds (default: {HOURS:g})")
    approve.set_defaults(act=_approve)
    verify = commands.add_parser("verify", help="say whose approvals hold")
    verify.add_argument("--allowed-signers", required=True, metavar="FILE", help="the keys of those who may approve")
    verify.add_argument("--approvals", type=int, default=1, metavar="N", help="how many are needed (default: 1)")
    verify.set_defaults(act=_verify)
    for command in (show, approve, verify):
        command.add_argument("plan", metavar="PLAN", help="the file that a run with --check wrote")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
