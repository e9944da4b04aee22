# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Get from a configuration to a saved plan: initialise, choose the workspace, give the variables, plan."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation import intent
from ansible_collections.netra.remediation.plugins.module_utils.foundation.changes import change_of
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import BadInput, RemediationError
from ansible_collections.netra.remediation.plugins.module_utils.terraform import private_copy
from ansible_collections.netra.remediation.plugins.module_utils.terraform.cli import CHANGES, Terraform
from ansible_collections.netra.remediation.plugins.module_utils.terraform.variables_text import tfvars

QUIET = ("-input=false", "-no-color")
ADOPTION = "netra_adoption.tf"


class Planner:
    """Make plans of one configuration; ``place`` is a folder for what must not outlive the task."""

    def __init__(self, terraform: Terraform, options: Mapping[str, Any], place: str) -> None:
        self.terraform = terraform
        self.saved = os.path.join(place, "plan")
        self._options = options
        self._place = place
        self._given = os.path.join(place, "given.tfvars")
        self._is_fresh = not os.path.isdir(os.path.join(terraform.directory, ".terraform"))

    def prepare(self) -> None:
        """Initialise where that is needed or asked for, and write the variables where Terraform reads them."""
        if self._is_fresh or self._options["upgrade"] or self._is_elsewhere():
            self._initialise()
        # Not an argument, which every user of the machine could read.
        with open(os.open(self._given, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            file.write(tfvars(self._options["variables"]))

    def choose_workspace(self, *, check_mode: bool) -> bool:
        """Use the workspace that is asked for, made where it is missing; False in check mode where it is.

        What it would hold is then planned against an empty state, in a private copy: asking a backend for a workspace
        that is missing would make it.
        """
        name = self._options.get("workspace")
        if name is None:
            return True
        lines = self.terraform.run("workspace", "list").stdout.splitlines()
        if name not in {line.strip("* ") for line in lines}:
            intent.declare(change_of(f"terraform workspace {name}", "create", {}, {"workspace": name}))
            if check_mode:
                self.terraform.place = private_copy.stateless_copy_of(self.terraform.directory, self._place)
                self.terraform.data_directory = os.path.join(self.terraform.place, private_copy.OWN)
                self.terraform.run("init", *QUIET, "-get=false")
                self.terraform.workspace = name
                return False
            self.terraform.run("workspace", "new", "-no-color", name)
            # That selects it too, for everybody who works in this directory.
            selected = [line.strip("* ") for line in lines if line.startswith("*")]
            self.terraform.run("workspace", "select", "-no-color", *selected)
        self.terraform.workspace = name
        return True

    def plan(self, *, check_mode: bool) -> dict[str, Any]:
        """Save a plan and return it as JSON."""
        arguments = [*QUIET, "-detailed-exitcode", f"-out={self.saved}", f"-var-file={self._given}"]
        arguments += ["-lock=false"] if check_mode else [f"-lock-timeout={self._options['lock_timeout']}s"]
        arguments += [f"-var-file={path}" for path in self._files()]
        arguments += [f"-target={address}" for address in self._options["targets"]]
        arguments += ["-destroy"] if self._options["state"] == "absent" else []
        try:
            self.terraform.run("plan", *arguments, accepted=(0, CHANGES))
        except RemediationError as error:
            if self._is_fresh or " init" not in error.message:
                raise
            self._initialise()
            self.terraform.run("plan", *arguments, accepted=(0, CHANGES))
        return self.shown()

    def shown(self) -> dict[str, Any]:
        """Return the saved plan as JSON."""
        return self.terraform.json("show", "-json", self.saved)

    @contextlib.contextmanager
    def importing(self, blocks: str) -> Iterator[None]:
        """Have import blocks beside the configuration while a plan is made, in a copy: the saved plan holds them."""
        terraform = self.terraform
        is_copy = terraform.place != terraform.directory
        place = terraform.place if is_copy else private_copy.copy_of(terraform.directory, self._place)
        with open(os.path.join(place, ADOPTION), "w", encoding="utf-8") as file:
            file.write(blocks)
        with terraform.at(place):
            yield

    def _files(self) -> list[str]:
        name = self._options.get("variables_file")
        if not name:
            return []
        path = os.path.abspath(os.path.join(self.terraform.directory, name))
        if not os.path.isfile(path):
            raise BadInput(f"Could not plan: there is no {path}. Check variables_file.", option="variables_file")
        return [path]

    def _is_elsewhere(self) -> bool:
        """Say whether this directory was last used with another backend: its state is not to be planned against."""
        settings = self._options.get("backend_config") or {}
        try:
            with open(
                os.path.join(self.terraform.directory, ".terraform", "terraform.tfstate"), encoding="utf-8"
            ) as file:
                used = (json.load(file).get("backend") or {}).get("config") or {}
        except (OSError, ValueError):
            used = {}
        return any(str(used.get(name)) != str(value) for name, value in settings.items())

    def _initialise(self) -> None:
        """Initialise; backend settings may be secret, so they go through a file that only this user can read."""
        arguments = ["init", *QUIET, *(["-upgrade"] if self._options["upgrade"] else [])]
        arguments += ["-lockfile=readonly"] if self._options["lockfile"] == "readonly" else []
        arguments += ["-reconfigure"] if self._is_elsewhere() else []
        settings = self._options.get("backend_config") or {}
        with tempfile.NamedTemporaryFile("w", suffix=".tfbackend", encoding="utf-8") as file:
            file.write(tfvars(settings))
            file.flush()
            with self.terraform.at(self.terraform.directory):
                self.terraform.run(*arguments, *([f"-backend-config={file.name}"] if settings else []))
        self._is_fresh = True
