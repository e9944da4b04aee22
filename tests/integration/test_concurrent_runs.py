# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ten runs are started at once on one environment: one works, nine name it, and nothing is written twice."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from killed_runs import state_of
from playbook_story import BIN, INVENTORY, ROOT, Story, succeeded

pytestmark = pytest.mark.matrix
RUNS, LONGEST_SECONDS = 10, 1500
VARIABLES = {"remediation_infrastructure_engine": "tasks"}


def test_of_ten_runs_one_works(sandbox: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    story = Story(sandbox)
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
    sandbox.reset("incident")
    mark = sandbox.mark()
    succeeded(story.play("remediate", **VARIABLES))
    alone, wanted = [write["method"] for write in sandbox.writes(mark)], state_of(story)

    sandbox.reset("incident")
    mark = sandbox.mark()
    command = [str(BIN / "ansible-playbook"), "-i", str(INVENTORY), str(ROOT / "playbooks/remediate.yml")]
    runs = [
        subprocess.Popen(
            [*command, "-e", json.dumps(VARIABLES)],
            cwd=ROOT,
            env=story.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _number in range(RUNS)
    ]
    said = [" ".join(run.communicate(timeout=LONGEST_SECONDS)[0].split()) for run in runs]
    refused = [words for run, words in zip(runs, said, strict=True) if run.returncode]
    # Whoever comes to look when the one has ended already finds nothing to do, and changes nothing.
    idle = [words for run, words in zip(runs, said, strict=True) if not run.returncode and "changed=0 " in words]
    methods = sorted(write["method"] for write in sandbox.writes(mark))
    with capsys.disabled():
        told = (
            f"{RUNS} runs: {RUNS - len(refused) - len(idle)} worked, {len(refused)} named it, {len(idle)} came after it"
        )
        sys.stdout.write(f"\n{told}; {len(methods)} writes, {len(alone)} of a run alone\n")
    assert len(refused) + len(idle) == RUNS - 1
    assert [words for words in refused if "works on it. Nothing was written." not in words] == []
    assert state_of(story) == wanted
    # The others ask for the lock, which is refused: that is all they may write.
    assert [method for method in methods if method != "storage.objects.insert"] == sorted(
        method for method in alone if method != "storage.objects.insert"
    )
