# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sandbox's Terraform provider as the Terraform binary meets it."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
from typing import Any

import pytest

TERRAFORM = shutil.which("terraform") or shutil.which("tofu")
ROOT_MODULE = """
terraform {
  required_providers {
    google = { source = "hashicorp/google" }
  }
}
"""
pytestmark = pytest.mark.skipif(TERRAFORM is None, reason="neither terraform nor tofu is on PATH")


def terraform(directory: pathlib.Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(TERRAFORM), *arguments],
        cwd=directory,
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_provider_ends_when_terraform_tells_it_to(sandbox: Any, tmp_path: pathlib.Path) -> None:
    """Terraform waits two seconds for one that does not, and a plan starts several."""
    (tmp_path / "main.tf").write_text(ROOT_MODULE, encoding="utf-8")
    terraform(tmp_path, "init", "-input=false")
    done = terraform(tmp_path, "providers", "schema", "-json", TF_LOG="trace")
    (provider,) = json.loads(done.stdout)["provider_schemas"].values()
    assert "google_redis_instance" in provider["resource_schemas"]
    assert "plugin process exited" in done.stderr
    assert "failed to exit gracefully" not in done.stderr
