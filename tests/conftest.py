# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pathlib
import sys

import hypothesis

# The same examples in every run: a failure is the change's own. NETRA_HYPOTHESIS=explore looks for new ones.
hypothesis.settings.register_profile("repeat", derandomize=True, deadline=None)
hypothesis.settings.register_profile("explore", deadline=None)
# For another Python: what differs between versions of it is seen with few examples.
hypothesis.settings.register_profile("sample", derandomize=True, deadline=None, max_examples=10)
hypothesis.settings.load_profile(os.environ.get("NETRA_HYPOTHESIS", "repeat"))

# Nothing of the collection may be imported before Ansible's finder is there: ansible-test installs it, pytest does not.
if "_AnsibleCollectionFinder" not in {type(finder).__name__ for finder in sys.meta_path}:
    from ansible.plugins.loader import init_plugin_loader

    collections = str(pathlib.Path(__file__).parents[1] / "playbooks" / "collections")
    os.environ["ANSIBLE_COLLECTIONS_PATH"] = collections
    init_plugin_loader([collections])
