# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much chance is in a key, at most: what can be told from one value."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from itertools import pairwise

# Rows of a keyboard: whoever slides a finger along one makes no key.
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "1234567890")
_NEXT = frozenset(pair for row in _ROWS for line in (row, row[::-1]) for pair in pairwise(line))
_BITS_PER_BYTE = 8


def estimated_bits(text: str) -> float:
    """Return an upper bound of a value's entropy in bits.

    The characters that do not follow from the one before count, each with Shannon's entropy over the characters there
    are; what a compressor makes of the whole is a bound too.
    """
    if not text:
        return 0.0
    counts = Counter(text)
    each = -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())
    surprising = 1 + sum(not _follows(first, second) for first, second in pairwise(text))
    packed = len(zlib.compress(text.encode(), 9)) - len(zlib.compress(b"", 9))
    return min(surprising * each, packed * _BITS_PER_BYTE)


def _follows(first: str, second: str) -> bool:
    return abs(ord(second) - ord(first)) <= 1 or (first.lower(), second.lower()) in _NEXT
