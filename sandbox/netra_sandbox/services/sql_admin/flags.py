"""Database flags: which there are, what values they take, which reach the server.

https://cloud.google.com/sql/docs/postgres/flags
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_SWITCH = frozenset({"on", "off"})


@dataclass(frozen=True)
class Flag:
    """One flag; numbers lie between `least` and `most`, texts are among `values`, a switch is on or off."""

    name: str
    kind: str = "BOOLEAN"
    least: int = 0
    most: int = 0
    values: tuple[str, ...] = ()
    restarts: bool = False
    reaches_server: bool = True

    def takes(self, value: str) -> bool:
        """Tell whether the flag may have a value."""
        if self.kind == "BOOLEAN":
            return value in _SWITCH
        if self.kind == "INTEGER":
            return value.removeprefix("-").isdigit() and self.least <= int(value) <= self.most
        if self.kind == "FLOAT":
            return value.replace(".", "", 1).isdigit() and self.least <= float(value) <= self.most
        return not self.values or value in self.values

    def as_resource(self, versions: Iterable[str]) -> dict[str, Any]:
        """Return the flag as the API lists it."""
        resource: dict[str, Any] = {"kind": "sql#flag", "name": self.name, "type": self.kind}
        resource |= {"appliesTo": list(versions), "requiresRestart": self.restarts}
        if self.kind in {"INTEGER", "FLOAT"}:
            resource |= {"minValue": str(self.least), "maxValue": str(self.most)}
        if self.values:
            resource["allowedStringValues"] = list(self.values)
        return resource


_LARGEST = 2147483647
_LEVELS = (
    "debug5",
    "debug4",
    "debug3",
    "debug2",
    "debug1",
    "info",
    "notice",
    "warning",
    "error",
    "log",
    "fatal",
    "panic",
)
_FLAGS = (
    Flag("autovacuum"),
    Flag("autovacuum_max_workers", "INTEGER", 1, 262143, restarts=True),
    Flag("autovacuum_naptime", "INTEGER", 1, 2147483),
    Flag("checkpoint_timeout", "INTEGER", 30, 86400),
    Flag("cloudsql.enable_pgaudit", restarts=True, reaches_server=False),
    Flag("cloudsql.iam_authentication", reaches_server=False),
    Flag("cloudsql.logical_decoding", restarts=True, reaches_server=False),
    Flag("deadlock_timeout", "INTEGER", 1, _LARGEST),
    Flag("default_statistics_target", "INTEGER", 1, 10000),
    Flag("default_transaction_isolation", "STRING", values=("serializable", "repeatable read", "read committed")),
    Flag("effective_cache_size", "INTEGER", 1, _LARGEST),
    Flag("idle_in_transaction_session_timeout", "INTEGER", 0, _LARGEST),
    Flag("lock_timeout", "INTEGER", 0, _LARGEST),
    Flag("log_checkpoints"),
    Flag("log_connections"),
    Flag("log_disconnections"),
    Flag("log_duration"),
    Flag("log_lock_waits"),
    Flag("log_min_duration_statement", "INTEGER", -1, _LARGEST),
    Flag("log_min_error_statement", "STRING", values=_LEVELS),
    Flag("log_min_messages", "STRING", values=_LEVELS),
    Flag("log_statement", "STRING", values=("none", "ddl", "mod", "all")),
    Flag("log_temp_files", "INTEGER", -1, _LARGEST),
    Flag("maintenance_work_mem", "INTEGER", 1024, _LARGEST),
    Flag("max_connections", "INTEGER", 14, 262143, restarts=True),
    Flag("max_locks_per_transaction", "INTEGER", 10, _LARGEST, restarts=True),
    Flag("max_parallel_workers", "INTEGER", 0, 1024),
    Flag("max_prepared_transactions", "INTEGER", 0, 262143, restarts=True),
    Flag("max_worker_processes", "INTEGER", 8, 262143, restarts=True),
    Flag("random_page_cost", "FLOAT", 0, _LARGEST),
    # The servers of a sandbox share one machine, so this one is kept and does not reach them.
    Flag("shared_buffers", "INTEGER", 16, 1073741823, restarts=True, reaches_server=False),
    Flag("statement_timeout", "INTEGER", 0, _LARGEST),
    Flag("tcp_keepalives_idle", "INTEGER", 0, _LARGEST),
    Flag("temp_buffers", "INTEGER", 100, 1073741823),
    Flag("track_activity_query_size", "INTEGER", 100, 102400, restarts=True),
    Flag("track_io_timing"),
    Flag("work_mem", "INTEGER", 64, _LARGEST),
)
FLAGS: Mapping[str, Flag] = {flag.name: flag for flag in _FLAGS}


def fault(given: Iterable[Mapping[str, str]]) -> str | None:
    """Return what is wrong with an instance's flags, None when nothing is."""
    seen: set[str] = set()
    for entry in given:
        name, value = str(entry.get("name", "")), str(entry.get("value", ""))
        flag = FLAGS.get(name)
        if flag is None:
            return f"Invalid flag name: {name}."
        if name in seen:
            return f"Flag {name} is given twice."
        if not flag.takes(value):
            return f"Invalid value for flag {name}: {value}."
        seen.add(name)
    return None


def server_settings(given: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return the settings that the server is started with."""
    known = {str(entry["name"]): str(entry["value"]) for entry in given}
    return {name: value for name, value in known.items() if FLAGS[name].reaches_server}
