# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A state file, and what `terraform show -json` prints, are the same to whoever asks for resources."""

from __future__ import annotations

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.terraform.documents import read_document

REDIS = {"mode": "managed", "type": "google_redis_instance", "name": "cache"}
DATA = {"mode": "data", "type": "google_project", "name": "here"}
STATE_FILE = {
    "version": 4,
    "lineage": "a",
    "serial": 7,
    "resources": [{**REDIS, "instances": [{"attributes": {"name": "staging-redis"}}]}, {**DATA, "instances": [{}]}],
}
ROOT = {
    "resources": [
        {**REDIS, "address": "google_redis_instance.cache", "values": {"name": "staging-redis"}},
        {**DATA, "address": "data.google_project.here"},
    ]
}
CHILD = {
    "child_modules": [{"resources": [{**ROOT["resources"][0], "address": "module.m.google_redis_instance.cache"}]}]
}


@pytest.mark.parametrize(
    ("content", "kind", "serial", "address"),
    [
        (STATE_FILE, "state", 7, "google_redis_instance.cache"),
        ({"format_version": "1.0", "values": {"root_module": ROOT}}, "state", None, "google_redis_instance.cache"),
        (
            {"format_version": "1.2", "planned_values": {"root_module": ROOT}},
            "plan",
            None,
            "google_redis_instance.cache",
        ),
        (
            {"format_version": "1.2", "planned_values": {"root_module": CHILD}},
            "plan",
            None,
            "module.m.google_redis_instance.cache",
        ),
    ],
)
def test_managed_resources_are_found_with_their_values(content, kind, serial, address):
    found = read_document(content)
    assert (found.kind, found.serial) == (kind, serial)
    (resource,) = found.of_type("google_redis_instance")
    assert (resource.address, resource.values["name"]) == (address, "staging-redis")
    assert len(found.resources) == 1


def test_instances_are_told_apart_by_their_keys():
    instances = [{"index_key": 0, "attributes": {}}, {"index_key": "a", "attributes": {}}, {"attributes": {}}]
    state = {**STATE_FILE, "resources": [{**REDIS, "module": "module.m", "instances": instances}]}
    assert [resource.address for resource in read_document(state).resources] == [
        "module.m.google_redis_instance.cache[0]",
        'module.m.google_redis_instance.cache["a"]',
        "module.m.google_redis_instance.cache",
    ]


def test_an_empty_state_has_no_resources():
    assert read_document({"format_version": "1.0"}).resources == ()


@pytest.mark.parametrize("content", [[], {}, {"version": 3, "lineage": "a"}, "text"])
def test_what_is_no_document_is_said_in_words(content):
    with pytest.raises(ValueError, match="it is n"):
        read_document(content)
