# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which failures Google's clients get over by asking again: all of reads, of writes only what was surely not done."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import requests
from google.api_core import exceptions

from ansible_collections.netra.remediation.plugins.module_utils.gcp import clients


@pytest.mark.parametrize(
    ("error", "reads", "writes"),
    [
        (exceptions.TooManyRequests("slow down"), True, True),
        (exceptions.ServiceUnavailable("later"), True, False),
        (exceptions.NotFound("nothing"), False, False),
        (requests.ConnectionError("reset"), True, False),
        (requests.ReadTimeout("silence"), True, False),
        (requests.exceptions.ChunkedEncodingError("half an answer"), True, False),
        (ValueError("a mistake"), False, False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_failure_is_got_over_where_nothing_is_done_twice(error: Exception, reads: bool, writes: bool) -> None:
    for policy, again in ((clients.read_policy(5), reads), (clients.write_policy(), writes)):
        answers = iter([error, "answer"])
        call = policy["retry"](partial(answered, answers))
        if again:
            assert call() == "answer"
        else:
            with pytest.raises(type(error)):
                call()


def answered(answers: Iterator[Any]) -> Any:
    answer = next(answers)
    if isinstance(answer, Exception):
        raise answer
    return answer
