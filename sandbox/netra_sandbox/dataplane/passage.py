"""What a load balancer says of a request that it passes on: to the instance, and to the client beside the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PASSAGE = "netra_sandbox.passage"


@dataclass(frozen=True)
class Passage:
    """A request without one came straight to its service, over HTTPS."""

    scheme: str = "https"
    forwarded_for: str = "127.0.0.1"
    response_headers: Mapping[str, str] = field(default_factory=dict)


DIRECT = Passage()
