# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for every API of the sandbox: who gets in, what is refused, what is remembered."""

from __future__ import annotations

import base64
import json
import os
import pathlib
import socket
import subprocess
import sys
from typing import Any

import google.auth.exceptions
import google.auth.transport.requests
import google.oauth2.service_account
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ROOT = pathlib.Path(__file__).parents[2]
SECRETS = "https://secretmanager.googleapis.com/v1/projects/netra-staging/secrets"
SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]
PAYLOAD = b"correct horse battery staple 4711"


@pytest.fixture
def api(sandbox: Any) -> requests.Session:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {sandbox.token}"
    return session


@pytest.fixture
def secret(api: requests.Session) -> str:
    name = f"front-{os.urandom(4).hex()}"
    body = {"replication": {"automatic": {}}}
    assert api.post(SECRETS, params={"secretId": name}, json=body).status_code == 200
    return f"{SECRETS}/{name}"


def test_a_host_that_is_not_on_the_list_is_refused_and_noted(sandbox: Any) -> None:
    with pytest.raises(requests.exceptions.ProxyError):
        requests.get("https://example.com/", timeout=5)
    assert any(entry["event"] == "refused-host" and entry["message"] == "example.com" for entry in sandbox.events())


# What a client asks the proxy for, byte by byte: CONNECT, or an absolute http:// address.
FOREIGN = [
    "CONNECT example.com:443",
    "CONNECT 93.184.216.34:443",
    "CONNECT 127.0.0.1:443",
    "CONNECT 169.254.169.254:443",
    "CONNECT [::1]:443",
    "CONNECT localhost:443",
    "CONNECT run.googleapis.com:80",
    "CONNECT run.googleapis.com:8443",
    "CONNECT run.googleapis.com",
    "CONNECT run.googleapis.com.:443",
    "CONNECT run.googleapis.com.example.com:443",
    "CONNECT run.googleapis.com@example.com:443",
    "CONNECT example.com:443@run.googleapis.com:443",
    "CONNECT evilrun.googleapis.com.evil:443",
    "CONNECT drive.googleapis.com:443",
    "CONNECT www.google.com:443",
    "GET http://example.com/",
    "GET http://127.0.0.1:22/",
    "GET http://[::1]/",
    "GET http://run.googleapis.com@example.com/",
    "GET http://run.googleapis.com.example.com/",
    "GET http://2130706433/",
]


@pytest.mark.parametrize("line", FOREIGN)
def test_nothing_leads_out_of_the_sandbox(sandbox: Any, line: str) -> None:
    host = line.split()[1].removeprefix("http://").rstrip("/")
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=10) as connection:
        connection.sendall(f"{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answer = connection.makefile("rb").readline().decode()
    assert answer.split()[1] in {"400", "403", "404"}, answer


def test_another_host_within_a_tunnel_is_refused_and_noted(sandbox: Any, api: requests.Session) -> None:
    answer = api.get("https://run.googleapis.com/v2/", headers={"Host": "elsewhere.example"}, timeout=5)
    assert (answer.status_code, answer.text) == (403, "The sandbox does not answer for elsewhere.example.\n")
    assert any(event["message"] == "elsewhere.example" for event in sandbox.events())


@pytest.mark.parametrize("authorization", [None, "Bearer nobody", "Bearer a.b.c", "Basic eDp5", "Bearer "])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_handler_runs_without_authentication(sandbox: Any, method: str, authorization: str | None) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    body = {"bogus": 1} if method == "POST" else None
    answer = requests.request(method, SECRETS, headers=headers, json=body, timeout=5)
    assert answer.status_code == 401
    assert answer.json()["error"]["status"] == "UNAUTHENTICATED"


def test_a_field_that_the_api_does_not_know_is_refused_in_googles_words(api: requests.Session) -> None:
    answer = api.post(SECRETS, params={"secretId": "x"}, json={"replicatoin": {}})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["status"] == "INVALID_ARGUMENT"
    assert 'Unknown name "replicatoin"' in error["message"]
    assert "Cannot find field." in error["message"]


def test_a_path_that_no_api_has_is_not_found(api: requests.Session) -> None:
    assert api.get("https://run.googleapis.com/v2/projects/netra-staging/nonsense/x").status_code == 404


def test_payloads_are_neither_in_the_request_log_nor_on_the_output(
    sandbox: Any, api: requests.Session, secret: str
) -> None:
    mark = sandbox.mark()
    data = base64.b64encode(PAYLOAD).decode()
    assert api.post(f"{secret}:addVersion", json={"payload": {"data": data}}).status_code == 200
    read = api.get(f"{secret}/versions/latest:access").json()
    assert base64.b64decode(read["payload"]["data"]) == PAYLOAD
    api.post(f"{secret}:addVersion", json={"payload": {"data": data, "dataCrc32c": "1"}})
    kept = [sandbox.directory / "requests.jsonl", sandbox.directory.parent / f"{sandbox.directory.name}.log"]
    kept += list((sandbox.directory / "logs").glob("*.log"))
    text = "".join(path.read_text(encoding="utf-8", errors="replace") for path in kept if path.exists())
    text += repr(sandbox.requests(mark)) + repr(sandbox.events())
    for form in (PAYLOAD.decode(), data, sandbox.token):
        assert form not in text


def test_the_log_tells_writes_from_reads_and_names_the_caller(sandbox: Any, api: requests.Session, secret: str) -> None:
    mark = sandbox.mark()
    api.get(secret)
    api.patch(secret, params={"updateMask": "labels"}, json={"labels": {"a": "b"}})
    read, write = sandbox.requests(mark)
    assert (read["write"], write["write"]) == (False, True)
    assert write["method"] == "secretmanager.projects.secrets.patch"
    assert write["principal"] == "remediator@netra-staging.iam.gserviceaccount.com"


def test_a_key_file_gets_tokens_by_assertion_and_by_impersonation(sandbox: Any) -> None:
    credentials = google.oauth2.service_account.Credentials.from_service_account_file(
        str(sandbox.directory / "key.json"), scopes=SCOPES
    )
    session = google.auth.transport.requests.AuthorizedSession(credentials)
    assert session.get(SECRETS).status_code == 200
    url = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{}:generateAccessToken"
    deployer = "deployer@netra-staging.iam.gserviceaccount.com"
    answer = session.post(url.format(deployer), json={"scope": SCOPES, "lifetime": "600s", "delegates": None})
    assert answer.status_code == 200, answer.text
    mark = sandbox.mark()
    headers = {"Authorization": f"Bearer {answer.json()['accessToken']}"}
    assert requests.get(SECRETS, headers=headers, timeout=5).status_code == 200
    assert sandbox.requests(mark)[-1]["principal"] == deployer


def test_an_assertion_by_another_key_is_refused(sandbox: Any) -> None:
    content = json.loads((sandbox.directory / "key.json").read_text(encoding="utf-8"))
    other = rsa.generate_private_key(65537, 2048)
    content["private_key"] = other.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    credentials = google.oauth2.service_account.Credentials.from_service_account_info(content, scopes=SCOPES)
    with pytest.raises(google.auth.exceptions.RefreshError, match="Invalid JWT Signature"):
        credentials.refresh(google.auth.transport.requests.Request())


def test_the_control_interface_is_not_reached_under_another_name(sandbox: Any) -> None:
    answer = requests.get(f"{sandbox.proxy}/_sandbox/status", headers={"Host": "evil.example"}, timeout=5)
    assert answer.status_code == 403


def command(directory: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "sandbox")}
    line = [sys.executable, "-m", "netra_sandbox", *arguments, "--directory", str(directory)]
    return subprocess.run(line, check=False, env=environment, capture_output=True, text=True, timeout=90)


def processes_below(directory: pathlib.Path) -> list[str]:
    """Return the command lines of processes that name the folder or work in it."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                place = str((entry / "cwd").readlink())
            except OSError:
                continue
            if str(directory) in line or place.startswith(str(directory)):
                found.append(line)
    return found


def test_up_returns_when_it_answers_and_down_leaves_no_process(tmp_path: pathlib.Path) -> None:
    directory = tmp_path / "state"
    started = command(directory, "up", "--scenario", "healthy")
    try:
        assert started.returncode == 0, started.stderr
        assert command(directory, "status").returncode == 0
        assert "already" in command(directory, "up").stdout
        assert processes_below(directory)
    finally:
        stopped = command(directory, "down")
    assert stopped.returncode == 0, stopped.stderr
    assert processes_below(directory) == []
    assert command(directory, "status").returncode == 1


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: pathlib.Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    started = command(tmp_path, "up")
    assert started.returncode == 1
    assert "not a sandbox's" in started.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


# An operation whose response no client could read, although the discovery document allows it.
WRONG = """
import sys
from netra_sandbox import cli, parts
from netra_sandbox.kernel.calls import handles

parts.load_methods()

@handles("run.projects.locations.operations.get")
async def wrong(sandbox, call):
    service = {"@type": "type.googleapis.com/google.cloud.run.v2.Service", "uptime": "9s"}
    return {"name": call.parameters["name"], "done": True, "response": service}

sys.exit(cli.main())
"""


def test_an_answer_that_googles_classes_cannot_read_does_not_leave_a_sandbox_of_the_tests(
    another_sandbox: Any,
) -> None:
    wrong = another_sandbox("empty", ("-c", WRONG))
    session = requests.Session()
    session.trust_env = False
    session.proxies, session.verify = {"https": wrong.proxy}, str(wrong.directory / "ca.pem")
    url = "https://run.googleapis.com/v2/projects/netra-staging/locations/us-central1/operations/x"
    answer = session.get(url, headers={"Authorization": f"Bearer {wrong.token}"}, timeout=10)
    assert answer.status_code == 500
    (event,) = wrong.events()
    assert event["event"] == "answer-violation"
    assert 'no field named "uptime"' in event["message"]
