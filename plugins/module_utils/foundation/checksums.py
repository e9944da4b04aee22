# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CRC-32C (RFC 3720, B.4), by which Google shows that a payload arrived as it was sent. Standard library only."""

from __future__ import annotations

from ansible_collections.netra.remediation.plugins.module_utils.foundation.errors import ApiError

_POLYNOMIAL = 0x82F63B78  # Castagnoli's, its bits reversed


def _row(byte: int) -> int:
    for _bit in range(8):
        byte = (byte >> 1) ^ (_POLYNOMIAL if byte & 1 else 0)
    return byte


_TABLE = tuple(map(_row, range(256)))


def crc32c(content: bytes) -> int:
    """Return the checksum of some bytes."""
    checksum = 0xFFFFFFFF
    for byte in content:
        checksum = (checksum >> 8) ^ _TABLE[(checksum ^ byte) & 0xFF]
    return checksum ^ 0xFFFFFFFF


def refuse_damaged(content: bytes, told: str | int | None, attempt: str) -> None:
    """Raise ApiError where what arrived is not what the server says it sent; without its checksum, nobody knows."""
    if told not in (None, "") and int(told) != crc32c(content):
        raise ApiError(f"Could not {attempt}: it arrived damaged (its CRC-32C differs). Try again.", status="DATA_LOSS")
