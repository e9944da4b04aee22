"""What an uptime check takes for success."""

from __future__ import annotations

import pytest

from netra_sandbox.services.cloud_monitoring.probing import accepted, matches
from netra_sandbox.services.cloud_monitoring.uptime import regions


@pytest.mark.parametrize(
    ("codes", "status", "expected"),
    [
        (None, 200, True),
        (None, 204, True),
        (None, 301, False),
        (None, 500, False),
        ([{"statusValue": 404}], 404, True),
        ([{"statusValue": 404}], 200, False),
        ([{"statusClass": "STATUS_CLASS_ANY"}], 503, True),
        ([{"statusClass": "STATUS_CLASS_3XX"}, {"statusValue": 200}], 302, True),
    ],
)
def test_accepts(codes, status, expected):
    assert accepted({"acceptedResponseStatusCodes": codes} if codes else {}, status) is expected


@pytest.mark.parametrize(
    ("matchers", "expected"),
    [
        ([], True),
        ([{"content": "ok"}], True),
        ([{"content": "bad"}], False),
        ([{"content": "bad", "matcher": "NOT_CONTAINS_STRING"}], True),
        ([{"content": "^all .k$", "matcher": "MATCHES_REGEX"}], True),
        ([{"content": "all", "matcher": "NOT_MATCHES_REGEX"}], False),
        ([{"content": "all"}, {"content": "none"}], False),
    ],
)
def test_matches_content(matchers, expected):
    assert matches(matchers, b"all ok") is expected


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ([], 6),
        (["USA"], 3),
        (["USA", "USA_IOWA", "EUROPE"], 4),
        (["EUROPE", "ASIA_PACIFIC", "SOUTH_AMERICA"], 3),
    ],
)
def test_regions(chosen, expected):
    assert len(regions({"selectedRegions": chosen})) == expected
