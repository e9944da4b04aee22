"""CRC-32C (Castagnoli, RFC 3720 appendix B.4), which Secret Manager and Cloud Storage compare payloads by."""

from __future__ import annotations

_POLYNOMIAL = 0x82F63B78
_MASK = 0xFFFFFFFF


def _table() -> list[int]:
    entries = []
    for number in range(256):
        value = number
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
        entries.append(value)
    return entries


_TABLE = _table()


def crc32c(payload: bytes) -> int:
    """Return the checksum of a payload."""
    value = _MASK
    for byte in payload:
        value = value >> 8 ^ _TABLE[(value ^ byte) & 0xFF]
    return value ^ _MASK
