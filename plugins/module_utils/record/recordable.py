# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a record may say. Layer `record`: may import `foundation` only.

Records hold references to secrets, never payloads. What reaches them comes from results that hold none; this is the
second wall: a value under a name that promises a payload, and the password inside a URL, are replaced.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.netra.remediation.plugins.module_utils.foundation.redaction import SENSITIVE

PAYLOAD_NAME = re.compile(
    r"(?i)(^|_|-)(password|passwd|payload|token|authorization|credentials?|api[_-]?key|private[_-]?key|secret[_-]?key|service[_-]secret)$"
)
REFERENCE_MAPS = frozenset({"secrets", "secret_env", "secret_versions"})
URL_PASSWORD = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://[^\s:/@]*):[^\s/@]+@", re.IGNORECASE)


def recordable(value: Any, name: str = "") -> Any:
    """Return a plain JSON copy of a value without what looks like a secret payload."""
    if isinstance(value, Mapping):
        references = name in REFERENCE_MAPS
        return {str(key): recordable(item, "" if references else str(key)) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [recordable(item, name) for item in value]
    if isinstance(value, str):
        return (
            SENSITIVE
            if value and PAYLOAD_NAME.search(name)
            else URL_PASSWORD.sub(rf"\g<scheme>:{SENSITIVE}@", str(value))
        )
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if abs(value) < float("inf") else str(value)
    return str(value)
