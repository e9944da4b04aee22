# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a container engine: in a folder that is gone afterwards, and never past a deadline."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.containers import engines
from ansible_collections.netra.remediation.plugins.module_utils.foundation.clock import Deadline
from ansible_collections.netra.remediation.plugins.module_utils.foundation.commands import attended
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import (
    DeadlineExceeded,
    RemediationError,
    Stopped,
)

AUTO = "auto"
# The archive is our own, nothing in it is to be changed; Python 3.11.2 knows no filters yet.
_AS_PACKED: dict[str, Any] = {"filter": "fully_trusted"} if hasattr(tarfile, "fully_trusted_filter") else {}


def find_engine(wanted: str) -> str:
    """Return the engine to use; raise with what to do where it is not on PATH."""
    for name in engines.ENGINES if wanted == AUTO else (wanted,):
        if shutil.which(name):
            return name
    named = ", ".join(engines.ENGINES) if wanted == AUTO else wanted
    raise RemediationError(
        f"Could not find {named} on PATH. Install one of them, or let cloud_build_image build.", option="engine"
    )


@contextlib.contextmanager
def workplace(archive: bytes) -> Iterator[engines.Work]:
    """Unpack a context for one build; what the engine wants besides lies in a folder that only this user reads."""
    with tempfile.TemporaryDirectory(prefix="netra-image-") as folder:
        context = os.path.join(folder, "context")
        with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
            packed.extractall(context, **_AS_PACKED)  # noqa: S202  packed here, by ourselves
        own = os.path.join(folder, "engine")
        os.mkdir(own, 0o700)
        with open(os.path.join(own, "ignore"), "w", encoding="utf-8"):
            pass
        yield engines.Work(context, own)


def run(command: list[str], attempt: str, deadline: Deadline, *, pushing: bool = False) -> str:
    """Return what a command printed; raise with its last lines where it fails or takes too long."""
    with subprocess.Popen(  # pylint: disable=ansible-bad-function
        command,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        try:
            printed, _nothing = attended(process, attempt, deadline)
        except Stopped:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise
        except subprocess.TimeoutExpired as error:
            os.killpg(process.pid, signal.SIGKILL)
            printed, _nothing = process.communicate()
            raise DeadlineExceeded(
                f"Could not {attempt} within {deadline.seconds:g} seconds. Raise timeout, or look at what it printed.",
                last_seen=engines.last_lines(printed),
            ) from error
    if process.returncode:
        said = engines.last_lines(printed)
        raise RemediationError(
            f"Could not {attempt}: {command[0]} said: {said.rstrip('.')}. {engines.advice(said, pushing=pushing)}",
            exit_code=process.returncode,
        )
    return printed
