"""Game day: a broken environment, hints on demand, and a score when the contract holds."""

from __future__ import annotations

import argparse
from typing import Any


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add game start, hint and score."""
