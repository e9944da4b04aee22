# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who reaches which address, and what an instance may take."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from netra_sandbox.runtime import disturbances, linux, memory, reach
from netra_sandbox.runtime.disturbances import Disturbance
from netra_sandbox.runtime.instances import Launch

HERE, THERE = "us-central1", "europe-west1"
NAME = f"projects/p/locations/{HERE}/connectors/c"
READY = {"state": "READY", "network": "projects/p/global/networks/main"}
DIRECT = "projects/p/global/networks/main"
SUBNETWORKS = {"workloads": "main", "default": "default"}

# access, the connector that it names, warm → reaches a private address in `main`, a public one
TABLE: dict[str, tuple[dict[str, Any], dict[str, Any] | None, bool, bool, bool]] = {
    "nothing": ({}, None, True, False, True),
    "connector": ({"connector": NAME}, READY, True, True, True),
    "connector, everything": ({"connector": NAME, "egress": "ALL_TRAFFIC"}, READY, True, True, True),
    "connector that is not there": ({"connector": NAME}, None, True, False, True),
    "... for everything": ({"connector": NAME, "egress": "ALL_TRAFFIC"}, None, True, False, False),
    "connector being made": ({"connector": NAME}, {**READY, "state": "CREATING"}, True, False, True),
    "connector being changed": ({"connector": NAME}, {**READY, "state": "UPDATING"}, True, True, True),
    "connector in error": ({"connector": NAME}, {**READY, "state": "ERROR"}, True, False, True),
    "connector that is not warm": ({"connector": NAME}, READY, False, False, True),
    "connector of another network": ({"connector": NAME}, {**READY, "network": "other"}, True, False, True),
    "connector on a subnetwork": (
        {"connector": NAME},
        {"state": "READY", "subnet": {"name": "workloads"}},
        True,
        True,
        True,
    ),
    "connector of another region": ({"connector": NAME.replace(HERE, THERE)}, READY, True, False, True),
    "interface": ({"networkInterfaces": [{"network": "main"}]}, None, False, True, True),
    "interface by its full name": ({"networkInterfaces": [{"network": DIRECT}]}, None, False, True, True),
    "interface on a subnetwork": ({"networkInterfaces": [{"subnetwork": "workloads"}]}, None, False, True, True),
    "interface of another network": ({"networkInterfaces": [{"network": "other"}]}, None, False, False, True),
    "interface on a subnetwork elsewhere": (
        {"networkInterfaces": [{"network": "main", "subnetwork": f"projects/p/regions/{THERE}/subnetworks/s"}]},
        None,
        False,
        False,
        True,
    ),
    "interface for everything": (
        {"networkInterfaces": [{"network": "main"}], "egress": "ALL_TRAFFIC"},
        None,
        False,
        True,
        True,
    ),
}


@pytest.mark.parametrize(("access", "connector", "warm", "private", "public"), TABLE.values(), ids=TABLE)
def test_what_a_revision_reaches(
    access: dict[str, Any], connector: dict[str, Any] | None, warm: bool, private: bool, public: bool
) -> None:
    way = reach.way_of(access, HERE, connector, SUBNETWORKS, warm=warm)
    assert reach.reaches(way, network="main", public=False) is private
    assert reach.reaches(way, network=None, public=True) is public


def test_a_new_connector_is_warm_a_moment_later() -> None:
    warm_up = reach.WarmUp()
    warm_up.note({"old": "READY"}, 100)
    warm_up.note({"old": "READY", "new": "READY", "making": "CREATING"}, 200)
    assert [warm_up.is_warm(name, 200.5) for name in ("old", "new", "making")] == [True, False, False]
    assert warm_up.is_warm("new", 201)
    warm_up.note({"new": "READY"}, 300)
    assert (warm_up.is_warm("old", 400), warm_up.is_warm("new", 300)) == (False, True)


@pytest.mark.parametrize(
    ("limit", "size"),
    [("512Mi", 512 << 20), ("1Gi", 1 << 30), ("1.5Gi", 3 << 29), ("500M", 500_000_000), ("1024", 1024), ("", 0)],
)
def test_a_memory_limit_in_bytes(limit: str, size: int) -> None:
    assert memory.limit({"memory": limit}) == size


def test_the_line_of_an_exceeded_limit() -> None:
    begins = "Memory limit of 512 MiB exceeded with 517 MiB used. Consider increasing the memory limit, see "
    assert memory.exceeded(512 << 20, 517 << 20).startswith(begins)


TCP = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 0200007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 4711 1
   1: 0200007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 4712 1
"""


def test_the_inode_of_a_socket_is_found_by_its_ends() -> None:
    assert linux.find_inode(TCP, ("127.0.0.1", 8080), ("127.0.0.2", 50000)) == 4711
    assert linux.find_inode(TCP, ("127.0.0.1", 8080), ("127.0.0.2", 50001)) is None


LAUNCH = Launch("s/revisions/r", ["server"], {"PORT": "1"}, pathlib.Path(), pathlib.Path("log"), memory=5 << 20)


def test_a_disturbance_changes_how_an_instance_starts() -> None:
    assert disturbances.disturbed(LAUNCH, disturbances.NOTHING) == LAUNCH
    assert disturbances.disturbed(LAUNCH, Disturbance(memory_mib=1)).memory == 1 << 20
    assert disturbances.disturbed(LAUNCH, Disturbance(wrong_port=True)).environment["PORT"] != "1"
    assert disturbances.disturbed(LAUNCH, Disturbance(start_delay=2)).command[-1] == "server"


def test_a_disturbance_is_found_by_the_revision_or_its_service() -> None:
    slow, broken = Disturbance(start_delay=1), Disturbance(wrong_port=True)
    rows = {"s": slow, "s/revisions/r": broken}
    assert disturbances.find(rows, "s/revisions/r") == broken
    assert disturbances.find(rows, "s/revisions/q") == slow
    assert disturbances.find(rows, "t/revisions/r") == disturbances.NOTHING
