# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How services are wired: what cannot work, and that what works is left in peace."""

from __future__ import annotations

import pytest
from broken_environments import ENV, HEALTHY, SERVICE, changed, container, contract, judged, of_two, variable

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput

WIRING = {"CFG-010", "CFG-011", "CFG-012", "CFG-013", "CFG-014", "NET-010"}
APP = "https://app.example.com"
RUN = changed(services={"api": {**SERVICE, "uri": "https://api-x-uc.a.run.app"}})


def found(given, seen=HEALTHY):
    return [(finding.id, finding.summary) for finding in judged(seen, given) if finding.id in WIRING]


@pytest.mark.parametrize(
    ("variables", "identity", "words"),
    [
        ({"CORS_ORIGINS": "https://other.example.com"}, "CFG-010", f"leaves out {APP}, whose pages call api"),
        ({"CORS_ALLOWED_ORIGINS": f'["{APP}/login"]'}, "CFG-010", "no browser sends as an origin"),
        ({"CORS_ORIGINS": "*", "CORS_ALLOW_CREDENTIALS": "true"}, "CFG-010", "refuse together with credentials"),
        ({"CORS_ORIGINS": f"{APP},http://app.example.com"}, "CFG-010", "are served with https"),
        ({"OAUTH_REDIRECT_URI": "http://app.example.com/back"}, "CFG-011", "returns with http"),
        ({"CALLBACK_URL": "/back"}, "CFG-011", "is no address with a scheme"),
        ({"REDIRECT_URIS": f"{APP}/a,https://localhost/b"}, "CFG-011", "returns to localhost"),
        ({"API_URL": "wss://api.example.com"}, "CFG-013", "is not a WebSocket's address"),
        ({"WORKER_URL": "https://old-x-uc.a.run.app"}, "CFG-014", "which is no service of the contract"),
    ],
)
def test_what_cannot_work(variables, identity, words):
    ((one, summary),) = found(of_two(api=variables), RUN)
    assert (one, words in summary) == (identity, True)


@pytest.mark.parametrize(
    "variables",
    [
        {"CORS_ORIGINS": APP},
        {"CORS_ORIGINS": f'["{APP}", "http://localhost:3000"]'},
        {"CORS_ORIGINS": "*"},
        {"OAUTH_REDIRECT_URI": f"{APP}/back"},
        {"JWT_ISSUER": "netra"},
        {"WS_URL": "wss://api.example.com/ws", "AUTH_URL": "https://api.example.com"},
        {"SELF_URL": "https://api-x-uc.a.run.app", "OLD_URL": "https://green---api-x-uc.a.run.app"},
        {"MAX_ORIGINS": "5", "BAD": "http://[x"},
    ],
)
def test_what_works_is_left_in_peace(variables):
    assert found(of_two(api=variables), RUN) == []


def test_the_evidence_says_whether_the_revision_or_the_contract_is_wrong():
    live = container(env=[*ENV, variable("CORS_ORIGINS", "https://x.example.com/")])
    seen = changed(services=live, revisions={"api": [{"name": "api-00001", **live["api"]["template"]}]})
    (finding,) = [finding for finding in judged(seen, of_two(api={"CORS_ORIGINS": APP})) if finding.id == "CFG-010"]
    assert finding.evidence["where"] == {"revision": ["CORS_ORIGINS"]}


def test_a_placeholder_of_the_serving_revision_is_told_unless_it_is_allowed():
    live = container(env=[*ENV, variable("GREETING", "<name>")])["api"]["template"]
    seen = changed(revisions={"api": [{**HEALTHY.revisions["api"][0], **live}]})
    told = [(finding.id, finding.evidence) for finding in judged(seen) if finding.id == "CFG-002"]
    assert told == [("CFG-002", {"variables": ["GREETING"]})]
    allowed = contract(placeholders_allowed=[{"service": "api", "variable": "GREETING", "reason": "filled in by mail"}])
    assert [finding.id for finding in judged(seen, allowed)] == []
    with pytest.raises(BadInput, match="did you mean 'api'"):
        contract(placeholders_allowed=[{"service": "ap", "variable": "GREETING", "reason": "x"}])


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        (["203.0.113.1"], []),
        (["203.0.113.1", "2001:db8::1"], []),
        ([], ["api.example.com does not resolve"]),
        (["203.0.113.1", "198.51.100.7"], ["api.example.com leads to 198.51.100.7 besides 203.0.113.1"]),
    ],
)
def test_dns(answers, says):
    assert [finding.summary for finding in judged(changed(dns={"api.example.com": answers}))] == says


@pytest.mark.parametrize(
    ("variables", "identity"),
    [
        ({"CORS_ORIGINS": "https://u:hunter2@app.example.com/login"}, "CFG-010"),
        ({"JWT_ISSUER": "https://u:hunter2@auth.example.com"}, "CFG-012"),
    ],
)
def test_a_password_inside_an_address_is_not_told(variables, identity):
    given = of_two(api=variables, web={"JWT_ISSUER": "other"} if identity == "CFG-012" else {})
    told = [finding for finding in judged(RUN, given) if finding.id == identity]
    assert told
    assert "hunter2" not in str(told)
