"""A second judge: answers as Google's own message classes read them, unknown fields and values refused.

It needs google-cloud-run and google-cloud-secret-manager, which the sandbox itself does not: it sits only when asked.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from typing import Any

# Where their messages come from; importing them makes them known to protobuf's pool.
_MODULES = (
    "google.cloud.run_v2",
    "google.cloud.secretmanager_v1",
    "google.cloud.location.locations_pb2",
    "google.iam.v1.iam_policy_pb2",
    "google.iam.v1.policy_pb2",
    "google.longrunning.operations_pb2",
    "google.protobuf.empty_pb2",
    "google.rpc.error_details_pb2",
    "google.rpc.status_pb2",
)
_RPC = "type.googleapis.com/google.rpc."
# The name of a schema begins with its package written in capitals, or the document leaves the package out.
_PACKAGES: Mapping[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("run", "v2"): (
        ("GoogleCloudRunV2", "google.cloud.run.v2"),
        ("GoogleIamV1", "google.iam.v1"),
        ("GoogleLongrunning", "google.longrunning"),
        ("GoogleProtobuf", "google.protobuf"),
    ),
    ("secretmanager", "v1"): (
        ("", "google.cloud.secretmanager.v1"),
        ("", "google.iam.v1"),
        ("", "google.cloud.location"),
        ("", "google.protobuf"),
    ),
}


class Messages:
    """Google's message classes of Cloud Run v2 and Secret Manager v1, and of every refusal."""

    def __init__(self) -> None:
        for module in _MODULES:
            importlib.import_module(module)
        from google.protobuf import descriptor_pool, json_format, message_factory

        self._pool = descriptor_pool.Default()
        self._class_of = message_factory.GetMessageClass
        self._parse = json_format.Parse
        self._error = json_format.ParseError

    def judges(self, api: str, version: str) -> bool:
        """Tell whether the classes of an API are here."""
        return (api, version) in _PACKAGES

    def answer(self, api: str, version: str, schema: str, text: str) -> list[str]:
        """Return what is wrong with the text of an answer; nothing when this judge does not know the API."""
        if not self.judges(api, version):
            return []
        named = self._find(api, version, schema)
        return [f"no message of Google's is called {schema}"] if named is None else self._read(named, text)

    def refusal(self, error: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with the `error` of a refusal, which is a google.rpc.Status and its status's name.

        A detail of an API whose classes are not here is left out.
        """
        status = {name: value for name, value in error.items() if name != "status"}
        status["details"] = [item for item in error.get("details", ()) if str(item.get("@type")).startswith(_RPC)]
        return self._read(self._pool.FindMessageTypeByName("google.rpc.Status"), json.dumps(status))

    def _find(self, api: str, version: str, schema: str) -> Any:
        for prefix, package in _PACKAGES[api, version]:
            if schema.startswith(prefix):
                try:
                    return self._pool.FindMessageTypeByName(f"{package}.{schema.removeprefix(prefix)}")
                except KeyError:
                    continue
        return None

    def _read(self, descriptor: Any, text: str) -> list[str]:
        try:
            self._parse(text, self._class_of(descriptor)(), ignore_unknown_fields=False)
        except self._error as error:
            return [f"not a {descriptor.full_name}: {error}"]
        return []
