# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which checks count: those that are selected, without the findings that somebody silenced for a reason and a time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.checks.findings import (
    PREFLIGHT,
    WARNING,
    Check,
    Finding,
)
from ansible_collections.netra.remediation.plugins.module_utils.checks.shapes import refuse_if, refuse_unknown

IDENTITY = re.compile(r"[A-Z]{3}(-\d{3})?")
EXPIRED = Check(
    "OBS-002", WARNING, PREFLIGHT, "a silence has expired, so its findings are told again",
    "Repair what it was about, or give it a new date in remediation_silenced.",
)  # fmt: skip
# What says that a judgement is incomplete is never left out.
ALWAYS = "OBS-"


def is_selected(contract: Mapping[str, Any], identity: str) -> bool:
    """Tell whether a check counts: all do, unless the contract selects some, by id or by the letters before it."""
    selected = contract.get("checks") or ()
    return not selected or identity.startswith(ALWAYS) or identity in selected or identity[:3] in selected


def divided(
    contract: Mapping[str, Any], findings: Iterable[Finding], now: str
) -> tuple[list[Finding], list[tuple[Finding, Mapping[str, Any]]]]:
    """Return the findings to tell, and those that are silenced, each with its silence."""
    silences = [silence for silence in contract.get("silenced") or () if not has_expired(silence, now)]
    audible: list[Finding] = []
    silent: list[tuple[Finding, Mapping[str, Any]]] = []
    for finding in findings:
        silence = next((entry for entry in silences if covers(entry, finding)), None)
        if silence is None:
            audible.append(finding)
        else:
            silent.append((finding, silence))
    return audible, silent


def told(finding: Finding, silence: Mapping[str, Any]) -> dict[str, str]:
    """Return a silenced finding as results and reports show it."""
    until = str(silence["until"])
    text = f"{finding.key} until {until}: {silence['reason']}"
    return {"key": finding.key, "reason": str(silence["reason"]), "until": until, "text": text}


def covers(silence: Mapping[str, Any], finding: Finding) -> bool:
    """Tell whether a silence is about a finding: by its id, and by its resource where it names one."""
    return silence["id"] == finding.id and silence.get("resource") in (None, finding.resource)


def has_expired(silence: Mapping[str, Any], now: str) -> bool:
    """Tell whether the last day of a silence is over, in UTC."""
    return bool(now) and date.fromisoformat(now[:10]) > date.fromisoformat(str(silence["until"]))


def expired(contract: Mapping[str, Any], now: str) -> list[Finding]:
    """Return a finding for each silence whose time is over."""
    return [
        EXPIRED.found(
            " ".join(filter(None, (silence["id"], silence.get("resource")))),
            f"the silence of {silence['id']} ended on {silence['until']}",
            {"reason": silence["reason"], "until": str(silence["until"])},
        )
        for silence in contract.get("silenced") or ()
        if has_expired(silence, now)
    ]


def is_day(text: object) -> bool:
    """Tell whether a value is a day such as 2026-12-31."""
    try:
        date.fromisoformat(str(text))
    except ValueError:
        return False
    return True


def refuse_bad_selection(contract: Mapping[str, Any]) -> None:
    """Raise BadInput for what is no id of a check, no day until which one is silenced, and no service to excuse."""
    names = [service["name"] for service in contract["services"]]
    for index, entry in enumerate(contract.get("placeholders_allowed") or ()):
        place = f"remediation_placeholders_allowed[{index}].service"
        refuse_unknown(place, entry["service"], names, "remediation_services")
    for index, identity in enumerate(contract.get("checks") or ()):
        complaint = f"is {identity!r}, which is no check: name one as in RUN-004, or all of a kind as in RUN"
        refuse_if(not IDENTITY.fullmatch(identity), f"remediation_checks[{index}]", complaint)
    for index, silence in enumerate(contract.get("silenced") or ()):
        place = f"remediation_silenced[{index}]"
        refuse_if(not is_day(silence["until"]), f"{place}.until", "must be a day such as 2026-12-31")
        refuse_if(not re.fullmatch(r"[A-Z]{3}-\d{3}", silence["id"]), f"{place}.id", "must be an id such as RUN-004")
