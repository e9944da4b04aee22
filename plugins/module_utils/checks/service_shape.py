# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The keys of a service in the contract, each with the shape of its value. Pure."""

from __future__ import annotations

from ansible_collections.netra.remediation.plugins.module_utils.checks.database_schema import SCHEMA
from ansible_collections.netra.remediation.plugins.module_utils.checks.delivery_plan import GATE, STEPS
from ansible_collections.netra.remediation.plugins.module_utils.checks.setting_rules import RULES
from ansible_collections.netra.remediation.plugins.module_utils.checks.shapes import Shape
from ansible_collections.netra.remediation.plugins.module_utils.resources import vpc_probe
from ansible_collections.netra.remediation.plugins.module_utils.resources.cloud_run_codec import (
    EGRESS,
    EXECUTION_ENVIRONMENTS,
    INGRESS,
)

# What a service's health answer may measure, each held against the gate of the same name.
MEASURES = ("database_seconds",)

TEXT, NEEDED = Shape(), Shape(required=True)
NUMBER, WHOLE, FLAG, MAPPING = Shape("number"), Shape("whole"), Shape("flag"), Shape("mapping")
TEXTS, SCALARS = Shape("list", each=TEXT), Shape("mapping", each=Shape("scalar"))
BUILD = Shape(
    "mapping",
    keys={
        "context": TEXT,
        "dockerfile": NEEDED,
        "image": NEEDED,
        "required_paths": TEXTS,
        "verify_imports": TEXTS,
        "entry_point": TEXT,
        "judge_imports": FLAG,
        "bucket": TEXT,
    },
)
PROBED = Shape(
    "mapping",
    keys={
        "name": NEEDED,
        "kind": Shape(choices=vpc_probe.KINDS, required=True),
        "variables": Shape("mapping", each=TEXT),
        "values": SCALARS,
        "max_connect_seconds": NUMBER,
        "timeout": NUMBER,
        "samples": WHOLE,
        "attempts": WHOLE,
        "interval": NUMBER,
    },
)
SERVICE = Shape(
    "mapping",
    keys={
        "name": NEEDED,
        "host": TEXT,
        "health_path": TEXT,
        "revision_key": TEXT,
        "private": FLAG,
        "measures": Shape("mapping", keys=dict.fromkeys(MEASURES, TEXT)),
        "database_schema": SCHEMA,
        "build": BUILD,
        "image": TEXT,
        "image_proof": Shape("mapping", keys={"modules": TEXTS, "paths": TEXTS, "entry_point": TEXT, "python": TEXT}),
        "vpc_probe": Shape("mapping", keys={"targets": Shape("list", each=PROBED), "python": TEXT}),
        "command": TEXTS,
        "args": TEXTS,
        "port": WHOLE,
        "cpu": Shape("scalar"),
        "memory": TEXT,
        "min_instances": WHOLE,
        "max_instances": WHOLE,
        "concurrency": WHOLE,
        "timeout_seconds": WHOLE,
        "websocket_lifetime_seconds": WHOLE,
        "session_affinity": FLAG,
        "cpu_boost": FLAG,
        "execution_environment": Shape(choices=tuple(EXECUTION_ENVIRONMENTS)),
        "ingress": Shape(choices=tuple(INGRESS)),
        "invoker_iam_disabled": FLAG,
        "startup_probe": MAPPING,
        "labels": SCALARS,
        "service_account": TEXT,
        "vpc_connector": TEXT,
        "traffic": Shape(choices=("latest",)),
        "traffic_steps": STEPS,
        "delivery_gate": GATE,
        "vpc_egress": Shape(choices=tuple(EGRESS)),
        "environment": SCALARS,
        "environment_from_outputs": SCALARS,
        "secrets": SCALARS,
        "settings": RULES,
    },
)
