# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cloud Storage: preconditions that make locks, uploads of every kind, lists, ranges, copies, refusals, gcloud."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import google.auth
import pytest
from google.auth.transport.requests import AuthorizedSession

HOST = "storage.googleapis.com/storage/v1/b"
UPLOADS = "storage.googleapis.com/upload/storage/v1/b"
PRECONDITIONS = "https://cloud.google.com/storage/docs/request-preconditions"
OBJECTS = "https://cloud.google.com/storage/docs/json_api/v1/objects"
STATUS_CODES = "https://cloud.google.com/storage/docs/json_api/v1/status-codes"
NOT_HELD = "At least one of the pre-conditions you specified did not hold."


class Bucket:
    """A bucket of the case's own."""

    def __init__(self, target: Any) -> None:
        self.target, self.name = target, target.fresh("bucket")
        self.url = f"{HOST}/{self.name}"
        self.made = target.call("POST", HOST, {"name": self.name}, project=target.project)

    def object(self, name: str) -> str:
        return f"{self.url}/o/{quote(name, safe='')}"

    def upload(self, name: str, content: bytes = b"content", session: Any = None, **query: Any) -> Any:
        return (session or self.target.session).request(
            "POST",
            f"https://{UPLOADS}/{self.name}/o",
            params={"uploadType": "media", "name": name, **query},
            data=content,
            headers={"Content-Type": "text/plain"},
        )

    def put(self, name: str, content: bytes = b"content", **query: Any) -> dict[str, Any]:
        answer = self.upload(name, content, **query)
        assert answer.ok, answer.text
        return dict(answer.json())

    def media(self, name: str, **headers: str) -> Any:
        url = f"https://{self.object(name)}"
        return self.target.session.get(url, params={"alt": "media"}, headers=headers)

    def names(self, **query: Any) -> list[str]:
        return [item["name"] for item in self.target.call("GET", f"{self.url}/o", **query).get("items", [])]

    def remove(self) -> None:
        for item in self.target.send("GET", f"{self.url}/o").json().get("items", []):
            self.target.send("DELETE", self.object(item["name"]))
        self.target.send("DELETE", self.url)


@pytest.fixture
def bucket(target: Any) -> Iterator[Bucket]:
    made = Bucket(target)
    yield made
    made.remove()


@pytest.mark.source("public", PRECONDITIONS)
def test_of_twenty_creators_at_once_one_wins_each_round(bucket: Bucket) -> None:
    credentials, _project = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    sessions = [AuthorizedSession(credentials) for _creator in range(20)]
    sessions[0].get(f"https://{bucket.url}")  # the token is fetched once

    def create(number: int, lock: str) -> Any:
        return bucket.upload(lock, b"%d" % number, sessions[number], ifGenerationMatch=0)

    with ThreadPoolExecutor(20) as creators:
        for lock in ("first", "second", "third"):
            taken = list(creators.map(create, range(20), [lock] * 20))
            assert sorted(answer.status_code for answer in taken) == [200] + [412] * 19
            winner = next(number for number, answer in enumerate(taken) if answer.ok)
            assert bucket.media(lock).content == b"%d" % winner


@pytest.mark.source("public", STATUS_CODES)
def test_a_condition_that_does_not_hold_is_a_412_with_its_reason(bucket: Bucket) -> None:
    bucket.put("lock")
    error = bucket.upload("lock", ifGenerationMatch=0).json()["error"]
    assert (error["code"], error["message"]) == (412, NOT_HELD)
    assert error["errors"][0] == {
        "message": NOT_HELD, "domain": "global", "reason": "conditionNotMet", "locationType": "header",
        "location": "If-Match",
    }  # fmt: skip


@pytest.mark.source("public", PRECONDITIONS)
@pytest.mark.parametrize("http_method", ["GET", "PATCH", "DELETE", "POST"])
@pytest.mark.parametrize(
    ("condition", "offset"),
    [
        ("ifGenerationMatch", 1),
        ("ifMetagenerationMatch", 1),
        ("ifMetagenerationNotMatch", 0),
        ("ifGenerationNotMatch", 0),
    ],
)
def test_a_condition_that_does_not_hold_stops_every_method(
    bucket: Bucket, http_method: str, condition: str, offset: int
) -> None:
    made = bucket.put("report")
    number = int(made["generation" if "fGeneration" in condition else "metageneration"]) + offset
    if http_method == "POST":
        answer = bucket.upload("report", b"other", **{condition: number})
    else:
        body = {"contentType": "text/html"} if http_method == "PATCH" else None
        answer = bucket.target.send(http_method, bucket.object("report"), body, **{condition: number})
    expected = 304 if http_method == "GET" and "NotMatch" in condition else 412
    assert answer.status_code == expected
    assert bucket.target.call("GET", bucket.object("report")) == made


@pytest.mark.source("public", PRECONDITIONS)
def test_a_lock_is_taken_over_and_released_by_its_generation(bucket: Bucket) -> None:
    held = bucket.put("lock", b"first", ifGenerationMatch=0)
    taken = bucket.put("lock", b"second", ifGenerationMatch=held["generation"])
    assert int(taken["generation"]) > int(held["generation"])
    stale = bucket.target.send("DELETE", bucket.object("lock"), ifGenerationMatch=held["generation"])
    assert stale.status_code == 412
    assert bucket.target.send("DELETE", bucket.object("lock"), ifGenerationMatch=taken["generation"]).status_code == 204
    assert bucket.target.send("GET", bucket.object("lock")).status_code == 404
    bucket.put("lock", b"third", ifGenerationMatch=0)


@pytest.mark.source("public", f"{OBJECTS}#resource")
def test_an_object_is_described_with_its_hashes_and_links(bucket: Bucket) -> None:
    made = bucket.put("a folder/ö.txt", b"123456789")
    assert made["md5Hash"] == base64.b64encode(hashlib.md5(b"123456789", usedforsecurity=False).digest()).decode()
    assert made["crc32c"] == base64.b64encode(bytes.fromhex("E3069283")).decode()
    assert (made["size"], made["contentType"], made["metageneration"]) == ("9", "text/plain", "1")
    assert made["id"] == f"{bucket.name}/a folder/ö.txt/{made['generation']}"
    assert bucket.target.call("GET", bucket.object("a folder/ö.txt")) == made
    assert bucket.target.session.get(made["mediaLink"]).content == b"123456789"


@pytest.mark.source("public", f"{OBJECTS}/get")
def test_content_comes_back_whole_or_in_ranges_with_its_hash(bucket: Bucket) -> None:
    made = bucket.put("numbers", b"0123456789")
    whole, part, tail = bucket.media("numbers"), bucket.media("numbers", Range="bytes=2-4"), None
    tail = bucket.media("numbers", Range="bytes=-3")
    assert (whole.status_code, whole.content, whole.headers["Content-Type"]) == (200, b"0123456789", "text/plain")
    assert whole.headers["x-goog-hash"] == f"crc32c={made['crc32c']},md5={made['md5Hash']}"
    assert whole.headers["x-goog-generation"] == made["generation"]
    assert (part.status_code, part.content, part.headers["Content-Range"]) == (206, b"234", "bytes 2-4/10")
    assert tail.content == b"789"
    assert bucket.media("numbers", Range="bytes=10-").status_code == 416


@pytest.mark.source("public", "https://cloud.google.com/storage/docs/uploading-objects#multipart")
def test_a_multipart_upload_carries_its_metadata(bucket: Bucket) -> None:
    metadata = {"name": "report.json", "contentType": "application/json", "metadata": {"run": "1"}}
    body = f"--part\r\nContent-Type: application/json\r\n\r\n{json.dumps(metadata)}\r\n"
    body += '--part\r\nContent-Type: text/plain\r\n\r\n{"ok": true}\r\n--part--\r\n'
    answer = bucket.target.session.post(
        f"https://{UPLOADS}/{bucket.name}/o?uploadType=multipart",
        data=body.encode(),
        headers={"Content-Type": "multipart/related; boundary=part"},
    ).json()
    assert (answer["contentType"], answer["metadata"], answer["size"]) == ("application/json", {"run": "1"}, "12")
    assert bucket.media("report.json").content == b'{"ok": true}'


def begun(bucket: Bucket, name: str, **query: Any) -> str:
    """Begin a resumable upload and return the address that it goes on at."""
    answer = bucket.target.session.post(
        f"https://{UPLOADS}/{bucket.name}/o", params={"uploadType": "resumable", "name": name, **query},
        json={"metadata": {"run": "1"}}, headers={"X-Upload-Content-Type": "text/plain"},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    return str(answer.headers["Location"])


@pytest.mark.source("public", "https://cloud.google.com/storage/docs/performing-resumable-uploads")
def test_a_resumable_upload_goes_on_where_it_stopped(bucket: Bucket) -> None:
    session, place, size = bucket.target.session, begun(bucket, "large"), 3 * 256 * 1024
    content = bytes(range(256)) * (size // 256)
    first = 256 * 1024
    part = session.put(place, data=content[:first], headers={"Content-Range": f"bytes 0-{first - 1}/{size}"})
    asked = session.put(place, headers={"Content-Range": f"bytes */{size}"})
    assert (part.status_code, part.headers["Range"]) == (308, f"bytes=0-{first - 1}")
    assert (asked.status_code, asked.headers["Range"]) == (308, part.headers["Range"])
    assert bucket.target.send("GET", bucket.object("large")).status_code == 404
    done = session.put(place, data=content[first:], headers={"Content-Range": f"bytes {first}-{size - 1}/{size}"})
    assert (done.json()["size"], done.json()["metadata"], done.json()["contentType"]) == (
        str(size),
        {"run": "1"},
        "text/plain",
    )
    assert bucket.media("large").content == content


@pytest.mark.source("public", "https://cloud.google.com/storage/docs/performing-resumable-uploads")
def test_a_resumable_upload_keeps_the_condition_it_began_with(bucket: Bucket) -> None:
    place = begun(bucket, "lock", ifGenerationMatch=0)
    bucket.put("lock", b"somebody else")
    assert bucket.target.session.put(place, data=b"late").status_code == 412
    assert bucket.media("lock").content == b"somebody else"


@pytest.mark.source("public", f"{OBJECTS}/list")
@pytest.mark.parametrize(
    ("query", "names", "prefixes"),
    [
        ({}, ["a", "runs/1", "runs/2/x", "z"], []),
        ({"prefix": "runs/"}, ["runs/1", "runs/2/x"], []),
        ({"delimiter": "/"}, ["a", "z"], ["runs/"]),
        ({"prefix": "runs/", "delimiter": "/"}, ["runs/1"], ["runs/2/"]),
        ({"startOffset": "runs/2", "endOffset": "z"}, ["runs/2/x"], []),
        ({"prefix": "none"}, [], []),
    ],
)
def test_a_list_has_what_is_asked_for(
    bucket: Bucket, query: dict[str, str], names: list[str], prefixes: list[str]
) -> None:
    for name in ("z", "runs/1", "a", "runs/2/x"):
        bucket.put(name)
    answer = bucket.target.call("GET", f"{bucket.url}/o", **query)
    assert [item["name"] for item in answer.get("items", [])] == names
    assert answer.get("prefixes", []) == prefixes


@pytest.mark.source("public", f"{OBJECTS}/list")
def test_a_list_comes_in_pages(bucket: Bucket) -> None:
    for number in range(5):
        bucket.put(f"{number}")
    first = bucket.target.call("GET", f"{bucket.url}/o", maxResults=3)
    assert len(first["items"]) == 3
    assert bucket.names(maxResults=3, pageToken=first["nextPageToken"]) == ["3", "4"]


@pytest.mark.source("public", f"{OBJECTS}/patch")
def test_metadata_changes_without_a_new_generation(bucket: Bucket) -> None:
    made = bucket.put("report")
    patch = {"metadata": {"run": "1", "owner": "netra"}, "cacheControl": "no-store"}
    first = bucket.target.call("PATCH", bucket.object("report"), patch)
    second = bucket.target.call("PATCH", bucket.object("report"), {"metadata": {"owner": None}, "cacheControl": None})
    assert (first["metageneration"], second["metageneration"]) == ("2", "3")
    assert (second["metadata"], "cacheControl" in second) == ({"run": "1"}, False)
    assert second["generation"] == made["generation"]
    assert second["etag"] != first["etag"]


@pytest.mark.source("public", f"{OBJECTS}/rewrite")
def test_objects_are_copied_composed_and_moved(bucket: Bucket) -> None:
    target = bucket.target
    bucket.put("a", b"first ")
    target.call("POST", f"{bucket.object('a')}/rewriteTo/b/{bucket.name}/o/b")
    target.call("POST", f"{bucket.object('a')}/copyTo/b/{bucket.name}/o/c")
    sources = [{"name": "a"}, {"name": "b"}]
    composed = target.call("POST", f"{bucket.object('all')}/compose", {"sourceObjects": sources})
    assert (composed["componentCount"], "md5Hash" in composed) == (2, False)
    assert bucket.media("all").content == b"first first "
    target.call("POST", f"{bucket.object('all')}/moveTo/o/moved")
    assert bucket.names() == ["a", "b", "c", "moved"]
    refused = target.send("POST", f"{bucket.object('a')}/copyTo/b/{bucket.name}/o/b", {}, ifGenerationMatch=0)
    assert refused.status_code == 412


@pytest.mark.source("public", STATUS_CODES)
@pytest.mark.parametrize(
    ("request_line", "body", "query", "refusal"),
    [
        ("GET /o/none", None, {}, "404 notFound"),
        ("DELETE /o/none", None, {}, "404 notFound"),
        ("GET /o/kept", None, {"generation": "1"}, "404 notFound"),
        ("GET -none/o/kept", None, {}, "404 notFound"),
        ("GET -none", None, {}, "404 notFound"),
        ("DELETE ", None, {}, "409 conflict"),
        ("GET ", None, {"ifMetagenerationMatch": "9"}, "412 conditionNotMet"),
        ("POST /o/joined/compose", {"sourceObjects": []}, {}, "400 invalid"),
        ("POST /o/joined/compose", {"sourceObjects": [{"name": "none"}]}, {}, "404 notFound"),
        ("GET /o", None, {"pageToken": "%%%"}, "400 invalid"),
    ],
)
def test_a_refusal_has_its_code_and_its_reason(
    bucket: Bucket, request_line: str, body: Any, query: dict[str, str], refusal: str
) -> None:
    bucket.put("kept")
    http_method, path = request_line.split(" ")
    error = bucket.target.refusal(http_method, bucket.url + path, body, **query)
    assert f"{error['code']} {error['errors'][0]['reason']}" == refusal


@pytest.mark.source("public", "https://cloud.google.com/storage/docs/buckets#naming")
@pytest.mark.parametrize("name", ["ab", "Upper", "goog-runs", "192.168.5.4", ""])
def test_a_bucket_name_outside_the_rules_is_refused(target: Any, name: str) -> None:
    error = target.refusal("POST", HOST, {"name": name}, project=target.project)
    assert (error["code"], error["errors"][0]["reason"]) == (400, "invalid")


@pytest.mark.source("observed", "https://github.com/google/exposure-notifications-verification-server/issues/456")
def test_a_bucket_that_is_there_is_not_made_again(bucket: Bucket) -> None:
    error = bucket.target.refusal("POST", HOST, {"name": bucket.name}, project=bucket.target.project)
    assert (error["code"], error["errors"][0]["reason"]) == (409, "conflict")
    assert error["message"] == "You already own this bucket. Please select another name."


@pytest.mark.source("public", f"{OBJECTS}/insert")
@pytest.mark.parametrize(("field", "given"), [("md5Hash", "AAAAAAAAAAAAAAAAAAAAAA=="), ("crc32c", "AAAAAA==")])
def test_content_that_is_not_what_its_hash_says_is_refused(bucket: Bucket, field: str, given: str) -> None:
    place = bucket.target.session.post(
        f"https://{UPLOADS}/{bucket.name}/o", params={"uploadType": "resumable", "name": "x"}, json={field: given}
    ).headers["Location"]
    assert bucket.target.session.put(place, data=b"content").status_code == 400
    assert bucket.names() == []


@pytest.mark.source("public", "https://cloud.google.com/storage/docs/json_api/v1/buckets")
def test_a_bucket_is_listed_changed_and_removed(bucket: Bucket) -> None:
    target = bucket.target
    labels = target.call("PATCH", bucket.url, {"labels": {"team": "netra", "run": "1"}})["labels"]
    assert labels == {"team": "netra", "run": "1"}
    assert target.call("PATCH", bucket.url, {"labels": {"run": None}})["labels"] == {"team": "netra"}
    listed = target.call("GET", HOST, project=target.project, prefix=bucket.name)["items"]
    assert [item["name"] for item in listed] == [bucket.name]
    assert target.send("DELETE", bucket.url).status_code == 204
    assert target.send("GET", bucket.url).status_code == 404


@pytest.mark.source("public", "https://cloud.google.com/storage/docs/json_api/v1/buckets/setIamPolicy")
def test_a_bucket_has_a_policy(bucket: Bucket) -> None:
    binding = {"role": "roles/storage.objectAdmin", "members": [f"projectEditor:{bucket.target.project}"]}
    bucket.target.call("PUT", f"{bucket.url}/iam", {"bindings": [binding]})
    assert bucket.target.call("GET", f"{bucket.url}/iam")["bindings"] == [binding]


@pytest.mark.source("public", "https://cloud.google.com/sdk/gcloud/reference/storage")
def test_gcloud_copies_reads_and_lists(bucket: Bucket, gcloud: Any, tmp_path: Any) -> None:
    (tmp_path / "report.txt").write_text("content of a report\n", encoding="utf-8")
    gcloud("storage", "cp", str(tmp_path / "report.txt"), f"gs://{bucket.name}/runs/report.txt", output="none")
    assert gcloud("storage", "cat", f"gs://{bucket.name}/runs/report.txt", output="none") == "content of a report\n"
    listed = gcloud("storage", "ls", f"gs://{bucket.name}/runs/", output="gsutil")
    assert listed.split() == [f"gs://{bucket.name}/runs/report.txt"]
    refused = gcloud(
        "storage", "cp", "--if-generation-match=0", str(tmp_path / "report.txt"), f"gs://{bucket.name}/runs/report.txt",
        fails=True, output="none",
    )  # fmt: skip
    assert "pre-condition" in refused
