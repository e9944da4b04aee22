# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secret Manager: secrets, versions, aliases, payloads, refusals; the messages of Google's client; gcloud."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import secretmanager_v1
from google.protobuf import json_format

HOST = "secretmanager.googleapis.com/v1"
REST = "https://cloud.google.com/secret-manager/docs/reference/rest/v1"
ETAGS = "https://cloud.google.com/secret-manager/docs/etags"
EXPIRY = "https://cloud.google.com/secret-manager/docs/creating-and-managing-expiring-secrets"
ALIASES = "https://cloud.google.com/secret-manager/docs/assign-alias-to-secret-version"
DISABLED = "https://github.com/google-github-actions/get-secretmanager-secrets/issues/268"
AUTOMATIC = {"replication": {"automatic": {}}}
CHECK_VALUE = 0xE3069283  # of CRC-32C for "123456789" (RFC 3720, B.4 and the catalogue of CRC algorithms)
refused_source = pytest.mark.source("discovery", "secretmanager v1: limits in the descriptions of Secret")


def encoded(payload: bytes) -> str:
    return base64.b64encode(payload).decode()


class Secret:
    """A secret of the case's own."""

    def __init__(self, target: Any, **fields: Any) -> None:
        self.target, self.identifier = target, target.fresh("secret")
        self.parent = f"{HOST}/projects/{target.project}/secrets"
        self.url = f"{self.parent}/{self.identifier}"
        self.made = target.call("POST", self.parent, {**AUTOMATIC, **fields}, secretId=self.identifier)

    def add(self, payload: bytes = b"payload", **fields: Any) -> dict[str, Any]:
        return dict(
            self.target.call("POST", f"{self.url}:addVersion", {"payload": {"data": encoded(payload), **fields}})
        )

    def change(self, mask: str, **fields: Any) -> dict[str, Any]:
        return dict(self.target.call("PATCH", self.url, fields, updateMask=mask))

    def version(self, verb: str, number: Any = 1, **body: Any) -> dict[str, Any]:
        return dict(self.target.call("POST", f"{self.url}/versions/{number}:{verb}", body))

    def access(self, version: Any) -> dict[str, Any]:
        return dict(self.target.call("GET", f"{self.url}/versions/{version}:access"))

    def refusal(self, http_method: str, suffix: str = "", body: Any = None, **query: Any) -> tuple[str, str]:
        error = self.target.refusal(http_method, self.url + suffix, body, **query)
        return error["status"], error["message"]


@pytest.fixture
def secret(target: Any) -> Iterator[Secret]:
    made = Secret(target)
    yield made
    target.send("DELETE", made.url)


def ahead(**duration: float) -> str:
    return (datetime.now(UTC) + timedelta(**duration)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.source("public", f"{REST}/projects.secrets#Secret")
def test_a_secret_is_named_by_the_number_of_its_project(secret: Secret) -> None:
    _projects, number, _secrets, identifier = secret.made["name"].split("/")
    assert number.isdigit()
    assert identifier == secret.identifier
    assert secret.target.call("GET", secret.url) == secret.made


@pytest.mark.source("discovery", "secretmanager v1: create, addVersion, get, access, list answer with these messages")
def test_answers_are_the_messages_of_googles_client_to_the_last_field(secret: Secret) -> None:
    types = secretmanager_v1
    secret.change("labels,annotations,topics,rotation,version_destroy_ttl", **{
        "labels": {"team": "netra"}, "annotations": {"note": "x"},
        "topics": [{"name": f"projects/{secret.target.project}/topics/rotations"}],
        "rotation": {"rotationPeriod": "3600s", "nextRotationTime": ahead(hours=1)}, "versionDestroyTtl": "86400s",
    })  # fmt: skip
    added = secret.add(dataCrc32c=str(checksum(b"payload")))
    answers: list[tuple[Any, dict[str, Any]]] = [
        (types.SecretVersion, added),
        (types.Secret, secret.target.call("GET", secret.url)),
        (types.AccessSecretVersionResponse, secret.access(1)),
        (types.ListSecretVersionsResponse, secret.target.call("GET", f"{secret.url}/versions")),
        (types.ListSecretsResponse, secret.target.call("GET", secret.parent)),
        (types.SecretVersion, secret.version("destroy")),
    ]
    for message, answer in answers:
        json_format.ParseDict(answer, message.pb(message()), ignore_unknown_fields=False)


def checksum(payload: bytes) -> int:
    value = 0xFFFFFFFF
    for byte in payload:
        value ^= byte
        for _bit in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


@pytest.mark.source("public", f"{REST}/SecretPayload")
def test_a_payload_comes_back_with_its_checksum(secret: Secret) -> None:
    assert secret.add(b"123456789", dataCrc32c=str(CHECK_VALUE))["clientSpecifiedPayloadChecksum"] is True
    assert secret.access(1)["payload"] == {"data": encoded(b"123456789"), "dataCrc32c": str(CHECK_VALUE)}


@pytest.mark.source("discovery", "secretmanager v1: SecretVersion.clientSpecifiedPayloadChecksum")
def test_a_version_added_without_a_checksum_says_nothing_of_one(secret: Secret) -> None:
    assert "clientSpecifiedPayloadChecksum" not in secret.add()


@pytest.mark.source("public", f"{REST}/projects.secrets/addVersion")
def test_versions_count_from_one_and_the_largest_payload_is_taken(secret: Secret) -> None:
    names = [secret.add(b"x" * 65536)["name"], secret.add(b"2")["name"]]
    assert [name.rpartition("/versions/")[2] for name in names] == ["1", "2"]


@pytest.mark.source("observed", DISABLED)
@pytest.mark.parametrize(("verb", "state"), [("disable", "DISABLED"), ("destroy", "DESTROYED")])
def test_latest_is_the_newest_version_whatever_its_state(secret: Secret, verb: str, state: str) -> None:
    secret.add(b"first")
    newest = secret.add(b"second")["name"]
    secret.version(verb, 2)
    status, message = secret.refusal("GET", "/versions/latest:access")
    assert (status, message) == ("FAILED_PRECONDITION", f"Secret Version [{newest}] is in {state} state.")
    assert secret.access(1)["payload"]["data"] == encoded(b"first")


@pytest.mark.source("public", f"{REST}/projects.secrets.versions/destroy")
def test_a_destroyed_version_stays_destroyed(secret: Secret) -> None:
    secret.add()
    assert secret.version("destroy")["destroyTime"]
    assert secret.refusal("POST", "/versions/1:enable", {})[0] == "FAILED_PRECONDITION"
    assert secret.target.call("GET", f"{secret.url}/versions/1")["state"] == "DESTROYED"


@pytest.mark.source("public", "https://cloud.google.com/secret-manager/docs/delay-destruction-of-secret-versions")
def test_a_destruction_that_is_put_off_disables_the_version_and_can_be_called_off(secret: Secret) -> None:
    secret.add()
    secret.change("versionDestroyTtl", versionDestroyTtl="86400s")
    scheduled = secret.version("destroy")
    assert scheduled["state"] == "DISABLED"
    assert scheduled["scheduledDestroyTime"] > ahead(hours=23)
    assert "scheduledDestroyTime" not in secret.version("enable")
    assert secret.access(1)["payload"]["data"] == encoded(b"payload")


@pytest.mark.source("public", ALIASES)
def test_an_alias_reads_the_version_it_names(secret: Secret) -> None:
    secret.add(b"first")
    secret.add(b"second")
    assert secret.change("versionAliases", versionAliases={"stable": "1"})["versionAliases"] == {"stable": "1"}
    assert secret.access("stable")["payload"]["data"] == encoded(b"first")
    secret.change("versionAliases", versionAliases={"stable": "2"})
    assert secret.access("stable")["payload"]["data"] == encoded(b"second")


@pytest.mark.source("discovery", "secretmanager v1: access by alias only in versions.get and versions.access")
def test_a_state_is_not_changed_through_an_alias(secret: Secret) -> None:
    secret.add()
    secret.change("versionAliases", versionAliases={"stable": "1"})
    assert secret.refusal("POST", "/versions/stable:disable", {})[0] == "NOT_FOUND"


@pytest.mark.source("public", ETAGS)
@pytest.mark.parametrize(
    ("http_method", "suffix", "body", "query"),
    [
        ("PATCH", "", {"etag": '"1"', "labels": {"a": "b"}}, {"updateMask": "labels"}),
        ("DELETE", "", None, {"etag": '"1"'}),
        ("POST", "/versions/1:enable", {"etag": '"1"'}, {}),
        ("POST", "/versions/1:disable", {"etag": '"1"'}, {}),
        ("POST", "/versions/1:destroy", {"etag": '"1"'}, {}),
    ],
)
def test_a_stale_etag_is_refused(
    secret: Secret, http_method: str, suffix: str, body: Any, query: dict[str, str]
) -> None:
    secret.add()
    assert secret.refusal(http_method, suffix, body, **query)[0] == "FAILED_PRECONDITION"
    assert secret.access(1)["payload"]["data"] == encoded(b"payload")


@pytest.mark.source("public", ETAGS)
def test_a_change_that_changes_nothing_gives_a_new_etag_to_its_own_resource_only(secret: Secret) -> None:
    added = secret.add()
    assert secret.version("enable", etag=added["etag"])["etag"] != added["etag"]
    assert secret.target.call("GET", secret.url)["etag"] == secret.made["etag"]


@pytest.mark.source("public", f"{REST}/projects.secrets.versions/list")
def test_versions_are_listed_newest_first_in_pages_with_a_total(secret: Secret) -> None:
    for _turn in range(3):
        secret.add()
    first = secret.target.call("GET", f"{secret.url}/versions", pageSize=2)
    second = secret.target.call("GET", f"{secret.url}/versions", pageSize=2, pageToken=first["nextPageToken"])
    numbers = [version["name"].rpartition("/")[2] for version in first["versions"] + second["versions"]]
    assert (numbers, first["totalSize"], "nextPageToken" in second) == (["3", "2", "1"], 3, False)


@pytest.mark.source("public", "https://cloud.google.com/secret-manager/docs/filtering")
@pytest.mark.parametrize(
    ("expression", "numbers"),
    [("state:ENABLED", ["3", "1"]), ("state=DISABLED", ["2"]), ("NOT state:ENABLED", ["2"]), ("state:DESTROYED", [])],
)
def test_a_filter_chooses_versions_and_tells_no_total(secret: Secret, expression: str, numbers: list[str]) -> None:
    for _turn in range(3):
        secret.add()
    secret.version("disable", 2)
    answer = secret.target.call("GET", f"{secret.url}/versions", filter=expression)
    assert [version["name"].rpartition("/")[2] for version in answer.get("versions", [])] == numbers
    assert "totalSize" not in answer


@pytest.mark.source("public", EXPIRY)
def test_an_expiry_is_answered_as_a_time_and_can_be_taken_back(secret: Secret) -> None:
    changed = secret.change("ttl", ttl="3600s")
    assert ahead(minutes=58) < changed["expireTime"] < ahead(minutes=62)
    assert "ttl" not in changed
    assert "expireTime" not in secret.change("expireTime")


@refused_source
@pytest.mark.parametrize(
    ("mask", "fields"),
    [
        ("replication", {"replication": {"userManaged": {"replicas": [{"location": "us-east1"}]}}}),
        ("name", {"labels": {}}),
        ("", {"labels": {"a": "b"}}),
        ("labels", {"labels": {"Upper": "case"}}),
        ("labels", {"labels": {f"label-{number}": "x" for number in range(65)}}),
        ("annotations", {"annotations": {"large": "x" * 16 * 1024}}),
        ("topics", {"topics": [{"name": f"projects/p/topics/topic-{number}"} for number in range(11)]}),
        ("versionAliases", {"versionAliases": {"stable": "7"}}),
        ("versionAliases", {"versionAliases": {"latest": "1"}}),
        ("expireTime", {"expireTime": "2020-01-01T00:00:00Z"}),
        ("ttl", {"ttl": "59s"}),
        ("rotation", {"rotation": {"nextRotationTime": "2100-01-01T00:00:00Z"}}),
    ],
)
def test_a_change_outside_the_limits_is_refused(secret: Secret, mask: str, fields: dict[str, Any]) -> None:
    secret.add()
    assert secret.refusal("PATCH", "", fields, updateMask=mask)[0] == "INVALID_ARGUMENT"


@refused_source
@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"data": ""},
        {"data": encoded(b"x" * 65537)},
        {"data": encoded(b"payload"), "dataCrc32c": "1"},
        {"data": "not base64!"},
    ],
    ids=["nothing", "empty", "64 KiB and one byte", "another checksum", "not base64"],
)
def test_a_payload_that_does_not_fit_is_refused_and_not_quoted(secret: Secret, payload: dict[str, Any]) -> None:
    status, message = secret.refusal("POST", ":addVersion", {"payload": payload})
    assert status == "INVALID_ARGUMENT"
    assert not payload.get("data") or payload["data"] not in message


@pytest.mark.source("public", f"{REST}/projects.secrets/create")
@pytest.mark.parametrize(
    ("identifier", "body", "status"),
    [
        ("bad name", AUTOMATIC, "INVALID_ARGUMENT"),
        ("x" * 256, AUTOMATIC, "INVALID_ARGUMENT"),
        ("conformance-none", {}, "INVALID_ARGUMENT"),
        ("conformance-none", {"replication": {"userManaged": {}}}, "INVALID_ARGUMENT"),
        ("conformance-none", {**AUTOMATIC, "replicas": 2}, "INVALID_ARGUMENT"),
    ],
)
def test_a_secret_that_cannot_be_is_refused(target: Any, identifier: str, body: Any, status: str) -> None:
    parent = f"{HOST}/projects/{target.project}/secrets"
    assert target.refusal("POST", parent, body, secretId=identifier)["status"] == status
    assert target.send("GET", f"{parent}/conformance-none").status_code == 404


@pytest.mark.source("observed", "https://github.com/google/exposure-notifications-verification-server/issues/456")
def test_a_name_that_is_taken_is_refused_with_the_full_name_and_one_that_is_missing_is_not_found(
    secret: Secret,
) -> None:
    taken = secret.target.refusal("POST", secret.parent, AUTOMATIC, secretId=secret.identifier)
    assert (taken["status"], taken["message"]) == ("ALREADY_EXISTS", f"Secret [{secret.made['name']}] already exists.")
    assert secret.refusal("GET", "/versions/1")[0] == "NOT_FOUND"
    assert secret.refusal("GET", "/versions/latest:access")[0] == "NOT_FOUND"


@pytest.mark.source("discovery", "secretmanager v1: projects.secrets.{getIamPolicy,setIamPolicy,testIamPermissions}")
def test_a_secret_has_a_policy_that_goes_with_it(secret: Secret) -> None:
    target, member = secret.target, f"serviceAccount:reader@{secret.target.project}.iam.gserviceaccount.com"
    binding = {"role": "roles/secretmanager.secretAccessor", "members": [member]}
    written = target.call("POST", f"{secret.url}:setIamPolicy", {"policy": {"bindings": [binding]}})
    assert target.call("GET", f"{secret.url}:getIamPolicy")["bindings"] == written["bindings"] == [binding]
    stale = {"policy": {"bindings": [], "etag": encoded(b"12345678")}}
    assert target.refusal("POST", f"{secret.url}:setIamPolicy", stale)["status"] == "ABORTED"


@pytest.mark.source("discovery", "secretmanager v1: projects.locations.list and get")
def test_the_locations_of_secrets_are_listed(target: Any) -> None:
    listed = target.call("GET", f"{HOST}/projects/{target.project}/locations")["locations"]
    assert target.region in {location["locationId"] for location in listed}
    found = target.call("GET", f"{HOST}/projects/{target.project}/locations/{target.region}")
    assert found["locationId"] == target.region


@pytest.mark.source("public", "https://cloud.google.com/python/docs/reference/secretmanager/latest")
def test_googles_client_tells_its_story(target: Any) -> None:
    client = secretmanager_v1.SecretManagerServiceClient(transport="rest")
    parent = f"projects/{target.project}"
    secret = client.create_secret(parent=parent, secret_id=target.fresh("secret"), secret=AUTOMATIC)
    try:
        for payload in (b"first", b"second"):
            client.add_secret_version(parent=secret.name, payload={"data": payload, "data_crc32c": checksum(payload)})
        client.disable_secret_version(name=f"{secret.name}/versions/1")
        request = {"parent": secret.name, "filter": "state:ENABLED"}
        assert [version.name[-1] for version in client.list_secret_versions(request=request)] == ["2"]
        accessed = client.access_secret_version(name=f"{secret.name}/versions/latest")
        assert (accessed.payload.data, accessed.payload.data_crc32c) == (b"second", checksum(b"second"))
        with pytest.raises(exceptions.BadRequest, match="is in DISABLED state"):
            client.access_secret_version(name=f"{secret.name}/versions/1")
    finally:
        client.delete_secret(name=secret.name)
    with pytest.raises(exceptions.NotFound):
        client.get_secret(name=secret.name)


@pytest.mark.source("public", "https://cloud.google.com/sdk/gcloud/reference/secrets")
def test_gcloud_creates_lists_reads_and_disables(target: Any, gcloud: Any) -> None:
    name = target.fresh("secret")
    gcloud("secrets", "create", name, "--replication-policy=automatic", "--data-file=-", stdin="first")
    try:
        added = gcloud("secrets", "versions", "add", name, "--data-file=-", stdin="second")
        assert added["name"].endswith("/versions/2")
        assert gcloud("secrets", "versions", "access", "latest", f"--secret={name}", output="") == "second"
        assert name in {secret["name"].rpartition("/")[2] for secret in gcloud("secrets", "list")}
        assert gcloud("secrets", "versions", "disable", "2", f"--secret={name}")["state"] == "DISABLED"
        said = gcloud("secrets", "versions", "access", "latest", f"--secret={name}", fails=True)
        assert "is in DISABLED state" in said
        assert [version["state"] for version in gcloud("secrets", "versions", "list", name)] == ["DISABLED", "ENABLED"]
    finally:
        target.send("DELETE", f"{HOST}/projects/{target.project}/secrets/{name}")
