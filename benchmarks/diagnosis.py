# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time the diagnosis of the incident against a sandbox of its own: wall time, API calls, share of waiting.

Usage: benchmarks/diagnosis.py [RUNS]   (default 5)

The wall time is that of the whole playbook. The share of waiting is of the observation alone, run in this process: the
part of its wall time in which its process does not compute, which is what it waits for the network and for the sandbox.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import yaml
from ansible.plugins.loader import init_plugin_loader

from playbooks import ROOT, Row, Sandbox, measure

TARGET_SECONDS = 6.0


def observe(sandbox: Sandbox) -> tuple[float, float]:
    """Run the observation once and return its wall time and its processor time in seconds."""
    from ansible_collections.netra.remediation.plugins.module_utils.operations.environment_info import (
        OPERATION,
    )

    variables = yaml.safe_load((ROOT / "inventory/sandbox/group_vars/all/contract.yml").read_text(encoding="utf-8"))
    contract = {name.removeprefix("remediation_"): value for name, value in variables.items()}
    contract["source_directory"] = str(sandbox.directory / "workspace")
    options = {
        "contract": contract,
        "probe": True,
        "repairs": False,
        "auth_kind": "serviceaccount",
        "service_account_file": str(sandbox.directory / "key.json"),
    }
    wall, processor = time.monotonic(), time.process_time()
    OPERATION.run(options, True)
    return time.monotonic() - wall, time.process_time() - processor


def lead_here(sandbox: Sandbox) -> None:
    """Lead this process to the sandbox, as the inventory leads a play."""
    proxy, bundle = sandbox.proxy, str(sandbox.directory / "ca-bundle.pem")
    os.environ |= {"HTTPS_PROXY": proxy, "HTTP_PROXY": proxy, "REQUESTS_CA_BUNDLE": bundle, "NO_PROXY": "127.0.0.1"}


def main() -> None:
    """Print the table; end with 1 where the target is missed."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    init_plugin_loader([str(ROOT / "playbooks/collections")])
    row = Row("diagnosis of the incident")
    with tempfile.TemporaryDirectory() as directory:
        sandbox = Sandbox(Path(directory))
        sandbox.command("up", "--scenario", "incident")
        try:
            lead_here(sandbox)
            for _run in range(runs):
                measure(sandbox, row, "playbooks/diagnose.yml")
            observed = [observe(sandbox) for _run in range(runs)]
        finally:
            sandbox.command("down")
    wall, processor = (statistics.median(values) for values in zip(*observed, strict=True))
    shown = dict(zip(("what", "playbook, s", "processes", "API calls", "writes"), row.cells(), strict=True))
    shown["observation, s"] = f"{wall:.2f}"
    shown["of it waiting"] = f"{max(0.0, 1 - processor / wall):.0%}"
    for name, value in shown.items():
        print(f"{name:16} {value}")
    median = statistics.median(row.seconds)
    print(f"{'target':16} under {TARGET_SECONDS:g} s: {'met' if median < TARGET_SECONDS else 'missed'}")
    sys.exit(median >= TARGET_SECONDS)


if __name__ == "__main__":
    main()
