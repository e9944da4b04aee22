# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CRC-32C as RFC 3720 has it."""

from __future__ import annotations

import pytest

from ansible_collections.netra.remediation.plugins.module_utils.foundation.checksums import crc32c, refuse_damaged
from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import ApiError


@pytest.mark.parametrize(
    ("content", "checksum"),
    [(b"", 0), (b"123456789", 0xE3069283), (bytes(32), 0x8A9136AA), (bytes(range(32)), 0x46DD794E)],
)
def test_the_vectors_of_the_rfc(content: bytes, checksum: int) -> None:
    assert crc32c(content) == checksum


def test_what_arrives_damaged_is_refused_and_what_nobody_summed_is_not() -> None:
    refuse_damaged(b"123456789", str(0xE3069283), "read it")
    refuse_damaged(b"123456789", None, "read it")
    with pytest.raises(ApiError, match="Could not read it: it arrived damaged"):
        refuse_damaged(b"12345678", 0xE3069283, "read it")
