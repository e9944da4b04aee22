# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables as a person writes them; that Terraform reads them back unchanged is seen in test_terraform_stack."""

from __future__ import annotations

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.terraform.variables_text import expression, tfvars


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain", '"plain"'),
        ('a "b" \\ c\n', '"a \\"b\\" \\\\ c\\n"'),
        ("${var.x} %{if} $y", '"$${var.x} %%{if} $y"'),
        ("é", '"é"'),
        (3, "3"),
        (1.5, "1.5"),
        (True, "true"),
        (None, "null"),
        ([], "[]"),
        (["a", 1], '["a", 1]'),
        ({}, "{}"),
        ({"team": "netra", "a b": 1}, '{\n  team  = "netra"\n  "a b" = 1\n}'),
        ([{"name": "x"}], '[\n  {\n    name = "x"\n  },\n]'),
    ],
)
def test_a_value_is_written(value, written) -> None:
    assert expression(value) == written


def test_a_file_reads_as_if_written_by_hand() -> None:
    variables = {"project_id": "netra", "region": "us-central1", "labels": {"team": "netra"}}
    assert tfvars(variables) == (
        'project_id = "netra"\nregion     = "us-central1"\nlabels     = {\n  team = "netra"\n}\n'
    )
