import pytest

from ansible_collections.netra.remediation.plugins.module_utils.source import placeholders


@pytest.mark.parametrize(
    ("value", "token"),
    [
        ("PLACEHOLDER", "PLACEHOLDER"),
        ("redis://PLACEHOLDER_REDIS_HOST:6379", "PLACEHOLDER_REDIS_HOST"),
        ("TEMPLATE", "TEMPLATE"),
        ("10.0.0.TEMPLATE_LAST", "TEMPLATE_LAST"),
        ("redis://{{ redis_host }}:6379", "{{ redis_host }}"),
        ("${REDIS_HOST}", "${REDIS_HOST}"),
        ("127.30.1.2", None),
        ("{redis_host}", None),
        ("$HOME", None),
        ("templates/mail.html", None),
        ("TEMPLATES", None),
        ("my placeholder", None),
    ],
)
def test_values(value, token):
    assert placeholders.first_placeholder(value) == token


def test_text_gives_line_and_key_and_ignores_comments():
    text = """# PLACEHOLDER values are filled by the deployment
env_vars:
  REDIS_HOST: {{ redis_host }}   # was ${OLD}
  URL: "redis://${HOST}#1"
  FRONTEND_URL: https://app/#TEMPLATES   # TEMPLATE
  NOTE: 'it''s # fine'  # PLACEHOLDER
  - PLACEHOLDER
"""
    assert [p.as_dict() for p in placeholders.in_text(text)] == [
        {"line": 3, "key": "REDIS_HOST", "token": "{{ redis_host }}"},
        {"line": 4, "key": "URL", "token": "${HOST}"},
        {"line": 7, "key": "PLACEHOLDER", "token": "PLACEHOLDER"},
    ]


def test_mapping_never_shows_values():
    assert placeholders.in_mapping({"A": "secret-PLACEHOLDER-x", "B": "fine"}) == {"A": "PLACEHOLDER"}
