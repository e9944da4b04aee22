"""Entry point of the container."""

from __future__ import annotations

import os
import sys
import traceback

from aiohttp import web

WORKER_FAILED_TO_BOOT = 3  # the code gunicorn gives, which the alerts look for
DEPENDENCY_UNREACHABLE = 1


def main() -> None:
    try:
        from netra_backend.app.application import StartError, create_application
    except ImportError:
        traceback.print_exc()
        sys.exit(WORKER_FAILED_TO_BOOT)
    try:
        web.run_app(
            create_application(), host=os.environ.get("HOST", "0.0.0.0"), port=int(os.environ["PORT"]), print=None
        )
    except (StartError, KeyError):
        traceback.print_exc()
        sys.exit(DEPENDENCY_UNREACHABLE)


if __name__ == "__main__":
    main()
